//! The package for Lambda@Edge from Lambda's point of view: unpacked where nothing may be
//! written, its handler imported by a runtime, events served by a Runtime API.
//!
//! The runtime is AWS's own for Python where it is installed (`.ci/tools`), and otherwise
//! ten lines that do in the same order what AWS's do. Without AWS's, or without a Node.js
//! of the right age, the tests that need them say so on standard error and pass, unless
//! `REQUIRE_TOOLS=1`, as CI has it.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod runtime_api;

use std::{
    env, fs,
    io::{self, Cursor, Write},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use edgepix::package::{Compression, Files, Launcher, Target, package};
use runtime_api::{PATIENCE, RuntimeApi};
use serde_json::{Value, json};

/// What AWS's Python runtime does: import the handler, then ask for events.
const PYTHON: &str = r#"
from lambda_function import handler
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
path = "/2018-06-01/runtime/invocation/"
while True:
    api.request("GET", path + "next")
    event = api.getresponse()
    answer = json.dumps(handler(json.load(event), None))
    api.request("POST", path + event.headers["Lambda-Runtime-Aws-Request-Id"] + "/response", answer)
    api.getresponse().read()
"#;

/// The same of AWS's Node.js runtime.
const NODE: &str = r#"
const { handler } = await import(`${process.cwd()}/index.mjs`);
const path = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`;
for (;;) {
  const event = await fetch(path + "next");
  const body = JSON.stringify(await handler(await event.json()));
  const id = event.headers.get("Lambda-Runtime-Aws-Request-Id");
  await (await fetch(`${path}${id}/response`, { method: "POST", body })).text();
}
"#;

/// What a test finds in place of the real binary.
enum Binary {
    Real,
    Missing,
    NotExecutable,
    /// These bytes.
    Of(Vec<u8>),
}

/// Starts of one function in one execution environment: an unpacked package, and a folder
/// for temporary files which outlives a start that fails.
struct Environment {
    task: PathBuf,
    temporary: PathBuf,
    runtime: Runtime,
}

/// A program that runs handlers, with its arguments.
struct Runtime(Launcher, Vec<String>);

impl Runtime {
    fn python(arguments: [&str; 3]) -> Self {
        Self(Launcher::Python, arguments.map(str::to_owned).into())
    }

    fn node(program: &str) -> Self {
        let arguments = [program, "--input-type=module", "--eval", NODE];
        Self(Launcher::Node, arguments.map(str::to_owned).into())
    }
}

/// A file that is open for writing in a process cannot be run by any other, and a process
/// that is being started holds for a moment what is open in this one.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static STARTING: Mutex<()> = Mutex::new(());
    STARTING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Environment {
    fn new(test: &str, runtime: Runtime, binary: &Binary) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("launcher")
            .join(test);
        let (task, temporary) = (folder.join("task"), folder.join("tmp"));
        if task.exists() {
            set_mode(&task, 0o755);
            fs::remove_dir_all(&folder).expect("it is ours");
        }
        fs::create_dir_all(&temporary).expect("the target folder can be written");
        let bytes = match binary {
            Binary::Of(bytes) => bytes.clone(),
            _ => fs::read(env!("CARGO_BIN_EXE_edgepix")).expect("it was built"),
        };
        let zip = package(
            Target::Edge(runtime.0),
            &bytes,
            &Files::default(),
            Compression::Usual,
        );
        let zip = zip.expect("it is a package").bytes;
        let _guard = one_at_a_time();
        let mut zip = zip::ZipArchive::new(Cursor::new(zip)).expect("it is a zip");
        zip.extract(&task).expect("there is room");
        let program = task.join("edgepix");
        match binary {
            Binary::Missing => fs::remove_file(program).expect("it is there"),
            Binary::NotExecutable => set_mode(&program, 0o644),
            Binary::Real | Binary::Of(_) => {}
        }
        for entry in fs::read_dir(&task).expect("it is a folder") {
            let path = entry.expect("it can be read").path();
            let mode = fs::metadata(&path)
                .expect("it is there")
                .permissions()
                .mode();
            set_mode(&path, mode & !0o222);
        }
        set_mode(&task, 0o555);
        Self {
            task,
            temporary,
            runtime,
        }
    }

    /// Starts the runtime, as Lambda does at a cold start.
    fn start(&self, events: impl IntoIterator<Item = Value>) -> Function {
        let api = RuntimeApi::start(events.into_iter().collect::<Vec<_>>());
        let given = [
            ("AWS_LAMBDA_RUNTIME_API", api.address()),
            ("AWS_LAMBDA_FUNCTION_NAME", "us-east-1.edgepix".into()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512".into()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1".into()),
            ("LAMBDA_TASK_ROOT", self.task.display().to_string()),
            ("TMPDIR", self.temporary.display().to_string()),
            // Only so that the tests see what the launcher itself would write: Python
            // gives up on its own files where it may not.
            ("PYTHONDONTWRITEBYTECODE", "1".into()),
        ];
        let given: Vec<_> = given.map(|(name, value)| (name.to_owned(), value)).into();
        let _guard = one_at_a_time();
        let child = Command::new(&self.runtime.1[0])
            .args(&self.runtime.1[1..])
            .current_dir(&self.task)
            .env_clear()
            .envs(given.clone())
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("the runtime starts");
        Function { child, api, given }
    }

    fn marker(&self) -> PathBuf {
        self.temporary.join("edgepix-starting")
    }

    /// The names of what is in the unpacked package.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.task).expect("it is a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("it can be read").file_name())
            .map(|name| name.into_string().expect("ASCII"))
            .collect();
        names.sort();
        names
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// A start of a function. Dropping it ends all its processes.
struct Function {
    child: Child,
    api: RuntimeApi,
    given: Vec<(String, String)>,
}

impl Function {
    /// The program that its first process runs now.
    fn program(&self) -> PathBuf {
        fs::read_link(format!("/proc/{}/exe", self.child.id())).expect("it runs")
    }

    /// What the processes run that its first one has started.
    fn children(&self) -> Vec<PathBuf> {
        let exe = |pid| fs::read_link(format!("/proc/{pid}/exe")).expect("it runs");
        self.children_ids().into_iter().map(exe).collect()
    }

    fn children_ids(&self) -> Vec<String> {
        let pid = self.child.id();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.expect("it runs");
        children.split_whitespace().map(str::to_owned).collect()
    }

    /// Its first process's environment, by the system's account.
    fn environment(&self) -> Vec<(String, String)> {
        let text = fs::read(format!("/proc/{}/environ", self.child.id())).expect("it runs");
        let text = String::from_utf8(text).expect("it is text");
        let pairs = text
            .split_terminator('\0')
            .filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Waits for the process to end by itself.
    #[track_caller]
    fn ends(&mut self) -> ExitStatus {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("it was started") {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("the process should have ended");
    }

    /// Ends the function and returns the lines it wrote for the log.
    fn log(mut self) -> Vec<Value> {
        self.kill();
        let stdout = self.child.stdout.take().expect("it is piped");
        let text = io::read_to_string(stdout).expect("it is text");
        let lines = text.lines().filter(|line| line.starts_with('{'));
        lines
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect()
    }

    fn kill(&mut self) {
        // The group: a child process must not outlive the test.
        let _ = kill(&format!("-{}", self.child.id()));
        let _ = self.child.wait();
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Kills a process, or a group by its number with a minus, which std cannot; the shell's
/// own `kill` is there even where the program of that name is not. Returns whether it was.
fn kill(process: &str) -> bool {
    let line = format!("kill -s KILL -- {process}");
    let status = Command::new("sh")
        .args(["-c", &line])
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// An event that edgepix leaves alone; `number` tells it from others.
fn event(number: u32) -> Value {
    json!({ "Records": [{ "cf": {
        "config": { "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE", "eventType": "origin-response", "requestId": "4Ty==" },
        "request": { "clientIp": "203.0.113.178", "method": "HEAD", "uri": "/cat.jpg", "querystring": "",
            "headers": {}, "origin": { "s3": { "authMethod": "none", "customHeaders": {},
                "domainName": "cats.s3.eu-west-1.amazonaws.com", "path": "" } } },
        "response": { "status": "200", "statusDescription": "OK",
            "headers": { "x-number": [{ "key": "X-Number", "value": number.to_string() }] } },
    } }] })
}

/// The event's own response, unchanged, but for `x-edgepix`.
#[track_caller]
fn assert_answers(answer: &Value, number: u32) {
    let mut answer = answer.clone();
    answer["headers"]
        .as_object_mut()
        .expect("it has headers")
        .remove("x-edgepix");
    assert_eq!(answer, event(number)["Records"][0]["cf"]["response"]);
}

/// Checks that the launcher's own handler answers, twice, and returns the reason it logs.
fn passes_through(environment: &Environment) -> String {
    let function = environment.start([event(1), event(2)]);
    for number in [1, 2] {
        function.api.next();
        let (answer, _) = function.api.response();
        assert_answers(&answer, number);
        assert_eq!(
            answer["headers"]["x-edgepix"],
            json!([{ "key": "X-Edgepix", "value": "passthrough; reason=launcher" }])
        );
    }
    function.api.next();
    let log = function.log();
    assert_eq!(log.len(), 1, "{log:?}");
    assert_eq!(log[0]["message"], "edgepix: pass-through");
    log[0]["reason"].as_str().expect("it is text").to_owned()
}

/// Checks one cold and two warm invocations that the binary answers, in the process that
/// was started or, with `child`, in one of its children.
fn runs(environment: &Environment, child: bool) {
    let files = environment.names();
    let function = environment.start([event(1), event(2), event(3)]);
    for number in [1, 2, 3] {
        function.api.next();
        let (answer, _) = function.api.response();
        assert_answers(&answer, number);
        let by = answer["headers"]["x-edgepix"].to_string();
        assert!(!by.contains("reason=launcher"), "{by}");
    }
    function.api.next();
    let binary = environment.task.join("edgepix");
    if child {
        assert_ne!(function.program(), binary);
        assert_eq!(function.children(), [binary]);
    } else {
        // Same pid, another program, and no process beside it that could have answered.
        assert_eq!(function.program(), binary);
        assert_eq!(function.children(), [] as [PathBuf; 0]);
        let (now, given) = (function.environment(), &function.given);
        assert!(given.iter().all(|pair| now.contains(pair)), "{now:?}");
        let marker = environment.marker().display().to_string();
        assert!(
            now.contains(&("EDGEPIX_STARTING".into(), marker)),
            "{now:?}"
        );
    }
    assert!(!environment.marker().exists());
    assert_eq!(environment.names(), files);
}

/// A program of nothing but these instructions, for x86_64: one header, one segment, code.
fn program(code: &[u8]) -> Vec<u8> {
    const ADDRESS: u64 = 0x40_0000;
    let length = 120 + code.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".to_vec();
    for word in [ADDRESS + 120, 64, 0] {
        file.extend(u64::to_le_bytes(word));
    }
    file.extend(b"\0\0\0\0\x40\0\x38\0\x01\0\x40\0\0\0\0\0\x01\0\0\0\x05\0\0\0");
    for word in [0, ADDRESS, ADDRESS, length, length, 0x1000] {
        file.extend(u64::to_le_bytes(word));
    }
    file.extend(code);
    file
}

/// `ud2`, which no processor knows.
const ILLEGAL: &[u8] = b"\x0f\x0b";

/// `mov edi, 3; mov eax, 60; syscall`: exit with 3.
const EXIT: &[u8] = b"\xbf\x03\0\0\0\xb8\x3c\0\0\0\x0f\x05";

/// Whether to go on without a tool that is missing; CI must have all of them.
fn skipped(tool: &str) {
    assert!(
        env::var_os("REQUIRE_TOOLS").is_none(),
        "{tool} is missing; .ci/tools installs it"
    );
    // Past the test harness, which would keep it to itself.
    let _ = writeln!(
        io::stderr(),
        "SKIPPED, for want of {tool}: bash .ci/tools installs it"
    );
}

/// A tool's path below `target/tools`.
fn installed(tool: &str) -> Option<String> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools");
    let path = tools.join(tool).canonicalize();
    if path.is_err() {
        skipped(tool);
    }
    // Not where a link leads: a virtual environment is known by its own.
    path.ok().map(|_| tools.join(tool).display().to_string())
}

/// Runs handlers as AWS's Python runtime does.
fn python() -> Option<Runtime> {
    let found = Command::new("python3").arg("--version").output();
    if found.is_err() {
        skipped("python3");
    }
    found
        .ok()
        .map(|_| Runtime::python(["python3", "-c", PYTHON]))
}

/// AWS's Python runtime.
fn awslambdaric() -> Option<Runtime> {
    let python = installed("python/bin/python3")?;
    let mut runtime = Runtime::python([&python, "-m", "awslambdaric"]);
    runtime.1.push("lambda_function.handler".into());
    Some(runtime)
}

/// A Node.js that cannot replace its process.
fn old_node() -> Option<Runtime> {
    installed("node-20/bin/node").map(|path| Runtime::node(&path))
}

/// One that can.
fn new_node() -> Option<Runtime> {
    installed("node-24/bin/node").map(|path| Runtime::node(&path))
}

/// What holds under every runtime.
macro_rules! cases {
    ($runtime:ident, child: $child:literal) => {
        mod $runtime {
            use super::*;

            /// Runs `check` where the package has `binary` in place of its own.
            fn with(test: &str, binary: Binary, check: impl FnOnce(&Environment)) {
                if let Some(runtime) = super::$runtime() {
                    let test = format!("{}-{test}", stringify!($runtime));
                    check(&Environment::new(&test, runtime, &binary));
                }
            }

            fn fails_before_it_starts(test: &str, binary: Binary) {
                with(test, binary, |environment| {
                    let reason = passes_through(environment);
                    assert!(reason.starts_with("exec: "), "{reason}");
                    assert!(!environment.marker().exists());
                });
            }

            fn fails_once_it_runs(test: &str, code: &[u8]) {
                with(test, Binary::Of(program(code)), |environment| {
                    if $child {
                        let reason = passes_through(environment);
                        assert!(reason.starts_with("child: it ended with "), "{reason}");
                    } else {
                        environment.start([event(1)]).ends();
                    }
                    assert!(environment.marker().exists());
                    let reason = passes_through(environment);
                    assert!(reason.contains("before its first answer"), "{reason}");
                });
            }

            #[test]
            fn a_healthy_binary_answers_cold_and_warm() {
                with("healthy", Binary::Real, |environment| {
                    runs(environment, $child)
                });
            }

            #[test]
            fn a_missing_binary_passes_through() {
                fails_before_it_starts("missing", Binary::Missing);
            }

            #[test]
            fn a_binary_without_the_right_to_be_run_passes_through() {
                fails_before_it_starts("mode", Binary::NotExecutable);
            }

            #[test]
            fn a_binary_that_is_no_program_passes_through() {
                fails_before_it_starts("garbage", Binary::Of(b"not a program".into()));
            }

            #[test]
            fn a_binary_of_another_machine_passes_through() {
                let mut binary = program(EXIT);
                binary[18] = 183; // ELF's number of arm64.
                fails_before_it_starts("machine", Binary::Of(binary));
            }

            #[test]
            fn after_an_illegal_instruction_the_next_start_passes_through() {
                fails_once_it_runs("illegal", ILLEGAL);
            }

            #[test]
            fn after_a_binary_that_ends_at_once_the_next_start_passes_through() {
                fails_once_it_runs("exit", EXIT);
            }
        }
    };
}

cases!(python, child: false);
cases!(awslambdaric, child: false);
cases!(new_node, child: false);
cases!(old_node, child: true);

#[test]
fn a_child_that_has_answered_and_dies_is_started_again_by_lambda() {
    let Some(runtime) = old_node() else { return };
    let environment = Environment::new("child-dies", runtime, &Binary::Real);
    let mut function = environment.start([event(1)]);
    function.api.next();
    assert_answers(&function.api.response().0, 1);
    function.api.next();
    let child = function.children_ids().remove(0);
    assert!(kill(&child));
    assert_eq!(function.ends().code(), Some(1));
    runs(&environment, true);
}
