//! Runs on disk: a file for each, compressed lines of JSON, only ever added to.
//!
//! Each addition is a gzip member of its own (RFC 1952, section 2.2: members follow one another), so
//! that a run that is broken off keeps what was added before, and `zcat` reads it on any machine.

mod reader;
mod writer;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

pub(crate) use reader::read;
pub(crate) use writer::Writer;

/// What a run's file ends in.
const ENDING: &str = ".jsonl.gz";

/// The files of the runs in a folder, the oldest first.
///
/// # Errors
///
/// If the folder cannot be read.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| {
        format!(
            "no runs are kept in {}; `bench-report run` makes one",
            folder.display()
        )
    })?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry
            .with_context(|| format!("reading {}", folder.display()))?
            .path();
        if path.to_string_lossy().ends_with(ENDING) {
            files.push(path);
        }
    }
    // Names begin with the time.
    files.sort();
    Ok(files)
}

/// The folder for the pictures of the run whose file this is.
pub(crate) fn pictures(run: &Path) -> PathBuf {
    let name = run.file_name().unwrap_or_default().to_string_lossy();
    run.with_file_name(name.strip_suffix(ENDING).unwrap_or("pictures"))
}

#[cfg(test)]
mod tests {
    use std::{
        cell::RefCell,
        io::{self, Write},
        rc::Rc,
    };

    use flate2::{Compression, write::GzEncoder};

    use super::{reader::Kept, *};
    use crate::sample::{End, Record, Run, SCHEMA};

    fn run(id: &str) -> Run {
        Run {
            schema: SCHEMA,
            id: id.to_owned(),
            ..Run::default()
        }
    }

    fn end(starts: u32) -> Record {
        Record::End(End {
            is_cut_short: false,
            starts,
            seconds: 1,
            troubles: Vec::new(),
        })
    }

    fn member(text: impl AsRef<[u8]>) -> Vec<u8> {
        let mut member = GzEncoder::new(Vec::new(), Compression::default());
        member.write_all(text.as_ref()).unwrap();
        member.finish().unwrap()
    }

    /// A folder with a run of two additions.
    fn kept() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(folder.path(), run("a")).unwrap();
        writer.add(vec![end(1), end(2)]).unwrap();
        writer.add(vec![end(3)]).unwrap();
        let path = folder.path().join("a.jsonl.gz");
        (folder, path)
    }

    fn ends(kept: &Kept) -> Vec<u32> {
        let starts = kept.records.iter().map(|record| match record {
            Record::End(end) => end.starts,
            _ => 0,
        });
        starts.collect()
    }

    #[test]
    fn what_was_added_is_read_in_its_order() {
        let (_folder, path) = kept();
        let kept = read(&path).unwrap();
        assert_eq!(kept.records[0], Record::Run(run("a")));
        assert_eq!(ends(&kept), [0, 1, 2, 3]);
        assert_eq!(kept.doubts, Vec::<String>::new());
    }

    #[test]
    fn a_file_that_breaks_off_keeps_what_was_added_before() {
        let (_folder, path) = kept();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 5]).unwrap();
        let kept = read(&path).unwrap();
        assert_eq!(ends(&kept)[..3], [0, 1, 2]);
        assert_eq!(kept.doubts.len(), 1);
        assert!(kept.doubts[0].contains("breaks off"), "{:?}", kept.doubts);
    }

    #[test]
    fn a_broken_line_is_passed_over_and_named() {
        let (_folder, path) = kept();
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(member(b"{\"record\":\"nonsense\"}\nno JSON \xff\n"));
        bytes.extend(member(serde_json::to_string(&end(4)).unwrap() + "\n"));
        fs::write(&path, bytes).unwrap();
        let kept = read(&path).unwrap();
        assert_eq!(ends(&kept), [0, 1, 2, 3, 4]);
        let lines: Vec<bool> = kept
            .doubts
            .iter()
            .zip(["line 5", "line 6"])
            .map(|(doubt, line)| doubt.contains(line))
            .collect();
        assert_eq!(lines, [true, true], "{:?}", kept.doubts);
    }

    #[test]
    fn fields_of_later_versions_are_no_trouble() {
        let (_folder, path) = kept();
        let mut bytes = fs::read(&path).unwrap();
        let line = r#"{"record":"end","is_cut_short":true,"starts":9,"seconds":1,"mood":"good"}"#;
        bytes.extend(member(format!("{line}\n")));
        fs::write(&path, bytes).unwrap();
        let kept = read(&path).unwrap();
        assert_eq!(ends(&kept).last(), Some(&9));
        assert_eq!(kept.doubts, Vec::<String>::new());
    }

    #[test]
    fn a_newer_schema_and_a_file_of_another_kind_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.jsonl.gz");
        let newer = Run {
            schema: SCHEMA + 1,
            ..run("x")
        };
        let newer = serde_json::to_string(&Record::Run(newer)).unwrap();
        fs::write(&path, member(&newer)).unwrap();
        let why = read(&path).unwrap_err().to_string();
        assert!(why.contains("schema 2"), "{why}");
        fs::write(&path, "no gzip").unwrap();
        assert!(read(&path).is_err());
        fs::write(&path, member("{\"record\":\"end\"}\n")).unwrap();
        assert!(read(&path).is_err());
    }

    #[test]
    fn runs_are_found_by_their_ending_the_oldest_first() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.jsonl.gz", "a.jsonl.gz", "notes.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<_> = files(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["a.jsonl.gz", "b.jsonl.gz"]);
        assert!(files(&folder.path().join("none")).is_err());
    }

    #[test]
    fn a_run_is_never_written_over() {
        let (folder, path) = kept();
        let before = fs::read(&path).unwrap();
        assert!(Writer::create(folder.path(), run("a")).is_err());
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    /// A disk that has room for so many bytes.
    #[derive(Clone, Default)]
    struct Disk(Rc<RefCell<(Vec<u8>, usize)>>);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (written, room) = &mut *self.0.borrow_mut();
            let taken = bytes.len().min(*room - written.len());
            if taken == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            written.extend(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl writer::Sink for Disk {
        fn cut(&mut self, bytes: u64) -> io::Result<()> {
            let bytes = usize::try_from(bytes).unwrap();
            self.0.borrow_mut().0.truncate(bytes);
            Ok(())
        }

        fn settle(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_full_disk_does_not_take_is_there_when_it_has_room_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl.gz");
        let disk = Disk::default();
        let has_room_for = |bytes| disk.0.borrow_mut().1 = bytes;
        let mut writer = Writer::on(disk.clone(), path.clone());
        has_room_for(4096);
        writer.add(vec![Record::Run(run("a"))]).unwrap();
        let room = disk.0.borrow().0.len() + 5;
        has_room_for(room);
        let why = format!("{:#}", writer.add(vec![end(1)]).unwrap_err());
        assert!(why.contains("1 records wait"), "{why}");
        has_room_for(4096);
        writer.add(vec![end(2)]).unwrap();
        fs::write(&path, &disk.0.borrow().0).unwrap();
        let kept = read(&path).unwrap();
        assert_eq!((ends(&kept), kept.doubts), (vec![0, 1, 2], Vec::new()));
    }
}
