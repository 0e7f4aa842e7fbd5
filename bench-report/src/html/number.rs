//! Numbers for people: as many digits as mean something, thousands apart, and a dash for what is
//! no number.

/// What stands where there is no number.
pub(super) const NONE: &str = "\u{2013}";

/// Milliseconds with their unit.
pub(super) fn ms(value: f64) -> String {
    with_unit(value, "ms")
}

/// As [`ms`], or a dash.
pub(super) fn ms_or_none(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), ms)
}

/// Bytes as kB of 1000.
pub(super) fn kilobytes(bytes: u64) -> String {
    with_unit(float(bytes) / 1e3, "kB")
}

/// Bytes as kB of 1000, without the unit.
pub(super) fn kb(bytes: u64) -> String {
    digits(float(bytes) / 1e3)
}

/// Bytes as the MB that a function's memory is in, of 1024 KB.
pub(super) fn megabytes(bytes: u64) -> f64 {
    float(bytes) / f64::from(1 << 20)
}

/// MB with their unit.
pub(super) fn mb(value: f64) -> String {
    with_unit(value, "MB")
}

/// Dollars.
pub(super) fn dollars(value: f64) -> String {
    match value {
        _ if !value.is_finite() => NONE.to_owned(),
        _ if value.abs() >= 100.0 => format!("${}", digits(value)),
        _ => format!("${value:.2}"),
    }
}

/// How many times.
pub(super) fn times(value: f64) -> String {
    match value {
        _ if !value.is_finite() => NONE.to_owned(),
        _ if value.abs() >= 100.0 => format!("{}\u{d7}", digits(value)),
        _ if value.abs() >= 10.0 => format!("{value:.1}\u{d7}"),
        _ => format!("{value:.2}\u{d7}"),
    }
}

/// A SSIMULACRA2 score.
pub(super) fn score(value: f64) -> String {
    if value.is_finite() {
        format!("{value:.1}")
    } else {
        NONE.to_owned()
    }
}

/// Three digits or so: 0.35, 4.2, 42, 6,880.
pub(super) fn digits(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        NONE.to_owned()
    } else if size >= 9.95 {
        thousands(&format!("{value:.0}"))
    } else if size >= 0.995 || size == 0.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A value for a tick: no digit that all its neighbours share.
pub(super) fn tick(value: f64) -> String {
    if value.is_finite() {
        let text = format!("{:.3}", value);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        thousands(text)
    } else {
        NONE.to_owned()
    }
}

/// A count, its thousands apart.
pub(super) fn count(value: usize) -> String {
    thousands(&value.to_string())
}

fn with_unit(value: f64, unit: &str) -> String {
    if value.is_finite() {
        format!("{}\u{a0}{unit}", digits(value))
    } else {
        NONE.to_owned()
    }
}

/// Commas between the thousands of a number's whole part.
fn thousands(number: &str) -> String {
    let (whole, rest) = match number.find('.') {
        Some(point) => number.split_at(point),
        None => (number, ""),
    };
    let (sign, whole) = match whole.strip_prefix('-') {
        Some(whole) => ("-", whole),
        None => ("", whole),
    };
    let mut apart = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    format!("{sign}{apart}{rest}")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "files and memories are below 2^52 bytes"
)]
fn float(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_about_three_digits() {
        let shown: Vec<String> = [0.0, 0.354, 4.24, 9.96, 42.4, 6880.2, -1234.0]
            .map(digits)
            .to_vec();
        assert_eq!(shown, ["0.0", "0.35", "4.2", "10", "42", "6,880", "-1,234"]);
    }

    #[test]
    fn what_is_no_number_is_a_dash() {
        let nothing = f64::NAN;
        for shown in [
            ms(nothing),
            dollars(f64::INFINITY),
            times(nothing),
            score(nothing),
        ] {
            assert_eq!(shown, NONE);
        }
    }

    #[test]
    fn memory_is_counted_as_lambda_counts_it() {
        assert_eq!(mb(megabytes(128 << 20)), "128\u{a0}MB");
        assert_eq!(kilobytes(12_340), "12\u{a0}kB");
    }

    #[test]
    fn a_tick_has_no_idle_noughts() {
        assert_eq!([0.5, 1.0, 2500.0].map(tick), ["0.5", "1", "2,500"]);
    }
}
