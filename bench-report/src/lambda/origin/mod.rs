//! What functions read originals from: an S3 server over TLS on loopback, as far away as it is
//! told to be. It checks signatures (s3s); how far away it is, is done here and not by the kernel,
//! so it takes no rights and is the same everywhere.

mod authority;
mod body;
mod objects;
mod service;
mod shape;

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use tokio::{
    net::TcpListener,
    runtime::Handle,
    task::{AbortHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

use super::{clock::Clock, seen::Sightings};
use crate::sample;
use authority::Certified;
pub(crate) use objects::Facts;
use objects::Objects;
use service::Service;

/// Who may ask, as long as those of a role are: the examples of AWS's documentation.
pub(crate) const ACCESS_KEY: &str = "ASIAIOSFODNN7EXAMPLE";

/// What requests are signed with.
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// The Region of its bucket.
pub(crate) const REGION: &str = "us-east-1";

/// Its bucket.
pub(crate) const BUCKET: &str = "originals";

/// A running origin with one bucket; dropping it stops it and removes the bucket.
#[derive(Debug)]
pub(crate) struct Origin {
    endpoint: String,
    folder: tempfile::TempDir,
    accepting: AbortHandle,
}

impl Origin {
    /// Starts one without objects, on a port of its own. It tells `sightings` when it was asked for
    /// an object and when it gave it, by `clock`.
    ///
    /// # Errors
    ///
    /// If there is no room for temporary files, or no port.
    pub(crate) fn start(
        runtime: &Handle,
        shape: &sample::Origin,
        clock: Arc<Clock>,
        sightings: Arc<Sightings>,
    ) -> Result<Self> {
        let folder = tempfile::tempdir().context("making a folder for the origin")?;
        let certified = Certified::new().context("making the origin's certificate")?;
        let buckets = folder.path().join("buckets");
        fs::create_dir_all(buckets.join(BUCKET))
            .and_then(|()| fs::write(certificate_in(folder.path()), &certified.authority))
            .with_context(|| format!("writing to {}", folder.path().display()))?;
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .context("listening on loopback")?;
        let port = listener
            .local_addr()
            .context("listening on loopback")?
            .port();
        let service = Service {
            s3: Objects::new(buckets).served_to(ACCESS_KEY, SECRET),
            shape: *shape,
            clock,
            sightings,
        };
        let acceptor = TlsAcceptor::from(Arc::new(certified.tls));
        Ok(Self {
            // Not by its name: how a machine looks up localhost is no part of what is measured.
            endpoint: format!("https://127.0.0.1:{port}"),
            folder,
            accepting: runtime
                .spawn(accept(listener, acceptor, service))
                .abort_handle(),
        })
    }

    /// Its URL, without a slash at its end; the bucket comes after it.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The folder whose files are the objects of the bucket.
    pub(crate) fn bucket(&self) -> PathBuf {
        self.folder.path().join("buckets").join(BUCKET)
    }

    /// Makes an object of the bucket of a file, by its name; it is not copied.
    ///
    /// # Errors
    ///
    /// If there is no such file, or an object of that name is there.
    pub(crate) fn hold(&self, file: &Path) -> Result<()> {
        let whole = file.canonicalize();
        whole
            .and_then(|whole| {
                symlink(
                    whole,
                    self.bucket().join(file.file_name().unwrap_or_default()),
                )
            })
            .with_context(|| format!("giving {} to the origin", file.display()))
    }

    /// What the bucket says of an object before its body.
    ///
    /// # Errors
    ///
    /// If there is none of that name.
    pub(crate) fn facts(&self, name: &str) -> Result<Facts> {
        Facts::of(&self.bucket().join(name))
            .with_context(|| format!("asking the origin for {name}"))
    }

    /// The certificate of the authority that vouches for it: a file of PEM.
    pub(crate) fn certificate(&self) -> PathBuf {
        certificate_in(self.folder.path())
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn certificate_in(folder: &Path) -> PathBuf {
    folder.join("authority.pem")
}

/// Accepts connections until it is aborted, and them with it.
async fn accept(listener: TcpListener, acceptor: TlsAcceptor, service: Service) {
    let mut connections = JoinSet::new();
    loop {
        // What one failed for is gone with it: a client that went away, a moment without memory.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        connections.spawn(service.clone().converse(stream, acceptor.clone()));
        while connections.try_join_next().is_some() {}
    }
}

#[cfg(test)]
mod tests;
