use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use tokio::runtime::{Builder, Runtime};

use super::*;

/// Ends tests that would hang.
const PATIENCE: Duration = Duration::from_secs(30);

pub(in crate::lambda) const NEXT: &str =
    "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: api\r\n\r\n";

/// An API, and what it runs on.
struct Running {
    api: Api,
    _runtime: Runtime,
}

fn running() -> Running {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("threads");
    let api = Api::start(runtime.handle(), Arc::default()).expect("a free port");
    Running {
        api,
        _runtime: runtime,
    }
}

impl Running {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.api.address()).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
        stream
    }

    #[track_caller]
    fn said(&self) -> Said {
        self.api.said(PATIENCE).expect("something is said")
    }

    fn hand_out(&self, id: &str) {
        self.api.hand_out(Event {
            id: id.to_owned(),
            body: r#"{"a":1}"#.into(),
            deadline: UNIX_EPOCH + Duration::from_millis(1_542_409_706_888),
        });
    }

    /// A connection whose runtime has been given the event with that id.
    #[track_caller]
    fn given(&self, id: &str) -> TcpStream {
        let mut stream = self.connect();
        self.hand_out(id);
        let (status, _, _) = ask(&mut stream, NEXT);
        assert_eq!(status, 200);
        assert!(matches!(self.said(), Said::Polled(_)));
        assert!(matches!(self.said(), Said::HandedOut(_)));
        stream
    }
}

/// Sends a request, and returns the status, the head in lower case and the body of what comes.
#[track_caller]
pub(in crate::lambda) fn ask(stream: &mut TcpStream, request: &str) -> (u16, String, String) {
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).expect("an answer"), 0, "{head}");
    }
    let head = head.to_ascii_lowercase();
    let length = head
        .split_once("content-length: ")
        .and_then(|(_, rest)| rest.split_once('\r'))
        .expect("a length");
    let mut body = vec![0; length.0.parse().expect("a number")];
    reader.read_exact(&mut body).expect("as long as it says");
    let status = head.split(' ').nth(1).expect("a status");
    let body = String::from_utf8(body).expect("text");
    (status.parse().expect("a number"), head, body)
}

