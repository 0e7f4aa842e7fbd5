//! What every function is asked for, and what it has to answer.

use std::{fs, net::SocketAddr, path::Path, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use edgepix_engine::{
    Dimensions, Input, Limits, OutputFormat, Request, SourceFormat, Target, probe, transform,
};
use serde_json::{Value, json};

use super::origin;

/// The photograph that the source is made of, as `edgepix-corpus` leaves it.
const PHOTOGRAPH: &str = "picosdeeuropa-3264x2448-420.jpg";

/// Pixels across the source, and down.
const SOURCE: (u32, u32) = (2304, 1728);

/// The bucket's Region, and the function's.
pub(crate) const REGION: &str = "us-east-1";

/// Of the result.
const RESULT: Dimensions = Dimensions {
    width: 400,
    height: 300,
};

/// How an object is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// From a bucket by S3's API, each request signed.
    S3,
    /// From a server that gives it to anyone.
    Http,
}

impl Reads {
    /// For the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::S3 => "S3, signed",
            Self::Http => "HTTP, unsigned",
        }
    }
}

/// An object at an origin, and events that ask for it smaller.
pub(crate) struct Job {
    origin: SocketAddr,
    source_bytes: usize,
}

impl Job {
    /// Makes the object with `binary` in `folder` and serves it.
    pub(crate) fn new(binary: &Path, folder: &Path) -> Result<Self, String> {
        let photograph = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../corpus/generated")
            .join(PHOTOGRAPH);
        if !photograph.exists() {
            return Err(format!(
                "{PHOTOGRAPH} is missing; cargo run --release -p edgepix-corpus -- all"
            ));
        }
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let source = folder.join("source.jpg");
        let width = SOURCE.0.to_string();
        let made = Command::new(binary)
            .arg("resize")
            .args(["--width", &width, "--quality", "90", "--format", "jpeg"])
            .arg(photograph)
            .arg("--output")
            .arg(&source)
            .status();
        if !made.is_ok_and(|status| status.success()) {
            return Err(format!("{} has not made the source", binary.display()));
        }
        let source = fs::read(source).map_err(|error| error.to_string())?;
        let header = probe(&mut Input::new(&mut &source[..])).map_err(|error| error.to_string())?;
        let Dimensions { width, height } = header.dimensions;
        assert_eq!((width, height), SOURCE, "the photograph's proportions");
        Ok(Self {
            source_bytes: source.len(),
            origin: origin::serve(&source),
        })
    }

    /// For people.
    pub(crate) fn describe(&self) -> String {
        let (width, height) = SOURCE;
        format!(
            "job: JPEG of {width}x{height}, {} KB, from loopback to WebP of {}x{}, quality 80",
            self.source_bytes / 1000,
            RESULT.width,
            RESULT.height
        )
    }

    /// The URL of the S3 server.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.origin)
    }

    /// What a function is called with: `CloudFront`'s event of an origin that has answered 200.
    pub(crate) fn event(&self, reads: Reads) -> Value {
        let origin = match reads {
            Reads::S3 => json!({ "s3": { "authMethod": "none", "customHeaders": {},
                "domainName": format!("{}.s3.{REGION}.amazonaws.com", origin::PRIVATE),
                "path": "" } }),
            Reads::Http => json!({ "custom": { "customHeaders": {},
                "domainName": self.origin.ip().to_string(), "path": format!("/{}", origin::PUBLIC),
                "port": self.origin.port(), "protocol": "http", "keepaliveTimeout": 5,
                "readTimeout": 30, "sslProtocols": ["TLSv1.2"] } }),
        };
        json!({ "Records": [{ "cf": {
            "config": { "distributionDomainName": "d111111abcdef8.cloudfront.net",
                "distributionId": "EDFDVBD6EXAMPLE", "eventType": "origin-response",
                "requestId": "4Ty==" },
            "request": { "clientIp": "203.0.113.178", "method": "GET", "uri": origin::OBJECT,
                "querystring": "w=400&f=webp&q=80", "headers": {}, "origin": origin },
            "response": { "status": "200", "statusDescription": "OK", "headers": {
                "content-type": [{ "key": "Content-Type", "value": "image/jpeg" }] } },
        } }] })
    }

    /// Whether `answer` is that image, every pixel of it.
    pub(crate) fn check(&self, answer: &Value) -> Result<(), String> {
        let body = answer["body"]
            .as_str()
            .filter(|_| answer["bodyEncoding"] == "base64")
            .ok_or_else(|| format!("there is no image: {answer}"))?;
        let bytes = STANDARD.decode(body).map_err(|error| error.to_string())?;
        let header = probe(&mut Input::new(&mut &bytes[..])).map_err(|error| error.to_string())?;
        if (header.format, header.dimensions) != (SourceFormat::Webp, RESULT) {
            let (format, size) = (header.format.name(), header.dimensions);
            return Err(format!("{format} of {}x{}", size.width, size.height));
        }
        let request = Request {
            format: Target::Format(OutputFormat::Png),
            ..Request::default()
        };
        let mut pixels = Vec::new();
        transform(
            &request,
            &Limits::default(),
            Input::new(&mut &bytes[..]),
            &mut pixels,
        )
        .map(drop)
        .map_err(|error| format!("it cannot be decoded: {error}"))
    }
}
