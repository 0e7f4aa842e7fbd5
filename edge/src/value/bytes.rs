//! Amounts of bytes as people write them. KB, MB and GB count in 1024s, as
//! Lambda's memory sizes do, so 128MB is 134,217,728 bytes.

use std::{fmt, str::FromStr};

const UNITS: [(&str, u64); 4] = [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10), ("B", 1)];

/// An amount of bytes that is read and written exactly: `128MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl FromStr for Bytes {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RULE: &str =
            "must be a whole number of bytes, KB, MB or GB, such as 128MB (counted in 1024s)";
        let text = text.trim();
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number: u64 = number.parse().map_err(|_| RULE)?;
        let size = match unit.trim_start().to_ascii_uppercase().as_str() {
            "" | "B" => 1,
            "K" | "KB" | "KIB" => 1 << 10,
            "M" | "MB" | "MIB" => 1 << 20,
            "G" | "GB" | "GIB" => 1 << 30,
            _ => return Err(RULE),
        };
        number.checked_mul(size).map(Self).ok_or(RULE)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = UNITS
            .into_iter()
            .find(|&(_, size)| self.0 >= size && self.0.is_multiple_of(size))
            .unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.0 / size)
    }
}

/// An amount of bytes as people read it, rounded: `14.3 KB`.
pub(crate) fn rounded(bytes: u64) -> String {
    // A little less than a unit would be rounded up to 1024 of the next.
    let (unit, size) = UNITS
        .into_iter()
        .find(|&(_, size)| bytes >= size - size / 2000)
        .unwrap_or(("B", 1));
    let amount = bytes as f64 / size as f64;
    let decimals = usize::from(!bytes.is_multiple_of(size) && amount < 99.95);
    format!("{amount:.decimals$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn megabytes_are_counted_as_lambda_counts_them() {
        for (text, bytes) in [
            ("128MB", 128 << 20),
            ("128 MiB", 128 << 20),
            ("1g", 1 << 30),
            ("64k", 64 << 10),
            ("4096", 4096),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "MB", "-1", "1.5GB", "128XB", "99999999999GB"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_can_be_read() {
        for (bytes, text) in [(512 << 20, "512MB"), (0, "0B"), (1025, "1025B")] {
            assert_eq!(Bytes(bytes).to_string(), text);
            assert_eq!(text.parse(), Ok(Bytes(bytes)));
        }
    }

    #[test]
    fn people_read_rounded_amounts() {
        for (bytes, text) in [
            (0, "0 B"),
            (812, "812 B"),
            (1024, "1 KB"),
            (14_643, "14.3 KB"),
            (1_048_500, "1.0 MB"),
            (200_000, "195 KB"),
            (4_300_000, "4.1 MB"),
            (512 << 20, "512 MB"),
        ] {
            assert_eq!(rounded(bytes), text);
        }
    }
}
