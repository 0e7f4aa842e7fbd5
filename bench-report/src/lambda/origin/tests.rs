use std::{
    io::{Read, Write},
    net::TcpStream,
};

use sha2::{Digest, Sha256};
use time::{OffsetDateTime, format_description};
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::*;
use crate::lambda::seen::What;

/// Where nobody waits.
const NEAR: sample::Origin = sample::Origin {
    first_byte_ms: 0.0,
    mb_per_second: 0.0,
    round_trip_ms: 0.0,
};

/// An origin with an object, and what it saw.
struct Fixture {
    origin: Origin,
    sightings: Arc<Sightings>,
    _runtime: Runtime,
}

impl Fixture {
    fn with(object: &[u8]) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let sightings = Arc::new(Sightings::default());
        let clock = Arc::new(Clock::default());
        let origin = Origin::start(runtime.handle(), &NEAR, clock, sightings.clone()).unwrap();
        fs::write(origin.bucket().join("photo.jpg"), object).unwrap();
        Self {
            origin,
            sightings,
            _runtime: runtime,
        }
    }

    /// The head and the body of what is answered to a request with these headers.
    fn answer(&self, method: &str, path: &str, headers: &str) -> (String, Vec<u8>) {
        let mut stream = self.connection().unwrap();
        let host = self.host();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // A server that closes without a word is no error of HTTP's.
        let _ = stream.read_to_end(&mut answer);
        let end = answer.windows(4).position(|at| at == b"\r\n\r\n").unwrap() + 4;
        let body = answer.split_off(end);
        (String::from_utf8(answer).unwrap().to_lowercase(), body)
    }

    fn signed(&self, method: &str, path: &str) -> (String, Vec<u8>) {
        self.answer(method, path, &signature(method, path, &self.host(), SECRET))
    }

    fn connection(&self) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(self.origin.certificate()).unwrap();
        roots.add(authority).unwrap();
        self.connection_trusting(roots)
    }

    fn connection_trusting(
        &self,
        roots: RootCertStore,
    ) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "127.0.0.1".try_into().unwrap();
        let connection = ClientConnection::new(Arc::new(tls), name).unwrap();
        let mut stream = StreamOwned::new(connection, TcpStream::connect(self.host())?);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }

    fn host(&self) -> String {
        self.origin
            .endpoint()
            .trim_start_matches("https://")
            .to_owned()
    }

    fn seen(&self) -> Vec<What> {
        self.sightings.take().iter().map(|seen| seen.what).collect()
    }
}

/// The headers of AWS's Signature Version 4 for a request without a body.
fn signature(method: &str, path: &str, host: &str, secret: &str) -> String {
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const SIGNED: &str = "host;x-amz-content-sha256;x-amz-date";
    let format =
        format_description::parse_borrowed::<2>("[year][month][day]T[hour][minute][second]Z")
            .unwrap();
    let time = OffsetDateTime::now_utc().format(&format).unwrap();
    let scope = format!("{}/{REGION}/s3/aws4_request", &time[..8]);
    let canonical = format!(
        "{method}\n{path}\n\nhost:{host}\nx-amz-content-sha256:{EMPTY}\nx-amz-date:{time}\n\n{SIGNED}\n{EMPTY}"
    );
    let canonical = hex(&Sha256::digest(canonical));
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
    let key = scope
        .split('/')
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
            hmac(&key, part.as_bytes())
        });
    let signature = hex(&hmac(&key, to_sign.as_bytes()));
    format!(
        "x-amz-content-sha256: {EMPTY}\r\nx-amz-date: {time}\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential={ACCESS_KEY}/{scope}, SignedHeaders={SIGNED}, Signature={signature}\r\n"
    )
}

