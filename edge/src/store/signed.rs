//! Requests to AWS that `object_store` does not make, signed by its Signature Version 4
//! and sent over our own connections.

use std::time::Instant;

use bytes::Bytes;
use http::{
    Method, Request, StatusCode, Uri,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body_util::{BodyExt, Limited};
use object_store::{
    aws::{AwsAuthorizer, AwsCredential},
    client::{HttpRequest, HttpRequestBody},
};

use tokio::runtime::Handle;

use super::{
    StoreError,
    connection::{Connection, Trouble},
    credentials::Credentials,
    retry::{Patience, Tries},
};

/// Bytes of the longest answer that is read; those of the requests made here are far shorter.
const ANSWER_BYTES: usize = 64 * 1024;

/// What services say with status 400 where S3 says 503: asked too much, or too much is under
/// way.
const BUSY: [&str; 4] = [
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyInvalidationsInProgress",
];

/// Whoever asks a service of AWS.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) connection: Connection,
    /// None: requests go unsigned.
    pub(crate) credentials: Option<Credentials>,
    /// As signatures name it: `s3`, `cloudfront`.
    pub(crate) service: &'static str,
    pub(crate) region: String,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// With its scheme and host, percent-encoded.
    pub(crate) url: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// A document of XML, or nothing.
    pub(crate) body: Bytes,
}

impl Signed {
    /// Asks until there is an answer of success, or no more may be tried; its body.
    pub(crate) fn ask(
        &self,
        ask: &Ask,
        runtime: &Handle,
        patience: Patience,
        deadline: Option<Instant>,
    ) -> Result<Bytes, StoreError> {
        let mut tries = Tries::of_operation(patience, deadline);
        runtime.block_on(tries.run(patience.first_byte, || self.send(ask)))
    }

    /// The body of the answer, if it is one of success.
    pub(super) async fn send(&self, ask: &Ask) -> object_store::Result<Bytes> {
        let answer = self.answer(ask).await.map_err(|trouble| match trouble {
            Trouble::Refused {
                code: Some(code),
                region,
                ..
            } if BUSY.contains(&code.as_str()) => Trouble::Refused {
                status: StatusCode::TOO_MANY_REQUESTS,
                code: Some(code),
                region,
            },
            trouble => trouble,
        });
        Ok(answer?)
    }

    async fn answer(&self, ask: &Ask) -> Result<Bytes, Trouble> {
        let mut request = request(ask).map_err(|why| Trouble::Unusable(why.to_string()))?;
        if let Some(credentials) = &self.credentials {
            self.sign(&mut request, credentials)?;
        }
        let answer = self.connection.answer(request).await?;
        let body = Limited::new(answer.into_body(), ANSWER_BYTES);
        match body.collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(why) => Err(Trouble::broken(&*why)),
        }
    }

    fn sign(&self, request: &mut HttpRequest, credentials: &Credentials) -> Result<(), Trouble> {
        if !credentials.are_sendable() {
            let why = "the AWS credentials are not of printable ASCII";
            return Err(Trouble::Unusable(why.into()));
        }
        let credential = AwsCredential {
            key_id: credentials.access_key_id.clone(),
            secret_key: credentials.secret_access_key.clone(),
            token: credentials.session_token.clone(),
        };
        AwsAuthorizer::new(&credential, self.service, &self.region)
            .try_authorize(request, None)
            .map_err(|why| Trouble::Unusable(why.to_string()))
    }
}

fn request(ask: &Ask) -> Result<HttpRequest, http::Error> {
    let uri: Uri = ask.url.parse()?;
    let mut request = Request::builder()
        .method(ask.method.clone())
        .uri(uri)
        .header(CONTENT_LENGTH, ask.body.len());
    for (name, value) in &ask.headers {
        request = request.header(*name, value);
    }
    if ask.body.is_empty() {
        return request.body(HttpRequestBody::empty());
    }
    request
        .header(CONTENT_TYPE, "application/xml")
        .body(ask.body.clone().into())
}

/// What is between the first `<name>` of `xml` and its end, as it is written there.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (inside, _) = rest.split_once(&format!("</{name}>"))?;
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_what_is_between_its_tags() {
        let xml = "<Tag><Key>a</Key><Value>1</Value></Tag>";
        assert_eq!(element(xml, "Value"), Some("1"));
        assert_eq!(element(xml, "Tag"), Some("<Key>a</Key><Value>1</Value>"));
        assert_eq!(element("<Key>a", "Key"), None);
    }
}
