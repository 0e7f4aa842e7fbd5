//! The store against a server that breaks off, refuses, stalls and changes its mind.

use std::{
    io::{self, Read},
    net::TcpListener,
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};

use bytes::Bytes;
use edgepix::{
    config::StoreConfig,
    key::Key,
    store::{
        Get, Object, Put, Store, StoreError, connection::Connection, credentials::Credentials,
        opened::Opened, place::Place, retry::Patience,
    },
};
use tokio::runtime::{Builder, Runtime};

#[path = "servers/keys.rs"]
mod keys;
#[path = "servers/scripted.rs"]
mod scripted;

use scripted::{Asked, Scripted, Step, answer};

const FACTS: &str = "etag: \"v1\"\r\nlast-modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n";
const FOREVER: Duration = Duration::from_secs(3600);

/// Tries at once, and as long as it takes.
const PATIENCE: Patience = Patience {
    tries: 5,
    base: Duration::from_millis(1),
    cap: Duration::from_millis(1),
    in_all: FOREVER,
    first_byte: FOREVER,
    stall: FOREVER,
};

/// A store that asks a server, and what it waits on.
struct Asker {
    store: Arc<dyn Store>,
    _runtime: Runtime,
}

impl Asker {
    fn of(place: &Place, patience: Patience) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "the-secret".into(),
            session_token: Some("the-token".into()),
        };
        let opened = Opened::new(
            runtime.handle().clone(),
            Some(credentials),
            Connection::new(),
        );
        Self {
            store: opened.with_patience(patience).at(place).unwrap(),
            _runtime: runtime,
        }
    }

    /// A bucket on the server.
    fn s3(server: &Scripted, patience: Patience) -> Self {
        let config = StoreConfig {
            endpoint: Some(server.url.clone()),
            ..StoreConfig::default()
        };
        Self::of(&Place::typed("s3://photos", &config).unwrap(), patience)
    }

    /// The server itself.
    fn http(server: &Scripted) -> Self {
        Self::of(
            &Place::typed(&server.url, &StoreConfig::default()).unwrap(),
            PATIENCE,
        )
    }

    fn open(&self) -> Result<Object, StoreError> {
        self.store.open(&key("a.jpg"), &Get::default())
    }

    /// Opens the object and reads all of it.
    fn read(&self, get: &Get) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        match self
            .store
            .open(&key("a.jpg"), get)?
            .body
            .read_to_end(&mut bytes)
        {
            Ok(_) => Ok(bytes),
            Err(error) => Err(inside(error)),
        }
    }
}

fn key(name: &str) -> Key {
    Key::new(name).unwrap()
}

/// The store's error in one of reading, having checked its kind.
fn inside(error: io::Error) -> StoreError {
    let kind = error.kind();
    let error = *error
        .into_inner()
        .unwrap()
        .downcast::<StoreError>()
        .unwrap();
    let expected = match error {
        StoreError::TimedOut => io::ErrorKind::TimedOut,
        _ => io::ErrorKind::Other,
    };
    assert_eq!(kind, expected);
    error
}

fn word<T>(result: Result<T, StoreError>) -> &'static str {
    result.map_or_else(|error| error.word(), |_| "fine")
}

fn slow_down() -> Vec<Step> {
    let body = b"<Error><Code>SlowDown</Code></Error>";
    vec![answer(503, "", body.len(), body)]
}

/// The ten bytes `0123456789`, but only those asked for, and of these no more than `most`.
fn part(asked: &Asked, most: usize) -> Vec<Step> {
    let from = asked
        .header("range")
        .trim_start_matches("bytes=")
        .trim_end_matches("-9");
    let (status, from, range) = match from.parse::<usize>() {
        Ok(from) => (206, from, format!("content-range: bytes {from}-9/10\r\n")),
        Err(_) => (200, 0, String::new()),
    };
    let body = &b"0123456789"[from..];
    let sent = &body[..body.len().min(most)];
    let mut steps = vec![answer(status, &format!("{FACTS}{range}"), body.len(), sent)];
    if sent.len() < body.len() {
        steps.push(Step::Close);
    }
    steps
}

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
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let place = Place::S3 {
        bucket: "photos".into(),
        region: "us-east-1".into(),
        endpoint: Some(format!("http://127.0.0.1:{port}")),
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
fn the_first_bytes_are_there_before_the_last_are_sent() {
    let (say, until) = mpsc::channel();
    let until = Mutex::new(Some(until));
    let server = Scripted::start(move |_, _| {
        let until = until.lock().unwrap().take().unwrap();
        vec![
            answer(200, FACTS, 10, b"01234"),
            Step::Wait(until),
            Step::Send(b"56789".to_vec()),
        ]
    });
    let asker = Asker::s3(&server, PATIENCE);
    let mut object = asker.open().unwrap();
    assert_eq!(object.facts.bytes, 10);
    let mut half = [0; 5];
    object.body.read_exact(&mut half).unwrap();
    assert_eq!(&half, b"01234");
    say.send(()).unwrap();
    let mut rest = Vec::new();
    object.body.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"56789");
}

