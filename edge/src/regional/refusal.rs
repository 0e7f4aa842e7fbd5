//! What a function in a Region says when it has nothing to show: JSON, in the shape of
//! system B.

use http::StatusCode;
use serde::Serialize;

use crate::{event::http::Call, status::Reason};

/// What there is to say when there is nothing to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// A word for the status, such as `Forbidden`.
    pub error_type: &'static str,
    /// The status.
    pub status: u16,
    /// What the service that carried the request calls it.
    pub request_id: String,
    /// What is wrong, for whoever wrote the URL.
    pub message: String,
    #[serde(skip)]
    word: &'static str,
}

impl Refusal {
    /// Of a request that makes no sense.
    pub(super) fn request(why: &str, call: &Call) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "refused", why, call)
    }

    /// Of what the installation does not allow.
    pub(super) fn forbidden(why: &str, call: &Call) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", why, call)
    }

    /// Of a method that is none of ours.
    pub(super) fn method(call: &Call) -> Self {
        let why = "only GET and HEAD are answered";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "refused", why, call)
    }

    /// Of what could not be done for `reason`. Details are for the log alone.
    pub(super) fn of(reason: Reason, call: &Call) -> Self {
        let (status, why) = match reason {
            Reason::Missing => (StatusCode::NOT_FOUND, "there is no such image"),
            Reason::Forbidden => (
                StatusCode::NOT_FOUND,
                "there is no such image, or no leave to read it",
            ),
            Reason::Busy => (StatusCode::SERVICE_UNAVAILABLE, "the store is too busy"),
            Reason::StoreTimeout | Reason::Time => {
                (StatusCode::GATEWAY_TIMEOUT, "it took too long")
            }
            Reason::Store | Reason::Cut | Reason::Changed => {
                (StatusCode::BAD_GATEWAY, "the store did not give the image")
            }
            Reason::Size => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the image is larger than an answer may be",
            ),
            Reason::Config => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the installation is not set up for this",
            ),
            _ => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the image could not be made",
            ),
        };
        Self::new(status, reason.word(), why, call)
    }

    fn new(status: StatusCode, word: &'static str, why: &str, call: &Call) -> Self {
        Self {
            error_type: match status.as_u16() {
                400 => "BadRequest",
                403 => "Forbidden",
                404 => "NotFound",
                405 => "MethodNotAllowed",
                502 => "BadGateway",
                503 => "ServiceUnavailable",
                504 => "GatewayTimeout",
                _ => "InternalServerError",
            },
            status: status.as_u16(),
            request_id: call.request_id.clone(),
            message: why.to_owned(),
            word,
        }
    }

    /// How the header `x-edgepix` says it.
    #[must_use]
    pub fn outcome(&self) -> String {
        match self.status {
            400 | 405 => format!("refused; reason={}", self.message),
            403 => format!("forbidden; reason={}", self.message),
            _ => format!("failed; reason={}", self.word),
        }
    }

    /// Whether the next try may well do better.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.status > 500
    }
}
