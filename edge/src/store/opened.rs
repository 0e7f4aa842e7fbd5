//! The stores that a process has opened: one per place, whoever asks. They share their
//! connections, and opening one touches no network.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use object_store::{ObjectStore, RetryConfig, aws::AmazonS3Builder, http::HttpBuilder};
use tokio::runtime::Handle;

use super::{
    Store,
    connection::Connection,
    credentials::Credentials,
    folder::Folder,
    guard::Reach,
    objects::{Kind, Objects},
    origins,
    place::Place,
    retry::Patience,
    s3::S3,
    signed::Signed,
};
use crate::{
    config::{Config, StoreConfig},
    event::cloudfront::Origin,
    origin_response::Stores,
    sync::Buckets,
};

/// The stores that a process has opened.
pub struct Opened {
    runtime: Handle,
    credentials: Option<Credentials>,
    connection: Connection,
    patience: Patience,
    stores: Mutex<HashMap<(Place, Reach), Arc<dyn Store>>>,
}

impl Opened {
    /// None yet. `runtime` needs threads, timers and input and output of its own; requests
    /// to S3 are signed with `credentials`, or not at all.
    #[must_use]
    pub fn new(runtime: Handle, credentials: Option<Credentials>, connection: Connection) -> Self {
        Self {
            runtime,
            credentials,
            connection,
            patience: Patience::default(),
            stores: Mutex::default(),
        }
    }

    /// The same, but waiting otherwise.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The store at `place`, wherever that is: whoever says it answers for it.
    ///
    /// # Errors
    ///
    /// What is wrong with it: a folder is not there, a URL is none, or the credentials
    /// cannot be sent.
    pub fn at(&self, place: &Place) -> Result<Arc<dyn Store>, String> {
        self.within(Reach::Anywhere, place)
    }

    fn within(&self, reach: Reach, place: &Place) -> Result<Arc<dyn Store>, String> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let known = (place.clone(), reach);
        if let Some(store) = stores.get(&known) {
            return Ok(Arc::clone(store));
        }
        let store: Arc<dyn Store> = Arc::new(self.open(place, reach)?);
        stores.insert(known, Arc::clone(&store));
        Ok(store)
    }

    /// Makes what connections need ahead of the first request; and if `place` is known,
    /// asks for the head of its root, unsigned, and does not mind the answer.
    ///
    /// # Panics
    ///
    /// If it is called on a thread of the runtime.
    pub fn warm(&self, place: Option<&Place>) {
        match place.and_then(Place::url) {
            Some(url) => self.connection.warm_to(&url, &self.runtime),
            None => self.connection.warm(),
        }
    }

    fn open(&self, place: &Place, reach: Reach) -> Result<Objects, String> {
        let connection = self.connection.within(reach);
        let url = place.url().unwrap_or_default();
        let (store, kind, prefix): (Arc<dyn ObjectStore>, _, _) = match place {
            Place::S3 {
                bucket,
                region,
                endpoint,
                prefix,
            } => {
                // The URL has the bucket already, whichever way.
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(bucket)
                    .with_region(region)
                    .with_endpoint(&url)
                    .with_virtual_hosted_style_request(true)
                    .with_retry(never_again())
                    .with_http_connector(connection);
                if let Some(credentials) = &self.credentials {
                    if !credentials.are_sendable() {
                        return Err("the AWS credentials are not of printable ASCII".into());
                    }
                    builder = builder
                        .with_access_key_id(&credentials.access_key_id)
                        .with_secret_access_key(&credentials.secret_access_key);
                    if let Some(token) = &credentials.session_token {
                        builder = builder.with_token(token);
                    }
                } else {
                    builder = builder.with_skip_signature(true);
                }
                let store = builder.build().map_err(|error| error.to_string())?;
                let s3 = S3 {
                    store: store.clone(),
                    signed: Signed {
                        connection: self.connection.clone(),
                        credentials: self.credentials.clone(),
                        service: "s3",
                        region: region.clone(),
                    },
                    url,
                    endpoint: endpoint.clone(),
                    bucket: bucket.clone(),
                };
                (Arc::new(store), Kind::S3(Box::new(s3)), prefix.as_str())
            }
            Place::Http { .. } => {
                let store = HttpBuilder::new()
                    .with_url(url)
                    .with_retry(never_again())
                    .with_http_connector(connection)
                    .build()
                    .map_err(|error| error.to_string())?;
                (Arc::new(store), Kind::Http, "")
            }
            Place::Folder { path } => {
                let (folder, files) = Folder::open(path).map_err(|error| error.to_string())?;
                (Arc::new(files), Kind::Folder(folder), "")
            }
        };
        let runtime = self.runtime.clone();
        Ok(Objects::new(store, kind, prefix, runtime, self.patience))
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("credentials", &self.credentials)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl Stores for Opened {
    /// Nothing is asked of an origin that the policy does not name; and of what speaks HTTP,
    /// only the internet may be asked, unless the policy says otherwise.
    fn of_origin(&self, origin: &Origin, config: &Config) -> Result<Arc<dyn Store>, String> {
        origins::admit(origin, &config.policy.origins)?;
        let place = Place::of_origin(origin, &config.store).map_err(|why| why.to_string())?;
        let reach = match place {
            Place::Http { .. } if !config.policy.private_origins => Reach::Internet,
            // Buckets are where AWS has them, or where the configuration says.
            _ => Reach::Anywhere,
        };
        self.within(reach, &place)
    }
}

impl Buckets for Opened {
    fn bucket(
        &self,
        name: &str,
        region: &str,
        config: &StoreConfig,
    ) -> Result<Arc<dyn Store>, String> {
        let config = StoreConfig {
            endpoint: config.endpoint.clone(),
            bucket: None,
            region: Some(region.to_owned()),
        };
        let place = Place::typed(&format!("s3://{name}"), &config);
        self.at(&place.map_err(|why| why.to_string())?)
    }
}

/// The same store for every origin, as the local server and `edgepix invoke` have it.
#[derive(Clone)]
pub struct OneStore(Arc<dyn Store>);

impl OneStore {
    /// `store`, whatever the origin.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }
}

impl fmt::Debug for OneStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneStore").finish_non_exhaustive()
    }
}

impl Stores for OneStore {
    fn of_origin(&self, _: &Origin, _: &Config) -> Result<Arc<dyn Store>, String> {
        Ok(Arc::clone(&self.0))
    }
}

impl Buckets for OneStore {
    fn bucket(&self, _: &str, _: &str, _: &StoreConfig) -> Result<Arc<dyn Store>, String> {
        Ok(Arc::clone(&self.0))
    }
}

/// Trying again is decided here, in one place: see [`Patience`].
fn never_again() -> RetryConfig {
    RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    }
}