#[test]
fn a_body_that_breaks_off_goes_on_from_its_last_byte() {
    let server = Scripted::start(|_, asked| part(asked, 4));
    assert_eq!(
        Asker::s3(&server, PATIENCE).read(&Get::default()).unwrap(),
        b"0123456789"
    );
    let asked = server.asked();
    let ranges: Vec<_> = asked.iter().map(|asked| asked.header("range")).collect();
    assert_eq!(ranges, ["", "bytes=4-9", "bytes=8-9"]);
    let matches: Vec<_> = asked.iter().map(|asked| asked.header("if-match")).collect();
    assert_eq!(matches, ["", "\"v1\"", "\"v1\""]);
}

#[test]
fn a_body_without_a_strong_etag_goes_on_if_it_is_unmodified() {
    for etag in ["", "etag: W/\"v1\"\r\n"] {
        let server = Scripted::start(move |n, _| {
            let facts = format!("{etag}last-modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n");
            let range = format!("{facts}content-range: bytes 4-9/10\r\n");
            match n {
                0 => vec![answer(200, &facts, 10, b"0123"), Step::Close],
                _ => vec![answer(206, &range, 6, b"456789")],
            }
        });
        assert_eq!(
            Asker::http(&server).read(&Get::default()).unwrap(),
            b"0123456789"
        );
        let rest = &server.asked()[1];
        assert_eq!(
            rest.header("if-unmodified-since"),
            "Wed, 21 Oct 2015 07:28:00 GMT"
        );
        assert_eq!(rest.header("if-match"), "");
    }
}

