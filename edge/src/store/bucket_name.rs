//! Buckets in domain names (Amazon S3 User Guide, "Virtual hosting of buckets" and
//! "Website endpoints").

/// The Region of names that say none (Amazon S3 User Guide, "Virtual hosting of buckets").
pub(super) const UNSAID_REGION: &str = "us-east-1";

/// The same of names in `amazonaws.com.cn`.
const UNSAID_REGION_IN_CHINA: &str = "cn-north-1";

/// The bucket and the Region in a domain name of S3, if it is one with a bucket: read from
/// the right, because a bucket's name may have dots, and `s3` between them.
pub(super) fn bucket_in_name(name: &str) -> Option<(String, String)> {
    let name = name.to_ascii_lowercase();
    let (rest, unsaid) = match name.strip_suffix(".amazonaws.com.cn") {
        Some(rest) => (rest, UNSAID_REGION_IN_CHINA),
        None => (name.strip_suffix(".amazonaws.com")?, UNSAID_REGION),
    };
    let (before, last) = rest.rsplit_once('.')?;
    let (bucket, region) = match last {
        "s3" | "s3-external-1" | "s3-accelerate" => (before, unsaid),
        _ => match last.strip_prefix("s3-") {
            Some(region) => (before, region.strip_prefix("website-").unwrap_or(region)),
            None => {
                let (before, service) = before.rsplit_once('.')?;
                let (bucket, service) = match service {
                    "dualstack" => before.rsplit_once('.')?,
                    _ => (before, service),
                };
                if !matches!(service, "s3" | "s3-website" | "s3-fips") {
                    return None;
                }
                (bucket, last)
            }
        },
    };
    (!bucket.is_empty() && is_region(region)).then(|| (bucket.to_owned(), region.to_owned()))
}

/// Such as `eu-west-1` and `us-gov-east-1`.
fn is_region(text: &str) -> bool {
    text.split('-').count() >= 3 && text.ends_with(|c: char| c.is_ascii_digit()) && is_name(text)
}

/// Letters, digits, dots, hyphens and underscores, which old buckets have.
pub(super) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(allowed)
}

/// Whether a bucket can be one part of a host's name.
pub(super) fn is_host_label(bucket: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    bucket.len() <= 63 && bucket.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_bucket_is_that_bucket() {
        for (name, expected, region) in [
            ("photos.s3.eu-west-1.amazonaws.com", "photos", "eu-west-1"),
            ("photos.s3.amazonaws.com", "photos", "us-east-1"),
            ("photos.s3-eu-west-1.amazonaws.com", "photos", "eu-west-1"),
            (
                "photos.s3.dualstack.eu-west-1.amazonaws.com",
                "photos",
                "eu-west-1",
            ),
            (
                "photos.s3-website-us-west-2.amazonaws.com",
                "photos",
                "us-west-2",
            ),
            (
                "photos.s3-website.eu-central-1.amazonaws.com",
                "photos",
                "eu-central-1",
            ),
            (
                "www.example.com.s3.eu-west-1.amazonaws.com",
                "www.example.com",
                "eu-west-1",
            ),
            ("my.s3.files.s3.amazonaws.com", "my.s3.files", "us-east-1"),
            (
                "photos.s3.cn-north-1.amazonaws.com.cn",
                "photos",
                "cn-north-1",
            ),
            (
                "photos.s3.us-gov-west-1.amazonaws.com",
                "photos",
                "us-gov-west-1",
            ),
            ("Photos.S3.eu-west-1.AMAZONAWS.com", "photos", "eu-west-1"),
        ] {
            let expected = Some((expected.to_owned(), region.to_owned()));
            assert_eq!(bucket_in_name(name), expected, "{name}");
        }
    }

    #[test]
    fn a_region_has_three_parts_and_a_digit() {
        for region in ["eu-west-1", "us-gov-east-1", "ap-southeast-10"] {
            assert!(is_region(region), "{region}");
        }
        for other in ["", "s3", "photos", "website-eu", "eu-west-", "external-1"] {
            assert!(!is_region(other), "{other}");
        }
    }

    #[test]
    fn a_name_of_something_else_has_no_bucket() {
        for name in [
            "",
            "amazonaws.com",
            ".s3.amazonaws.com",
            "a.b.eu-west-1.amazonaws.com",
        ] {
            assert_eq!(bucket_in_name(name), None, "{name}");
        }
    }
}
