//! A configuration with where everything in it was said, and how it comes to be.

use std::{
    fmt, fs,
    io::{self, Read},
    path::Path,
};

use edgepix_engine::{Header, Input, Overlay, probe};

use super::{
    Config, Fallback,
    error::{ConfigError, ConfigErrors, Whence, Wrong},
    setting::{Draft, FALLBACK_IMAGE, OVERLAY_IMAGE, PRESETS, SETTINGS, Setting, Shown},
};
use crate::{dialect, store::media};

/// The media type of an image that has none of its own (RFC 2046, 4.5.1).
const UNKNOWN: &str = "application/octet-stream";

/// The most bytes of an overlay: it is held as long as the program runs, over what one
/// image may take.
const OVERLAY_BYTES: (u64, &str) = (4 << 20, "it has more than 4 MB");

/// The most bytes of a fallback: it is held as long, and must fit an answer of Lambda@Edge
/// as base64.
const FALLBACK_BYTES: (u64, &str) = (512 << 10, "it has more than 512 KB");

/// A configuration, and where everything in it was said.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    draft: Draft,
    whence: Vec<Whence>,
}

impl Loaded {
    /// Where each setting was said.
    pub fn whence(&self) -> impl Iterator<Item = (&'static Setting, &Whence)> {
        SETTINGS.iter().zip(&self.whence)
    }

    /// Each setting's value as the environment and headers would say it, but for secrets.
    pub fn values(&self) -> impl Iterator<Item = (&'static Setting, String)> {
        let value = |setting: &'static Setting| (setting, (setting.show)(&self.draft).text());
        SETTINGS.iter().map(value)
    }
}

/// What has been read so far, and what was wrong with it.
pub(super) struct Reader {
    pub(super) draft: Draft,
    pub(super) errors: Vec<ConfigError>,
    whence: Vec<Whence>,
}

impl Reader {
    /// Begins with what `config` says.
    pub(super) fn new(config: Config) -> Self {
        Self {
            draft: Draft::new(config),
            errors: vec![],
            whence: vec![Whence::Default; SETTINGS.len()],
        }
    }

    /// Lets a setting, called `name` here, be what `text` says, in place of what was said.
    pub(super) fn say(&mut self, setting: &'static Setting, name: &str, text: &str, at: Whence) {
        match set(&mut self.draft, setting, name, text) {
            Ok(()) => {
                let settings = SETTINGS.iter().zip(&mut self.whence);
                for (_, whence) in settings.filter(|(other, _)| other.name == setting.name) {
                    *whence = at.clone();
                }
            }
            Err(wrong) => self.errors.push(ConfigError { whence: at, wrong }),
        }
    }

    /// Whether a setting can be what `text` says; if not, that is noted.
    pub(super) fn could_say(&mut self, setting: &Setting, text: &str, at: &Whence) -> bool {
        let mut draft = Draft::new(Config::default());
        match set(&mut draft, setting, setting.name, text) {
            Ok(()) => true,
            Err(wrong) => {
                let whence = at.clone();
                self.errors.push(ConfigError { whence, wrong });
                false
            }
        }
    }

    /// Notes a value that cannot be, and is no text or need not be repeated.
    pub(super) fn refuse(&mut self, whence: Whence, name: &str, must: &'static str) {
        let wrong = Wrong::Value {
            name: name.to_owned(),
            must,
            value: None,
        };
        self.errors.push(ConfigError { whence, wrong });
    }

    /// Ends what began with a configuration that has its images.
    pub(super) fn finish(self) -> Result<Config, ConfigErrors> {
        let mut config = self.draft.config;
        // Without an image there is nothing to lay, wherever it would lie.
        config.overlay = config.overlay.and(Some(self.draft.overlay));
        config.fallback = config.fallback.and(Some(self.draft.fallback));
        if self.errors.is_empty() {
            Ok(config)
        } else {
            Err(ConfigErrors(self.errors))
        }
    }

    /// The image that a setting names, if it names one; what is wrong with it is noted.
    fn image(
        &mut self,
        folder: &Path,
        setting: &'static str,
        name: Option<String>,
        most: (u64, &str),
    ) -> Option<(Vec<u8>, Header)> {
        let file = name?;
        let error = match image(&folder.join(&file), most) {
            Ok(image) => return Some(image),
            Err(error) => error,
        };
        let mut settings = SETTINGS.iter().zip(&self.whence);
        let whence = settings.find(|(known, _)| known.name == setting);
        self.errors.push(ConfigError {
            whence: whence.map_or(Whence::Default, |(_, whence)| whence.clone()),
            wrong: Wrong::Image {
                setting,
                file,
                error,
            },
        });
        None
    }

