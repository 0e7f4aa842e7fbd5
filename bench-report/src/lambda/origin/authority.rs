//! The origin's certificate, and an authority for it that nobody else trusts.

use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};

/// What a server needs, and its clients.
pub(crate) struct Certified {
    /// TLS 1.3 and 1.2, as S3 has them. Its chain is one certificate with a key on P-256, where S3's
    /// are four with RSA keys: to check them takes a client some tenths of a millisecond more.
    pub(crate) tls: ServerConfig,
    /// The authority's certificate as PEM.
    pub(crate) authority: String,
}

impl Certified {
    /// Makes an authority and a certificate for "localhost" and 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub(crate) fn new() -> Result<Self> {
        let mut params = named(&[], "bench-report authority")?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = named(&["localhost", "127.0.0.1"], "bench-report origin")?
            .signed_by(&key, &authority)?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let mut tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .context("using it")?;
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            tls,
            authority: authority.pem(),
        })
    }
}

/// For hosts, and by a name that clients tell issuers apart by.
fn named(hosts: &[&str], name: &str) -> Result<CertificateParams> {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}
