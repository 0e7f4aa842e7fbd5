//! The Lambda function as a process: a Runtime API before it, an S3 server behind it, one
//! invocation at a time.

#![allow(dead_code, reason = "each benchmark uses its part of it")]

#[path = "../../tests/runtime_api/mod.rs"]
mod runtime_api;
#[path = "../../tests/servers/s3.rs"]
mod s3_server;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Sender},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    photographs,
    process::{Memory, processor_time},
};
use runtime_api::RuntimeApi;
use s3_server::S3Server;

/// Long enough for every thread to have gone to wait: what it did is then counted.
const SETTLING: Duration = Duration::from_millis(4);

/// A running function that waits for an event.
pub(crate) struct Function {
    child: Child,
    log: BufReader<ChildStdout>,
    api: RuntimeApi,
    events: Sender<Value>,
    _server: S3Server,
}

/// What came of one invocation.
pub(crate) struct Invocation {
    /// What CloudFront gets.
    pub(crate) answer: Value,
    /// What CloudWatch gets.
    pub(crate) line: Value,
    /// Processor time of the process.
    pub(crate) processor: Duration,
    /// With the peak of this invocation alone.
    pub(crate) memory: Memory,
}

impl Invocation {
    /// Bytes of the body as base64; none if the origin's own is to be sent.
    pub(crate) fn body_bytes(&self) -> usize {
        self.answer["body"].as_str().map_or(0, str::len)
    }

    /// What the header of the answer says.
    pub(crate) fn outcome(&self) -> &str {
        let header = &self.answer["headers"]["x-edgepix"][0]["value"];
        header.as_str().unwrap_or("no image")
    }

    /// The engine's share of the memory, as planned; none if nothing was made.
    pub(crate) fn planned_peak(&self) -> Option<u64> {
        self.line["planned_peak_bytes"].as_u64()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Function {
    /// Starts `command` with what Lambda gives a function of 128 MB and then `more`, before
    /// a bucket of these files of the corpus, and waits until it has settled.
    pub(crate) fn start(mut command: Command, more: &[(&str, &str)], originals: &[&str]) -> Self {
        let server = S3Server::start();
        let bucket = server.bucket("photos");
        for name in originals {
            let source = photographs::file(name);
            let file = Path::new(name).file_name().expect("it names a file");
            fs::copy(&source, bucket.join(file))
                .unwrap_or_else(|error| panic!("{}: {error}", source.display()));
        }
        let (events, queue) = mpsc::channel();
        let api = RuntimeApi::start(queue);
        let mut child = command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", "us-east-1.edgepix")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "7")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", server.access_key)
            .env("AWS_SECRET_ACCESS_KEY", server.secret)
            .env("EDGEPIX_STORE_ENDPOINT", &server.endpoint)
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let log = BufReader::new(child.stdout.take().expect("it is piped"));
        let function = Self {
            child,
            log,
            api,
            events,
            _server: server,
        };
        function.api.next();
        // What is set up beside the first poll.
        thread::sleep(Duration::from_millis(500));
        function
    }

    /// The number of the process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// What it has now, and the most it had since the last invocation began.
    pub(crate) fn memory(&self) -> Memory {
        Memory::of(self.process()).expect("it runs")
    }

    /// Has it answer for the object `uri`, which the origin has.
    pub(crate) fn invoke(&mut self, uri: &str, query: &str) -> Invocation {
        Memory::forget_peak(self.process()).expect("it is ours");
        let before = processor_time(self.process()).expect("it runs");
        self.events.send(event(uri, query)).expect("it waits");
        let (answer, _) = self.api.response();
        self.api.next();
        thread::sleep(SETTLING);
        let processor = processor_time(self.process()).expect("it runs") - before;
        let mut line = String::new();
        self.log.read_line(&mut line).expect("it logs");
        Invocation {
            answer,
            line: serde_json::from_str(&line).expect("every line is JSON"),
            processor,
            memory: self.memory(),
        }
    }
}

/// The event of a GET that S3 answered.
pub(crate) fn event(uri: &str, query: &str) -> Value {
    let header = |key: &str, value: &str| json!([{ "key": key, "value": value }]);
    json!({ "Records": [{ "cf": {
        "config": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "origin-response",
            "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="
        },
        "request": {
            "clientIp": "203.0.113.178", "method": "GET", "uri": uri, "querystring": query,
            "headers": { "host": header("Host", "photos.s3.eu-west-1.amazonaws.com") },
            "origin": { "s3": {
                "authMethod": "none", "customHeaders": {}, "path": "",
                "domainName": "photos.s3.eu-west-1.amazonaws.com"
            } }
        },
        "response": { "status": "200", "statusDescription": "OK", "headers": {
            "content-type": header("Content-Type", "image/jpeg"),
            "content-length": header("Content-Length", "2340981"),
            "etag": header("ETag", "\"d41d8cd98f00b204e9800998ecf8427e\""),
            "last-modified": header("Last-Modified", "Mon, 13 Jan 2025 20:12:38 GMT")
        } }
    } }] })
}
