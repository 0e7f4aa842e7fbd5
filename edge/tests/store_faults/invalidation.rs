//! Invalidations, to the letter of what CloudFront is sent.

use std::time::Instant;

use edgepix::{
    invalidation::{Invalidate, InvalidationError, Invalidations},
    store::{Connection, Credentials},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

use crate::{
    PATIENCE, runtime,
    scripted::{Asked, Scripted, Step, answer},
};

const SECRET: &str = "the-secret";

struct Asker {
    invalidations: Invalidations,
    _runtime: Runtime,
}

impl Asker {
    fn of(server: &Scripted) -> Self {
        let runtime = runtime();
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: SECRET.into(),
            session_token: Some("the-token".into()),
        };
        let url = server.url.clone();
        let invalidations = Invalidations::new(
            "EDFDVBD6EXAMPLE",
            runtime.handle().clone(),
            Some(credentials),
            Connection::new(),
            |name| (name == "AWS_ENDPOINT_URL_CLOUDFRONT").then(|| url.clone()),
        );
        Self {
            invalidations: invalidations.with_patience(PATIENCE),
            _runtime: runtime,
        }
    }

    fn ask(&self, paths: &[&str]) -> Result<(), InvalidationError> {
        let paths: Vec<String> = paths.iter().map(|&path| path.into()).collect();
        self.invalidations.invalidate(&paths, None)
    }
}

fn created() -> Vec<Step> {
    let body = b"<Invalidation><Id>I1</Id><Status>InProgress</Status></Invalidation>";
    vec![answer(201, "", body.len(), body)]
}

fn refused(status: u16, code: &str) -> Vec<Step> {
    let body = format!(
        "<?xml version=\"1.0\"?><ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>no</Message></Error></ErrorResponse>"
    );
    vec![answer(status, "", body.len(), body.as_bytes())]
}

fn reference(asked: &Asked) -> &str {
    let (_, rest) = asked.body.split_once("<CallerReference>").unwrap();
    rest.split_once("</CallerReference>").unwrap().0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The signature of a request without a query (AWS: IAM User Guide, "Create a signed AWS API
/// request"), of the headers that it says are signed.
fn signature(asked: &Asked, path: &str) -> String {
    let (_, rest) = asked
        .header("authorization")
        .split_once("SignedHeaders=")
        .unwrap();
    let signed = rest.split_once(',').unwrap().0;
    let headers: String = signed
        .split(';')
        .map(|name| format!("{name}:{}\n", asked.header(name)))
        .collect();
    let payload = hex(&Sha256::digest(&asked.body));
    let canonical = format!("POST\n{path}\n\n{headers}\n{signed}\n{payload}");
    let time = asked.header("x-amz-date");
    let scope = format!("{}/us-east-1/cloudfront/aws4_request", &time[..8]);
    let digest = hex(&Sha256::digest(&canonical));
    let key = scope
        .split('/')
        .fold(format!("AWS4{SECRET}").into_bytes(), |key, part| {
            hmac(&key, part)
        });
    hex(&hmac(
        &key,
        &format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}"),
    ))
}

#[test]
fn an_invalidation_is_asked_for_to_the_letter() {
    let server = Scripted::start(|_, _| created());
    assert_eq!(Asker::of(&server).ask(&["/a&b.jpg", "/c.jpg"]), Ok(()));
    let asked = &server.asked()[..];
    let [asked] = asked else {
        panic!("{asked:?}");
    };
    let path = "/2020-05-31/distribution/EDFDVBD6EXAMPLE/invalidation";
    assert_eq!(asked.line, format!("POST {path}"));
    assert_eq!(asked.header("content-type"), "application/xml");
    assert_eq!(asked.header("x-amz-security-token"), "the-token");
    let expected = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
         <CallerReference>{}</CallerReference><Paths><Items><Path>/a&amp;b.jpg</Path>\
         <Path>/c.jpg</Path></Items><Quantity>2</Quantity></Paths></InvalidationBatch>",
        reference(asked)
    );
    assert_eq!(asked.body, expected);
    let authorization = asked.header("authorization");
    let credential = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{}/us-east-1/cloudfront/aws4_request, ",
        &asked.header("x-amz-date")[..8]
    );
    assert!(authorization.starts_with(&credential), "{authorization}");
    for name in ["host", "content-type", "x-amz-security-token"] {
        assert!(authorization.contains(name), "{name}: {authorization}");
    }
    let end = format!("Signature={}", signature(asked, path));
    assert!(authorization.ends_with(&end), "{authorization}: {end}");
}

