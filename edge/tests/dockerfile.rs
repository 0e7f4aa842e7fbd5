//! What `edge/deploy/Dockerfile` copies, starts and asks, as far as that shows without Docker.

#![cfg(unix)]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(name: &str) -> String {
    let path = root().join("edge/deploy").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The instructions of that name, what follows it each, on one line.
fn instructions(name: &str) -> Vec<String> {
    let text = read("Dockerfile").replace("\\\n", "");
    let found = text.lines().filter_map(|line| line.strip_prefix(name));
    found.map(|rest| rest.trim().to_owned()).collect()
}

/// The words of the one instruction of that name that ends in a list of them.
fn words(name: &str) -> Vec<String> {
    let instruction = instructions(name).pop().expect("there is one");
    let list = &instruction[instruction.find('[').expect("a list")..];
    serde_json::from_str(list).expect("words in JSON")
}

#[test]
fn what_the_image_copies_is_there_and_not_ignored() {
    let ignored = read("Dockerfile.dockerignore");
    let mut copied = 0;
    for instruction in instructions("COPY ") {
        if instruction.starts_with("--from=") {
            continue;
        }
        let mut sources: Vec<_> = instruction.split_whitespace().collect();
        sources.pop();
        for source in sources {
            assert!(root().join(source).exists(), "{source}");
            let kept = format!("!{source}");
            assert!(ignored.lines().any(|line| line == kept), "{source}");
            copied += 1;
        }
    }
    assert!(copied > 5, "{copied}");
}

#[test]
fn every_member_of_the_workspace_is_copied() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = manifest
        .lines()
        .find_map(|line| line.strip_prefix("members = "));
    let members: Vec<String> = serde_json::from_str(members.expect("a list")).unwrap();
    let copied = instructions("COPY ");
    for member in members {
        let folder = member.split('/').next().expect("a folder");
        assert!(copied.contains(&format!("{folder} {folder}")), "{member}");
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
fn what_the_image_starts_is_healthy_and_ends_well_when_it_is_stopped() {
    assert_eq!(words("ENTRYPOINT"), ["edgepix"]);
    let folder = tempfile::tempdir().unwrap();
    // Its own port may be taken here, and its folder is the container's.
    let command = words("CMD").into_iter().map(|word| match word.as_str() {
        "/photos" => folder.path().display().to_string(),
        "0.0.0.0:8080" => "0.0.0.0:0".to_owned(),
        _ => word,
    });
    let mut server = Running(
        Command::new(env!("CARGO_BIN_EXE_edgepix"))
            .args(command)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut line = String::new();
    let said = server.0.stdout.take().unwrap();
    BufReader::new(said).read_line(&mut line).unwrap();
    let port = line.trim_start_matches("http://0.0.0.0:");
    let port = port.split('/').next().unwrap();

    let check = words("HEALTHCHECK");
    let asked = |port: &str| {
        let mut check = check
            .iter()
            .map(|word| word.replace("/8080", &format!("/{port}")));
        let mut command = Command::new(check.next().unwrap());
        command.args(check).stderr(Stdio::null()).status().unwrap()
    };
    assert!(asked(port).success(), "{line}");

    // Docker stops a container by SIGTERM, which is what kill sends.
    let told = Command::new("kill").arg(server.0.id().to_string()).status();
    assert!(told.unwrap().success());
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
    assert!(!asked(port).success(), "nobody listens any more");
}
