//! The format to answer with, by the client's Accept header (RFC 9110, 12.5.1).
//! AVIF and WebP go to those who *name* them: wildcards are sent by clients that
//! cannot show them (Safari up to 15 sends `image/*` and does not know AVIF).

mod range;

use std::cmp::Reverse;

use crate::{
    encode,
    error::Result,
    header::Header,
    request::{OutputFormat, Target},
};
use range::{Media, Ranges};

/// What a client's `Accept` header says of each format that is written here.
///
/// The default is [`Accept::ANYTHING`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accept {
    avif: Standing,
    webp: Standing,
    jpeg: Standing,
    png: Standing,
}

/// What is said of one format, and by what kind of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    said_by: Precedence,
    /// Thousandths, 0-1000.
    quality: u16,
}

/// Kinds of range; the later is more specific, and wins (RFC 9110, 12.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Precedence {
    None,
    Any,
    AnyImage,
    Name,
}

impl Standing {
    /// Notes what a range says. Of two alike the higher quality counts, so that
    /// their order does not matter.
    fn note(&mut self, said_by: Precedence, quality: u16) {
        if (said_by, quality) > (self.said_by, self.quality) {
            *self = Self { said_by, quality };
        }
    }
}

impl Accept {
    /// What a client says that sends no header, or an empty one: anything will
    /// do, and nothing is named.
    pub const ANYTHING: Self = Self::all(Precedence::Any, 1000);

    /// Reads a header's value; several lines of it are joined by commas first
    /// (RFC 9110, 5.3).
    ///
    /// It never fails. A range that breaks the grammar is left out, and so is one
    /// whose quality is above 1 or has more than three decimals; if none is left,
    /// nothing was said. A range with parameters besides `q` means no type that is
    /// served here. Takes time linear in the header's length, and no memory.
    #[must_use]
    pub fn parse(header: &str) -> Self {
        let mut ranges = Ranges::new(header.bytes()).peekable();
        if ranges.peek().is_none() {
            return Self::ANYTHING;
        }
        let mut accept = Self::all(Precedence::None, 0);
        for range in ranges {
            let said_by = match range.media {
                Media::Any => Precedence::Any,
                Media::AnyImage => Precedence::AnyImage,
                Media::Named(_) => Precedence::Name,
                Media::Other => continue,
            };
            for (format, standing) in accept.standings() {
                if range.media == Media::Named(format) || said_by != Precedence::Name {
                    standing.note(said_by, range.quality);
                }
            }
        }
        accept
    }

    /// How much the client wants `format`, in thousandths from 0, not at all, to
    /// 1000: what its most specific range that matches says.
    #[must_use]
    pub fn quality(&self, format: OutputFormat) -> u16 {
        self.standing(format).quality
    }

    /// Whether the client mentions `format` by its name.
    #[must_use]
    pub fn names(&self, format: OutputFormat) -> bool {
        self.standing(format).said_by == Precedence::Name
    }

    /// The formats that may be made of `subject` for this client, the best first:
    /// the modern ones, then [`Subject::fallback`].
    ///
    /// A modern format is among them if the client names it, wants it no less
    /// than the fallback, and this build can write it as `subject` needs: no
    /// animated AVIF, and no lossless WebP of a photograph. The higher quality
    /// comes first, and of equals AVIF before WebP, but for what is flat: that is
    /// a lossless WebP, where AVIF would blur its edges.
    ///
    /// The fallback is there even if the client refuses it, as 12.5.1 allows: an
    /// image that may not be shown is better than certainly none. Nor does the
    /// header choose between JPEG and PNG, so that [`Choice::token`] and the
    /// subject always determine the format.
    pub fn candidates(&self, subject: Subject) -> impl Iterator<Item = OutputFormat> + use<> {
        let accept = *self;
        let fallback = subject.fallback();
        let least = accept.quality(fallback).max(1);
        let mut modern = [OutputFormat::Avif, OutputFormat::Webp];
        if subject.flat {
            modern.reverse();
        }
        modern.sort_by_key(|&format| Reverse(accept.quality(format)));
        modern
            .into_iter()
            .filter(move |&format| {
                accept.names(format)
                    && accept.quality(format) >= least
                    && subject.can_become(format)
            })
            .chain([fallback])
    }

    /// The best candidate for `subject`.
    #[must_use]
    pub fn choice(&self, subject: Subject) -> Choice {
        let best = self.candidates(subject).next();
        Choice::of(best.unwrap_or(subject.fallback()))
    }

