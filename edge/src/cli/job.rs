//! Which source becomes which file, settled before any work: a result that
//! would replace a source or another result is refused here.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use edgepix_engine::{OutputFormat, SourceFormat, Target};

use super::{
    failure::Usage,
    output::Destination,
    source::{Found, Source},
};

/// Tells the format that a source's result will have; `None` if there will be none.
pub(super) type Chosen<'a> = &'a dyn Fn(&Source) -> Option<OutputFormat>;

/// One source and where its result goes.
#[derive(Debug)]
pub(super) struct Job {
    /// What is read.
    pub(super) source: Source,
    /// Where the result goes.
    pub(super) destination: Destination,
}

/// Everything that is to be made.
#[derive(Debug)]
pub(super) struct Jobs {
    /// One for each source, in its order.
    pub(super) jobs: Vec<Job>,
    /// The format of every result.
    pub(super) format: Target,
}

/// Settles where each source's result goes. `format` is what `--format` says, and
/// `chosen` the format that it comes to for a source, which is asked for only
/// where that depends on more than its first bytes.
///
/// One file or standard input may go to a file, whose extension decides the
/// format if `format` is `None`, to a stream, or into a folder. Several, or a
/// folder, go into a folder, which need not exist, under their own names with
/// the extension of the result's format.
pub(super) fn settle(
    found: &Found,
    to: &Path,
    format: Option<Target>,
    chosen: Chosen<'_>,
) -> Result<Jobs, Usage> {
    let several = found.sources.len() > 1 || found.folders;
    let folder = to.is_dir() || ends_with_separator(to) || several;
    let (destinations, format) = if to == Path::new("-") {
        if several {
            return Err(Usage(
                "--output -: only one image fits on standard output".into(),
            ));
        }
        (vec![Destination::Stdout], format.unwrap_or_default())
    } else if folder {
        check_folder(to)?;
        let format = format.unwrap_or_default();
        let destinations = found.sources.iter().map(|source| {
            let name = name_in_folder(source, format, chosen)?;
            Ok(Destination::File(to.join(name)))
        });
        (destinations.collect::<Result<_, Usage>>()?, format)
    } else {
        let format = format_by_name(to, format)?;
        (vec![one_file(to)?], format)
    };
    check_collisions(&found.sources, &destinations)?;
    let jobs = found.sources.iter().cloned().zip(destinations);
    Ok(Jobs {
        jobs: jobs
            .map(|(source, destination)| Job {
                source,
                destination,
            })
            .collect(),
        format,
    })
}

fn ends_with_separator(path: &Path) -> bool {
    path.as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|&last| std::path::is_separator(last.into()))
}

/// Several images go to `to`: it must be able to be a folder.
fn check_folder(to: &Path) -> Result<(), Usage> {
    if to.is_dir() {
        return Ok(());
    }
    if to.exists() {
        let message = "--output {}: it is a file; a folder is needed";
        return Err(Usage(message.replace("{}", &to.display().to_string())));
    }
    if !ends_with_separator(to) && to.extension().is_some_and(|e| format_of(e).is_some()) {
        return Err(Usage(format!(
            "--output {0}: it is named like a file, and several images need a folder; \
             {0}{1} would be one",
            to.display(),
            std::path::MAIN_SEPARATOR,
        )));
    }
    Ok(())
}

fn one_file(to: &Path) -> Result<Destination, Usage> {
    if let Ok(metadata) = fs::metadata(to) {
        return Ok(if metadata.is_file() {
            Destination::File(to.into())
        } else {
            Destination::Stream(to.into())
        });
    }
    match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => Err(Usage(format!(
            "--output {}: there is no folder {}",
            to.display(),
            folder.display()
        ))),
        _ => Ok(Destination::File(to.into())),
    }
}

/// The format of a file of this name, which `--format` must not contradict.
fn format_by_name(to: &Path, format: Option<Target>) -> Result<Target, Usage> {
    let named = to
        .extension()
        .map(|extension| (extension, format_of(extension)));
    match (named, format) {
        (Some((extension, Some(named))), Some(Target::Format(asked))) if named != asked => {
            Err(Usage(format!(
                "--format {} contradicts --output {}, whose extension .{} means {}",
                asked.name(),
                to.display(),
                extension.display(),
                named.name()
            )))
        }
        (Some((extension, Some(_))), Some(Target::Auto(_))) => Err(Usage(format!(
            "--format auto chooses the format, and the extension .{} of --output {} says it; \
             leave it out, or name a folder, where each result gets its own",
            extension.display(),
            to.display(),
        ))),
        (_, Some(asked)) => Ok(asked),
        (Some((_, Some(named))), None) => Ok(Target::Format(named)),
        (Some((extension, None)), None) if fs::metadata(to).map_or(true, |to| to.is_file()) => {
            Err(Usage(format!(
                "--output {}: no format is known by the extension .{}; \
                 known are .jpg, .png, .webp and .avif, or --format can say it",
                to.display(),
                extension.display()
            )))
        }
        (_, None) => Ok(Target::Keep),
    }
}

/// Whether a file's extension means this format, or none.
pub(super) fn is_named(path: &Path, format: OutputFormat) -> bool {
    let named = path.extension().and_then(format_of);
    named.is_none_or(|named| named == format)
}

/// The format that an extension means.
fn format_of(extension: &std::ffi::OsStr) -> Option<OutputFormat> {
    match extension.to_ascii_lowercase().to_str()? {
        "jpg" | "jpeg" | "jpe" | "jfif" => Some(OutputFormat::Jpeg),
        "png" => Some(OutputFormat::Png),
        "webp" => Some(OutputFormat::Webp),
        "avif" => Some(OutputFormat::Avif),
        "gif" => Some(OutputFormat::Gif),
        _ => None,
    }
}

