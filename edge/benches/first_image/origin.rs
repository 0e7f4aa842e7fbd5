//! The origin: one object over HTTP/1.1 on loopback.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// A server that answers every GET with the same bytes, until the process ends.
pub(crate) fn serve(object: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\
         ETag: \"4e2f\"\r\nLast-Modified: Mon, 13 Jan 2025 20:12:38 GMT\r\n\r\n",
        object.len()
    );
    let answer: Arc<[u8]> = [head.as_bytes(), &object].concat().into();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // A function that is ended resets its connection.
            thread::spawn(move || drop(converse(&stream, &answer)));
        }
    });
    address
}

fn converse(mut stream: &TcpStream, answer: &[u8]) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next().transpose()? {
        assert!(line.starts_with("GET "), "only GET is expected, not {line}");
        while lines
            .next()
            .transpose()?
            .is_some_and(|line| !line.is_empty())
        {}
        stream.write_all(answer)?;
    }
    Ok(())
}
