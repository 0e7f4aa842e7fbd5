//! A smaller file with the same fault.

use crate::{oracle, random::Random};

/// Leaves out and blanks bytes of `file` as long as the finding stays of its kind;
/// `None` if there is none.
pub(crate) fn minimise(file: &[u8]) -> Option<Vec<u8>> {
    let kind = |file: &[u8]| {
        let checked = oracle::check(file, None, &mut Random::new(0));
        checked.err().map(|finding| finding.kind)
    };
    let wanted = kind(file)?;
    let mut best = file.to_vec();
    let mut length = best.len() / 2;
    while length > 0 {
        let mut at = 0;
        while at < best.len() {
            let end = (at + length).min(best.len());
            let without = [&best[..at], &best[end..]].concat();
            let mut blank = best.clone();
            blank[at..end].fill(0);
            if kind(&without) == Some(wanted) {
                best = without;
            } else {
                if blank != best && kind(&blank) == Some(wanted) {
                    best = blank;
                }
                at = end;
            }
        }
        length /= 2;
    }
    Some(best)
}