/// The name of a source's result: its own, with the extension of `format`. An
/// extension that means the format already stays as it is spelled.
fn name_in_folder(source: &Source, format: Target, chosen: Chosen<'_>) -> Result<PathBuf, Usage> {
    if source.path.is_none() {
        return Err(Usage(
            "--output: standard input has no name; give its result one, such as thumbnail.jpg"
                .into(),
        ));
    }
    let kept = match source.format {
        Some(SourceFormat::Jpeg) => Some(OutputFormat::Jpeg),
        Some(SourceFormat::Png) => Some(OutputFormat::Png),
        Some(SourceFormat::Webp) => Some(OutputFormat::Webp),
        Some(SourceFormat::Avif) => Some(OutputFormat::Avif),
        Some(SourceFormat::Gif) if source.animated => Some(OutputFormat::Gif),
        Some(SourceFormat::Gif) => Some(OutputFormat::Png),
        // Cannot be made in its own format; the engine will say why.
        _ => None,
    };
    let result = match format {
        Target::Format(format) => Some(format),
        Target::Keep => kept,
        // A stream's bytes come only once, so it is not asked.
        Target::Auto(_) => source.format.and_then(|_| chosen(source)),
    };
    Ok(match result {
        Some(result) if source.name.extension().and_then(format_of) != Some(result) => {
            source.name.with_extension(result.extension())
        }
        _ => source.name.clone(),
    })
}

fn check_collisions(sources: &[Source], destinations: &[Destination]) -> Result<(), Usage> {
    let read: HashSet<PathBuf> = sources
        .iter()
        .filter_map(|source| source.path.as_deref()?.canonicalize().ok())
        .collect();
    let mut written: HashMap<PathBuf, &Source> = HashMap::new();
    for (source, destination) in sources.iter().zip(destinations) {
        let Destination::File(path) = destination else {
            continue;
        };
        let real = real_path(path);
        if read.contains(&real) {
            return Err(Usage(format!(
                "--output: the result of {source} would replace the source {}",
                path.display()
            )));
        }
        if let Some(other) = written.insert(real, source) {
            return Err(Usage(format!(
                "--output: {other} and {source} would both become {}",
                path.display()
            )));
        }
    }
    Ok(())
}

/// The one name of a file that may not exist yet.
fn real_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize();
        match (folder, path.file_name()) {
            (Ok(folder), Some(name)) => folder.join(name),
            _ => path.to_path_buf(),
        }
    })
}

#[cfg(test)]
mod tests {
    use edgepix_engine::Accept;

    use super::*;

    fn source(name: &str, format: SourceFormat) -> Source {
        Source {
            path: Some(PathBuf::from("/nowhere").join(name)),
            name: name.into(),
            format: Some(format),
            animated: false,
        }
    }

    #[test]
    fn a_result_keeps_an_extension_that_is_right() {
        let webp = Target::Format(OutputFormat::Webp);
        let auto = Target::Auto(Accept::ANYTHING);
        let avif = |_: &Source| Some(OutputFormat::Avif);
        for (name, format, target, result) in [
            ("a.JPEG", SourceFormat::Jpeg, Target::Keep, "a.JPEG"),
            ("a.jpg", SourceFormat::Png, Target::Keep, "a.png"),
            ("b/a.v2.png", SourceFormat::Png, webp, "b/a.v2.webp"),
            ("a", SourceFormat::Jpeg, Target::Keep, "a.jpg"),
            ("a.gif", SourceFormat::Gif, Target::Keep, "a.png"),
            ("a.gif", SourceFormat::Gif, auto, "a.avif"),
            ("a.AVIF", SourceFormat::Jpeg, auto, "a.AVIF"),
        ] {
            let named = name_in_folder(&source(name, format), target, &avif);
            let named = named.expect("it has a name");
            assert_eq!(named, Path::new(result), "{name}");
        }
    }

    #[test]
    fn an_extension_decides_the_format_unless_it_is_named() {
        let png = Target::Format(OutputFormat::Png);
        let by_name = |to: &str, format| format_by_name(Path::new(to), format).ok();
        assert_eq!(by_name("a.PNG", None), Some(png));
        assert_eq!(by_name("a", None), Some(Target::Keep));
        assert_eq!(by_name("a", Some(png)), Some(png));
        assert_eq!(by_name("a.tmp", Some(png)), Some(png));
        assert_eq!(by_name("a.tmp", None), None);
        assert_eq!(by_name("a.jpg", Some(png)), None);
        let auto = Target::Auto(Accept::ANYTHING);
        assert_eq!(by_name("a", Some(auto)), Some(auto));
        assert_eq!(by_name("a.tmp", Some(auto)), Some(auto));
        assert_eq!(by_name("a.jpg", Some(auto)), None);
    }

    #[test]
    fn two_sources_of_one_result_are_both_named() {
        let found = Found {
            sources: vec![
                source("a.jpg", SourceFormat::Jpeg),
                source("a.png", SourceFormat::Png),
            ],
            ..Found::default()
        };
        let webp = Some(Target::Format(OutputFormat::Webp));
        let Usage(message) =
            settle(&found, Path::new("/nowhere"), webp, &|_| None).expect_err("one name");
        assert!(
            message.contains("/nowhere/a.jpg and /nowhere/a.png"),
            "{message}"
        );
    }
}
