//! Bodies that break off, stall, or go on as another object.

use std::{
    io::Read,
    sync::{Mutex, mpsc},
    time::Duration,
};

use edgepix::store::{Get, retry::Patience};

use crate::{
    Asker, FACTS, PATIENCE, inside, part,
    scripted::{Scripted, Step, answer},
    word,
};

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
        stall: Duration::from_millis(250),
        ..PATIENCE
    };
    assert_eq!(
        Asker::s3(&server, patience).read(&Get::default()).unwrap(),
        b"0123456789"
    );
}

#[test]
fn a_body_of_unsaid_length_is_refused() {
    let server = Scripted::start(|_, _| {
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
        vec![Step::Send(chunked.into())]
    });
    let error = Asker::http(&server).read(&Get::default()).unwrap_err();
    let said = "the store failed: Content-Length Header missing from response";
    assert_eq!(error.to_string(), said);
}
