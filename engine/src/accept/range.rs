//! The grammar of an Accept header (RFC 9110, 12.5.1, with 5.6 and 12.4.2). It is
//! read from an iterator, once and without going back, into nothing that grows:
//! the work is linear whatever a client sends.

use std::iter::Peekable;

use crate::request::OutputFormat;

/// What a client says of some types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// Which types.
    pub(super) media: Media,
    /// How much they are wanted, in thousandths: 0-1000.
    pub(super) quality: u16,
}

/// The types of a range, as far as they matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `*/*`.
    Any,
    /// `image/*`.
    AnyImage,
    /// A format by its name.
    Named(OutputFormat),
    /// No format that is written here.
    Other,
}

/// The ranges of a header, in its order. One that breaks the grammar is left out,
/// up to the next comma.
pub(super) struct Ranges<I: Iterator<Item = u8>> {
    text: Peekable<I>,
}

impl<I: Iterator<Item = u8>> Ranges<I> {
    /// Begins to read the bytes of a header's value.
    pub(super) fn new(text: I) -> Self {
        Self {
            text: text.peekable(),
        }
    }

    /// Reads a range up to its comma, or as far as it keeps to the grammar.
    fn range(&mut self) -> Option<Range> {
        let kind = self.token()?;
        self.text.next_if_eq(&b'/')?;
        let subtype = self.token()?;
        let mut quality = None;
        // With parameters it means only types that have them, and ours have none.
        let mut plain = true;
        while self.begins_parameter()? {
            let name = self.token()?;
            self.text.next_if_eq(&b'=')?;
            if !name.is(b"q") {
                self.value()?;
                plain = false;
            } else if quality.replace(self.quality()?).is_some() {
                return None;
            }
        }
        let media = media(kind, subtype)?;
        Some(Range {
            media: if plain { media } else { Media::Other },
            quality: quality.unwrap_or(1000),
        })
    }

    /// Passes semicolons, between which there may be nothing (5.6.6). Returns
    /// whether a parameter follows them or the range is over; `None` if neither.
    fn begins_parameter(&mut self) -> Option<bool> {
        let mut separated = false;
        loop {
            self.pass(|byte| matches!(byte, b' ' | b'\t'));
            match self.text.peek() {
                None | Some(b',') => return Some(false),
                Some(b';') => separated = self.text.next().is_some(),
                Some(_) => return separated.then_some(true),
            }
        }
    }

    /// Reads a token (5.6.2).
    fn token(&mut self) -> Option<Word> {
        let mut word = Word::default();
        while let Some(byte) = self.text.next_if(|&byte| is_tchar(byte)) {
            word.push(byte);
        }
        (word.len > 0).then_some(word)
    }

    /// Passes a parameter's value: a token or a quoted string.
    fn value(&mut self) -> Option<()> {
        if self.text.peek() == Some(&b'"') {
            self.quoted()
        } else {
            self.token().map(drop)
        }
    }

    /// Passes a quoted string (5.6.4), whatever is in it.
    fn quoted(&mut self) -> Option<()> {
        self.text.next_if_eq(&b'"')?;
        loop {
            match self.text.next()? {
                b'"' => return Some(()),
                b'\\' => drop(self.text.next()?),
                _ => {}
            }
        }
    }

    /// Reads a weight (12.4.2): from 0 to 1 with three decimals at most. What
    /// follows it is for the caller to refuse.
    fn quality(&mut self) -> Option<u16> {
        let whole = self.text.next_if(|byte| matches!(byte, b'0' | b'1'))?;
        let mut thousandths = u16::from(whole - b'0') * 1000;
        if self.text.next_if_eq(&b'.').is_some() {
            for worth in [100, 10, 1] {
                let Some(digit) = self.text.next_if(u8::is_ascii_digit) else {
                    break;
                };
                thousandths += u16::from(digit - b'0') * worth;
            }
        }
        (thousandths <= 1000).then_some(thousandths)
    }

    /// Passes the rest of a broken range; a comma in quotes does not end it.
    fn pass_range(&mut self) {
        loop {
            self.pass(|byte| !matches!(byte, b',' | b'"'));
            if self.quoted().is_none() {
                return;
            }
        }
    }

    fn pass(&mut self, which: impl Fn(u8) -> bool) {
        while self.text.next_if(|&byte| which(byte)).is_some() {}
    }
}

impl<I: Iterator<Item = u8>> Iterator for Ranges<I> {
    type Item = Range;

    fn next(&mut self) -> Option<Range> {
        loop {
            // Elements of a list may be empty (5.6.1).
            self.pass(|byte| matches!(byte, b' ' | b'\t' | b','));
            self.text.peek()?;
            match self.range() {
                Some(range) => return Some(range),
                None => self.pass_range(),
            }
        }
    }
}

