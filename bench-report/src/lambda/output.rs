//! What a function writes to its two outputs, read as it comes so that it never waits for us: when
//! its program began, the times of its stages, and its last words.

use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead, BufReader, Read},
    process::{ChildStderr, ChildStdout},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use serde::Deserialize;

use super::enclosure::Began;

/// A line longer than this is read as several, and means nothing to us.
const LINE_BYTES: u64 = 64 * 1024;

/// How much of the end of the standard error is kept.
const TAIL_BYTES: usize = 2000;

/// How long the outputs of a function may stay open once it is killed: some other process may have
/// inherited them.
const CLOSING: Duration = Duration::from_secs(2);

/// Milliseconds by stage.
pub(super) type Stages = BTreeMap<String, f64>;

/// Both outputs of a function.
pub(super) struct Output {
    began: Receiver<Began>,
    stages: Receiver<HashMap<String, Stages>>,
    last_words: Receiver<String>,
}

impl Output {
    /// Begins to read, on two threads that end with what they read.
    pub(super) fn read(output: Option<ChildStdout>, errors: Option<ChildStderr>) -> Self {
        let (tell_stages, stages) = mpsc::channel();
        let (tell_began, began) = mpsc::channel();
        let (tell_last_words, last_words) = mpsc::channel();
        if let Some(output) = output {
            // Nobody listens any more when nobody wants to know.
            thread::spawn(move || drop(tell_stages.send(stages_of(output))));
        }
        if let Some(errors) = errors {
            thread::spawn(move || drop(tell_last_words.send(tail_of(errors, &tell_began))));
        }
        Self {
            began,
            stages,
            last_words,
        }
    }

    /// When the program began, once it has.
    pub(super) fn began(&self, within: Duration) -> Option<Began> {
        self.began.recv_timeout(within).ok()
    }

    /// The times of each request's stages, by its id, and the end of the standard error. To be
    /// called when the function has ended.
    pub(super) fn rest(&self) -> (HashMap<String, Stages>, String) {
        let stages = self.stages.recv_timeout(CLOSING).unwrap_or_default();
        let last_words = self.last_words.recv_timeout(CLOSING).unwrap_or_default();
        (stages, last_words)
    }
}

/// The line that edgepix logs for each request, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    request_id: String,
    stages_ms: Stages,
}

fn stages_of(output: impl Read) -> HashMap<String, Stages> {
    let mut stages = HashMap::new();
    lines(output, |line| {
        // Other lines are other people's.
        if let Ok(Line {
            request_id,
            stages_ms,
        }) = serde_json::from_slice(line)
        {
            stages.insert(request_id, stages_ms);
        }
    });
    stages
}

fn tail_of(errors: impl Read, tell_began: &Sender<Began>) -> String {
    let mut tail = Vec::new();
    let mut is_first = true;
    lines(errors, |line| {
        if let Some(began) = is_first
            .then(|| serde_json::from_slice(line).ok())
            .flatten()
        {
            let _ = tell_began.send(began);
        } else {
            tail.extend_from_slice(line);
        }
        is_first = false;
        let too_much = tail.len().saturating_sub(TAIL_BYTES);
        tail.drain(..too_much);
    });
    String::from_utf8_lossy(&tail).trim().to_owned()
}

/// Calls `each` with every line to the end, or until the pipe breaks.
fn lines(from: impl Read, mut each: impl FnMut(&[u8])) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while let Ok(1..) = (&mut from).take(LINE_BYTES).read_until(b'\n', &mut line) {
        each(&line);
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_found_among_other_lines_by_their_request() {
        let text = "START\n\
            {\"request_id\":\"a\",\"status\":\"200\",\"stages_ms\":{\"decode\":1.5,\"encode\":2.0}}\n\
            {\"request_id\":\"b\",\"outcome\":\"passthrough\"}\n\
            {\"level\":\"error\"}\n";
        let stages = stages_of(text.as_bytes());
        let decode = ("decode".to_owned(), 1.5);
        let expected = BTreeMap::from([decode, ("encode".to_owned(), 2.0)]);
        assert_eq!(stages, HashMap::from([("a".to_owned(), expected)]));
    }

    #[test]
    fn the_first_line_is_when_it_began_and_the_rest_its_last_words() {
        let (tell, told) = mpsc::channel();
        let text = "{\"at_ns\":5,\"cpu_ns\":3,\"major_faults\":1}\nError: no\n  at line 1\n";
        assert_eq!(tail_of(text.as_bytes(), &tell), "Error: no\n  at line 1");
        let began = told.try_recv().expect("it was told").moment();
        assert_eq!(began.at, Duration::from_nanos(5));
        assert_eq!(began.cpu, Some(Duration::from_nanos(3)));
    }

    #[test]
    fn one_that_never_began_only_has_last_words() {
        let (tell, told) = mpsc::channel();
        assert_eq!(tail_of(&b"no core 7"[..], &tell), "no core 7");
        assert!(told.try_recv().is_err());
    }

    #[test]
    fn of_many_words_only_the_end_is_kept() {
        let (tell, _told) = mpsc::channel();
        let text = "a line\n".repeat(100_000) + "the end";
        let tail = tail_of(text.as_bytes(), &tell);
        assert!(
            tail.len() <= TAIL_BYTES && tail.ends_with("\nthe end"),
            "{tail}"
        );
    }

    #[test]
    fn a_line_without_an_end_is_read_in_pieces() {
        let mut lengths = Vec::new();
        lines(&vec![b'x'; 150_000][..], |line| lengths.push(line.len()));
        assert_eq!(lengths, [65_536, 65_536, 18_928]);
    }
}
