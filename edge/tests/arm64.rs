//! The program built for arm64, under emulation, beside this machine's own: what it makes of
//! the same picture, and its package as Lambda starts it.
//!
//! `.ci/arm64` builds it and names it in `ARM64_PROGRAM`. Without that the tests say so on
//! standard error and pass.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![cfg(all(feature = "libwebp", feature = "libaom"))]

mod runtime_api;
#[path = "servers/s3.rs"]
mod s3_server;

use std::{
    env, fs,
    io::Cursor,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use edgepix::package::{Architecture, Compression, Files, Linkage, Target, linkage, package};
use edgepix_corpus::{synth, write};
use edgepix_engine::{Input, probe};
use runtime_api::RuntimeApi;
use s3_server::S3Server;
use serde_json::json;

/// The program for arm64, if there is one.
fn program() -> Option<PathBuf> {
    let named = env::var_os("ARM64_PROGRAM").map(PathBuf::from);
    if named.is_none() {
        eprintln!("arm64: not tested; .ci/arm64 does");
    }
    named
}

/// What runs it: as Lambda's Graviton2 does.
const EMULATOR: [&str; 3] = ["qemu-aarch64-static", "-cpu", "neoverse-n1"];

/// Runs it, and not for ever if the emulation hangs.
fn emulated(program: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.arg("600").args(EMULATOR).arg(program);
    command
}

fn native() -> Command {
    Command::new(env!("CARGO_BIN_EXE_edgepix"))
}

/// What `resize` makes of a file.
fn made(mut program: Command, source: &Path, options: &[&str]) -> Vec<u8> {
    let output = program.arg("resize").arg(source).args(options);
    let output = output.args(["-o", "-"]).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{source:?} {options:?}: {said}");
    output.stdout
}

/// A source in every format that is read, and in each way that has code of its own.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let photo = synth::photo(200, 152, 1);
    let progressive = write::JpegOptions {
        progressive: true,
        ..write::JpegOptions::default()
    };
    let in_colours = write::with_icc(
        &write::jpeg(&photo, &write::JpegOptions::default()),
        &write::icc_display_p3(),
    );
    let files = [
        ("photo.jpg", in_colours),
        ("progressive.jpg", write::jpeg(&photo, &progressive)),
        ("photo.png", write::png(&photo.with_vignette())),
        ("lossy.webp", write::webp_lossy(&photo, 80)),
        (
            "lossless.webp",
            write::webp_lossless(&synth::sprite(160, 120)),
        ),
        ("sprite.gif", write::gif(&synth::sprite(160, 120))),
    ];
    let mut sources = Vec::new();
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("there is room");
        sources.push(path);
    }
    let avif = folder.join("photo.avif");
    let bytes = made(native(), &sources[2], &["--format", "avif"]);
    fs::write(&avif, bytes).expect("there is room");
    sources.push(avif);
    sources
}

#[test]
fn arm64_makes_the_bytes_of_x86_64_from_every_format_in_every_format() {
    let Some(program) = program() else { return };
    let folder = tempfile::tempdir().expect("there is room");
    for source in sources(folder.path()) {
        for format in ["jpeg", "png", "webp", "avif"] {
            let options = ["--width", "90", "--format", format];
            let theirs = made(emulated(&program), &source, &options);
            let header = probe(&mut Input::new(&mut &theirs[..])).expect("it is an image");
            assert_eq!(header.format.name(), format);
            assert_eq!(header.dimensions.width, 90);
            let ours = made(native(), &source, &options);
            assert!(theirs == ours, "{source:?} as {format} is another picture");
        }
    }
}

/// A process that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_arm64_package_answers_an_event_from_s3() {
    let Some(program) = program() else { return };
    let binary = fs::read(program).expect("it was built");
    assert_eq!(linkage(&binary, Architecture::Arm64), Ok(Linkage::Static));
    let zip = package(
        Target::LambdaArm64,
        &binary,
        &Files::default(),
        Compression::Usual,
    )
    .expect("a package");
    let folder = tempfile::tempdir().expect("there is room");
    let mut zip = zip::ZipArchive::new(Cursor::new(zip.bytes)).expect("a zip");
    zip.extract(folder.path()).expect("there is room");
    let server = S3Server::start();
    let photo = write::jpeg(&synth::photo(200, 152, 1), &write::JpegOptions::default());
    fs::write(server.bucket("photos").join("photo.jpg"), photo).expect("there is room");
    let event = json!({ "Records": [{ "cf": {
        "config": { "eventType": "origin-response" },
        "request": { "clientIp": "203.0.113.178", "method": "GET", "uri": "/photo.jpg",
            "querystring": "w=90&f=webp", "headers": {},
            "origin": { "s3": { "authMethod": "none", "customHeaders": {},
                "domainName": "photos.s3.eu-west-1.amazonaws.com", "path": "" } } },
        "response": { "status": "200", "statusDescription": "OK", "headers": {} },
    } }] });
    let api = RuntimeApi::start([event]);
    let function = Command::new(EMULATOR[0])
        .args(&EMULATOR[1..])
        .arg(folder.path().join("bootstrap"))
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .env("AWS_LAMBDA_FUNCTION_NAME", "edgepix")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "7")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", server.access_key)
        .env("AWS_SECRET_ACCESS_KEY", server.secret)
        .env("EDGEPIX_STORE_ENDPOINT", &server.endpoint)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let _function = Running(function);
    api.next();
    let (answer, _) = api.response();
    let body = answer["body"]
        .as_str()
        .unwrap_or_else(|| panic!("no body: {answer}"));
    let bytes = STANDARD.decode(body).expect("it is base64");
    let header = probe(&mut Input::new(&mut &bytes[..])).expect("it is an image");
    assert_eq!(
        (header.format.name(), header.dimensions.width),
        ("webp", 90)
    );
}
