//! When a store is asked again, and when not.

use std::time::{Duration, Instant};

use edgepix::{
    config::StoreConfig,
    store::{Get, connection::Connection, opened::Opened, place::Place, retry::Patience},
};

use crate::{
    Asker, FACTS, FOREVER, PATIENCE, part, runtime,
    scripted::{Scripted, Step, answer},
    slow_down, word,
};

#[test]
fn a_store_that_is_busy_twice_is_asked_a_third_time() {
    let server = Scripted::start(|n, asked| if n < 2 { slow_down() } else { part(asked, 10) });
    assert_eq!(
        Asker::s3(&server, PATIENCE).read(&Get::default()).unwrap(),
        b"0123456789"
    );
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_store_that_stays_busy_is_asked_five_times() {
    for status in [503, 429] {
        let server = Scripted::start(move |_, _| vec![answer(status, "", 0, b"")]);
        assert_eq!(word(Asker::s3(&server, PATIENCE).open()), "busy");
        assert_eq!(server.asked().len(), 5);
    }
}

#[test]
fn what_asking_again_does_not_change_is_asked_once() {
    for (status, body, said) in [
        (404, "<Code>NoSuchKey</Code>", "there is no such object"),
        (
            404,
            "<Code>NoSuchBucket</Code>",
            "the store failed: it answered 404 NoSuchBucket",
        ),
        (
            403,
            "<Code>AccessDenied</Code>",
            "the store does not allow it",
        ),
        (401, "", "the store does not allow it"),
        (412, "", "the object has changed meanwhile"),
        (
            400,
            "<Code>ExpiredToken</Code>",
            "the store failed: it answered 400 ExpiredToken",
        ),
    ] {
        let server =
            Scripted::start(move |_, _| vec![answer(status, "", body.len(), body.as_bytes())]);
        for asker in [Asker::s3(&server, PATIENCE), Asker::http(&server)] {
            assert_eq!(asker.open().err().unwrap().to_string(), said);
        }
        assert_eq!(server.asked().len(), 2, "{status}");
    }
}

#[test]
fn a_redirect_is_not_followed_and_its_region_is_said() {
    let headers = "location: http://127.0.0.1:1/\r\nx-amz-bucket-region: eu-west-1\r\n";
    let server = Scripted::start(move |_, _| vec![answer(307, headers, 0, b"")]);
    let error = Asker::s3(&server, PATIENCE).open().err().unwrap();
    assert_eq!(
        error.to_string(),
        "the store failed: it answered 307, from Region eu-west-1"
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_connection_that_is_reset_is_made_again() {
    let server = Scripted::start_with_resets(2, |_, asked| part(asked, 10));
    assert_eq!(
        Asker::s3(&server, PATIENCE).read(&Get::default()).unwrap(),
        b"0123456789"
    );
}

#[test]
fn a_server_that_is_not_there_failed_and_no_secret_is_said() {
    let place = Place::S3 {
        bucket: "photos".into(),
        region: "us-east-1".into(),
        endpoint: Some("http://127.0.0.1:1".into()),
        prefix: String::new(),
    };
    let error = Asker::of(&place, PATIENCE).open().err().unwrap();
    let said = format!("{error} {error:?}");
    assert_eq!(error.word(), "store");
    assert!(
        !said.contains("the-secret") && !said.contains("the-token"),
        "{said}"
    );
    assert!(
        !said.contains("Signature") && !said.contains("photos"),
        "{said}"
    );
}

#[test]
fn an_answer_that_does_not_begin_is_asked_for_again() {
    let server = Scripted::start(|n, asked| match n {
        0 => vec![Step::Stall, Step::Close],
        _ => part(asked, 10),
    });
    let patience = Patience {
        first_byte: Duration::from_millis(250),
        ..PATIENCE
    };
    assert_eq!(
        Asker::s3(&server, patience).read(&Get::default()).unwrap(),
        b"0123456789"
    );
}

#[test]
fn the_deadline_ends_whatever_is_waited_for() {
    for said in [None, Some("")] {
        let server = Scripted::start(move |_, _| match said {
            None => vec![Step::Stall, Step::Close],
            Some(_) => vec![answer(200, FACTS, 10, b"0123"), Step::Stall, Step::Close],
        });
        let get = Get {
            deadline: Some(Instant::now() + Duration::from_millis(100)),
            ..Get::default()
        };
        // All other waits are of an hour.
        assert_eq!(
            word(Asker::s3(&server, PATIENCE).read(&get)),
            "store-timeout"
        );
    }
}

#[test]
fn a_pause_past_the_deadline_is_not_begun() {
    let server = Scripted::start(|_, _| slow_down());
    // A random part of it is always past the deadline.
    let ages = Duration::from_secs(u64::MAX / 4);
    let patience = Patience {
        base: ages,
        cap: ages,
        ..PATIENCE
    };
    let get = Get {
        deadline: Some(Instant::now() + FOREVER),
        ..Get::default()
    };
    assert_eq!(word(Asker::s3(&server, patience).read(&get)), "busy");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_connection_that_was_closed_meanwhile_is_made_again() {
    let server = Scripted::start(|_, asked| {
        let mut steps = part(asked, 10);
        steps.push(Step::Close);
        steps
    });
    let asker = Asker::s3(&server, PATIENCE);
    for _ in 0..10 {
        assert_eq!(asker.read(&Get::default()).unwrap(), b"0123456789");
    }
}

#[test]
fn errors_do_not_cost_a_connection_each() {
    let server = Scripted::start(|_, _| vec![answer(404, "", 4, b"none")]);
    let asker = Asker::s3(&server, PATIENCE);
    for _ in 0..20 {
        assert_eq!(word(asker.open()), "missing");
    }
    assert!(server.connections() < 20);
}

#[test]
fn a_server_that_refuses_can_be_warmed_up_to() {
    let server = Scripted::start(|_, _| vec![answer(403, "", 0, b"")]);
    let runtime = runtime();
    let place = Place::typed(&server.url, &StoreConfig::default()).unwrap();
    Opened::new(runtime.handle().clone(), None, Connection::new()).warm(Some(&place));
    let lines: Vec<_> = server.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(lines, ["HEAD /"]);
}
