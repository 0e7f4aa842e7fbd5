//! Which origins of events are read at all, by their host names.

use crate::event::cloudfront::{Origin, OriginServer};

/// Lets an origin through whose domain name is one of `allowed`, or below one of them that
/// begins with `*.`; any, if there are none.
///
/// # Errors
///
/// What is wrong with it, for the log.
pub(super) fn admit(origin: &Origin, allowed: &[String]) -> Result<(), String> {
    let (Origin::S3(OriginServer { domain_name, .. })
    | Origin::Custom(OriginServer { domain_name, .. })) = origin;
    if allowed.is_empty() || allowed.iter().any(|pattern| covers(pattern, domain_name)) {
        return Ok(());
    }
    Err(format!(
        "the origin {domain_name} is none of policy.origins"
    ))
}

/// Whether a pattern, in lower case, is of this name; a dot at a name's end changes nothing
/// of what it names (RFC 1034, 3.1).
fn covers(pattern: &str, name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    match pattern.strip_prefix('*') {
        Some(parent) => name.len() > parent.len() && name.ends_with(parent),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_itself_and_an_asterisk_is_whatever_is_below() {
        for (pattern, name, expected) in [
            ("img.example.com", "img.example.com", true),
            ("img.example.com", "IMG.Example.com.", true),
            ("img.example.com", "a.img.example.com", false),
            ("img.example.com", "img.example.com.evil.org", false),
            ("*.example.com", "img.example.com", true),
            ("*.example.com", "a.b.Example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.example.com", "evilexample.com", false),
            ("*.example.com", "img.example.com.evil.org", false),
        ] {
            assert_eq!(covers(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn buckets_and_servers_count_by_their_domain_names() {
        let server = |name: &str| OriginServer {
            domain_name: name.into(),
            ..OriginServer::default()
        };
        let allowed = ["*.s3.eu-west-1.amazonaws.com".to_owned()];
        let bucket = Origin::S3(server("photos.s3.eu-west-1.amazonaws.com"));
        assert_eq!(admit(&bucket, &allowed), Ok(()));
        let site = Origin::Custom(server("photos.s3-website-eu-west-1.amazonaws.com"));
        let refusal = admit(&site, &allowed).expect_err("it is not there");
        assert!(refusal.contains("s3-website-eu-west-1"), "{refusal}");
        assert_eq!(admit(&site, &[]), Ok(()));
    }
}
