//! Copies, removals and tags, of an S3 that refuses some of it.

use std::{sync::Arc, time::Instant};

use edgepix::store::{Facts, Put, Store, StoreError};

use crate::{
    Asker, PATIENCE, key,
    scripted::{Scripted, Step, answer},
    slow_down, word,
};

const COPIED: &str = "<CopyObjectResult><ETag>\"v1\"</ETag></CopyObjectResult>";

const REMOVED: &str = "<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>";

fn said(status: u16, body: &str) -> Vec<Step> {
    vec![answer(status, "", body.len(), body.as_bytes())]
}

fn facts(bytes: u64) -> Facts {
    Facts {
        bytes,
        etag: Some("\"v1\"".into()),
        ..Facts::default()
    }
}

/// Copies `a b+é.jpg` from the bucket `originals` to `photos`, both on the server.
fn copy(server: &Scripted, bytes: u64) -> Result<(), StoreError> {
    let to = Asker::s3(server, PATIENCE);
    let from = Asker::bucket(server, "originals");
    let from: Arc<dyn Store> = Arc::clone(&from.store);
    to.store
        .copy_from(&*from, &key("a b+é.jpg"), &facts(bytes), None)
}

#[test]
fn a_copy_is_of_what_was_seen_and_leaves_the_tags() {
    let server = Scripted::start(|_, _| said(200, COPIED));
    copy(&server, 10).unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line, "PUT /photos/a%20b%2B%C3%A9.jpg");
    for (name, value) in [
        ("x-amz-copy-source", "/originals/a%20b%2B%C3%A9.jpg"),
        ("x-amz-copy-source-if-match", "\"v1\""),
        ("x-amz-metadata-directive", "COPY"),
        ("x-amz-tagging-directive", "REPLACE"),
        ("x-amz-tagging", ""),
        ("content-length", "0"),
    ] {
        assert_eq!(asked[0].header(name), value, "{name}");
    }
    let signed = asked[0].header("authorization");
    assert!(signed.contains("x-amz-copy-source-if-match;"), "{signed}");
}

#[test]
fn what_must_be_new_is_put_only_where_nothing_is() {
    let server =
        Scripted::start(|_, _| said(412, "<Error><Code>PreconditionFailed</Code></Error>"));
    let put = Put {
        content_type: "image/png".into(),
        only_new: true,
        ..Put::default()
    };
    let asker = Asker::s3(&server, PATIENCE);
    let refused = asker.store.put(&key("a.png"), "bytes".into(), &put);
    assert!(matches!(refused, Err(StoreError::Changed)), "{refused:?}");
    assert_eq!(server.asked()[0].header("if-none-match"), "*");
}

#[test]
fn a_copy_that_fails_after_its_200_is_tried_again() {
    for code in ["InternalError", "SlowDown"] {
        let server = Scripted::start(move |n, _| match n {
            0 => said(200, &format!("\n\n<Error><Code>{code}</Code></Error>")),
            _ => said(200, COPIED),
        });
        copy(&server, 10).unwrap();
        assert_eq!(server.asked().len(), 2, "{code}");
    }
}

