//! Questions of chance: of parts that mean something, so that a good part of them does.

use edgepix::{
    dialect::Dialect,
    origin_response::TOKEN,
    viewer_request::{Folding, InUse, SAVE_DATA, SEC_CH_DPR, SEC_CH_WIDTH},
};
use fastrand::Rng;

use crate::case::{Asked, Headers};

const PATHS: [&str; 13] = [
    "/photo.jpg",
    "/a%20b/%C3%BC.PNG",
    "/photo",
    "/a.gif",
    "/page.html",
    "/img/300x200/photo.jpg",
    "/photo.jpg@300w.webp",
    "/~me/photo-md.jpg",
    "/1+1.webp",
    "/%70hoto%2b%2Ejpg",
    "/%c3%bc%2fa.png",
    "/%%37%30%4%31.jpg",
    "/100%.jpg%",
];

/// Names, each with a value that it takes.
const NAMES: [(&str, &str); 38] = [
    ("w", "300"),
    ("w", "0300"),
    ("h", "200"),
    ("f", "auto"),
    ("q", "80"),
    ("format", "auto"),
    ("format", "WebP"),
    ("quality", "070"),
    ("width", "300"),
    ("width", "0300"),
    ("height", "200"),
    ("percent", "50"),
    ("dpr", "1.5"),
    ("fit", "Cover"),
    ("enlarge", "true"),
    ("crop", "1%2C2,3,4"),
    ("focus", "0.5,+0.25"),
    ("orientation", "ignore"),
    ("rotate", "90"),
    ("flip", "both"),
    ("filter", "box"),
    ("decode", "full"),
    ("native_quality", "false"),
    ("effort", "3"),
    ("chroma", "444"),
    ("progressive", "true"),
    ("lossless", "Always"),
    ("background", "%23fFf"),
    ("damage", "show"),
    ("max_bytes", "64KB"),
    ("metadata", "copyright"),
    ("preset", "Thumb"),
    ("sig", "a%2Bb"),
    ("expires", "9"),
    ("utm_source", "x"),
    ("__proto__", "1"),
    ("", "1"),
    ("%ff", "1"),
];

const VALUES: [&str; 44] = [
    "300",
    "300",
    "0300",
    "007",
    "1",
    "50",
    "100",
    "0",
    "000",
    "65536",
    "-5",
    "+5",
    "%2B5",
    "1.5",
    "auto",
    "auto",
    "AUTO",
    "png",
    "webp",
    "avif",
    "jpg",
    "keep",
    "cover",
    "Cover",
    "contain",
    "true",
    "false",
    "1,2,3,4",
    "1%2C2,3, 4",
    "top-left",
    "0.5,+0.25",
    "90",
    "both",
    "box",
    "full",
    "444",
    "always",
    "%23fFf",
    "64KB",
    "copyright",
    "",
    "%ff",
    "%zz",
    "\u{212a}\u{1f600}",
];

const ACCEPTS: [&str; 20] = [
    "image/avif",
    "image/webp",
    "image/jpeg",
    "image/*",
    "*/*",
    "IMAGE/AVIF",
    "text/html",
    "*/webp",
    ";q=0.5",
    ";q=0",
    ";q=1.000",
    ";q=0.1234",
    "; Q=0.9 ;",
    ";q=\"1\"",
    ";v=1",
    ";v=\"a,\\\"b\"",
    ",",
    ", ",
    "\"",
    "\\",
];

const HINTS: [&str; 10] = [
    "1", "2.0", "2.625", "0", "99", "333", "4000", "on", "ON", "?1",
];

/// Chance, the same on every run.
pub(crate) struct Chance(Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    pub(crate) fn asked(&mut self) -> Asked {
        let mut headers = Headers::new();
        for name in ["accept", TOKEN, SEC_CH_DPR, SEC_CH_WIDTH, SAVE_DATA] {
            if self.0.bool() {
                let lines = if self.0.u8(..8) == 0 { 2 } else { 1 };
                let lines = (0..lines).map(|_| self.header(name)).collect();
                headers.insert(name.into(), lines);
            }
        }
        Asked {
            folding: self.folding(),
            uri: self.path(),
            query: self.query(),
            headers,
        }
    }

    fn folding(&mut self) -> Folding {
        let mut dialects = Dialect::ALL.to_vec();
        if self.0.u8(..4) == 0 {
            dialects.retain(|_| self.0.bool());
        }
        let mut seldom = || self.0.u8(..6) == 0;
        let hints = InUse {
            dpr: seldom(),
            width: seldom(),
            save_data: seldom(),
        };
        Folding {
            dialects,
            auto: !seldom(),
            unsaid: seldom(),
            signed: seldom(),
            stored: self.0.bool(),
            hints,
        }
    }

    fn header(&mut self, name: &str) -> String {
        if name == "accept" {
            let parts = self.0.usize(..8);
            return (0..parts).map(|_| self.one_of(&ACCEPTS)).collect();
        }
        self.one_of(&HINTS).into()
    }

    fn path(&mut self) -> String {
        let path = self.one_of(&PATHS);
        // An escape's own digits are no characters of the path, and a slash has its place.
        if path.contains('%') {
            return path.into();
        }
        path.chars().map(|c| self.escaped(c)).collect()
    }

    /// A character of a path in one of its spellings.
    fn escaped(&mut self, character: char) -> String {
        match (self.0.u8(..30), character) {
            (_, '/') => "/".into(),
            (0, _) => format!("%{:02x}", u32::from(character)),
            (1, _) => format!("%{:02X}", u32::from(character)),
            _ => character.into(),
        }
    }

    fn query(&mut self) -> String {
        let pairs = self.0.usize(..6);
        let mut pairs: Vec<_> = (0..pairs).map(|_| self.pair()).collect();
        if self.0.u8(..16) == 0 {
            // More than are read.
            let last = self.one_of(&["a=", "sig=a"]);
            pairs.extend((0..60).map(|_| last.to_owned()));
        }
        pairs.join("&")
    }

    fn pair(&mut self) -> String {
        let (name, fitting) = NAMES[self.0.usize(..NAMES.len())];
        let name: String = name.chars().map(|c| self.spelled(c)).collect();
        match self.0.u8(..16) {
            0 => name,
            1..3 => format!("{name}={}", self.one_of(&VALUES)),
            _ => format!("{name}={fitting}"),
        }
    }

    /// A character of a name in one of its spellings.
    fn spelled(&mut self, character: char) -> String {
        match (self.0.u8(..30), character) {
            (0..3, _) => character.to_ascii_uppercase().into(),
            (3..10, '_') => "-".into(),
            (10, 'a'..='z') => format!("%{:02x}", u32::from(character)),
            (11, 'a'..='z') => format!("%{:02X}", u32::from(character)),
            _ => character.into(),
        }
    }

    fn one_of(&mut self, all: &[&'static str]) -> &'static str {
        all[self.0.usize(..all.len())]
    }
}
