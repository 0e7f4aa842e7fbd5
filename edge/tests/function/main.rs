//! The Lambda function as a process: a Runtime API before it, a real S3 server behind it,
//! started alone and from its package by the launcher.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod region;
#[path = "../runtime_api/mod.rs"]
mod runtime_api;
#[path = "../servers/s3.rs"]
mod s3_server;

use std::{
    env, fs,
    io::{self, Cursor},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use edgepix::package::{Compression, Files, Launcher, Target, package};
use edgepix_corpus::{synth, write};
use edgepix_engine::{Input, probe};
use runtime_api::{RuntimeApi, Said};
use s3_server::S3Server;
use serde_json::{Value, json};

/// A running function.
struct Function {
    child: Child,
    api: RuntimeApi,
    /// What it needs as long as it runs.
    _folder: tempfile::TempDir,
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Function {
    /// Starts `command` with what Lambda gives a function of 128 MB, and then `more`.
    fn start(
        mut command: Command,
        folder: tempfile::TempDir,
        server: &S3Server,
        more: &[(&str, &str)],
        events: impl IntoIterator<Item = Value>,
    ) -> Self {
        let api = RuntimeApi::start(events.into_iter().collect::<Vec<_>>());
        let child = command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("TMPDIR", folder.path())
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
        Self {
            child,
            api,
            _folder: folder,
        }
    }

    /// The binary itself, as a regional function has it.
    fn alone(
        server: &S3Server,
        more: &[(&str, &str)],
        events: impl IntoIterator<Item = Value>,
    ) -> Self {
        let command = Command::new(env!("CARGO_BIN_EXE_edgepix"));
        let folder = tempfile::tempdir().expect("there is room");
        Self::start(command, folder, server, more, events)
    }

    /// Waits for the next event to be asked for and answered.
    fn answer(&self) -> Value {
        self.api.next();
        self.api.response().0
    }

    /// Ends the function and returns what it logged.
    fn log(mut self) -> Vec<Value> {
        let _ = self.child.kill();
        let stdout = self.child.stdout.take().expect("it is piped");
        let text = io::read_to_string(stdout).expect("it is text");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("every line is JSON"))
            .collect()
    }
}

/// An event for the object `uri`, which the origin answered with `status`.
fn event(uri: &str, query: &str, status: &str) -> Value {
    json!({ "Records": [{ "cf": {
        "config": { "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE", "eventType": "origin-response", "requestId": "4Ty==" },
        "request": { "clientIp": "203.0.113.178", "method": "GET", "uri": uri, "querystring": query,
            "headers": {}, "origin": { "s3": { "authMethod": "none", "customHeaders": {},
                "domainName": "photos.s3.eu-west-1.amazonaws.com", "path": "" } } },
        "response": { "status": status, "statusDescription": "as S3 says", "headers": {} },
    } }] })
}

/// A server with a bucket of one photograph.
fn server() -> (S3Server, PathBuf) {
    let server = S3Server::start();
    let bucket = server.bucket("photos");
    let photo = write::jpeg(&synth::photo(640, 480, 1), &write::JpegOptions::default());
    fs::write(bucket.join("photo.jpg"), photo).expect("there is room");
    (server, bucket)
}

/// Format and width of the image in an answer.
fn image(answer: &Value) -> (String, u32) {
    let body = answer["body"]
        .as_str()
        .unwrap_or_else(|| panic!("no body: {}", answer["headers"]));
    let bytes = STANDARD.decode(body).expect("it is base64");
    let header = probe(&mut Input::new(&mut &bytes[..])).expect("it is an image");
    (header.format.name().to_owned(), header.dimensions.width)
}

#[test]
fn cold_and_warm_invocations_make_images_from_s3() {
    let (server, bucket) = server();
    let events = [
        event("/photo.jpg", "w=320&f=webp", "200"),
        event("/photo.jpg@100w.png", "", "403"),
        event("/photo-sm.jpg", "", "404"),
    ];
    let function = Function::alone(&server, &[], events);
    assert_eq!(image(&function.answer()), ("webp".into(), 320));
    assert_eq!(image(&function.answer()), ("png".into(), 100));
    assert_eq!(image(&function.answer()), ("jpeg".into(), 320));
    function.api.next();
    for derivative in ["photo.jpg@100w.png", "photo-sm.jpg"] {
        assert!(bucket.join(derivative).exists(), "{derivative}");
    }
}

#[test]
fn every_request_leaves_one_line_of_metrics() {
    let (server, _) = server();
    let events = [
        event("/photo.jpg", "w=320&f=jpg", "200"),
        event("/photo.jpg", "", "200"),
    ];
    let function = Function::alone(&server, &[], events);
    function.answer();
    function.answer();
    function.api.next();
    let [cold, warm] = &function.log()[..] else {
        panic!("two lines")
    };
    assert_eq!(cold["start"], "cold");
    assert_eq!(warm["start"], "warm");
    assert_eq!(cold["dialect"], "query");
    assert_eq!(cold["source_format"], "jpeg");
    assert_eq!(cold["format"], "jpeg");
    assert_eq!(cold["source_size"], json!([640, 480]));
    assert_eq!(cold["size"], json!([320, 240]));
    assert_eq!(cold["memory_mb"], 128);
    assert_eq!(
        cold["outcome"],
        "made; format=jpeg; size=320x240; quality=80"
    );
    assert!(cold["stages_ms"]["decode"].is_number());
    assert!(cold["cpu"].is_array());
    assert_eq!(warm["outcome"], "untouched");
    // What the embedded metric format demands: each metric is a number at the top.
    for line in [cold, warm] {
        let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
            .as_array()
            .expect("a list");
        for metric in metrics {
            let name = metric["Name"].as_str().expect("a name");
            assert!(line[name].is_number(), "{name}");
        }
    }
    assert!(cold["_aws"]["Timestamp"].is_u64());
}

#[test]
fn a_configuration_that_cannot_be_read_passes_every_image() {
    let (server, _) = server();
    let events = [event("/photo.jpg", "w=320", "200")];
    let function = Function::alone(&server, &[("EDGEPIX_QUALTY", "80")], events);
    let answer = function.answer();
    assert_eq!(answer["status"], "200");
    assert_eq!(answer.get("body"), None);
    assert_eq!(
        answer["headers"]["x-edgepix"][0]["value"],
        "passthrough; reason=config"
    );
    function.api.next();
    let log = function.log();
    let detail = log[0]["detail"].as_str().expect("it says what is wrong");
    assert!(detail.contains("EDGEPIX_QUALITY"), "{detail}");
}

#[test]
fn an_event_of_another_kind_is_an_error_and_the_next_is_answered() {
    let (server, _) = server();
    let events = [
        json!({ "version": "2.0", "rawPath": "/photo.jpg" }),
        event("/photo.jpg", "w=320", "200"),
    ];
    let function = Function::alone(&server, &[], events);
    function.api.next();
    match function.api.said() {
        Said::Error(error) => {
            let message = error["errorMessage"].as_str().expect("a message");
            assert!(message.contains("of no kind that is answered"), "{message}");
        }
        other => panic!("it should have been refused, not {other:?}"),
    }
    assert_eq!(image(&function.answer()).1, 320);
}

#[test]
fn a_store_that_cannot_be_reached_passes_the_original() {
    let (server, _) = server();
    let events = [event("/photo.jpg", "w=320", "200")];
    let nowhere = [("EDGEPIX_STORE_ENDPOINT", "http://127.0.0.1:1")];
    let function = Function::alone(&server, &nowhere, events);
    let answer = function.answer();
    assert_eq!(answer.get("body"), None);
    assert_eq!(
        answer["headers"]["x-edgepix"][0]["value"],
        "passthrough; reason=store"
    );
}

#[test]
fn an_event_with_holes_is_answered() {
    let (server, _) = server();
    let mut holes = event("/photo.jpg", "w=320", "200");
    let cf = &mut holes["Records"][0]["cf"];
    cf["request"]["origin"]["s3"]["path"] = Value::Null;
    cf["response"]["statusDescription"] = Value::Null;
    cf["config"] = Value::Null;
    let mut broken = event("/photo.jpg", "w=320", "200");
    broken["Records"][0]["cf"]["request"]["method"] = json!(7);
    let function = Function::alone(&server, &[], [holes, broken]);
    assert_eq!(image(&function.answer()).1, 320);
    let answer = function.answer();
    assert_eq!(answer["status"], "200");
    assert_eq!(
        answer["headers"]["x-edgepix"][0]["value"],
        "passthrough; reason=event"
    );
}

#[test]
fn a_store_that_never_answers_passes_the_original_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = format!("http://{}", silent.local_addr().expect("it is bound"));
    let (server, _) = server();
    let events = [
        event("/photo.jpg", "w=320", "200"),
        event("/photo.jpg@320w", "", "404"),
    ];
    let more = [
        ("EDGEPIX_STORE_ENDPOINT", address.as_str()),
        ("EDGEPIX_LIMITS_DEADLINE", "500ms"),
    ];
    let function = Function::alone(&server, &more, events);
    let in_place = function.answer();
    assert_eq!(in_place.get("body"), None);
    assert_eq!(
        in_place["headers"]["x-edgepix"][0]["value"],
        "passthrough; reason=store-timeout"
    );
    let missing = function.answer();
    assert_eq!(missing["status"], "302");
    assert_eq!(missing["headers"]["location"][0]["value"], "/photo.jpg");
}

