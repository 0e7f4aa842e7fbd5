//! What a person sees while images are made: a line for each, and a bar below
//! them if there are several and someone is watching. All of it is on standard
//! error, and none of it can fail: nobody may be listening.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Standard error, perhaps with a bar.
#[derive(Debug)]
pub(super) struct Terminal {
    bar: Option<ProgressBar>,
}

impl Terminal {
    /// Without a bar.
    pub(super) fn plain() -> Self {
        Self { bar: None }
    }

    /// With a bar for `images` images, if there are several and standard error
    /// is a terminal.
    pub(super) fn with_bar(images: usize) -> Self {
        let bar = (images > 1 && io::stderr().is_terminal()).then(|| {
            let style =
                ProgressStyle::with_template("{bar:30} {pos}/{len}, {eta} left  {wide_msg}");
            ProgressBar::new(images as u64)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar }
    }

    /// Prints a line.
    pub(super) fn line(&self, text: impl Display) {
        let print = || {
            let _ = writeln!(io::stderr(), "{text}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Says what went wrong, and with what.
    pub(super) fn error(&self, with: impl Display, what: impl Display) {
        self.line(format_args!("edgepix: {with}: {what}"));
    }

    /// Says that standard output could not be written to, unless its reader has
    /// left, which is no fault.
    pub(super) fn lost(&self, error: &io::Error) {
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.error("standard output", error);
        }
    }

    /// Runs `print` with the bar out of the way.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Shows what is being made.
    pub(super) fn begin(&self, name: impl Display) {
        if let Some(bar) = &self.bar {
            bar.set_message(name.to_string());
        }
    }

    /// Moves the bar on by one image.
    pub(super) fn advance(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
