//! `edgepix sign`: signs a URL, or says why it would be refused all the same.

use std::{
    io::{self, Write},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::Args;

use super::{
    config::ConfigFile,
    failure::{Outcome, Usage},
    terminal::Terminal,
};
use crate::{
    config::Config,
    dialect::{self, Asked},
    key::Key,
    policy::{self, EXPIRES, Url},
};

/// What its help ends with.
pub(super) const EXAMPLES: &str = "\
The secret is that of the key in signing.keys of the configuration. A URL is signed as browsers
send it, and whatever comes before its path is left as it is.

Examples:
  edgepix sign '/photo.jpg?width=300' --key web
  edgepix sign 'https://img.example.com/photo.jpg?w=300&h=200' --key web --expires 7d

Exit codes: 0, the URL was signed; 1, it would be refused, or the configuration is not good; 2, the
command line was wrong.";

/// What `edgepix sign` takes.
#[derive(Args, Debug)]
pub(super) struct SignArgs {
    /// The URL, whole or from its path on
    #[arg(value_name = "URL")]
    url: String,

    /// The name of the key, in signing.keys of the configuration
    #[arg(long, value_name = "NAME")]
    key: String,

    /// How long the URL is good, such as 90s, 30m, 12h or 7d [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    expires: Option<Duration>,

    #[command(flatten)]
    config: ConfigFile,
}

/// Runs `edgepix sign`.
pub(super) fn run(args: &SignArgs) -> Result<Outcome, Usage> {
    let terminal = Terminal::plain();
    let unsigned = Unsigned::of(&args.url).map_err(|why| Usage(format!("{}: {why}", args.url)))?;
    let now = SystemTime::now();
    let query = match args.expires {
        Some(_) if policy::has_expiry(&unsigned.query) => {
            let why = "--expires: the URL says already when it expires";
            return Err(Usage(why.into()));
        }
        Some(lifetime) => {
            let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
            let end = (since + lifetime).as_secs();
            with(&unsigned.query, &format!("{EXPIRES}={end}"))
        }
        None => unsigned.query,
    };
    let config = match args.config.load() {
        Ok(loaded) => loaded.config,
        Err(errors) => {
            for error in &errors.0 {
                terminal.line(format_args!("edgepix: {error}"));
            }
            return Ok(Outcome::Incomplete);
        }
    };
    let keys = &config.signing_keys;
    let Some(key) = keys.iter().find(|key| key.name == args.key) else {
        let names: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
        let what = match &names[..] {
            [] => "signing.keys of the configuration has none".to_owned(),
            names => format!("signing.keys of the configuration has {}", names.join(", ")),
        };
        return Err(Usage(format!("--key {}: {what}", args.key)));
    };
    let path = unsigned.path;
    let signature = policy::sign(
        Url {
            path,
            query: &query,
        },
        key,
    );
    let query = with(&query, &format!("sig={signature}"));
    let (url, object) = (
        Url {
            path,
            query: &query,
        },
        &unsigned.object,
    );
    match checked(url, object, &config, now) {
        Ok(Some(_)) => {}
        Ok(None) => terminal.line(format_args!(
            "edgepix: {path}: this asks for nothing but the original"
        )),
        Err(why) => {
            terminal.error(&args.url, why);
            return Ok(Outcome::Incomplete);
        }
    }
    match writeln!(io::stdout(), "{}{path}?{query}", unsigned.before) {
        Ok(()) => Ok(Outcome::Complete),
        Err(error) => {
            terminal.lost(&error);
            Ok(Outcome::Incomplete)
        }
    }
}

/// What a signed URL asks for, or why it would be refused. Nobody knows here what objects
/// there are, so it is read both ways.
fn checked(
    url: Url<'_>,
    object: &Key,
    config: &Config,
    now: SystemTime,
) -> Result<Option<Asked>, String> {
    let said = |why: &dyn std::fmt::Display| why.to_string();
    let present = dialect::of_present(object, url.query, config);
    let asked = match present.map_err(|why| said(&why))? {
        Some(asked) => Some(asked),
        None => dialect::of_missing(object, config).map_err(|why| said(&why))?,
    };
    let admitted = match &asked {
        Some(asked) => policy::admit(asked, url, config, now),
        None => policy::check_signature(url, config, now),
    };
    admitted.map(|()| asked).map_err(|why| said(&why))
}

/// A URL that can be signed.
struct Unsigned<'a> {
    /// The scheme and the host, if there are.
    before: &'a str,
    path: &'a str,
    query: String,
    /// What the path names.
    object: Key,
}

impl<'a> Unsigned<'a> {
    fn of(url: &'a str) -> Result<Self, String> {
        let path_start = match url.find("://") {
            Some(scheme) => {
                let host = scheme + "://".len();
                url[host..].find('/').map(|length| host + length)
            }
            None => url.starts_with('/').then_some(0),
        };
        let Some(path_start) = path_start else {
            return Err("it must be https://HOST/PATH, or begin with the slash of its path".into());
        };
        let (before, rest) = url.split_at(path_start);
        if rest.contains('#') {
            return Err("it must end before its #, which is never sent".into());
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        // What browsers write in another way (WHATWG URL, "percent-encoded bytes") would be
        // signed in the wrong one.
        let rewritten = |c: char| !c.is_ascii_graphic() || "\"<>\\^`{|}".contains(c);
        if let Some(c) = rest.chars().find(|&c| rewritten(c)) {
            return Err(format!("{c:?} must be percent-encoded, as it will be sent"));
        }
        if query.contains('\'') {
            return Err("\"'\" must be percent-encoded, as it will be sent".into());
        }
        if policy::has_signature(query) {
            return Err("it is signed already".into());
        }
        let object = Key::from_path(path).map_err(|why| why.to_string())?;
        Ok(Self {
            before,
            path,
            query: query.to_owned(),
            object,
        })
    }
}

/// A query with one more parameter.
fn with(query: &str, parameter: &str) -> String {
    match query {
        "" => parameter.to_owned(),
        query => format!("{query}&{parameter}"),
    }
}

/// Takes how long a URL is good.
fn lifetime(text: &str) -> Result<Duration, &'static str> {
    const RULE: &str = "must be a whole number of s, m, h or d, such as 12h or 7d, at most 3650d";
    const MOST: u64 = 3650 * 86_400;
    let (end, unit) = text.char_indices().next_back().ok_or(RULE)?;
    let each = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(RULE),
    };
    let count = text[..end].parse::<u64>().map_err(|_| RULE)?;
    let seconds = count
        .checked_mul(each)
        .filter(|seconds| (1..=MOST).contains(seconds));
    seconds.map(Duration::from_secs).ok_or(RULE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_whole_number_of_a_unit() {
        for (text, seconds) in [("1s", 1), ("30m", 1800), ("12h", 43_200), ("7d", 604_800)] {
            assert_eq!(lifetime(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "7",
            "d",
            "0d",
            "-1d",
            "1.5h",
            "3651d",
            "7w",
            "99999999999999999999d",
            "7\u{e9}",
        ] {
            assert!(lifetime(text).is_err(), "{text}");
        }
    }
}
