//! A query's names and values: form-decoded once (WHATWG URL, "application/x-www-form-urlencoded
//! parsing"), in any order, each known name at most once.

use percent_encoding::percent_decode_str;

use crate::key::Key;

use super::{Dialect, Malformed, words::Rule};

/// The pairs of a query.
pub(super) struct Pairs<'a>(Vec<Pair<'a>>);

struct Pair<'a> {
    /// The name in lower case and with `_` for `-`, unless it is not UTF-8.
    name: Option<String>,
    /// All of it, as it was written.
    raw: &'a str,
    /// The value, as it was written.
    value: &'a str,
}

impl<'a> Pairs<'a> {
    /// Cuts a query into its pairs. Nothing is wrong yet: most of them may be no one's.
    pub(super) fn of(query: &'a str) -> Self {
        let pairs = query.split('&').filter(|raw| !raw.is_empty()).map(|raw| {
            let (name, value) = raw.split_once('=').unwrap_or((raw, ""));
            let name = decoded(name).map(|name| name.to_ascii_lowercase().replace('-', "_"));
            Pair { name, raw, value }
        });
        Self(pairs.collect())
    }

    /// Whether a name is there, with whatever value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|pair| pair.name.as_deref() == Some(name))
    }

    /// Whether every name can be read, those that nobody knows too.
    pub(super) fn check_names(&self, dialect: Dialect) -> Result<(), Malformed> {
        match self.0.iter().find(|pair| pair.name.is_none()) {
            Some(pair) => Err(Malformed::new(
                dialect,
                pair.raw,
                "have a name in UTF-8, percent-encoded",
            )),
            None => Ok(()),
        }
    }

    /// The value of a parameter that has these names, in lower case, as `parse` reads it;
    /// `None` if it is not there.
    pub(super) fn get<T, R: Into<Rule>>(
        &self,
        dialect: Dialect,
        names: &[&str],
        parse: impl FnOnce(&str) -> Result<T, R>,
    ) -> Result<Option<T>, Malformed> {
        let malformed = |said: &str, should: &str| Malformed::new(dialect, said, should);
        let mut named = self.0.iter().filter_map(|pair| {
            let name = pair.name.as_deref()?;
            names.contains(&name).then_some((name, pair))
        });
        let Some((name, pair)) = named.next() else {
            return Ok(None);
        };
        if named.next().is_some() {
            return Err(malformed(&names.join(" or "), "be given once"));
        }
        let Some(value) = decoded(pair.value) else {
            return Err(malformed(pair.raw, "be UTF-8, percent-encoded"));
        };
        match parse(&value.to_ascii_lowercase()) {
            Ok(value) => Ok(Some(value)),
            Err(rule) => Err(malformed(&format!("{name}={value}"), &rule.into())),
        }
    }
}

/// The path and the query of what is said about `key`. Names and values are ASCII that a
/// query writes as it is (RFC 3986, 3.4).
pub(super) fn written<'a>(
    key: &Key,
    said: impl IntoIterator<Item = (&'a str, Option<String>)>,
) -> String {
    let mut url = key.to_path();
    let said = said
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    for (index, (name, value)) in said.enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        url.push_str(&value);
    }
    url
}

/// A name or a value, form-decoded; `None` if it is not UTF-8.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let text = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(query: &str, names: &[&str]) -> Result<Option<String>, String> {
        Pairs::of(query)
            .get(Dialect::Query, names, |value| {
                Ok::<_, &str>(value.to_owned())
            })
            .map_err(|malformed| malformed.reason)
    }

    #[test]
    fn names_and_values_are_form_decoded_once() {
        let spaced = get("%66ocus=0.5%2C+1", &["focus"]);
        assert_eq!(spaced, Ok(Some("0.5, 1".into())));
        let escaped = get("f=%2577", &["f"]);
        assert_eq!(escaped, Ok(Some("%77".into())));
        let kept = get("f=a=b", &["f"]);
        assert_eq!(kept, Ok(Some("a=b".into())));
    }

    #[test]
    fn a_name_folds_case_and_may_have_hyphens() {
        let pairs = Pairs::of("Max-Bytes=1&&=&x");
        assert!(pairs.has("max_bytes") && pairs.has("x") && pairs.has(""));
        assert!(!pairs.has("max-bytes"));
    }

    #[test]
    fn a_parameter_is_given_once_by_whichever_of_its_names() {
        let twice = Err("f or format: should be given once".into());
        assert_eq!(get("f=png&Format=png", &["f", "format"]), twice);
        let same = Err("w: should be given once".into());
        assert_eq!(get("w=1&x=2&w=1", &["w"]), same);
        assert_eq!(get("x=1&x=2&w=1", &["w"]), Ok(Some("1".into())));
    }

    #[test]
    fn what_is_not_utf8_is_refused() {
        let reason = "w=%ff: should be UTF-8, percent-encoded";
        assert_eq!(get("w=%ff", &["w"]), Err(reason.into()));
        assert_eq!(get("x=%ff&w=1", &["w"]), Ok(Some("1".into())));
        assert!(Pairs::of("%ff=1").check_names(Dialect::Query).is_err());
        assert!(Pairs::of("x=%ff").check_names(Dialect::Query).is_ok());
    }
}
