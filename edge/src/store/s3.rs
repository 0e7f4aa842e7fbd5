//! What S3 can do beside what `object_store` makes of every store: listings of keys that
//! begin anyhow, copies between buckets, and the tags of an object.

use std::{ops::RangeInclusive, time::Duration};

use bytes::Bytes;
use http::{Method, StatusCode};
use object_store::{
    ObjectMeta, Result,
    aws::AmazonS3,
    list::{PaginatedListOptions, PaginatedListStore},
    path::Path,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    StoreError,
    connection::{Trouble, error_code},
    signed::{Ask, Signed, element},
};

/// Bytes of the largest object that is copied in one request (Amazon S3 API Reference,
/// `CopyObject`).
const MOST_COPIED: u64 = 5 * 1024 * 1024 * 1024;

/// Bytes per second that a copy has at least time for, beside that for its answer: S3
/// answers once it is done.
const SLOWEST_COPY: u64 = 16 * 1024 * 1024;

/// How a key is written in a URL and in `x-amz-copy-source` (AWS General Reference, Signature
/// Version 4, `UriEncode`).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A bucket.
#[derive(Debug)]
pub(super) struct S3 {
    pub(super) store: AmazonS3,
    pub(super) signed: Signed,
    /// The bucket's URL, without a slash at its end.
    pub(super) url: String,
    /// An S3 server's URL; none: the one of AWS.
    pub(super) endpoint: Option<String>,
    pub(super) bucket: String,
}

/// An object as S3 itself can find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InS3 {
    /// The server's URL; none: AWS, where a bucket's name is the only one of its kind.
    pub endpoint: Option<String>,
    /// Its bucket.
    pub bucket: String,
    /// Its key, with what the store puts before every key.
    pub name: String,
}

impl S3 {
    /// Where S3 finds the object that it calls `name`.
    pub(super) fn whereabouts(&self, name: &str) -> InS3 {
        InS3 {
            endpoint: self.endpoint.clone(),
            bucket: self.bucket.clone(),
            name: name.to_owned(),
        }
    }

    fn url_of(&self, name: &str) -> String {
        format!("{}/{}", self.url, utf8_percent_encode(name, ESCAPED))
    }

    /// What asks for a copy of `source`, of this `ETag`, under `name`; and the time it may
    /// take beside that for an answer. Metadata come along; tags stay behind, for they would
    /// need permissions of their own, and `createByLambda` would have a lifecycle rule
    /// remove the copy.
    pub(super) fn copy(
        &self,
        source: &InS3,
        etag: Option<&str>,
        bytes: u64,
        name: &str,
    ) -> std::result::Result<(Ask, Duration), StoreError> {
        if bytes > MOST_COPIED {
            return Err(StoreError::Unsupported("copy an object above 5 GiB"));
        }
        let encoded = utf8_percent_encode(&source.name, ESCAPED);
        let mut headers = vec![
            ("x-amz-copy-source", format!("/{}/{encoded}", source.bucket)),
            ("x-amz-metadata-directive", "COPY".to_owned()),
            ("x-amz-tagging-directive", "REPLACE".to_owned()),
        ];
        headers.extend(etag.map(|etag| ("x-amz-copy-source-if-match", etag.to_owned())));
        let ask = Ask {
            method: Method::PUT,
            url: self.url_of(name),
            headers,
            body: Bytes::new(),
        };
        Ok((ask, Duration::from_secs(bytes / SLOWEST_COPY)))
    }

    /// Copies, and looks whether it was: `CopyObject` may say 200 first and fail then
    /// (Amazon S3 API Reference, `CopyObject`).
    pub(super) async fn copied(&self, ask: &Ask) -> Result<()> {
        let body = self.signed.send(ask).await?;
        let body = String::from_utf8_lossy(&body);
        if body.contains("<CopyObjectResult") {
            return Ok(());
        }
        let code = error_code(&body);
        let status = match code.as_deref() {
            Some("SlowDown" | "ServiceUnavailable") => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Err(Trouble::Refused {
            status,
            code,
            region: None,
        }
        .into())
    }

    /// The tags of the object that S3 calls `name` (Amazon S3 API Reference,
    /// `GetObjectTagging`), as they are written in XML.
    pub(super) async fn tags(&self, name: &str) -> Result<Vec<(String, String)>> {
        let ask = Ask {
            method: Method::GET,
            url: format!("{}?tagging=", self.url_of(name)),
            headers: vec![],
            body: Bytes::new(),
        };
        let body = self.signed.send(&ask).await?;
        let body = String::from_utf8_lossy(&body);
        let tags = body.split("<Tag>").skip(1).filter_map(|tag| {
            let text = |name| element(tag, name).map(|text| text.trim().to_owned());
            Some((text("Key")?, text("Value")?))
        });
        Ok(tags.collect())
    }

    /// Objects whose names begin with `text`, at most `most`, and whether there are more.
    pub(super) async fn beginning(
        &self,
        text: &str,
        most: usize,
    ) -> Result<(Vec<ObjectMeta>, bool)> {
        let mut objects = Vec::new();
        let mut options = PaginatedListOptions::default();
        loop {
            let page = self.store.list_paginated(Some(text), options.clone());
            let page = page.await?;
            objects.extend(page.result.objects);
            options.page_token = page.page_token;
            if objects.len() > most {
                objects.truncate(most);
                return Ok((objects, true));
            }
            if options.page_token.is_none() {
                return Ok((objects, false));
            }
        }
    }

    /// Folders directly below `below`, empty or with a slash at its end, whose names begin
    /// with one of `first`: only keys that do are listed, `most` of them, and it is said
    /// whether there are more.
    pub(super) async fn folders(
        &self,
        below: &str,
        first: &RangeInclusive<char>,
        most: usize,
    ) -> Result<(Vec<Path>, bool)> {
        let mut folders = Vec::new();
        let mut seen = 0;
        let mut options = PaginatedListOptions {
            // S3 lists in the order of UTF-8, and begins after this.
            offset: Some(format!("{below}{}", first.start())),
            delimiter: Some("/".into()),
            ..PaginatedListOptions::default()
        };
        let prefix = (!below.is_empty()).then_some(below);
        loop {
            let page = self.store.list_paginated(prefix, options.clone()).await?;
            let result = page.result;
            seen += result.objects.len() + result.common_prefixes.len();
            let objects = result.objects.iter().map(|object| &object.location);
            let is_past = |path: &Path| {
                let name = path.as_ref().strip_prefix(below).unwrap_or_default();
                name.chars().next().is_some_and(|c| c > *first.end())
            };
            let is_over = objects.chain(&result.common_prefixes).any(is_past);
            folders.extend(result.common_prefixes);
            options.page_token = page.page_token;
            if is_over || options.page_token.is_none() {
                return Ok((folders, false));
            }
            if seen >= most {
                return Ok((folders, true));
            }
        }
    }
}
