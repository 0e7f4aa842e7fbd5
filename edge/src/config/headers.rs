//! What an origin's custom headers say, over all else: for one origin of several.

use std::{borrow::Cow, ops::Bound};

use crate::event::cloudfront::Headers;

use super::{
    Config,
    error::{ConfigError, ConfigErrors, Whence, Wrong},
    loaded::Reader,
    nearest::nearest,
    setting::{HEADERS, SETTINGS, Setting},
};

/// The header that says which formats the client shows; no setting, though it is called
/// like one.
const ACCEPT: &str = "x-edgepix-accept";

impl Config {
    /// The configuration for an origin with these custom headers. Costs next to nothing
    /// if none of them is ours.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn with_headers(&self, headers: &Headers) -> Result<Cow<'_, Self>, ConfigErrors> {
        let from_ours = (Bound::Included(HEADERS), Bound::Unbounded);
        let mut ours = headers
            .0
            .range::<str, _>(from_ours)
            .take_while(|(name, _)| name.starts_with(HEADERS))
            .filter(|(name, _)| *name != ACCEPT)
            .peekable();
        if ours.peek().is_none() {
            return Ok(Cow::Borrowed(self));
        }
        let mut reader = Reader::new(self.clone());
        for (name, lines) in ours {
            let setting = SETTINGS
                .iter()
                .find(|setting| setting.header_name() == *name);
            match (setting, &lines[..]) {
                (Some(setting), _) if setting.header().is_none() => {
                    let must = "must be left to edgepix.toml and the environment";
                    reader.refuse(Whence::Headers, name, must);
                }
                (Some(setting), [line]) => {
                    reader.say(setting, name, &line.value, Whence::Headers);
                }
                (Some(_), _) => reader.refuse(Whence::Headers, name, "must be there once"),
                (None, _) => unknown(name, &mut reader),
            }
        }
        reader.finish().map(Cow::Owned)
    }
}

fn unknown(name: &str, reader: &mut Reader) {
    let names: Vec<_> = SETTINGS.iter().filter_map(Setting::header).collect();
    // What all of them begin with makes none of them alike.
    let names = names.iter().filter_map(|name| name.strip_prefix(HEADERS));
    let name_alone = name.strip_prefix(HEADERS).unwrap_or(name);
    let wrong = Wrong::Unknown {
        name: name.to_owned(),
        of: "the header of a setting".into(),
        nearest: nearest(name_alone, names).map(|name| format!("{HEADERS}{name}")),
    };
    reader.errors.push(ConfigError {
        whence: Whence::Headers,
        wrong,
    });
}
