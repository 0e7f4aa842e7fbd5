//! A server whose certificate is an authority's of its own.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use edgepix::{
    config::StoreConfig,
    key::Key,
    store::{Connection, Get, Opened, Place, StoreError, retry::Patience},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring, pki_types::PrivateKeyDer};
use tokio::runtime::{Builder, Runtime};

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\netag: \"v1\"\r\n\
    last-modified: Wed, 21 Oct 2015 07:28:00 GMT\r\nconnection: close\r\n\r\n0123456789";

/// A server over TLS that gives ten bytes to whoever trusts it.
struct Server {
    url: String,
    /// Its authority's certificate.
    authority: String,
}

impl Server {
    fn start() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned()];
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let tls = Arc::new(tls);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(tls.clone()).unwrap();
                let mut stream = BufReader::new(StreamOwned::new(connection, stream.unwrap()));
                let mut line = String::new();
                // Whoever does not trust it goes away before the end of the head.
                while stream.read_line(&mut line).is_ok_and(|bytes| bytes > 2) {
                    line.clear();
                }
                let stream = stream.get_mut();
                let _ = stream.write_all(ANSWER.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        Self {
            url,
            authority: authority.pem(),
        }
    }
}

/// A folder for a bundle, and what a store waits on.
struct Asker {
    folder: tempfile::TempDir,
    runtime: Runtime,
}

impl Asker {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            runtime: Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
        }
    }

    fn bundle(&self, text: &str) -> PathBuf {
        let file = self.folder.path().join("bundle.pem");
        fs::write(&file, text).unwrap();
        file
    }

    fn read(&self, server: &Server, ca_bundle: Option<&Path>) -> Result<Vec<u8>, StoreError> {
        let variable = |name: &str| match name {
            "AWS_CA_BUNDLE" => ca_bundle.map(|file| file.display().to_string()),
            _ => None,
        };
        let place = Place::typed(&server.url, &StoreConfig::default()).unwrap();
        let connection = Connection::in_environment(variable);
        let patience = Patience {
            base: Duration::from_millis(1),
            cap: Duration::from_millis(1),
            ..Patience::default()
        };
        let mut bytes = Vec::new();
        Opened::new(self.runtime.handle().clone(), None, connection)
            .with_patience(patience)
            .at(&place)
            .unwrap()
            .open(&Key::new("a.jpg").unwrap(), &Get::default())?
            .body
            .read_to_end(&mut bytes)
            .unwrap();
        Ok(bytes)
    }

    fn refusal(&self, server: &Server, ca_bundle: Option<&Path>) -> String {
        let error = self.read(server, ca_bundle).unwrap_err();
        assert_eq!(error.word(), "store");
        error.to_string()
    }
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_read_from() {
    let (server, asker) = (Server::start(), Asker::new());
    let refusal = asker.refusal(&server, None);
    assert!(refusal.contains("UnknownIssuer"), "{refusal}");
}

#[test]
fn a_server_that_the_bundle_vouches_for_is_read_from() {
    let (server, asker) = (Server::start(), Asker::new());
    // As bundles have it: more than one authority, and words between.
    let text = format!(
        "{}\n# ours\n{}",
        Server::start().authority,
        server.authority
    );
    let bundle = asker.bundle(&text);
    assert_eq!(asker.read(&server, Some(&bundle)).unwrap(), b"0123456789");
}

#[test]
fn a_bundle_vouches_for_nobody_else() {
    let (server, asker) = (Server::start(), Asker::new());
    let bundle = asker.bundle(&Server::start().authority);
    let refusal = asker.refusal(&server, Some(&bundle));
    assert!(refusal.contains("certificate"), "{refusal}");
}

#[test]
fn a_bundle_that_is_missing_is_named() {
    let (server, asker) = (Server::start(), Asker::new());
    let refusal = asker.refusal(&server, Some(Path::new("/nowhere/bundle.pem")));
    assert!(
        refusal.starts_with("the store failed: AWS_CA_BUNDLE: /nowhere/bundle.pem: "),
        "{refusal}"
    );
}

#[test]
fn a_bundle_without_certificates_is_said_to_have_none() {
    let (server, asker) = (Server::start(), Asker::new());
    let bundle = asker.bundle("a key, perhaps\n");
    let refusal = asker.refusal(&server, Some(&bundle));
    assert!(
        refusal.ends_with("there is no certificate in it"),
        "{refusal}"
    );
}

#[test]
fn the_certificate_of_a_bundle_that_is_broken_is_counted() {
    let (server, asker) = (Server::start(), Asker::new());
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let bundle = asker.bundle(&format!("{}{broken}", server.authority));
    let refusal = asker.refusal(&server, Some(&bundle));
    assert!(refusal.contains(": certificate 2: "), "{refusal}");
}