    const fn all(said_by: Precedence, quality: u16) -> Self {
        let standing = Standing { said_by, quality };
        Self {
            avif: standing,
            webp: standing,
            jpeg: standing,
            png: standing,
        }
    }

    fn standing(&self, format: OutputFormat) -> Standing {
        match format {
            OutputFormat::Avif => self.avif,
            OutputFormat::Webp => self.webp,
            OutputFormat::Jpeg => self.jpeg,
            // Whoever shows images shows GIF.
            OutputFormat::Png | OutputFormat::Gif => self.png,
        }
    }

    fn standings(&mut self) -> [(OutputFormat, &mut Standing); 4] {
        [
            (OutputFormat::Avif, &mut self.avif),
            (OutputFormat::Webp, &mut self.webp),
            (OutputFormat::Jpeg, &mut self.jpeg),
            (OutputFormat::Png, &mut self.png),
        ]
    }
}

impl Default for Accept {
    fn default() -> Self {
        Self::ANYTHING
    }
}

/// What a choice of format depends on, of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Whether there is an alpha channel.
    pub alpha: bool,
    /// Whether there is more than one frame.
    pub animated: bool,
    /// Whether it is drawn in few colours: a palette, or below 8 bits a channel.
    pub flat: bool,
}

impl Subject {
    /// What `header` says of it.
    #[must_use]
    pub fn of(header: &Header) -> Self {
        Self {
            alpha: header.alpha,
            animated: header.frames > 1,
            flat: header.is_flat() || header.bit_depth < 8,
        }
    }

    /// The format that every client shows: PNG for what is transparent or flat,
    /// JPEG for the rest. What is flat and moves is a GIF, and stays one; of other
    /// animations one frame is shown.
    #[must_use]
    pub fn fallback(self) -> OutputFormat {
        if self.animated && self.flat {
            OutputFormat::Gif
        } else if self.alpha || self.flat {
            OutputFormat::Png
        } else {
            OutputFormat::Jpeg
        }
    }

    /// Whether this build writes `format`, and such that it serves the subject
    /// better than the fallback does.
    fn can_become(self, format: OutputFormat) -> bool {
        let serves = match format {
            // Only still ones are written.
            OutputFormat::Avif => !self.animated,
            // A lossless photograph is several times its JPEG.
            OutputFormat::Webp => encode::WEBP_CAN_BE_LOSSY || self.fallback() == OutputFormat::Png,
            OutputFormat::Jpeg | OutputFormat::Png | OutputFormat::Gif => true,
        };
        serves && encode::codec(format, false).is_ok()
    }
}

/// A format that was chosen by an Accept header, and what the response and its
/// caches must know of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// The format.
    pub format: OutputFormat,
    /// The value of the response's `Vary` header (RFC 9110, 12.5.5): `Accept`,
    /// whatever was chosen, because another client might have got another format.
    pub vary: &'static str,
    /// What tells the formats of one source apart in a cache's key.
    pub token: Token,
}

impl Choice {
    /// The choice that fell on `format`.
    pub(crate) fn of(format: OutputFormat) -> Self {
        Self {
            format,
            vary: "Accept",
            token: match format {
                OutputFormat::Avif => Token::Avif,
                OutputFormat::Webp => Token::Webp,
                OutputFormat::Jpeg | OutputFormat::Png | OutputFormat::Gif => Token::None,
            },
        }
    }
}

/// The modern format of a choice, as one word for cache keys. With the source it
/// determines the format: there is one fallback for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Token {
    /// AVIF.
    Avif,
    /// WebP.
    Webp,
    /// None: the fallback.
    None,
}

impl Token {
    /// The word: `avif`, `webp` or `none`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Avif => "avif",
            Self::Webp => "webp",
            Self::None => "none",
        }
    }
}

/// The formats that `target` means for the source that `header` describes, the best
/// first, and how it was chosen if an Accept header chose it.
///
/// # Errors
///
/// [`Error::Request`](crate::Error) to keep a format that is not written.
pub(crate) fn formats(
    target: Target,
    header: &Header,
) -> Result<(Vec<OutputFormat>, Option<Choice>)> {
    Ok(match target {
        Target::Keep => (vec![encode::same_format(header.format)?], None),
        Target::Format(format) => (vec![format], None),
        Target::Auto(accept) => {
            let subject = Subject::of(header);
            let formats = accept.candidates(subject).collect();
            (formats, Some(accept.choice(subject)))
        }
    })
}