/// What a range is about. `None` if its wildcard stands where none may.
fn media(kind: Word, subtype: Word) -> Option<Media> {
    let image = kind.is(b"image");
    if kind.is(b"*") {
        return subtype.is(b"*").then_some(Media::Any);
    }
    Some(match () {
        () if !image => Media::Other,
        () if subtype.is(b"*") => Media::AnyImage,
        () if subtype.is(b"avif") => Media::Named(OutputFormat::Avif),
        () if subtype.is(b"webp") => Media::Named(OutputFormat::Webp),
        () if subtype.is(b"jpeg") => Media::Named(OutputFormat::Jpeg),
        () if subtype.is(b"png") => Media::Named(OutputFormat::Png),
        () => Media::Other,
    })
}

/// A token in lower case, as far as one must be known to tell it from those that
/// are looked for.
#[derive(Clone, Copy, Default)]
struct Word {
    start: [u8; 5],
    len: usize,
}

impl Word {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.start.get_mut(self.len) {
            *place = byte.to_ascii_lowercase();
        }
        self.len += 1;
    }

    fn is(&self, word: &[u8]) -> bool {
        self.start.get(..self.len) == Some(word)
    }
}

/// Whether `byte` may stand in a token (5.6.2).
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn ranges(header: &str) -> Vec<(Media, u16)> {
        Ranges::new(header.bytes())
            .map(|range| (range.media, range.quality))
            .collect()
    }

    const AVIF: Media = Media::Named(OutputFormat::Avif);
    const WEBP: Media = Media::Named(OutputFormat::Webp);

    #[test]
    fn qualities_are_read_to_the_thousandth() {
        for (text, quality) in [
            ("image/webp", 1000),
            ("image/webp;q=1", 1000),
            ("image/webp;q=1.", 1000),
            ("image/webp;q=1.000", 1000),
            ("image/webp;q=0", 0),
            ("image/webp;q=0.", 0),
            ("image/webp;q=0.000", 0),
            ("image/webp;q=0.001", 1),
            ("image/webp;q=0.5", 500),
            ("image/webp;q=0.25", 250),
            ("image/webp \t; \tQ=0.123\t ", 123),
            ("IMAGE/WebP;;; ;q=0.9;", 900),
        ] {
            assert_eq!(ranges(text), [(WEBP, quality)], "{text}");
        }
    }

    #[test]
    fn a_broken_range_is_left_out_and_the_next_is_read() {
        for broken in [
            "image",
            "image/",
            "/webp",
            "*",
            "*/webp",
            "image /webp",
            "image/ webp",
            "image/webp image/webp",
            "image/webp;q",
            "image/webp;q=",
            "image/webp;q=2",
            "image/webp;q=1.001",
            "image/webp;q=.5",
            "image/webp;q=-0",
            "image/webp;q=00",
            "image/webp;q=0.1234",
            "image/webp;q=0.5x",
            "image/webp;q =0.5",
            "image/webp;q= 0.5",
            "image/webp;q=\"0.5\"",
            "image/webp;q=0.5;q=0.5",
            "image/webp;v",
            "image/webp;v=",
            "image/webp;=1",
            "image/webp;v=\"1\"2",
            "image/\"a,b\"webp",
            "image/w\u{e9}bp",
            "image/webp\0",
        ] {
            let header = format!("{broken},image/avif;q=0.3");
            assert_eq!(ranges(&header), [(AVIF, 300)], "{broken}");
        }
    }

    #[test]
    fn parameters_make_a_range_mean_something_else() {
        for text in [
            "image/webp;v=1",
            "image/webp;q=0.5;v=1",
            "image/webp;v=\"a,b;q=0\\\",c\";q=0.5",
        ] {
            let found = ranges(&format!("{text},image/avif"));
            assert_eq!(found.len(), 2, "{text}");
            assert_eq!((found[0].0, found[1].0), (Media::Other, AVIF), "{text}");
        }
    }

    #[test]
    fn an_open_quote_hides_what_follows() {
        assert_eq!(
            ranges("image/avif,image/webp;v=\"a,image/webp"),
            [(AVIF, 1000)]
        );
    }

    #[test]
    fn wildcards_are_told_apart() {
        assert_eq!(
            ranges(",, image/*;q=0.2 ,*/*;q=0.1,text/*,imagery/*, image/svg+xml,"),
            [
                (Media::AnyImage, 200),
                (Media::Any, 100),
                (Media::Other, 1000),
                (Media::Other, 1000),
                (Media::Other, 1000)
            ]
        );
    }

    #[test]
    fn each_byte_of_a_long_header_is_taken_once() {
        for part in ["image/webp;v=\"", "a", ",", ";", "\"", "\\\"", "*/*;q=0.1,"] {
            let header = part.repeat(100_000 / part.len());
            let taken = Cell::new(0);
            let bytes = header.bytes().inspect(|_| taken.set(taken.get() + 1));
            let _ = Ranges::new(bytes).count();
            assert_eq!(taken.get(), header.len(), "{part}");
        }
    }
}
