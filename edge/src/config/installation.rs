//! What an installation says: its file, and its environment.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Config,
    error::{ConfigError, ConfigErrors, Whence, Wrong},
    file::{self, File},
    loaded::{Loaded, Reader},
    nearest::nearest,
    setting::{SETTINGS, Setting, VARIABLES},
};

/// The file's usual name.
pub const FILE_NAME: &str = "edgepix.toml";

/// The variable that says where the file is.
pub const FILE_VARIABLE: &str = "EDGEPIX_CONFIG";

/// Variables with our prefix that are no settings: the file's, and the launcher's mark.
const OTHERS: [&str; 2] = [FILE_VARIABLE, crate::lambda::STARTING];

/// Where AWS Lambda unpacks a function (AWS Lambda Developer Guide, "Defined runtime
/// environment variables").
const TASK_ROOT: &str = "LAMBDA_TASK_ROOT";

/// What an installation says of how it wants to be.
#[derive(Clone, Default)]
pub struct Installation {
    /// Its `edgepix.toml`, if it has one.
    pub file: Option<File>,
    /// Its variables, of which only those that begin with `EDGEPIX_` count.
    pub environment: Vec<(OsString, OsString)>,
    /// Where the files are that it names.
    pub folder: PathBuf,
}

/// Without the variables' values, which may be secrets.
impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.environment.iter().map(|(name, _)| name).collect();
        f.debug_struct("Installation")
            .field("file", &self.file)
            .field("environment", &names)
            .field("folder", &self.folder)
            .finish()
    }
}

impl Installation {
    /// Finds what this process is to go by: the file `asked` for, else that of
    /// `EDGEPIX_CONFIG`, else `edgepix.toml` beside the binary, if there is one.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or one that was asked for is not there.
    pub fn of_process(asked: Option<&Path>) -> Result<Self, ConfigErrors> {
        let executable = env::current_exe().ok();
        let folder = executable.as_deref().and_then(Path::parent);
        Self::find(asked, env::vars_os(), folder)
    }

    /// The same with an environment and a folder of the binary of one's own.
    ///
    /// # Errors
    ///
    /// As [`of_process`](Self::of_process).
    pub fn find(
        asked: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        beside: Option<&Path>,
    ) -> Result<Self, ConfigErrors> {
        let environment: Vec<_> = environment.into_iter().collect();
        let variable = |name: &str| {
            let found = environment.iter().find(|(variable, _)| variable == name);
            found
                .map(|(_, value)| PathBuf::from(value))
                .filter(|path| !path.as_os_str().is_empty())
        };
        let folders: Vec<PathBuf> = [variable(TASK_ROOT), beside.map(Path::to_path_buf)]
            .into_iter()
            .flatten()
            .collect();
        let named = asked
            .map(Path::to_path_buf)
            .or_else(|| variable(FILE_VARIABLE));
        let usual = folders.iter().map(|folder| folder.join(FILE_NAME));
        let path = named.or_else(|| usual.into_iter().find(|path| path.exists()));
        let (file, folder) = match path {
            Some(path) => {
                let name = path.display().to_string();
                let text = fs::read_to_string(&path).map_err(|error| {
                    let wrong = Wrong::Unread(error);
                    let whence = Whence::File(name.as_str().into());
                    ConfigErrors(vec![ConfigError { whence, wrong }])
                })?;
                let file = File {
                    name: name.into(),
                    text,
                };
                (Some(file), path.parent().map(Path::to_path_buf))
            }
            None => (None, folders.into_iter().next()),
        };
        // The rest holds secrets, and is none of our business.
        let environment = environment
            .into_iter()
            .filter(|variable| ours(variable).is_some());
        Ok(Self {
            file,
            environment: environment.collect(),
            folder: folder.unwrap_or_default(),
        })
    }

    /// Reads all of it: the file over the defaults, the environment over the file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn load(&self) -> Result<Loaded, ConfigErrors> {
        let mut reader = Reader::new(Config::default());
        if let Some(file) = &self.file {
            file::read(file, &mut reader);
        }
        let mut ours: Vec<_> = self.environment.iter().filter_map(ours).collect();
        // An environment has no order, what is said of it has one.
        ours.sort_unstable();
        for (name, value) in ours {
            variable(name, value, &mut reader);
        }
        reader.load(&self.folder)
    }
}

/// A variable that is ours and its value, if that is UTF-8.
fn ours((name, value): &(OsString, OsString)) -> Option<(&str, Option<&str>)> {
    let name = name.to_str()?;
    let is_setting = name.starts_with(VARIABLES) && !OTHERS.contains(&name);
    is_setting.then(|| (name, value.to_str()))
}

fn variable(name: &str, value: Option<&str>, reader: &mut Reader) {
    let whence = Whence::Environment;
    match (
        SETTINGS.iter().find(|setting| setting.variable() == name),
        value,
    ) {
        (Some(setting), Some(value)) => reader.say(setting, name, value, whence),
        (Some(_), None) => reader.refuse(whence, name, "must be UTF-8"),
        (None, _) => {
            let names: Vec<_> = SETTINGS.iter().map(Setting::variable).collect();
            let names = names.iter().map(String::as_str).chain([FILE_VARIABLE]);
            // What all of them begin with makes none of them alike.
            let names = names.filter_map(|name| name.strip_prefix(VARIABLES));
            let name_alone = name.strip_prefix(VARIABLES).unwrap_or(name);
            let wrong = Wrong::Unknown {
                name: name.to_owned(),
                of: "the variable of a setting".into(),
                nearest: nearest(name_alone, names).map(|name| format!("{VARIABLES}{name}")),
            };
            reader.errors.push(ConfigError { whence, wrong });
        }
    }
}
