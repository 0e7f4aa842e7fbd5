//! What a log may say of a URL: a signature in it would let whoever reads the log ask.

use percent_encoding::percent_decode_str;

/// What stands for a signature.
const MASK: &str = "***";

/// What a parameter may follow or end with: the marks of a URL, as they are and as they are
/// in the query of another URL.
const MARKS: [&str; 8] = ["?", "&", "~", " ", "%3f", "%26", "%7e", "%20"];

/// A URL, a query, or a text that has one, with the signature in it masked.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut put = |parameter: &str| match value_of_signature(parameter) {
        Some(start) => {
            masked.push_str(&parameter[..start]);
            masked.push_str(MASK);
        }
        None => masked.push_str(parameter),
    };
    // Once over the text, whatever is in it: anyone may send it.
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        match MARKS.iter().find(|mark| is_at(text, at, mark)) {
            Some(mark) => {
                put(&text[start..at]);
                start = at + mark.len();
                put(&text[at..start]);
                at = start;
            }
            None => at += 1,
        }
    }
    put(&text[start..]);
    masked
}

/// Whether a mark, which is ASCII, is at this byte of a text, in any case.
fn is_at(text: &str, at: usize, mark: &str) -> bool {
    let there = text.as_bytes().get(at..at + mark.len());
    there.is_some_and(|there| there.eq_ignore_ascii_case(mark.as_bytes()))
}

/// Where the value of a parameter begins, if it is a signature's, however that is spelled.
fn value_of_signature(parameter: &str) -> Option<usize> {
    let at_sign = |sign: &str| {
        let start = (0..parameter.len()).find(|&at| is_at(parameter, at, sign))?;
        Some((start, start + sign.len()))
    };
    let (end, value) = at_sign("=").or_else(|| at_sign("%3d"))?;
    let name = percent_decode_str(&parameter[..end]).decode_utf8_lossy();
    name.eq_ignore_ascii_case("sig").then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_masked_wherever_it_is() {
        for (text, expected) in [
            ("sig=a.5up3r&w=3", "sig=***&w=3"),
            ("w=3&sig=a.5up3r", "w=3&sig=***"),
            ("/p.jpg?w=3&sig=a.5up3r", "/p.jpg?w=3&sig=***"),
            ("/p.jpg/~sig=a.5up3r&w=3", "/p.jpg/~sig=***&w=3"),
            ("w=3&SIG=a.5up3r&%73ig=b.5up3r", "w=3&SIG=***&%73ig=***"),
            ("sig=a=5up3r&sig=", "sig=***&sig=***"),
            (
                "/.edgepix/explain?path=%2Fp.jpg%3Fw%3D3%26sig%3Da.5up3r%26h%3D4",
                "/.edgepix/explain?path=%2Fp.jpg%3Fw%3D3%26sig%3D***%26h%3D4",
            ),
            ("GET /p.jpg?sig=a.5up3r  made", "GET /p.jpg?sig=***  made"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn all_else_stays_as_it_is() {
        for text in [
            "",
            "/sig.jpg?w=3&h=4",
            "design=5&sigma=6&sig",
            "/é?x=ü&&%",
            "?&~%3f",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