#[test]
fn a_body_that_nothing_identifies_is_cut() {
    let server = Scripted::start(|_, _| vec![answer(200, "", 10, b"0123"), Step::Close]);
    let error = Asker::http(&server).read(&Get::default()).unwrap_err();
    assert_eq!(error.to_string(), "the object broke off after 4 bytes");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_body_from_a_server_without_ranges_is_cut() {
    let server = Scripted::start(|_, _| vec![answer(200, FACTS, 10, b"0123"), Step::Close]);
    let error = Asker::http(&server).read(&Get::default()).unwrap_err();
    assert_eq!(error.to_string(), "the object broke off after 4 bytes");
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_body_that_breaks_off_at_every_try_is_cut() {
    let server = Scripted::start(|_, asked| part(asked, 1));
    let asker = Asker::s3(&server, PATIENCE);
    let mut object = asker.open().unwrap();
    let mut bytes = Vec::new();
    let error = inside(object.body.read_to_end(&mut bytes).unwrap_err());
    assert_eq!(
        (bytes.as_slice(), error.to_string().as_str()),
        (&b"01234"[..], "the object broke off after 5 bytes")
    );
    assert_eq!(server.asked().len(), 5);
    let again = inside(object.body.read(&mut [0]).unwrap_err());
    assert_eq!(again.to_string(), error.to_string());
}

#[test]
fn a_rest_of_another_object_is_refused() {
    for (status, headers, body) in [
        (412, "", ""),
        (404, "", ""),
        (416, "", ""),
        (
            206,
            "etag: \"v2\"\r\ncontent-range: bytes 4-9/10\r\n",
            "xxxxxx",
        ),
    ] {
        let server = Scripted::start(move |n, asked| match n {
            0 => part(asked, 4),
            _ => vec![answer(status, headers, body.len(), body.as_bytes())],
        });
        assert_eq!(
            word(Asker::s3(&server, PATIENCE).read(&Get::default())),
            "changed",
            "{status}"
        );
    }
}

#[test]
fn a_body_that_stalls_is_asked_for_again() {
    let server = Scripted::start(|n, asked| match n {
        0 => vec![answer(200, FACTS, 10, b"0123"), Step::Stall, Step::Close],
        _ => part(asked, 10),
    });
    let patience = Patience {
        stall: Duration::from_millis(50),
        ..PATIENCE
    };
    assert_eq!(
        Asker::s3(&server, patience).read(&Get::default()).unwrap(),
        b"0123456789"
    );
}

#[test]
fn an_answer_that_does_not_begin_is_asked_for_again() {
    let server = Scripted::start(|n, asked| match n {
        0 => vec![Step::Stall, Step::Close],
        _ => part(asked, 10),
    });
    let patience = Patience {
        first_byte: Duration::from_millis(50),
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
    let patience = Patience {
        base: FOREVER,
        cap: FOREVER,
        ..PATIENCE
    };
    let get = Get {
        deadline: Some(Instant::now() + Duration::from_secs(60)),
        ..Get::default()
    };
    // At random, the pause is shorter than a minute in one of sixty tries of one store.
    let asker = Asker::s3(&server, patience);
    assert!((0..5).any(|_| word(asker.read(&get)) == "busy"));
}

#[test]
fn what_is_put_says_its_type_and_its_tags() {
    let server = Scripted::start(|n, _| match n {
        0 => slow_down(),
        _ => vec![answer(200, FACTS, 0, b"")],
    });
    let put = Put {
        content_type: "image/avif".into(),
        cache_control: Some("public, max-age=604800".into()),
        tags: vec![
            ("createByLambda".into(), "1".into()),
            ("a b".into(), "&".into()),
        ],
        ..Put::default()
    };
    let asker = Asker::s3(&server, PATIENCE);
    let etag = asker
        .store
        .put(&key("a b.avif"), Bytes::from_static(b"abc"), &put)
        .unwrap();
    assert_eq!(etag.as_deref(), Some("\"v1\""));
    let asked = &server.asked()[1];
    assert_eq!(asked.line, "PUT /photos/a%20b.avif");
    assert_eq!(asked.header("x-amz-tagging"), "createByLambda=1&a+b=%26");
    assert_eq!(asked.header("content-type"), "image/avif");
    assert_eq!(asked.header("cache-control"), "public, max-age=604800");
    assert_eq!(asked.header("content-length"), "3");
    assert_eq!(asked.header("x-amz-security-token"), "the-token");
    assert_eq!(
        asked.header("user-agent"),
        concat!("edgepix/", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_header_that_is_none_is_an_error_and_not_sent() {
    let server = Scripted::start(|_, _| vec![answer(200, FACTS, 0, b"")]);
    let asker = Asker::s3(&server, PATIENCE);
    let put = Put {
        content_type: "image/avif\r\nx-evil: 1".into(),
        ..Put::default()
    };
    assert_eq!(
        word(asker.store.put(&key("a"), Bytes::new(), &put)),
        "store"
    );
    let get = Get {
        if_match: Some("\"\n\"".into()),
        ..Get::default()
    };
    assert_eq!(word(asker.read(&get)), "store");
    assert!(server.asked().is_empty());
}

#[test]
fn a_weak_etag_is_compared_and_not_sent() {
    let server = Scripted::start(|_, asked| part(asked, 10));
    let asker = Asker::http(&server);
    for (etag, said) in [("W/\"v1\"", "fine"), ("W/\"v2\"", "changed")] {
        let get = Get {
            if_match: Some(etag.into()),
            ..Get::default()
        };
        assert_eq!(word(asker.read(&get)), said);
    }
    assert!(
        server
            .asked()
            .iter()
            .all(|asked| asked.header("if-match").is_empty())
    );
}

#[test]
fn any_key_survives_an_http_server() {
    let server = Scripted::start(|_, asked| {
        let path = asked.line.strip_prefix("GET ").unwrap();
        let key = Key::from_path(path).unwrap();
        assert!(!path.contains('+'), "{path}");
        vec![answer(
            200,
            FACTS,
            key.as_str().len(),
            key.as_str().as_bytes(),
        )]
    });
    let asker = Asker::http(&server);
    keys::for_awkward_keys(|key| {
        let mut read = String::new();
        let mut object = asker.store.open(key, &Get::default()).unwrap();
        object.body.read_to_string(&mut read).unwrap();
        assert_eq!(read, key.as_str());
    });
}

#[test]
fn an_http_server_is_only_read() {
    let server = Scripted::start(|_, _| vec![answer(200, FACTS, 0, b"")]);
    let asker = Asker::http(&server);
    assert_eq!(
        word(asker.store.put(&key("a"), Bytes::new(), &Put::default())),
        "unsupported-by-store"
    );
    assert_eq!(word(asker.store.list(1)), "unsupported-by-store");
    assert!(server.asked().is_empty());
}
