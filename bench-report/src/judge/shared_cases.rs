//! Which cases can be compared across several sets of them.

use std::collections::{BTreeMap, BTreeSet};

/// The sets that are compared, and the cases that all of these have.
///
/// A set with fewer than half the cases of the largest is left out, so that one that hardly has
/// any does not decide what all the others are judged by.
pub(crate) fn shared_cases<K: Ord + Copy, C: Ord + Copy>(
    sets: &BTreeMap<K, BTreeSet<C>>,
) -> (BTreeSet<K>, BTreeSet<C>) {
    let largest = sets.values().map(BTreeSet::len).max().unwrap_or(0);
    let mut kept = BTreeSet::new();
    let mut cases: Option<BTreeSet<C>> = None;
    for (&key, set) in sets {
        if set.is_empty() || set.len() * 2 < largest {
            continue;
        }
        kept.insert(key);
        cases = Some(match cases {
            None => set.clone(),
            Some(cases) => cases.intersection(set).copied().collect(),
        });
    }
    (kept, cases.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(sets: &[&[u32]]) -> BTreeMap<usize, BTreeSet<u32>> {
        let sets = sets.iter().map(|set| set.iter().copied().collect());
        sets.enumerate().collect()
    }

    #[test]
    fn shared_is_what_all_have() {
        let (kept, cases) = shared_cases(&sets(&[&[1, 2, 3], &[2, 3, 4]]));
        assert_eq!(kept, BTreeSet::from([0, 1]));
        assert_eq!(cases, BTreeSet::from([2, 3]));
    }

    #[test]
    fn one_that_has_hardly_any_is_left_out() {
        let (kept, cases) = shared_cases(&sets(&[&[1, 2, 3, 4], &[4], &[]]));
        assert_eq!(kept, BTreeSet::from([0]));
        assert_eq!(cases.len(), 4);
    }
}
