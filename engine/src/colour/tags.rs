//! The few tags of an ICC profile that say how colours are converted, and its
//! name (ICC.1:2022, 7.3 and 9.2).
//!
//! moxcms reads every tag it knows as often as it comes: 4 MiB of texts that all
//! lie in the same place, or of one table under many names, would keep it busy
//! for hours. It gets a profile made of what is needed, each once.

use crate::pixels::Colour;

/// More tags than any real profile has; the first count.
const MOST_TAGS: usize = 256;

/// moxcms refuses curves of more.
const MOST_POINTS: usize = 40_000;

const HEADER_BYTES: usize = 128;

/// Where the header names the rendering intent.
const INTENT: usize = 64;

/// What the tables are called, whatever they were.
const TABLES: &[u8; 4] = b"A2B0";

/// Returns the first tag of a name.
fn find<'a>(profile: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let count = number(profile, 128)?.min(MOST_TAGS);
    let entries = profile.get(132..)?.as_chunks::<12>().0;
    let entry = entries
        .iter()
        .take(count)
        .find(|entry| entry[..4] == *name)?;
    let (start, length) = (number(entry, 4)?, number(entry, 8)?);
    profile.get(start..start.checked_add(length)?)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let number = u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?);
    usize::try_from(number).ok()
}

/// Where the header names the version, the colour space and the connection space.
const VERSION: usize = 8;
const SPACE: std::ops::Range<usize> = 16..20;
const CONNECTION: std::ops::Range<usize> = 20..24;

/// What reading tables takes follows from this.
pub(super) struct Tables {
    pub(super) bytes: usize,
    /// Whether the grid's samples are bytes; else they are of 16 bits.
    pub(super) is_of_bytes: bool,
    /// Curves may lie where the grid does, and three sets of them in one place.
    pub(super) curve_bytes: usize,
}

/// The tags of a profile that say how its colours are converted, each cut to what
/// its type can use: together they are no longer than the profile.
pub(super) struct Essential<'a> {
    header: &'a [u8],
    tags: Vec<(&'static [u8; 4], &'a [u8])>,
}

impl<'a> Essential<'a> {
    /// Finds them; `None` if the profile is broken. Of the tables there may be one
    /// for each rendering intent: that of the intent the profile names becomes the
    /// only one, or of the next that has any. Only RGB and four inks are converted by
    /// tables; those of an image of another colour are not looked at.
    pub(super) fn of(profile: &'a [u8], colour: Colour) -> Option<Self> {
        const MATRIX: [&[u8; 4]; 7] = [
            b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC",
        ];
        let header = profile.get(..HEADER_BYTES)?;
        let (space, channels) = if colour.is_of_inks() {
            (b"CMYK", 4)
        } else {
            (b"RGB ", 3)
        };
        let tables: &[&[u8; 4]] = match number(profile, INTENT)? {
            _ if header[SPACE] != *space => &[],
            // Absolute is relative with the white of the paper.
            1 | 3 => &[b"A2B1", b"A2B0", b"A2B2"],
            2 => &[b"A2B2", b"A2B0", b"A2B1"],
            _ => &[b"A2B0", b"A2B1", b"A2B2"],
        };
        let tables = tables.iter().find_map(|name| find(profile, *name));
        let tags: Vec<(&[u8; 4], &[u8])> = MATRIX
            .into_iter()
            .filter_map(|name| Some((name, cut(find(profile, name)?, small_bytes))))
            .chain(tables.map(|tables| (TABLES, cut(tables, |tag| table_bytes(tag, channels)))))
            .collect();
        let essential = Self { header, tags };
        // Curves that are alike are stored once in nearly every profile, and count once.
        let stored: usize = essential.stored().map(<[u8]>::len).sum();
        (stored <= profile.len()).then_some(essential)
    }

    /// The tables between device and connection space.
    pub(super) fn tables(&self) -> Option<Tables> {
        let (_, body) = self.tags.iter().find(|(name, _)| *name == TABLES)?;
        let is_of_parts = matches!(body.first_chunk(), Some(b"mAB " | b"mBA "));
        let sample_bytes = number(body, 24).and_then(|grid| body.get(grid.checked_add(16)?));
        Some(Tables {
            bytes: body.len(),
            is_of_bytes: body.starts_with(b"mft1") || is_of_parts && sample_bytes == Some(&1),
            curve_bytes: if is_of_parts {
                let curves = 6 + usize::from(body.get(8).copied().unwrap_or(0));
                (3 * body.len()).min(curves * 2 * MOST_POINTS)
            } else {
                0
            },
        })
    }

    /// Bytes of the curves and colours, as often as they are named.
    pub(super) fn matrix_bytes(&self) -> usize {
        let matrix = self.tags.iter().filter(|(name, _)| *name != TABLES);
        matrix.map(|(_, body)| body.len()).sum()
    }

