//! The configuration that goes into a package, and the files it names.

use std::{
    fs,
    path::{Component, Path},
};

use toml::de::{DeTable, DeValue};

use crate::config::{File, Installation};

/// What a configuration is called where a function looks for it.
const NAME: &str = "edgepix.toml";

/// Files of a package beside the binary and its launcher, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(pub Vec<(String, Vec<u8>)>);

impl Files {
    /// Reads a configuration and what it names, which is relative to its folder.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration, or which file cannot be read.
    pub fn read(config: &Path) -> Result<Self, String> {
        let read =
            |path: &Path| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
        let text = String::from_utf8(read(config)?)
            .map_err(|_| format!("{}: it must be UTF-8", config.display()))?;
        let named = check_config(&text).map_err(|what| format!("{}: {what}", config.display()))?;
        let installation = Installation {
            file: Some(File {
                name: config.display().to_string().into(),
                text: text.clone(),
            }),
            environment: Vec::new(),
            folder: config.parent().map(Path::to_path_buf).unwrap_or_default(),
        };
        installation.load().map_err(|errors| errors.to_string())?;
        let mut files = vec![(NAME.to_owned(), text.into_bytes())];
        for name in named {
            let bytes = read(&config.with_file_name(&name))?;
            files.push((name, bytes));
        }
        Ok(Self(files))
    }
}

/// Checks a configuration and returns the files it names, each below its own folder.
///
/// # Errors
///
/// What is wrong with it.
pub fn check_config(text: &str) -> Result<Vec<String>, String> {
    let table = DeTable::parse(text).map_err(|error| {
        // Not as the parser shows it, which repeats the line: a secret may be in it.
        let start = error.span().map_or(text.len(), |span| span.start);
        let before = text.as_bytes().iter().take(start);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        format!("line {line}: {}", error.message())
    })?;
    let image = |name: &'static str| {
        let of = table.get_ref().get(name)?.get_ref().get("image")?;
        Some((name, DeValue::as_str(of.get_ref())?))
    };
    let names = ["fallback", "overlay"].into_iter().filter_map(image);
    let named: Result<Vec<_>, _> = names
        // Empty is how a configuration says that there is none.
        .filter(|(_, name)| !name.is_empty())
        .map(|(table, name)| {
            // A package is unpacked somewhere else, without what is around it here.
            let inside = |part| matches!(part, Component::Normal(_));
            if !Path::new(name).components().all(inside) {
                return Err(format!(
                    "{table}.image {name:?} must be a file in the folder of {NAME}, or below it"
                ));
            }
            Ok(name.to_owned())
        })
        .collect();
    let mut named = named?;
    // One file may be both.
    named.dedup();
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_names_its_images() {
        let named = check_config("quality = 80\n[overlay]\nimage = 'marks/logo.png'\n");
        assert_eq!(named, Ok(vec!["marks/logo.png".to_owned()]));
        let both = check_config("overlay.image = 'logo.png'\nfallback.image = 'none.png'");
        assert_eq!(both, Ok(vec!["none.png".to_owned(), "logo.png".to_owned()]));
        let same = check_config("overlay.image = 'a.png'\nfallback.image = 'a.png'");
        assert_eq!(same, Ok(vec!["a.png".to_owned()]));
        assert_eq!(check_config("quality = 80"), Ok(Vec::new()));
        assert_eq!(check_config("overlay.image = ''"), Ok(Vec::new()));
    }

    #[test]
    fn an_image_outside_the_folder_is_refused() {
        for name in ["/etc/logo.png", "../logo.png", "a/../../logo.png"] {
            let text = format!("[overlay]\nimage = '{name}'");
            let refusal = check_config(&text).expect_err(name);
            assert!(
                refusal.contains("must be a file in the folder"),
                "{refusal}"
            );
        }
    }

    #[test]
    fn what_is_no_toml_is_refused_with_its_line() {
        let refusal = check_config("quality = 80\nwidth 3").expect_err("it lacks a sign");
        assert!(refusal.contains("line 2"), "{refusal}");
    }

    #[test]
    fn what_is_no_toml_is_not_repeated() {
        let refusal = check_config("signing.keys = ['a:5up3r-53cr3t-0123").expect_err("no end");
        assert!(refusal.contains("line 1"), "{refusal}");
        assert!(!refusal.contains("5up3r"), "{refusal}");
    }
}