pub(in crate::lambda) fn post(path: &str, headers: &str, body: &str) -> String {
    format!(
        "POST /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: api\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

#[track_caller]
fn answered(said: Said) -> Answered {
    match said {
        Said::Answered(answered, _) => answered,
        other => panic!("an answer was expected, not {other:?}"),
    }
}

#[test]
fn an_event_comes_with_all_that_lambda_says_of_it() {
    let running = running();
    let mut stream = running.connect();
    running.hand_out("id-1");
    let (status, head, body) = ask(&mut stream, NEXT);
    assert_eq!((status, &body[..]), (200, r#"{"a":1}"#));
    for header in [
        "lambda-runtime-aws-request-id: id-1\r\n",
        "lambda-runtime-deadline-ms: 1542409706888\r\n",
        "lambda-runtime-invoked-function-arn: arn:aws:lambda:",
        "lambda-runtime-trace-id: root=",
        "lambda-runtime-invocation-id: id-1\r\n",
    ] {
        assert!(head.contains(header), "{header} is not in {head}");
    }
}

#[test]
fn a_question_waits_for_its_event_and_both_have_their_moments() {
    let running = running();
    let mut stream = running.connect();
    stream.write_all(NEXT.as_bytes()).expect("it listens");
    let Said::Polled(polled) = running.said() else {
        panic!("it has asked");
    };
    running.hand_out("id-1");
    let Said::HandedOut(handed_out) = running.said() else {
        panic!("it was answered");
    };
    assert!(polled.at < handed_out.at);
    let (status, _, _) = ask(&mut stream, "");
    assert_eq!(status, 200);
}

#[test]
fn an_answer_is_accepted_and_arrives_whole() {
    let running = running();
    let mut stream = running.given("id-1");
    let echo = "Lambda-Runtime-Invocation-Id: id-1\r\n";
    let request = post("invocation/id-1/response", echo, "[1,2]");
    let (status, _, body) = ask(&mut stream, &request);
    assert_eq!((status, &body[..]), (202, r#"{"status":"OK"}"#));
    assert_eq!(answered(running.said()), Answered::Body("[1,2]".into()));
}

#[test]
fn a_streamed_answer_is_put_together() {
    let running = running();
    let mut stream = running.given("id-1");
    let (status, _, _) = ask(
        &mut stream,
        "POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: api\r\n\
         Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\r\n\
         3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
    assert_eq!(status, 202);
    assert_eq!(answered(running.said()), Answered::Body("abcde".into()));
}

#[test]
fn a_stream_that_fails_midway_is_an_error() {
    let running = running();
    let mut stream = running.given("id-1");
    // {"errorMessage":"no memory","errorType":"Full"}
    let (status, _, _) = ask(
        &mut stream,
        "POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: api\r\n\
         Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\
         Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n\
         3\r\nabc\r\n0\r\nLambda-Runtime-Function-Error-Type: Full\r\n\
         Lambda-Runtime-Function-Error-Body: \
         eyJlcnJvck1lc3NhZ2UiOiJubyBtZW1vcnkiLCJlcnJvclR5cGUiOiJGdWxsIn0=\r\n\r\n",
    );
    assert_eq!(status, 202);
    assert_eq!(
        answered(running.said()),
        Answered::Error("Full: no memory".to_owned())
    );
}

#[test]
fn errors_are_told_by_type_and_message_or_as_they_come() {
    for (headers, body, expected) in [
        ("", r#"{"errorMessage":"m","errorType":"T"}"#, "T: m"),
        (
            "Lambda-Runtime-Function-Error-Type: Runtime.X\r\n",
            "gone",
            "Runtime.X: gone",
        ),
        ("", "gone", "error: gone"),
    ] {
        let running = running();
        let mut stream = running.given("id-1");
        let (status, _, _) = ask(&mut stream, &post("invocation/id-1/error", headers, body));
        assert_eq!(status, 202);
        let expected = Answered::Error(expected.to_owned());
        assert_eq!(answered(running.said()), expected);
    }
}

#[test]
fn a_runtime_that_cannot_start_may_say_so() {
    let running = running();
    let body = r#"{"errorMessage":"m","errorType":"T"}"#;
    let (status, _, _) = ask(&mut running.connect(), &post("init/error", "", body));
    assert_eq!(status, 202);
    let said = running.said();
    assert!(
        matches!(&said, Said::InitFailed(why) if why == "T: m"),
        "{said:?}"
    );
}

#[test]
fn an_answer_of_more_than_six_megabytes_is_refused_and_an_error() {
    let running = running();
    let mut stream = running.given("id-1");
    let body = "x".repeat(6 * 1024 * 1024 + 101);
    let (status, _, _) = ask(&mut stream, &post("invocation/id-1/response", "", &body));
    assert_eq!(status, 413);
    let Answered::Error(why) = answered(running.said()) else {
        panic!("it is too large");
    };
    assert!(why.starts_with("Function.ResponseSizeTooLarge"), "{why}");
}

#[test]
fn what_is_not_allowed_is_refused_as_lambda_does_and_reported() {
    let echo = "Lambda-Runtime-Invocation-Id: id-0\r\n";
    let path = |verb| format!("invocation/{verb}");
    for (request, status, kind) in [
        (
            post(&path("id-2/response"), "", "1"),
            400,
            "InvalidRequestID",
        ),
        (post(&path("id-2/error"), "", "{}"), 400, "InvalidRequestID"),
        (
            post(&path("id-1/response"), echo, "1"),
            410,
            "ErrorRuntimeInvokeTimeout",
        ),
        (NEXT.to_owned(), 403, "InvalidStateTransition"),
        (post("init/error", "", "{}"), 403, "InvalidStateTransition"),
        (post(&path("next"), "", ""), 405, "MethodNotAllowed"),
        (post(&path("id-1/result"), "", "1"), 404, "NotFound"),
        (post("exit", "", ""), 404, "NotFound"),
        (NEXT.replace("2018", "2015"), 404, "NotFound"),
    ] {
        let running = running();
        let mut stream = running.given("id-1");
        let (found, _, body) = ask(&mut stream, &request);
        assert_eq!(found, status, "{request}");
        assert!(body.contains(&format!(r#""errorType":"{kind}""#)), "{body}");
        let Said::Nonsense(what) = running.said() else {
            panic!("{request} is reported");
        };
        assert!(what.ends_with(&format!(": {status} {kind}")), "{what}");
    }
}

#[test]
fn a_second_answer_is_refused_and_the_next_event_is_given() {
    let running = running();
    let mut stream = running.given("id-1");
    let request = post("invocation/id-1/response", "", "1");
    assert_eq!(ask(&mut stream, &request).0, 202);
    answered(running.said());
    assert_eq!(ask(&mut stream, &request).0, 403);
    assert!(matches!(running.said(), Said::Nonsense(_)));
    running.hand_out("id-2");
    assert!(ask(&mut stream, NEXT).1.contains("request-id: id-2"));
}

#[test]
fn connections_end_with_the_api() {
    let Running { api, _runtime } = running();
    let mut stream = TcpStream::connect(api.address()).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
    stream.write_all(NEXT.as_bytes()).expect("it listens");
    assert!(matches!(api.said(PATIENCE), Some(Said::Polled(_))));
    drop(api);
    // The end, or a reset: no event any more.
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
}