/// RFC 2104, with SHA-256 and a key of at most 64 bytes.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let padded = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(to, from)| *to ^= from);
        block
    };
    let inner = Sha256::new()
        .chain_update(padded(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(padded(0x5c))
        .chain_update(inner)
        .finalize()
        .to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_object_is_read_whole_by_who_trusts_the_authority() {
    let object: Vec<u8> = (0..200_000_u32)
        .map(|index| index.to_le_bytes()[1])
        .collect();
    let fixture = Fixture::with(&object);
    let (head, body) = fixture.signed("GET", "/originals/photo.jpg");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("content-type: image/jpeg"), "{head}");
    assert!(body == object, "{} bytes of {}", body.len(), object.len());
    assert_eq!(
        fixture.seen(),
        [What::Asked, What::FirstByte, What::LastByte]
    );
}

#[test]
fn who_does_not_trust_the_authority_reads_nothing() {
    let fixture = Fixture::with(b"a photograph");
    let refusal = fixture
        .connection_trusting(RootCertStore::empty())
        .unwrap_err();
    assert!(refusal.to_string().contains("UnknownIssuer"), "{refusal}");
    assert_eq!(fixture.seen(), []);
}

#[test]
fn a_request_without_a_signature_is_refused() {
    let fixture = Fixture::with(b"a photograph");
    let (head, _) = fixture.answer("GET", "/originals/photo.jpg", "");
    assert!(head.starts_with("http/1.1 403"), "{head}");
    assert_eq!(fixture.seen(), [What::Asked]);
}

#[test]
fn a_signature_by_another_secret_is_refused() {
    let fixture = Fixture::with(b"a photograph");
    let headers = signature("GET", "/originals/photo.jpg", &fixture.host(), "another");
    let (head, _) = fixture.answer("GET", "/originals/photo.jpg", &headers);
    assert!(head.starts_with("http/1.1 403"), "{head}");
}

#[test]
fn a_part_is_given_where_a_part_is_asked_for() {
    let fixture = Fixture::with(b"0123456789");
    let headers = signature("GET", "/originals/photo.jpg", &fixture.host(), SECRET);
    let headers = format!("{headers}range: bytes=3-\r\n");
    let (head, body) = fixture.answer("GET", "/originals/photo.jpg", &headers);
    assert!(head.starts_with("http/1.1 206"), "{head}");
    assert!(head.contains("content-range: bytes 3-9/10"), "{head}");
    assert_eq!(body, b"3456789");
}

#[test]
fn an_object_that_has_changed_is_not_given_for_the_one_before() {
    let fixture = Fixture::with(b"0123456789");
    let headers = signature("GET", "/originals/photo.jpg", &fixture.host(), SECRET);
    let headers = format!("{headers}if-match: \"the-one-before\"\r\n");
    let (head, _) = fixture.answer("GET", "/originals/photo.jpg", &headers);
    assert!(head.starts_with("http/1.1 412"), "{head}");
}

#[test]
fn a_missing_object_is_missing_and_no_body_is_seen() {
    let fixture = Fixture::with(b"a photograph");
    let (head, body) = fixture.signed("GET", "/originals/none.jpg");
    assert!(head.starts_with("http/1.1 404"), "{head}");
    assert!(String::from_utf8_lossy(&body).contains("NoSuchKey"));
    assert_eq!(fixture.seen(), [What::Asked]);
}

#[test]
fn the_facts_of_an_object_are_told_without_its_body() {
    let fixture = Fixture::with(b"0123456789");
    let (head, body) = fixture.signed("HEAD", "/originals/photo.jpg");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("content-length: 10"), "{head}");
    assert_eq!(body, b"");
    assert_eq!(fixture.seen(), []);
}

#[test]
fn nothing_outside_the_bucket_is_an_object() {
    let fixture = Fixture::with(b"a photograph");
    let (head, _) = fixture.signed("GET", "/originals/%2E%2E/%2E%2E/authority.pem");
    assert!(head.starts_with("http/1.1 4"), "{head}");
}

#[test]
fn a_file_becomes_an_object_without_being_copied() {
    let fixture = Fixture::with(b"a photograph");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("another.png");
    fs::write(&file, b"another").unwrap();
    fixture.origin.hold(&file).unwrap();
    let (head, body) = fixture.signed("GET", "/originals/another.png");
    let etag = fixture.origin.facts("another.png").unwrap().etag();
    assert!(head.contains(&format!("etag: \"{etag}\"")), "{head}");
    assert_eq!(body, b"another");
}