#[test]
fn an_answer_that_says_nothing_of_a_copy_is_none() {
    let server = Scripted::start(|_, _| said(200, ""));
    assert_eq!(word(copy(&server, 10)), "store");
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn what_changed_or_may_not_be_copied_is_asked_for_once() {
    for (status, expected) in [(412, "changed"), (403, "forbidden"), (404, "missing")] {
        let server = Scripted::start(move |_, _| said(status, ""));
        assert_eq!(word(copy(&server, 10)), expected);
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn above_5_gib_no_copy_is_asked_for() {
    let server = Scripted::start(|_, _| said(200, COPIED));
    let most = 5 * 1024 * 1024 * 1024;
    copy(&server, most).unwrap();
    let error = copy(&server, most + 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the store cannot copy an object above 5 GiB"
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn objects_are_removed_in_requests_of_a_thousand() {
    let server = Scripted::start(|_, _| said(200, REMOVED));
    let keys: Vec<_> = (0..1001).map(|n| key(&format!("{n}&.jpg"))).collect();
    let asker = Asker::s3(&server, PATIENCE);
    assert!(asker.store.remove(&keys, None).iter().all(Result::is_ok));
    let asked = server.asked();
    let counts = asked.iter().map(|it| it.body.matches("<Object>").count());
    assert_eq!(counts.collect::<Vec<_>>(), [1000, 1]);
    assert!(asked[1].body.contains("<Key>1000&amp;.jpg</Key>"));
}

#[test]
fn an_object_that_may_not_be_removed_stops_no_other() {
    let server = Scripted::start(|_, _| {
        said(
            200,
            "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code>\
             <Message>Access Denied</Message></Error></DeleteResult>",
        )
    });
    let asker = Asker::s3(&server, PATIENCE);
    let outcomes = asker.store.remove(&["a", "b", "c"].map(key), None);
    let words: Vec<_> = outcomes.into_iter().map(word).collect();
    assert_eq!(words, ["fine", "forbidden", "fine"]);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn only_what_failed_for_a_passing_reason_is_removed_again() {
    let server = Scripted::start(|n, _| match n {
        0 => said(
            200,
            "<DeleteResult><Error><Key>b</Key><Code>ServiceUnavailable</Code>\
             <Message>again</Message></Error></DeleteResult>",
        ),
        1 => slow_down(),
        _ => said(200, REMOVED),
    });
    let asker = Asker::s3(&server, PATIENCE);
    let outcomes = asker.store.remove(&["a", "b"].map(key), None);
    assert!(matches!(outcomes[..], [Ok(()), Ok(())]), "{outcomes:?}");
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked[0].body.contains("<Key>a</Key>"));
    assert!(!asked[1].body.contains("<Key>a</Key>"));
    assert_eq!(asked[1].body, asked[2].body);
}

#[test]
fn a_servers_own_error_is_tried_again() {
    let server = Scripted::start(|n, _| match n {
        0 => said(
            200,
            "<DeleteResult><Error><Key>b</Key><Code>InternalError</Code>\
             <Message>again</Message></Error></DeleteResult>",
        ),
        _ => said(200, REMOVED),
    });
    let asker = Asker::s3(&server, PATIENCE);
    let outcomes = asker.store.remove(&["a", "b"].map(key), None);
    assert!(matches!(outcomes[..], [Ok(()), Ok(())]), "{outcomes:?}");
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn past_the_deadline_nothing_is_removed() {
    let server = Scripted::start(|_, _| said(200, REMOVED));
    let asker = Asker::s3(&server, PATIENCE);
    let outcomes = asker.store.remove(&[key("a")], Some(Instant::now()));
    let words: Vec<_> = outcomes.into_iter().map(word).collect();
    assert_eq!(words, ["store-timeout"]);
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn a_tag_is_known_by_its_name_and_value() {
    let body = "<Tagging><TagSet>\n<Tag><Key>createByLambda</Key><Value>1</Value></Tag>\
                <Tag><Key>team</Key><Value>2</Value></Tag></TagSet></Tagging>";
    let server = Scripted::start(move |_, _| said(200, body));
    let asker = Asker::s3(&server, PATIENCE);
    let has = |name, value| {
        asker
            .store
            .is_tagged(&key("a b.jpg"), (name, value), None)
            .unwrap()
    };
    assert!(has("createByLambda", "1"));
    assert!(!has("createByLambda", "2"));
    assert!(!has("other", "1"));
    assert_eq!(server.asked()[0].line, "GET /photos/a%20b.jpg?tagging=");
}

#[test]
fn a_listing_has_an_end() {
    let server = Scripted::start(|n, _| {
        let objects: String = (0..1000)
            .map(|of| {
                format!(
                    "<Contents><Key>a@{n:02}-{of:03}</Key><Size>1</Size>\
                     <LastModified>2026-01-13T20:12:38.000Z</LastModified></Contents>"
                )
            })
            .collect();
        said(
            200,
            &format!(
                "<ListBucketResult><IsTruncated>true</IsTruncated>\
                 <NextContinuationToken>{n}</NextContinuationToken>{objects}\
                 </ListBucketResult>"
            ),
        )
    });
    let asker = Asker::s3(&server, PATIENCE);
    let listing = asker.store.beginning("a@", None).unwrap();
    assert!(listing.is_cut);
    assert_eq!(listing.found.len(), 10_000);
    assert_eq!(server.asked().len(), 11);
}

#[test]
fn folders_are_looked_for_no_further_than_they_can_be() {
    let server = Scripted::start(|_, _| {
        said(
            200,
            "<ListBucketResult><IsTruncated>true</IsTruncated>\
             <NextContinuationToken>next</NextContinuationToken>\
             <Contents><Key>img/abc.jpg</Key><Size>1</Size>\
             <LastModified>2026-01-13T20:12:38.000Z</LastModified></Contents>\
             <CommonPrefixes><Prefix>img/9x9/</Prefix></CommonPrefixes></ListBucketResult>",
        )
    });
    let asker = Asker::s3(&server, PATIENCE);
    let listing = asker.store.folders("img/", '0'..='9', None).unwrap();
    assert_eq!(listing.found, [key("img/9x9")]);
    assert!(!listing.is_cut);
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].line.contains("prefix=img%2F&start-after=img%2F0"));
}

#[test]
fn a_server_that_is_only_read_says_so() {
    let server = Scripted::start(|_, _| said(200, ""));
    let asker = Asker::http(&server);
    let outcomes = asker.store.remove(&[key("a")], None);
    let words: Vec<_> = outcomes.into_iter().map(word).collect();
    assert_eq!(words, ["unsupported-by-store"]);
    let unsupported = "unsupported-by-store";
    assert_eq!(word(asker.store.beginning("a@", None)), unsupported);
    assert_eq!(word(asker.store.folders("", '0'..='9', None)), unsupported);
    assert_eq!(server.asked().len(), 0);
}
