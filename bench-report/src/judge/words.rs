//! Numbers and lists as people read them.

/// Milliseconds with as many digits as mean something.
pub(crate) fn ms(ms: f64) -> String {
    if ms < 9.95 {
        format!("{ms:.1} ms")
    } else if ms < 9_999.5 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1000.0)
    }
}

/// Bytes in MB of 1024 KB, as memory is set.
pub(crate) fn mb(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a fraction of a MB is told")]
    let bytes = bytes as f64;
    format!("{:.0} MB", bytes / (1024.0 * 1024.0))
}

/// "1 case", "12 cases".
pub(crate) fn cases(count: usize) -> String {
    counted(count, "case")
}

/// A count with its noun.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// The first few of a list, and how many more there are.
pub(crate) fn some(items: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = items[..items.len().min(SHOWN)].join(", ");
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// With its full stop, if it lacks one.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_digits_that_mean_something() {
        assert_eq!(ms(9.94), "9.9 ms");
        assert_eq!(ms(9.96), "10 ms");
        assert_eq!(ms(1234.4), "1234 ms");
        assert_eq!(ms(12_345.0), "12.3 s");
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let names: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        assert_eq!(some(&names[..2]), "a, b");
        assert_eq!(some(&names), "a, b, c and 2 more");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(cases(1), "1 case");
        assert_eq!(cases(0), "0 cases");
    }
}
