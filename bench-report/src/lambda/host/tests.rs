//! Whole lives. The function is this very program of tests: started again to run the first test
//! alone, with a variable that says what the function does.

use std::{
    fs,
    io::{self, Write},
    net::TcpStream,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, exit},
    thread,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::{
    case::{Rival, Setting},
    lambda::{
        Program,
        api::tests::{NEXT, ask, post},
        enclosure,
    },
    machine,
    sample::{Answer, Ending},
};

/// The variable; its value is a key of [`function`].
const DOES: &str = "TEST_FUNCTION_DOES";

/// Longer than anything takes on a busy machine: it ends tests that would hang.
const PATIENCE: Duration = Duration::from_secs(60);

const IMAGE: &[u8] = b"not really an image";

/// What a function does that is started by the tests.
fn function(does: &str) {
    // The test's name stands before it.
    println!();
    let api = env::var("AWS_LAMBDA_RUNTIME_API").expect("every function has it");
    let mut stream = TcpStream::connect(api).expect("the Runtime API listens");
    match does {
        "fails at initialisation" => {
            let body = r#"{"errorMessage":"no handler","errorType":"Runtime.Missing"}"#;
            ask(&mut stream, &post("init/error", "", body));
            exit(1);
        }
        "ends at once" => {
            eprintln!("no room");
            exit(7);
        }
        "asks for nonsense" => {
            ask(&mut stream, &post("exit", "", ""));
        }
        _ => {}
    }
    loop {
        let (_, head, event) = ask(&mut stream, NEXT);
        let (_, id) = head.split_once("aws-request-id: ").expect("it has one");
        let id = &id[..36];
        invocation(does);
        println!(r#"{{"request_id":"{id}","stages_ms":{{"decode":1.5}}}}"#);
        io::stdout().flush().expect("the pipe is read");
        let (verb, body) = match does {
            "tells errors" => (
                "error",
                r#"{"errorMessage":"m","errorType":"T"}"#.to_owned(),
            ),
            _ => {
                assert_eq!(event, r#"{"a":1}"#);
                let body = STANDARD.encode(IMAGE);
                let body = json!({ "status": "200", "bodyEncoding": "base64", "body": body });
                ("response", body.to_string())
            }
        };
        ask(
            &mut stream,
            &post(&format!("invocation/{id}/{verb}"), "", &body),
        );
    }
}

/// What it does between an event and its answer.
fn invocation(does: &str) {
    match does {
        "hangs" => thread::sleep(PATIENCE),
        "ends" => {
            eprintln!("a bug\n  at line 1");
            exit(3);
        }
        "takes memory" => {
            let taken = std::hint::black_box(vec![1_u8; 200 << 20]);
            println!("{}", taken.len());
        }
        "works" => work(Duration::from_millis(40)),
        "leaves a process" => {
            // Its parent ends at once, and the file is in the task's folder.
            let script = "sleep 1000 & echo $! > left";
            let shell = Command::new("sh").args(["-c", script]).status();
            assert!(shell.expect("sh").success());
        }
        _ => {}
    }
}

/// Takes that much of the processor.
fn work(much: Duration) {
    let clock = Clock::default();
    clock.watch(nix::unistd::Pid::this());
    let until = clock.now().cpu.expect("we run") + much;
    while clock.now().cpu.expect("we run") < until {}
}

/// A place for lives, and the folder that is their task.
struct Place {
    host: Host,
    task: TempDir,
    stop: AtomicBool,
    limit: Duration,
    _runtime: Runtime,
}

impl Place {
    fn new() -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("threads");
        let options = Options {
            period: Options::PERIOD,
            core: machine::last_core(),
        };
        let (clock, sightings) = (Arc::default(), Arc::default());
        let mut host =
            Host::new(runtime.handle().clone(), clock, sightings, options).expect("Linux");
        host.enclosure = enclosure::tests::program();
        Self {
            host,
            task: tempfile::tempdir().expect("room"),
            stop: AtomicBool::new(false),
            limit: PATIENCE,
            _runtime: runtime,
        }
    }

    /// One with control groups, or none, which is said or a failure.
    fn with_groups() -> Option<Self> {
        let place = Self::new();
        let Err(why) = &place.host.groups else {
            return Some(place);
        };
        eprintln!("left out, for want of control groups: {why}");
        // A container may have none, whoever may install tools in it.
        assert!(env::var_os("REQUIRE_GROUPS").is_none(), "they are required");
        None
    }

    fn live(&mut self, does: &str, setting: Setting) -> Result<Life> {
        let tests = env::current_exe().expect("a running program has a file");
        let test = "lambda::host::tests::a_life_is_an_initialisation_and_invocations";
        let program = Program {
            rival: Rival::EDGEPIX,
            program: tests,
            arguments: ["--exact", "--nocapture", test].map(str::to_owned).to_vec(),
            task: self.task.path().to_owned(),
            variables: vec![(DOES.to_owned(), does.to_owned())],
            reads: Vec::new(),
        };
        self.live_as(&program, setting)
    }

    fn live_as(&mut self, program: &Program, setting: Setting) -> Result<Life> {
        let order = Order {
            program,
            setting,
            event: &json!({ "a": 1 }),
            warm_at_most: 2,
            warm_within: PATIENCE,
            limit: self.limit,
        };
        self.host.live(&order, &self.stop)
    }
}

/// More memory than the program of the tests takes, and no quota.
const FULL: Setting = Setting {
    memory_mb: 1769,
    pace: Pace::Full,
};

const SMALL: Setting = Setting {
    memory_mb: 128,
    pace: Pace::Quota,
};

/// The life of a function that does so, without a quota.
#[track_caller]
fn life(does: &str) -> Life {
    Place::new().live(does, FULL).expect("it can be started")
}

#[track_caller]
fn why(life: &Life) -> &str {
    match &life.ending {
        Ending::Died { why } => why,
        other => panic!("it should have died, not {other:?}"),
    }
}

#[test]
fn a_life_is_an_initialisation_and_invocations() {
    if let Ok(does) = env::var(DOES) {
        function(&does);
        return;
    }
    let life = life("answers");
    assert_eq!(life.ending, Ending::Asked);
    assert!(
        life.init
            .is_some_and(|init| init.wall_ms > 0.0 && init.cpu_ms > 0.0)
    );
    assert_eq!(life.invocations.len(), 3);
    assert_eq!(life.images, vec![Some(IMAGE.to_vec()); 3]);
    for invocation in &life.invocations {
        assert!(matches!(invocation.answer, Answer::Image { bytes: 19, .. }));
        assert!(invocation.wall_ms > 0.0);
        assert_eq!(invocation.stages_ms.get("decode"), Some(&1.5));
        // It asked no origin for anything.
        assert_eq!(invocation.segments.len(), 1);
        assert_eq!(invocation.segments[0].cpu_ms, invocation.cpu_ms);
    }
    assert!(life.peak_bytes.is_some_and(|bytes| bytes > 0));
    assert_eq!(life.throttled_ms, None);
}

#[test]
fn an_error_is_an_answer_and_the_function_lives_on() {
    let life = life("tells errors");
    assert_eq!(life.ending, Ending::Asked);
    let error = Answer::Error {
        why: "T: m".to_owned(),
    };
    let answers: Vec<_> = life
        .invocations
        .iter()
        .map(|one| one.answer.clone())
        .collect();
    assert_eq!(answers, vec![error; 3]);
}

#[test]
fn a_function_that_does_not_answer_in_its_time_is_late() {
    let mut place = Place::new();
    place.limit = Duration::from_millis(50);
    let life = place.live("hangs", FULL).expect("it can be started");
    assert_eq!(life.ending, Ending::Late { limit_ms: 50.0 });
    let [invocation] = &life.invocations[..] else {
        panic!("{life:?}");
    };
    assert_eq!(invocation.answer, Answer::None);
    assert!(invocation.wall_ms >= 50.0);
}

#[test]
fn a_function_that_ends_by_itself_says_how_and_its_last_words() {
    let life = life("ends");
    assert_eq!(why(&life), "exit status 3: a bug\n  at line 1");
    assert_eq!(life.invocations.len(), 1);
    assert_eq!(life.peak_bytes, None);
}

#[test]
fn a_function_that_never_asks_for_an_event_has_no_initialisation() {
    let life = life("ends at once");
    assert_eq!(why(&life), "exit status 7: no room");
    assert!(life.init.is_none() && life.invocations.is_empty());
}

#[test]
fn an_error_at_initialisation_is_told() {
    let life = life("fails at initialisation");
    let expected = "initialisation failed: Runtime.Missing: no handler";
    assert_eq!(why(&life), expected);
}

#[test]
fn nonsense_ends_a_life_and_is_named() {
    let life = life("asks for nonsense");
    assert!(why(&life).contains("POST /2018-06-01/runtime/exit: 404"));
}

#[test]
fn a_function_is_stopped_when_we_are() {
    let mut place = Place::new();
    place.stop = AtomicBool::new(true);
    let life = place.live("hangs", FULL).expect("it can be started");
    assert_eq!(life.ending, Ending::Asked);
    assert!(life.invocations.is_empty());
}

#[test]
fn no_process_is_left_of_a_life() {
    let mut place = Place::new();
    place
        .live("leaves a process", FULL)
        .expect("it can be started");
    let left = fs::read_to_string(place.task.path().join("left")).expect("one was left");
    assert!(!Path::new("/proc").join(left.trim()).exists());
}

#[test]
fn more_memory_than_there_is_kills() {
    let Some(mut place) = Place::with_groups() else {
        return;
    };
    let setting = Setting {
        pace: Pace::Full,
        ..SMALL
    };
    let life = place
        .live("takes memory", setting)
        .expect("it can be started");
    assert_eq!(life.ending, Ending::Killed);
    assert_eq!(life.invocations.len(), 1);
    let limit = u64::from(128 - OVERHEAD_MB) << 20;
    assert!(
        life.group_peak_bytes
            .is_some_and(|peak| peak <= limit && peak > limit / 2)
    );
}

#[test]
fn a_share_of_a_processor_holds_work_back_and_a_whole_one_does_not() {
    let Some(mut place) = Place::with_groups() else {
        return;
    };
    let life = place.live("works", SMALL).expect("it can be started");
    assert_eq!(life.ending, Ending::Asked);
    // 40 ms of work are 27 slices.
    assert!(life.throttled_ms.is_some_and(|held_back| held_back > 100.0));
}

#[test]
fn groups_are_removed_with_all_that_runs_in_them() {
    let Some(place) = Place::with_groups() else {
        return;
    };
    let hierarchy = place.host.groups.as_ref().expect("there are some");
    let sandbox = Sandbox::new(hierarchy, 128, Options::PERIOD).expect("as before");
    let folders = sandbox.folders();
    let mut process = Command::new("sleep").arg("1000").spawn().expect("sleep");
    for folder in &folders {
        fs::write(folder.join("cgroup.procs"), process.id().to_string()).expect("it is ours");
    }
    drop(sandbox);
    assert!(folders.iter().all(|folder| !folder.exists()), "{folders:?}");
    let status = process.wait().expect("it was killed");
    assert_eq!(status.signal(), Some(9));
}

#[test]
fn without_control_groups_only_a_whole_processor_can_be_given() {
    let mut place = Place::new();
    place.host.groups = Err("nobody made any".to_owned());
    assert_eq!(place.host.emulation().groups, "none: nobody made any");
    let life = place.live("answers", FULL).expect("it has no limits");
    assert_eq!((life.ending, life.group_peak_bytes), (Ending::Asked, None));
    let error = place.live("answers", SMALL).expect_err("there is no quota");
    assert!(error.to_string().ends_with("nobody made any"), "{error}");
}

#[test]
fn a_program_that_is_not_there_is_no_life() {
    let program = Program {
        rival: Rival::EDGEPIX,
        program: "/no/such/program".into(),
        arguments: Vec::new(),
        task: "/".into(),
        variables: Vec::new(),
        reads: Vec::new(),
    };
    let error = Place::new().live_as(&program, FULL).expect_err("or what?");
    assert_eq!(error.to_string(), "/no/such/program is not there");
}
