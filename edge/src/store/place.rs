//! Where a store is: read from a distribution's origin, or from what a person typed.
//! Nothing is asked of the network; a place says only where to ask.

use std::{fmt, path::PathBuf};

use super::bucket_name::{UNSAID_REGION, bucket_in_name, is_host_label, is_name};
use crate::{
    config::StoreConfig,
    event::cloudfront::{Origin, OriginServer},
    key::Key,
};

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A bucket.
    S3 {
        /// Its name.
        bucket: String,
        /// Its Region.
        region: String,
        /// An S3 server's URL, without a slash at its end; none: the one of AWS.
        endpoint: Option<String>,
        /// What every key begins with, without slashes at its ends; often empty.
        prefix: String,
    },
    /// A server that speaks HTTP; it is only read.
    Http {
        /// The URL that paths are appended to, without a slash at its end.
        base: String,
    },
    /// A folder on this machine.
    Folder {
        /// Its path.
        path: PathBuf,
    },
}

/// Why there is no such place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPlace(String);

impl Place {
    /// The place of a distribution's origin, except for what `config` says itself.
    ///
    /// A bucket's website endpoint is taken as the bucket: it has the same objects, and
    /// the bucket takes derivatives too.
    ///
    /// # Errors
    ///
    /// [`NoPlace`] if no bucket can be told, or the origin is no URL.
    pub fn of_origin(origin: &Origin, config: &StoreConfig) -> Result<Self, NoPlace> {
        let (server, must_be_bucket) = match origin {
            Origin::S3(server) => (server, true),
            Origin::Custom(server) => (server, config.endpoint.is_some()),
        };
        let named = bucket_in_name(&server.domain_name);
        let (bucket, region) = match (&config.bucket, named) {
            (Some(bucket), Some((_, region))) => (bucket.clone(), region),
            (Some(bucket), None) => (bucket.clone(), UNSAID_REGION.to_owned()),
            (None, Some(named)) => named,
            (None, None) if must_be_bucket => {
                let name = &server.domain_name;
                return Err(NoPlace(format!("{name} names no bucket; set store.bucket")));
            }
            (None, None) => return Self::http_of(server),
        };
        // A name without a Region stands for one, and may be any bucket's.
        let said = server.region.clone().filter(|said| !said.is_empty());
        let region = match said {
            Some(said) if region == UNSAID_REGION => said,
            _ => region,
        };
        Self::s3(
            bucket,
            config.region.clone().unwrap_or(region),
            config.endpoint.as_deref(),
            &server.path,
        )
    }