/// Python with AWS's runtime client, or the machine's own without it.
fn python() -> (PathBuf, bool) {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/python/bin/python3");
    let installed = tools.exists();
    assert!(
        installed || env::var_os("REQUIRE_TOOLS").is_none(),
        "awslambdaric is missing; .ci/tools installs it"
    );
    (if installed { tools } else { "python3".into() }, installed)
}

#[test]
fn the_package_makes_images_under_awss_own_runtime() {
    let (server, bucket) = server();
    let binary = fs::read(env!("CARGO_BIN_EXE_edgepix")).expect("it was built");
    let toml = b"[derivatives]\ntag = false\n".to_vec();
    let files = Files(vec![("edgepix.toml".to_owned(), toml)]);
    let zip = package(
        Target::Edge(Launcher::Python),
        &binary,
        &files,
        Compression::Usual,
    )
    .expect("a package");
    let folder = tempfile::tempdir().expect("there is room");
    let task = folder.path().join("task");
    let mut zip = zip::ZipArchive::new(Cursor::new(zip.bytes)).expect("a zip");
    zip.extract(&task).expect("there is room");
    // As Lambda mounts it.
    fs::set_permissions(&task, fs::Permissions::from_mode(0o555)).expect("it is ours");
    let (program, has_client) = python();
    let mut command = Command::new(program);
    if has_client {
        command.args(["-m", "awslambdaric", "lambda_function.handler"]);
    } else {
        // All that the client does before the first event is to import the handler.
        command.args(["-c", "import lambda_function"]);
    }
    command.current_dir(&task);
    let root = task.display().to_string();
    let events = [
        event("/photo.jpg", "w=320&f=webp", "200"),
        event("/photo.jpg@64w.jpg", "", "404"),
        event("/photo.jpg", "w=64&f=avif", "200"),
    ];
    let function = Function::start(
        command,
        folder,
        &server,
        &[("LAMBDA_TASK_ROOT", &root)],
        events,
    );
    assert_eq!(image(&function.answer()), ("webp".into(), 320));
    assert_eq!(image(&function.answer()), ("jpeg".into(), 64));
    if cfg!(any(feature = "libaom", feature = "rav1e")) {
        assert_eq!(image(&function.answer()), ("avif".into(), 64));
    }
    let running = fs::read_link(format!("/proc/{}/exe", function.child.id())).expect("it runs");
    assert_eq!(running, task.join("edgepix"), "the same process all along");
    assert!(bucket.join("photo.jpg@64w.jpg").exists());
    fs::set_permissions(&task, fs::Permissions::from_mode(0o755)).expect("it is ours");
}