    /// The version whose Lab four inks' tables hold, where it matters. Those of 16 bits
    /// hold that of version 2 in every profile, all others that of version 4
    /// (ICC.1:2022, 6.3.4.2 and 10.10); moxcms goes by the profile's version.
    fn version(&self) -> Option<u8> {
        let (_, body) = self.tags.iter().find(|(name, _)| *name == TABLES)?;
        let is_lab_of_inks = self.header[CONNECTION] == *b"Lab " && self.header[SPACE] == *b"CMYK";
        is_lab_of_inks.then_some(if body.starts_with(b"mft2") { 2 } else { 4 })
    }

    /// The tags' bodies, those that lie in one place once.
    fn stored(&self) -> impl Iterator<Item = &'a [u8]> {
        let is_first = |&i: &usize| (0..i).all(|other| !self.is_one(other, i));
        let firsts = (0..self.tags.len()).filter(is_first);
        firsts.map(|i| self.tags[i].1)
    }

    /// Whether two tags lie in one place.
    fn is_one(&self, a: usize, b: usize) -> bool {
        std::ptr::eq(self.tags[a].1, self.tags[b].1)
    }

    /// Returns a profile of them and nothing else.
    pub(super) fn written(&self) -> Option<Vec<u8>> {
        let start = HEADER_BYTES + 4 + 12 * self.tags.len();
        let padded = |body: &[u8]| body.len().next_multiple_of(4);
        let size = start + self.stored().map(padded).sum::<usize>();
        let mut out = Vec::new();
        out.try_reserve_exact(size).ok()?;
        out.extend(self.header);
        out[INTENT..INTENT + 4].fill(0);
        if let Some(version) = self.version() {
            out[VERSION] = version;
        }
        let bytes = |number: usize| u32::try_from(number).map(u32::to_be_bytes).ok();
        out[..4].copy_from_slice(&bytes(size)?);
        out.extend(bytes(self.tags.len())?);
        for (name, body) in &self.tags {
            let before = self
                .stored()
                .take_while(|other| !std::ptr::eq(*other, *body));
            out.extend(*name);
            out.extend(bytes(start + before.map(padded).sum::<usize>())?);
            out.extend(bytes(body.len())?);
        }
        for body in self.stored() {
            out.extend(body);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        Some(out)
    }
}

/// A tag as far as its type can use it: what is of no known type keeps the type.
fn cut(tag: &[u8], used: impl Fn(&[u8]) -> Option<usize>) -> &[u8] {
    const LEAST: usize = 12;
    &tag[..used(tag).unwrap_or(LEAST).min(tag.len())]
}

/// The length of a colour or a curve (ICC.1:2022, 10.31, 10.6 and 10.18).
fn small_bytes(tag: &[u8]) -> Option<usize> {
    match tag.first_chunk()? {
        b"XYZ " => Some(20),
        b"curv" => Some(number(tag, 8)?)
            .filter(|points| *points <= MOST_POINTS)
            .map(|points| 12 + 2 * points),
        b"para" => Some(40),
        _ => None,
    }
}

/// The length of tables from `channels` to three (ICC.1:2022, 10.10 to 10.12).
fn table_bytes(tag: &[u8], channels: u8) -> Option<usize> {
    if tag.get(8..10)? != [channels, 3] {
        return None;
    }
    let points = usize::from(*tag.get(10)?).checked_pow(channels.into())?;
    let (points, channels) = (points.checked_mul(3)?, usize::from(channels));
    let entries = |at: usize| -> Option<usize> {
        Some(usize::from(u16::from_be_bytes(
            *tag.get(at..)?.first_chunk()?,
        )))
    };
    match tag.first_chunk()? {
        b"mft1" => points.checked_add(48 + (channels + 3) * 256),
        b"mft2" => points
            .checked_add(channels * entries(48)? + 3 * entries(50)?)?
            .checked_mul(2)?
            .checked_add(52),
        // Its parts lie anywhere in it.
        b"mAB " | b"mBA " => Some(tag.len()),
        _ => None,
    }
}

/// The name that a profile gives itself, on one line of at most 80 characters.
pub(crate) fn name(profile: &[u8]) -> Option<String> {
    const MOST: usize = 80;
    let tag = find(profile, b"desc")?;
    let name: String = match tag.first_chunk()? {
        // The one language that a profile has, or the first of several.
        b"mluc" => {
            let (length, start) = (number(tag, 20)?, number(tag, 24)?);
            let text = tag.get(start..start.checked_add(length)?)?;
            let units = text
                .as_chunks()
                .0
                .iter()
                .map(|unit| u16::from_be_bytes(*unit));
            let chars = char::decode_utf16(units.take(2 * MOST)).map_while(Result::ok);
            chars.filter(|c| !c.is_control()).take(MOST).collect()
        }
        // Version 2: 7-bit ASCII.
        b"desc" => {
            let text = tag
                .get(12..)?
                .iter()
                .take(MOST)
                .map(|&byte| char::from(byte));
            text.take_while(|c| (' '..='~').contains(c)).collect()
        }
        _ => return None,
    };
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}
