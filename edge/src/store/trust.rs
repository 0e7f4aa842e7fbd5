//! Whose word is taken for who a server is, where that is not the public authorities' alone:
//! an S3 server of one's own, or a proxy with an authority of its own.

use std::{fs::File, io::Read, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

/// What names the bundle (AWS SDKs and Tools Reference Guide, "General configuration"). There
/// it stands in place of the public authorities; here they stay trusted, since a function may
/// read from AWS and from elsewhere.
pub(super) const VARIABLE: &str = "AWS_CA_BUNDLE";

/// Bytes of a bundle, strict; those of systems, with every public authority, have 0.2 MB.
const MOST_BYTES: u64 = 4 << 20;

/// TLS for clients that trust the roots inside and the certificates in a file of PEM, if
/// there is one.
///
/// # Errors
///
/// What is wrong with the file, for the log.
pub(super) fn with_bundle(file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = match file {
        Some(file) => {
            bundle(file).map_err(|why| format!("{VARIABLE}: {}: {why}", file.display()))?
        }
        None => RootCertStore::empty(),
    };
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|tls| tls.with_root_certificates(roots).with_no_client_auth())
        .map_err(|error| error.to_string())
}

fn bundle(file: &Path) -> Result<RootCertStore, String> {
    let mut pem = Vec::new();
    File::open(file)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut pem))
        .map_err(|error| error.to_string())?;
    if pem.len() as u64 > MOST_BYTES {
        return Err(format!("it is larger than {MOST_BYTES} bytes"));
    }
    let mut roots = RootCertStore::empty();
    for (index, certificate) in CertificateDer::pem_slice_iter(&pem).enumerate() {
        let added = certificate.map_err(|error| error.to_string());
        let added = added.and_then(|it| roots.add(it).map_err(|error| error.to_string()));
        added.map_err(|why| format!("certificate {}: {why}", index + 1))?;
    }
    if roots.is_empty() {
        return Err("there is no certificate in it".into());
    }
    Ok(roots)
}
