//! A run as it was kept, its records sorted by what they are.

use crate::sample::{End, Image, Made, Record, Run, Start};

/// All that is known of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct History {
    pub(crate) run: Run,
    pub(crate) images: Vec<Image>,
    pub(crate) starts: Vec<Start>,
    pub(crate) made: Vec<Made>,
    /// None if it was stopped too hard to say so.
    pub(crate) end: Option<End>,
    /// What was wrong with its file, in sentences.
    pub(crate) notes: Vec<String>,
}

impl History {
    /// Sorts a run's records, or `None` if none of them says which run it was. A second run in the
    /// same file is left out with all that follows it, and a note.
    pub(crate) fn of(records: impl IntoIterator<Item = Record>) -> Option<Self> {
        let mut history = Self::default();
        let mut run = None;
        for record in records {
            match record {
                Record::Run(other) if run.is_some() => {
                    let note = format!("Its file goes on with another run, {}.", other.id);
                    history.notes.push(note);
                    break;
                }
                Record::Run(first) => run = Some(first),
                Record::Image(image) => history.images.push(image),
                Record::Start(start) => history.starts.push(start),
                Record::Result(made) => history.made.push(made),
                Record::End(end) => history.end = Some(end),
            }
        }
        history.run = run?;
        Some(history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str) -> Record {
        Record::Run(Run {
            id: id.to_owned(),
            ..Default::default()
        })
    }

    fn end(starts: u32) -> Record {
        Record::End(End {
            is_cut_short: false,
            starts,
            seconds: 1,
            troubles: Vec::new(),
        })
    }

    #[test]
    fn records_are_sorted_by_what_they_are() {
        let history = History::of([run("a"), end(3)]).expect("a run");
        assert_eq!(history.run.id, "a");
        assert_eq!(history.end.map(|end| end.starts), Some(3));
    }

    #[test]
    fn records_of_no_run_are_none() {
        assert_eq!(History::of([end(3)]), None);
    }

    #[test]
    fn a_second_run_is_left_out_and_noted() {
        let history = History::of([run("a"), run("b"), end(3)]).expect("a run");
        assert_eq!(history.run.id, "a");
        assert_eq!(history.end, None);
        assert_eq!(history.notes, ["Its file goes on with another run, b."]);
    }
}