#[test]
fn of_no_paths_nothing_is_asked() {
    let server = Scripted::start(|_, _| created());
    assert_eq!(Asker::of(&server).ask(&[]), Ok(()));
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn what_is_tried_again_has_the_same_reference() {
    for (status, code) in [
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (503, "ServiceUnavailable"),
        (400, "Throttling"),
        (400, "TooManyInvalidationsInProgress"),
    ] {
        let server = Scripted::start(move |n, _| match n {
            0 | 1 => refused(status, code),
            _ => created(),
        });
        assert_eq!(Asker::of(&server).ask(&["/a"]), Ok(()), "{code}");
        let asked = server.asked();
        assert_eq!(asked.len(), 3, "{code}");
        assert_eq!(asked[0].body, asked[1].body);
        assert_eq!(asked[1].body, asked[2].body);
    }
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_again() {
    let server = Scripted::start(|n, _| match n {
        0 => vec![Step::Close],
        _ => created(),
    });
    assert_eq!(Asker::of(&server).ask(&["/a"]), Ok(()));
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn another_invalidation_has_another_reference() {
    let server = Scripted::start(|_, _| created());
    let asker = Asker::of(&server);
    asker.ask(&["/a"]).unwrap();
    asker.ask(&["/a"]).unwrap();
    let asked = server.asked();
    assert_ne!(reference(&asked[0]), reference(&asked[1]));
}

#[test]
fn what_asking_again_does_not_change_is_asked_once_and_says_who_can() {
    for (status, code, error, may_pass) in [
        (403, "AccessDenied", InvalidationError::Forbidden, false),
        (
            404,
            "NoSuchDistribution",
            InvalidationError::NoDistribution,
            false,
        ),
        (
            400,
            "InvalidArgument",
            InvalidationError::Failed("it answered 400 InvalidArgument".into()),
            true,
        ),
    ] {
        let server = Scripted::start(move |_, _| refused(status, code));
        assert_eq!(error.may_pass(), may_pass, "{code}");
        assert_eq!(Asker::of(&server).ask(&["/a"]), Err(error));
        assert_eq!(server.asked().len(), 1, "{code}");
    }
}

#[test]
fn too_many_under_way_is_busy_in_the_end() {
    let server = Scripted::start(|_, _| refused(400, "TooManyInvalidationsInProgress"));
    let error = Asker::of(&server).ask(&["/a"]).unwrap_err();
    assert_eq!(error, InvalidationError::Busy);
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn many_paths_are_asked_for_in_several_requests() {
    let server = Scripted::start(|_, _| created());
    let paths: Vec<String> = (0..3001).map(|n| format!("/{n}")).collect();
    let invalidations = Asker::of(&server);
    invalidations
        .invalidations
        .invalidate(&paths, None)
        .unwrap();
    let asked = server.asked();
    let quantities = asked.iter().map(|asked| {
        let (_, rest) = asked.body.split_once("<Quantity>").unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    });
    assert_eq!(quantities.collect::<Vec<_>>(), ["3000", "1"]);
}

#[test]
fn too_many_wildcards_under_way_keep_no_other_path_from_being_forgotten() {
    let server = Scripted::start(|_, asked| {
        if asked.body.contains("*</Path>") {
            refused(400, "TooManyInvalidationsInProgress")
        } else {
            created()
        }
    });
    let error = Asker::of(&server).ask(&["/a*", "/b"]).unwrap_err();
    assert_eq!(error, InvalidationError::Busy);
    let first = &server.asked()[0].body;
    assert!(first.contains("<Items><Path>/b</Path></Items>"), "{first}");
}

#[test]
fn past_the_deadline_nothing_is_asked() {
    let server = Scripted::start(|_, _| created());
    let asker = Asker::of(&server);
    let error = asker
        .invalidations
        .invalidate(&["/a".into()], Some(Instant::now()));
    assert_eq!(error, Err(InvalidationError::TimedOut));
    assert_eq!(server.asked().len(), 0);
}
