//! The origin: one object over HTTP/1.1 on loopback, in two buckets by their paths.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// The bucket whose object goes only to who signs.
pub(crate) const PRIVATE: &str = "photos";

/// The one whose object anyone gets.
pub(crate) const PUBLIC: &str = "public";

/// The object's path in both.
pub(crate) const OBJECT: &str = "/photo.jpg";

const FORBIDDEN: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
const NOT_FOUND: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

/// A server that has `object` in both buckets, until the process ends. That a request is
/// signed it looks at, by whom and whether rightly it does not.
pub(crate) fn serve(object: &[u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\
         ETag: \"4e2f\"\r\nLast-Modified: Mon, 13 Jan 2025 20:12:38 GMT\r\n\r\n",
        object.len()
    );
    let found: Arc<[u8]> = [head.as_bytes(), object].concat().into();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let found = Arc::clone(&found);
            // A function that is ended resets its connection.
            thread::spawn(move || drop(converse(&stream, &found)));
        }
    });
    address
}

fn converse(mut stream: &TcpStream, found: &[u8]) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next().transpose()? {
        let mut signed = false;
        while let Some(header) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
            signed |= is_signature(&header);
        }
        stream.write_all(answer(&line, signed, found))?;
    }
    Ok(())
}

/// AWS's Signature Version 4.
fn is_signature(header: &str) -> bool {
    header.split_once(':').is_some_and(|(name, value)| {
        name.eq_ignore_ascii_case("authorization")
            && value.trim_start().starts_with("AWS4-HMAC-SHA256 ")
    })
}

fn answer<'a>(request: &str, signed: bool, found: &'a [u8]) -> &'a [u8] {
    let target = request
        .strip_prefix("GET /")
        .and_then(|rest| rest.split([' ', '?']).next());
    match target.and_then(|target| target.strip_suffix(OBJECT)) {
        Some(PUBLIC) => found,
        Some(PRIVATE) if signed => found,
        Some(PRIVATE) => FORBIDDEN,
        _ => NOT_FOUND,
    }
}
