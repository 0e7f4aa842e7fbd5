//! Times as people write them: `300ms`, `1.5s`.

use std::{fmt, str::FromStr, time::Duration};

/// A length of time that is read and written exactly: `300ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Duration);

impl FromStr for Time {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RULE: &str = "must be a time in ms or s, such as 300ms or 1.5s, at most an hour";
        let text = text.trim();
        let (number, unit) = if let Some(number) = text.strip_suffix("ms") {
            (number, 1e-3)
        } else if let Some(number) = text.strip_suffix('s') {
            (number, 1.0)
        } else {
            return Err(RULE);
        };
        let seconds = number.trim_end().parse::<f64>().map_err(|_| RULE)? * unit;
        // Negated so that NaN is refused too.
        if !(0.0..=3600.0).contains(&seconds) {
            return Err(RULE);
        }
        Ok(Self(Duration::from_secs_f64(seconds)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_secs_f64() * 1e3;
        if milliseconds >= 1e3 && milliseconds % 1e3 == 0.0 {
            write!(f, "{}s", milliseconds / 1e3)
        } else {
            write!(f, "{milliseconds}ms")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_milliseconds_and_seconds() {
        for (text, milliseconds) in [("300ms", 300), ("1s", 1000), ("1.5s", 1500), ("0ms", 0)] {
            assert_eq!(text.parse(), Ok(Time(Duration::from_millis(milliseconds))));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "300", "-1s", "1m", "NaNs", "infs", "1e9s"] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_can_be_read() {
        for text in ["300ms", "1s", "1500ms"] {
            assert_eq!(
                text.parse::<Time>().map(|time| time.to_string()),
                Ok(text.into())
            );
        }
    }
}
