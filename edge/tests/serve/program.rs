//! The program itself, as somebody starts and ends it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use edgepix_corpus::{synth, write};

/// A folder with one photograph in it.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("serve-{name}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(path.join("b")).expect("the target folder can be written");
    let photo = write::png(&synth::photo(64, 48, 1));
    fs::write(path.join("b/a photo.png"), photo).expect("the folder can be written");
    path
}

fn start(folder: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edgepix"));
    command.arg("serve").arg(folder).args(options);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts it on a port that is free, and reads which.
fn started(folder: &Path, options: &[&str]) -> (Child, BufReader<ChildStdout>, String, String) {
    let options = [&["--listen", "127.0.0.1:0"], options].concat();
    let mut server = start(folder, &options).spawn().expect("it starts");
    let mut said = BufReader::new(server.stdout.take().expect("it is piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("it says something");
    let address = line.trim_start_matches("http://");
    let address = address.split('/').next().unwrap_or_default().to_owned();
    (server, said, line, address)
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it is taken");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn it_says_where_it_is_and_ends_well_when_it_is_told_to() {
    let folder = folder("end");
    let (mut server, _said, line, address) = started(&folder, &[]);
    let expected = format!("/ serves {} (1 image)\n", folder.display());
    assert!(line.ends_with(&expected), "{line}");
    let answer = get(&address, "/b/a%20photo.png?width=16&format=jpeg");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-type: image/jpeg"), "{answer}");
    let told = Command::new("kill").arg(server.id().to_string()).status();
    assert!(told.expect("kill is there").success());
    assert_eq!(server.wait().expect("it ends").code(), Some(0));
    let mut log = String::new();
    let stderr = server.stderr.as_mut().expect("it is piped");
    stderr.read_to_string(&mut log).expect("text");
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("GET /b/a%20photo.png?width=16"), "{log}");
}

#[test]
fn results_are_not_left_among_the_originals_unless_it_is_asked_to() {
    for (options, kept) in [(&["--quiet"][..], false), (&["--quiet", "--keep"], true)] {
        let folder = folder(&format!("keep-{kept}"));
        let (mut server, _said, _, address) = started(&folder, options);
        let answer = get(&address, "/b/a%20photo.png@16w");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        server.kill().expect("it runs");
        server.wait().expect("it ends");
        assert_eq!(
            folder.join("b/a photo.png@16w").exists(),
            kept,
            "{options:?}"
        );
    }
}

#[test]
fn what_cannot_be_served_is_said_at_once() {
    let folder = folder("refused");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let taken = listener.local_addr().expect("it has one").to_string();
    for (root, options, why) in [
        (
            &*folder,
            &["--listen", &*taken][..],
            "another program listens there",
        ),
        (&folder, &["--listen", "nowhere"], "--listen nowhere"),
        (&folder, &["--memory", "much"], "must be a whole number"),
        (&folder.join("none"), &[], "none"),
        (Path::new("ftp://host/"), &[], "ftp: is no kind of store"),
    ] {
        let output = start(root, options).output().expect("it starts");
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(why), "{said}");
    }
    drop(listener);
}
