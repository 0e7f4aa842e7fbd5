//! A folder of the test's own, and the binary run in it.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
    thread,
};

use edgepix_corpus::{
    synth,
    write::{self, JpegOptions},
};
use serde_json::Value;

/// A photograph as a JPEG, 96x64.
pub(crate) fn photo() -> Vec<u8> {
    write::jpeg(&synth::photo(96, 64, 1), &JpegOptions::default())
}

/// The same as a PNG.
pub(crate) fn photo_png() -> Vec<u8> {
    write::png(&synth::photo(96, 64, 1))
}

/// An empty folder for one test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the target folder can be written");
        Self(path)
    }

    pub(crate) fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("as above");
        fs::write(path, bytes).expect("as above");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every file and folder, below it too, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("it is a folder") {
                let path = entry.expect("it can be read").path();
                let name = path.strip_prefix(&self.0).expect("it is below");
                names.push(name.to_str().expect("ASCII").replace('\\', "/"));
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        names.sort();
        names
    }

    /// Runs `edgepix` here; the arguments are split at spaces.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.run_with(arguments, &[])
    }

    /// Runs `edgepix` here with `input` on its standard input.
    pub(crate) fn run_with(&self, arguments: &str, input: &[u8]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_edgepix"))
            .args(arguments.split_whitespace())
            .current_dir(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built");
        let mut stdin = child.stdin.take().expect("it is piped");
        thread::scope(|scope| {
            // A program that does not read its input breaks the pipe, and may.
            scope.spawn(move || drop(stdin.write_all(input)));
            Ran(child.wait_with_output().expect("it was started"))
        })
    }
}

/// A run that has ended.
pub(crate) struct Ran(pub(crate) Output);

impl Ran {
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().expect("it was not killed")
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    /// Checks the exit code and that standard error says each of `words`.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, words: &[&str]) {
        let stderr = self.stderr();
        assert_eq!(self.code(), code, "{stderr}");
        for word in words {
            assert!(stderr.contains(word), "{word:?} is not in {stderr:?}");
        }
        assert!(!stderr.contains("panicked"), "{stderr}");
    }

    /// Checks that it went well.
    #[track_caller]
    pub(crate) fn succeeds(&self) {
        self.says(0, &[]);
    }

    /// Standard output as one JSON object a line.
    pub(crate) fn records(&self) -> Vec<Value> {
        let lines = self.stdout();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).expect("each line is an object"))
            .collect()
    }
}

/// What a result's first bytes say it is.
pub(crate) fn format_of(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => "jpeg",
        [0x89, b'P', b'N', b'G', ..] => "png",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "webp",
        [
            _,
            _,
            _,
            _,
            b'f',
            b't',
            b'y',
            b'p',
            b'a',
            b'v',
            b'i',
            b'f',
            ..,
        ] => "avif",
        _ => "nothing known",
    }
}