    /// Ends what began with the default; images are read, from `folder` if their names do
    /// not say another.
    pub(super) fn load(mut self, folder: &Path) -> Result<Loaded, ConfigErrors> {
        let mut config = self.draft.config.clone();
        let overlay = self.draft.overlay_image.clone();
        if let Some((image, _)) = self.image(folder, OVERLAY_IMAGE, overlay, OVERLAY_BYTES) {
            config.overlay = Some(Overlay {
                image: image.into(),
                ..self.draft.overlay.clone()
            });
        }
        let fallback = self.draft.fallback_image.clone();
        if let Some((image, header)) = self.image(folder, FALLBACK_IMAGE, fallback, FALLBACK_BYTES)
        {
            config.fallback = Some(Fallback {
                image: image.into(),
                content_type: media::of_format(header.format).unwrap_or(UNKNOWN),
                ..self.draft.fallback.clone()
            });
        }
        if self.errors.is_empty() {
            Ok(Loaded {
                config,
                draft: self.draft,
                whence: self.whence,
            })
        } else {
            Err(ConfigErrors(self.errors))
        }
    }
}

/// Lets a setting of `draft`, called `name` here, be what `text` says; else what is wrong
/// with that.
fn set(draft: &mut Draft, setting: &Setting, name: &str, text: &str) -> Result<(), Wrong> {
    let text = text.trim();
    (setting.set)(draft, text).map_err(|must| Wrong::Value {
        name: name.to_owned(),
        must,
        // What is wrong with a secret may be one character of it.
        value: (!setting.is_secret()).then(|| text.to_owned()),
    })?;
    if setting.name == PRESETS {
        for (preset, query) in &draft.config.presets {
            dialect::check_preset(query).map_err(|malformed| Wrong::Preset {
                name: name.to_owned(),
                preset: preset.clone(),
                reason: malformed.reason,
            })?;
        }
    }
    Ok(())
}

/// An image file of a format that is read, of at most so many bytes, and what to say of
/// more.
fn image(path: &Path, (most, too_many): (u64, &str)) -> io::Result<(Vec<u8>, Header)> {
    let mut bytes = vec![];
    // Never more than allowed, whatever the file says its length is.
    fs::File::open(path)?
        .take(most + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(too_many));
    }
    let header = probe(&mut Input::new(&mut bytes.as_slice())).map_err(io::Error::other)?;
    Ok((bytes, header))
}

/// As a file that says the same: every setting with its value, and where it was said.
impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = "";
        for (setting, whence) in self.whence() {
            let (of, name) = setting.parts();
            let whence = Comment { setting, whence };
            let shown = (setting.show)(&self.draft);
            // What is a table begins it itself.
            if of != table && !matches!(shown, Shown::Table(_)) {
                write!(f, "\n[{of}]\n")?;
                table = of;
            }
            match shown {
                Shown::Text(text) => writeln!(f, "{name} = {}  {whence}", Basic(&text))?,
                Shown::Bare(text) => writeln!(f, "{name} = {text}  {whence}")?,
                Shown::List(words) => {
                    write!(f, "{name} = [")?;
                    for (index, word) in words.iter().enumerate() {
                        let comma = if index == 0 { "" } else { ", " };
                        write!(f, "{comma}{}", Basic(word))?;
                    }
                    writeln!(f, "]  {whence}")?;
                }
                Shown::Table(entries) => {
                    write!(f, "\n[{name}]  {whence}\n")?;
                    for (name, value) in entries {
                        match value.parse::<u32>() {
                            Ok(number) => writeln!(f, "{name} = {number}")?,
                            Err(_) => writeln!(f, "{name} = {}", Basic(&value))?,
                        }
                    }
                    table = name;
                }
            }
        }
        Ok(())
    }
}

/// Where a setting was said, as a comment.
struct Comment<'a> {
    setting: &'static Setting,
    whence: &'a Whence,
}

impl fmt::Display for Comment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.whence {
            Whence::Environment => write!(f, "# {}", self.setting.variable()),
            // A file's name may hold anything, and a comment ends with its line.
            whence => {
                let whence = whence.to_string();
                write!(f, "# {}", whence.replace(char::is_control, "?"))
            }
        }
    }
}

/// A text as TOML's basic string (TOML 1.0, "String").
struct Basic<'a>(&'a str);

impl fmt::Display for Basic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                c if c.is_control() => write!(f, "\\u{:04X}", u32::from(c))?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}
