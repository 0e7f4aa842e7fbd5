//! What requests to S3 are signed with. Taken from the environment once; nothing else
//! is asked: no metadata service, no profile.

use std::fmt;

/// What requests to S3 are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`, which those of a role have.
    pub session_token: Option<String>,
}

impl Credentials {
    /// Those in the environment, as `variable` gives it; none: requests go unsigned, which
    /// public buckets answer.
    #[must_use]
    pub fn in_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let said = |name| variable(name).filter(|value| !value.is_empty());
        Some(Self {
            access_key_id: said("AWS_ACCESS_KEY_ID")?,
            secret_access_key: said("AWS_SECRET_ACCESS_KEY")?,
            session_token: said("AWS_SESSION_TOKEN"),
        })
    }

    /// Whether headers can carry them: `object_store` panics at what they cannot.
    pub(super) fn are_sendable(&self) -> bool {
        [Some(&self.access_key_id), self.session_token.as_ref()]
            .into_iter()
            .flatten()
            .all(|text| text.bytes().all(|byte| byte.is_ascii_graphic()))
    }
}

/// Without the secrets, so that none gets into a log.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_of_keys_is_none() {
        let only = |name: &'static str| move |asked: &str| (asked == name).then(|| "x".to_owned());
        assert_eq!(Credentials::in_environment(only("AWS_ACCESS_KEY_ID")), None);
        assert_eq!(
            Credentials::in_environment(only("AWS_SECRET_ACCESS_KEY")),
            None
        );
    }

    #[test]
    fn a_secret_is_not_printed() {
        let credentials = Credentials::in_environment(|name| Some(format!("the {name}"))).unwrap();
        let text = format!("{credentials:?}");
        assert!(text.contains("the AWS_ACCESS_KEY_ID"), "{text}");
        assert!(
            !text.contains("SECRET") && !text.contains("TOKEN"),
            "{text}"
        );
    }
}
