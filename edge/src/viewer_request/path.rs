//! A path's one spelling: otherwise whoever likes has an entry of the cache, and a transform, for
//! `/photo.jpg`, for `/%70hoto.jpg` and for every other choice of escapes.

use super::units;

/// The longest path that is read, in UTF-16 code units: a key of the most bytes that S3 takes,
/// each of them escaped. Reading what is longer takes more time than a function has.
const LONGEST: usize = 3 * 1024;

/// A path without escapes of what is unreserved (RFC 3986, 2.3), and with the others in upper
/// case. It names the same key.
///
/// Two escapes are kept that need not be. That of a dot could become part of a segment `.` or
/// `..`, which is another place to who resolves it. That which follows a broken escape, a `%` or
/// `%4`, could mend it.
///
/// What is too long to name an object of S3 stays as it is.
pub(super) fn plain(path: &str) -> String {
    if units(path) > LONGEST {
        return path.to_owned();
    }
    let mut plain = String::with_capacity(path.len());
    let mut pieces = path.split('%');
    plain.extend(pieces.next());
    let mut is_behind_broken = false;
    for piece in pieces {
        match byte(piece) {
            Some(byte) => {
                if is_unreserved(byte) && !is_behind_broken {
                    plain.push(byte.into());
                } else {
                    plain.push_str(&format!("%{byte:02X}"));
                }
                plain.push_str(&piece[2..]);
                is_behind_broken = false;
            }
            None => {
                plain.push('%');
                plain.push_str(piece);
                let is_digit = piece.bytes().all(|byte| byte.is_ascii_hexdigit());
                is_behind_broken = piece.len() < 2 && is_digit;
            }
        }
    }
    plain
}

/// The byte that is escaped where this is after a percent sign; none if it is no escape.
fn byte(piece: &str) -> Option<u8> {
    let digit = |at: usize| char::from(*piece.as_bytes().get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// Whether a character stands for itself everywhere; not so the dot, see [`plain`].
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;
    use crate::key::Key;

    /// The same cases on every run.
    fn cases() -> ProptestConfig {
        ProptestConfig {
            rng_seed: RngSeed::Fixed(7),
            failure_persistence: None,
            ..ProptestConfig::with_cases(4000)
        }
    }

    /// Characters of which each may be plain, escaped in either case, or the start of an escape.
    const PATHS: &str = "/([a-g0-9~._/ü-]|%[0-9a-fA-F]{2}|%(2[dDeEfF]|[46][0-9a-fA-F]|3[0-9]|5[fF]|7[eE])|%[0-9a-fA-F]?){0,30}";

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn a_path_names_the_same_key_as_before(path in PATHS) {
            prop_assert_eq!(Key::from_path(&plain(&path)), Key::from_path(&path));
        }

        #[test]
        fn what_is_plain_stays_so(path in PATHS) {
            let once = plain(&path);
            prop_assert_eq!(plain(&once), once);
        }

        #[test]
        fn no_segment_of_dots_is_made(path in PATHS) {
            let dots = |path: &str| path.split('/').filter(|&one| one == "." || one == "..").count();
            prop_assert_eq!(dots(&plain(&path)), dots(&path));
        }

        #[test]
        fn all_escapes_of_a_key_that_has_no_dot_are_one_path(
            key in "[a-zA-Z0-9~_-]([a-zA-Z0-9~_ %+ü-]){0,20}",
            choices in proptest::collection::vec(0..3_u8, 64),
        ) {
            let escaped = |choices: &[u8]| {
                let bytes = key.bytes().zip(choices);
                let spelled = bytes.map(|(byte, choice)| match choice {
                    0 if is_unreserved(byte) => char::from(byte).to_string(),
                    0 | 1 => format!("%{byte:02X}"),
                    _ => format!("%{byte:02x}"),
                });
                spelled.collect::<String>()
            };
            let canonical = escaped(&[0; 64]);
            prop_assert_eq!(plain(&escaped(&choices)), canonical);
        }
    }
}
