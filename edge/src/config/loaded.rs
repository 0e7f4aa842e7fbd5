//! A configuration with where everything in it was said, and how it comes to be.

use std::{
    fmt, fs,
    io::{self, Read},
    path::Path,
};

use edgepix_engine::{Input, Overlay, probe};

use super::{
    Config,
    error::{ConfigError, ConfigErrors, Whence, Wrong},
    setting::{Draft, OVERLAY_IMAGE, PRESETS, SETTINGS, Setting, Shown},
};
use crate::dialect;

/// The most bytes of an overlay: it is held as long as the program runs, over what one
/// image may take.
const OVERLAY_BYTES: u64 = 4 << 20;

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

    /// Ends what began with a configuration that has its overlay's image.
    pub(super) fn finish(self) -> Result<Config, ConfigErrors> {
        let mut config = self.draft.config;
        // Without an image there is nothing to lay, wherever it would lie.
        config.overlay = config.overlay.and(Some(self.draft.overlay));
        if self.errors.is_empty() {
            Ok(config)
        } else {
            Err(ConfigErrors(self.errors))
        }
    }

    /// Ends what began with the default; the overlay's image is read, from `folder` if
    /// its name does not say another.
    pub(super) fn load(mut self, folder: &Path) -> Result<Loaded, ConfigErrors> {
        let mut config = self.draft.config.clone();
        if let Some(name) = &self.draft.overlay_image {
            match image(&folder.join(name)) {
                Ok(image) => {
                    config.overlay = Some(Overlay {
                        image: image.into(),
                        ..self.draft.overlay.clone()
                    });
                }
                Err(error) => {
                    let mut settings = SETTINGS.iter().zip(&self.whence);
                    let whence = settings.find(|(setting, _)| setting.name == OVERLAY_IMAGE);
                    let file = name.clone();
                    self.errors.push(ConfigError {
                        whence: whence.map_or(Whence::Default, |(_, whence)| whence.clone()),
                        wrong: Wrong::Image { file, error },
                    });
                }
            }
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

/// The bytes of an image file of a format that is read.
fn image(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    // Never more than allowed, whatever the file says its length is.
    fs::File::open(path)?
        .take(OVERLAY_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > OVERLAY_BYTES {
        return Err(io::Error::other("it has more than 4 MB"));
    }
    probe(&mut Input::new(&mut bytes.as_slice())).map_err(io::Error::other)?;
    Ok(bytes)
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