    /// The place a person means by `s3://BUCKET/PREFIX`, `https://HOST/PREFIX`,
    /// `http://HOST:PORT/PREFIX` or a folder's path; `config` gives Region and endpoint.
    /// Prefixes are percent-encoded as in any URL.
    ///
    /// # Errors
    ///
    /// [`NoPlace`] if it is a URL of another kind, or one that names nothing.
    pub fn typed(text: &str, config: &StoreConfig) -> Result<Self, NoPlace> {
        if let Some(rest) = text.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            let region = config.region.as_deref().unwrap_or(UNSAID_REGION).to_owned();
            return Self::s3(bucket.into(), region, config.endpoint.as_deref(), prefix);
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            return Self::http(text);
        }
        match text.split_once("://") {
            Some((scheme, _)) => Err(NoPlace(format!("{scheme}: is no kind of store"))),
            None if text.is_empty() => Err(NoPlace("it is empty".into())),
            None => Ok(Self::Folder { path: text.into() }),
        }
    }

    /// The place that a configuration names without any origin, to be ready for it.
    #[must_use]
    pub fn configured(config: &StoreConfig) -> Option<Self> {
        let bucket = config.bucket.clone()?;
        let region = config.region.clone()?;
        Self::s3(bucket, region, config.endpoint.as_deref(), "").ok()
    }

    fn s3(
        bucket: String,
        region: String,
        endpoint: Option<&str>,
        path: &str,
    ) -> Result<Self, NoPlace> {
        // Both become part of a URL's authority.
        if !is_name(&bucket) {
            return Err(NoPlace(format!("{bucket:?} is no bucket's name")));
        }
        if !is_name(&region) {
            return Err(NoPlace(format!("{region:?} is no Region")));
        }
        let endpoint = match endpoint.map(Self::http).transpose()? {
            Some(Self::Http { base }) => Some(base),
            _ => None,
        };
        let path = path.trim_matches('/');
        let prefix = match path {
            "" => String::new(),
            _ => Key::from_path(path)
                .map_err(|why| NoPlace(format!("its prefix is none: {why}")))?
                .as_str()
                .to_owned(),
        };
        Ok(Self::S3 {
            bucket,
            region,
            endpoint,
            prefix,
        })
    }

    fn http_of(server: &OriginServer) -> Result<Self, NoPlace> {
        let protocol = server.protocol.as_deref().unwrap_or("https");
        let port = match (protocol, server.port) {
            ("http", Some(80)) | ("https", Some(443)) | (_, None) => String::new(),
            (_, Some(port)) => format!(":{port}"),
        };
        let OriginServer {
            domain_name, path, ..
        } = server;
        Self::http(&format!("{protocol}://{domain_name}{port}{path}"))
    }

    fn http(url: &str) -> Result<Self, NoPlace> {
        let base = url.trim_end_matches('/');
        let no_place = || NoPlace(format!("{url} is no URL of a store"));
        let uri: http::Uri = base.parse().map_err(|_| no_place())?;
        let speaks_http = matches!(uri.scheme_str(), Some("http" | "https"));
        if !speaks_http || uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
            return Err(no_place());
        }
        // A password would end up in logs.
        if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return Err(NoPlace("a store's URL has no user name".into()));
        }
        Ok(Self::Http { base: base.into() })
    }

    /// The URL that keys are appended to; none for a folder.
    ///
    /// Buckets are in the host's name, as AWS wants them, except behind an endpoint of one's
    /// own, and where the name has a dot or another character that the certificate of
    /// `*.s3.REGION.amazonaws.com` does not cover.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        match self {
            Self::S3 {
                bucket,
                region,
                endpoint,
                ..
            } => Some(match endpoint {
                Some(endpoint) => format!("{endpoint}/{bucket}"),
                None => {
                    let china = if region.starts_with("cn-") { ".cn" } else { "" };
                    let server = format!("s3.{region}.amazonaws.com{china}");
                    if is_host_label(bucket) {
                        format!("https://{bucket}.{server}")
                    } else {
                        format!("https://{server}/{bucket}")
                    }
                }
            }),
            Self::Http { base } => Some(base.clone()),
            Self::Folder { .. } => None,
        }
    }
}

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoPlace {}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3 { bucket, prefix, .. } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix, .. } => write!(f, "s3://{bucket}/{prefix}"),
            Self::Http { base } => f.write_str(base),
            Self::Folder { path } => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(domain_name: &str, path: &str) -> OriginServer {
        OriginServer {
            domain_name: domain_name.into(),
            path: path.into(),
            ..OriginServer::default()
        }
    }

    fn bucket(name: &str, region: &str, prefix: &str) -> Place {
        Place::S3 {
            bucket: name.into(),
            region: region.into(),
            endpoint: None,
            prefix: prefix.into(),
        }
    }

    #[test]
    fn other_servers_of_amazon_are_no_buckets() {
        for name in [
            "s3.eu-west-1.amazonaws.com",
            "s3.amazonaws.com",
            "abc.execute-api.eu-west-1.amazonaws.com",
            "lb-1.eu-west-1.elb.amazonaws.com",
            "photos.s3.eu-west-1.amazonaws.com.example.org",
        ] {
            let place =
                Place::of_origin(&Origin::Custom(server(name, "")), &StoreConfig::default());
            let base = format!("https://{name}");
            assert_eq!(place, Ok(Place::Http { base }), "{name}");
            let place = Place::of_origin(&Origin::S3(server(name, "")), &StoreConfig::default());
            assert!(place.is_err(), "{name}");
        }
    }

    #[test]
    fn an_origins_path_comes_before_every_key() {
        let server = server("photos.s3.amazonaws.com", "/live/a%20b");
        for origin in [Origin::S3(server.clone()), Origin::Custom(server)] {
            assert_eq!(
                Place::of_origin(&origin, &StoreConfig::default()),
                Ok(bucket("photos", "us-east-1", "live/a b"))
            );
        }
    }

    #[test]
    fn a_custom_origin_keeps_its_protocol_port_and_path() {
        for (protocol, port, expected) in [
            ("http", 8080, "http://img.example.com:8080/a%20b"),
            ("http", 80, "http://img.example.com/a%20b"),
            ("https", 443, "https://img.example.com/a%20b"),
            ("https", 80, "https://img.example.com:80/a%20b"),
        ] {
            let origin = Origin::Custom(OriginServer {
                protocol: Some(protocol.into()),
                port: Some(port),
                ..server("img.example.com", "/a%20b")
            });
            let base = expected.to_owned();
            assert_eq!(
                Place::of_origin(&origin, &StoreConfig::default()),
                Ok(Place::Http { base })
            );
        }
    }

    #[test]
    fn what_the_configuration_says_comes_first() {
        let config = StoreConfig {
            endpoint: Some("http://127.0.0.1:9000/".into()),
            bucket: Some("originals".into()),
            region: Some("eu-north-1".into()),
        };
        let place = Place::of_origin(&Origin::Custom(server("img.example.com", "/live")), &config);
        let expected = Place::S3 {
            bucket: "originals".into(),
            region: "eu-north-1".into(),
            endpoint: Some("http://127.0.0.1:9000".into()),
            prefix: "live".into(),
        };
        assert_eq!(place, Ok(expected));
    }

    #[test]
    fn a_person_types_buckets_servers_and_folders() {
        let config = StoreConfig::default();
        for (text, expected) in [
            ("s3://photos", bucket("photos", "us-east-1", "")),
            ("s3://photos/live/", bucket("photos", "us-east-1", "live")),
            (
                "https://example.com/a/",
                Place::Http {
                    base: "https://example.com/a".into(),
                },
            ),
            (
                "http://[::1]:80",
                Place::Http {
                    base: "http://[::1]:80".into(),
                },
            ),
            (
                "./photos",
                Place::Folder {
                    path: "./photos".into(),
                },
            ),
        ] {
            assert_eq!(Place::typed(text, &config), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in [
            "",
            "ftp://example.com",
            "s3://",
            "s3:///a",
            "s3://a@evil/b",
            "s3://photos/../b",
            "https://",
            "https://user:secret@example.com",
            "https://example.com/?a",
        ] {
            assert!(
                Place::typed(text, &StoreConfig::default()).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn buckets_are_in_the_hosts_name_unless_the_certificate_forbids_it() {
        let url = |name, region| bucket(name, region, "").url().unwrap();
        assert_eq!(
            url("photos", "eu-west-1"),
            "https://photos.s3.eu-west-1.amazonaws.com"
        );
        assert_eq!(
            url("www.a.com", "eu-west-1"),
            "https://s3.eu-west-1.amazonaws.com/www.a.com"
        );
        assert_eq!(
            url("photos", "cn-north-1"),
            "https://photos.s3.cn-north-1.amazonaws.com.cn"
        );
    }
}
