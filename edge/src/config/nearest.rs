//! The name that was probably meant.

/// The candidate with the fewest slips from `name`, the first of several; `None` if it
/// would take more than one slip for every three letters.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let most = name.chars().count().div_ceil(3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (slips(name, candidate), candidate))
        .filter(|&(slips, _)| slips <= most)
        .min_by_key(|&(slips, _)| slips)
        .map(|(_, candidate)| candidate)
}

/// Letters to add, take away, change or exchange with the next, whatever their case, to
/// get from one word to the other (optimal string alignment).
fn slips(one: &str, other: &str) -> usize {
    let [one, other] = [one, other].map(|word| word.to_lowercase().chars().collect::<Vec<_>>());
    // Rows of the table for the letters of `one` before this one, and up to it.
    let mut before = vec![];
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (y, letter) in one.iter().enumerate() {
        let mut row = vec![y + 1];
        for (x, against) in other.iter().enumerate() {
            let changed = above[x] + usize::from(letter != against);
            let mut least = changed.min(above[x + 1] + 1).min(row[x] + 1);
            if y > 0 && x > 0 && *letter == other[x - 1] && one[y - 1] == *against {
                least = least.min(before[x - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_letter_by_letter() {
        for (one, other, expected) in [
            ("", "", 0),
            ("endpont", "endpoint", 1),
            ("endpiont", "endpoint", 1),
            ("Quality", "quality", 0),
            ("etag", "tag", 1),
            ("", "tag", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(slips(one, other), expected, "{one} {other}");
            assert_eq!(slips(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn what_is_far_from_everything_is_near_nothing() {
        let names = ["endpoint", "bucket", "region"];
        assert_eq!(nearest("buckt", names), Some("bucket"));
        assert_eq!(nearest("password", names), None);
        assert_eq!(nearest("", names), None);
    }
}
