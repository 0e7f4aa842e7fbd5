//! The objects: files of folders that are buckets. Only what functions ask for is there, and
//! nothing is computed for it: s3s-fs sums up a whole object before it gives one byte of it.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    pin::Pin,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use s3s::{
    Body, S3, S3Request, S3Response, S3Result,
    auth::SimpleAuth,
    dto::{
        ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
        Range, StreamingBlob, Timestamp,
    },
    s3_error,
    service::{S3Service, S3ServiceBuilder},
};

/// Buckets in a folder.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    root: PathBuf,
}

/// What is known of an object without reading it.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) bytes: u64,
    pub(crate) changed: SystemTime,
    pub(crate) content_type: &'static str,
}

/// An object, whole.
struct Object {
    bytes: Bytes,
    facts: Facts,
}

impl Objects {
    /// The buckets are the folders in `root`.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// A service that answers requests signed by this one user, and refuses all others.
    pub(crate) fn served_to(self, access_key: &str, secret: &str) -> S3Service {
        let mut builder = S3ServiceBuilder::new(self);
        builder.set_auth(SimpleAuth::from_single(access_key, secret));
        builder.build()
    }

    async fn object(&self, bucket: &str, key: &str) -> S3Result<Object> {
        let path = self.root.join(bucket).join(key);
        let below = Path::new(key)
            .components()
            .all(|it| matches!(it, Component::Normal(_)));
        if !below {
            return Err(s3_error!(NoSuchKey));
        }
        let read = tokio::task::spawn_blocking(move || Object::read(&path)).await;
        let read = read.ok().and_then(Result::ok);
        read.ok_or_else(|| s3_error!(NoSuchKey))
    }
}

impl Facts {
    /// Those of a file.
    ///
    /// # Errors
    ///
    /// If it is not there.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let file = fs::metadata(path)?;
        Ok(Self {
            bytes: file.len(),
            changed: file.modified()?,
            content_type: match path.extension().and_then(|it| it.to_str()) {
                Some("jpg" | "jpeg") => "image/jpeg",
                Some("png") => "image/png",
                Some("webp") => "image/webp",
                Some("avif") => "image/avif",
                Some("gif") => "image/gif",
                _ => "application/octet-stream",
            },
        })
    }

    /// Its `ETag` without the quotes: another if the file was changed. What it is made of is S3's
    /// own affair.
    pub(crate) fn etag(&self) -> String {
        let changed = self.changed.duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("{:x}-{:x}", changed.as_nanos(), self.bytes)
    }
}

impl Object {
    fn read(path: &Path) -> io::Result<Self> {
        Ok(Self {
            facts: Facts::of(path)?,
            bytes: fs::read(path)?.into(),
        })
    }

    fn answer(
        self,
        range: Option<Range>,
        wanted: Option<ETagCondition>,
    ) -> S3Result<GetObjectOutput> {
        let etag = ETag::Strong(self.facts.etag());
        if wanted.is_some_and(|wanted| wanted.into_etag().is_some_and(|it| !it.strong_cmp(&etag))) {
            return Err(s3_error!(PreconditionFailed));
        }
        let length = self.bytes.len() as u64;
        let (part, content_range) = match range {
            None => (0..length, None),
            Some(range) => {
                let part = range.check(length)?;
                let said = format!("bytes {}-{}/{length}", part.start, part.end - 1);
                (part, Some(said))
            }
        };
        let index = |at: u64| usize::try_from(at).map_err(|_| s3_error!(InvalidRange));
        let bytes = self.bytes.slice(index(part.start)?..index(part.end)?);
        Ok(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(bytes.len()).ok(),
            body: Some(StreamingBlob::from(Body::from(bytes))),
            content_range,
            content_type: self.facts.content_type.parse().ok(),
            e_tag: Some(etag),
            last_modified: Some(Timestamp::from(self.facts.changed)),
            ..GetObjectOutput::default()
        })
    }
}

type Answered<'a, T> = Pin<Box<dyn Future<Output = S3Result<S3Response<T>>> + Send + 'a>>;

// What `#[async_trait]` would write.
impl S3 for Objects {
    fn get_object<'a, 'b>(
        &'a self,
        request: S3Request<GetObjectInput>,
    ) -> Answered<'b, GetObjectOutput>
    where
        'a: 'b,
        Self: 'b,
    {
        let GetObjectInput {
            bucket,
            key,
            range,
            if_match,
            ..
        } = request.input;
        Box::pin(async move {
            let object = self.object(&bucket, &key).await?;
            object.answer(range, if_match).map(S3Response::new)
        })
    }

    fn head_object<'a, 'b>(
        &'a self,
        request: S3Request<HeadObjectInput>,
    ) -> Answered<'b, HeadObjectOutput>
    where
        'a: 'b,
        Self: 'b,
    {
        let HeadObjectInput { bucket, key, .. } = request.input;
        Box::pin(async move {
            let object = self.object(&bucket, &key).await?;
            let of_get = object.answer(None, None)?;
            Ok(S3Response::new(HeadObjectOutput {
                accept_ranges: of_get.accept_ranges,
                content_length: of_get.content_length,
                content_type: of_get.content_type,
                e_tag: of_get.e_tag,
                last_modified: of_get.last_modified,
                ..HeadObjectOutput::default()
            }))
        })
    }
}
