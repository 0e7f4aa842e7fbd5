//! A real S3 server on this machine, over a folder that is gone with it: it checks
//! signatures, ranges and conditions.

use std::{convert::Infallible, fs, path::PathBuf};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};

/// A running S3 server; dropping it stops it.
pub(crate) struct S3Server {
    /// Its URL, without a slash at its end; buckets come after it.
    pub(crate) endpoint: String,
    /// Who may ask.
    pub(crate) access_key: &'static str,
    /// What requests are signed with.
    pub(crate) secret: &'static str,
    root: tempfile::TempDir,
    runtime: Option<Runtime>,
}

impl S3Server {
    /// Starts a server without buckets, on a port of its own.
    pub(crate) fn start() -> Self {
        let (access_key, secret) = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let root = tempfile::tempdir().unwrap();
        let files = s3s_fs::FileSystem::new(root.path()).unwrap();
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(access_key, secret));
        let service = builder.build();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let answer = service_fn(|request| {
                        let answer = hyper::service::Service::call(&service, request);
                        async { Ok::<_, Infallible>(answer.await.expect("s3s answers")) }
                    });
                    // The client may go away whenever it likes.
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), answer)
                        .await;
                });
            }
        });
        Self {
            endpoint,
            access_key,
            secret,
            root,
            runtime: Some(runtime),
        }
    }

    /// Makes a bucket; its objects are the files of the folder returned.
    pub(crate) fn bucket(&self, name: &str) -> PathBuf {
        let folder = self.root.path().join(name);
        fs::create_dir(&folder).unwrap();
        folder
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
