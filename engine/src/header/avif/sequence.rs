//! What an AV1 stream says before its frames (AV1 specification, 5.3 and 5.5).

use crate::error::{Error, Result};

/// A sequence header: everything that decides how much a decoder holds, and what
/// its samples mean where the container does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    /// No frame is wider; and of a still, none is narrower.
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Bits of a sample: 8, 10 or 12.
    pub(crate) depth: u8,
    /// Luma samples that a chroma sample spans, across and down; `None` of grey.
    pub(crate) chroma: Option<(u8, u8)>,
    /// Primaries, transfer and matrix (ITU-T H.273); 2 where nothing is said.
    pub(crate) cicp: [u16; 3],
    pub(crate) is_full_range: bool,
    /// Blocks of 128 samples.
    pub(crate) has_large_blocks: bool,
    /// Whether frames may be stored narrower than they are shown.
    pub(crate) has_superres: bool,
    /// Whether frames may be filtered last by a filter that takes a copy.
    pub(crate) has_restoration: bool,
    /// Whether grain may be drawn over frames.
    pub(crate) has_grain: bool,
}

/// One unit of an AV1 stream (an OBU).
pub(crate) struct Unit<'a> {
    pub(crate) kind: u8,
    pub(crate) body: &'a [u8],
}

/// What kinds of units are called (6.2.2).
pub(crate) const SEQUENCE_HEADER: u8 = 1;
pub(crate) const FRAME_HEADER: u8 = 3;
pub(crate) const FRAME: u8 = 6;
#[cfg(feature = "libaom")]
pub(crate) const TILE_LIST: u8 = 8;

/// The next unit of a stream; `None` at its end, and where it breaks.
pub(crate) fn next_unit<'a>(stream: &mut &'a [u8]) -> Option<Unit<'a>> {
    let (&head, mut rest) = stream.split_first()?;
    let (has_extension, has_size) = (head & 4 != 0, head & 2 != 0);
    rest = rest.get(usize::from(has_extension)..)?;
    let size = if has_size {
        leb128(&mut rest)?
    } else {
        rest.len()
    };
    let body = rest.get(..size.min(rest.len()))?;
    *stream = rest.get(size..).unwrap_or(&[]);
    Some(Unit {
        kind: head >> 3 & 15,
        body,
    })
}

/// A number of seven bits a byte, the lowest first (4.10.5).
fn leb128(bytes: &mut &[u8]) -> Option<usize> {
    let mut value = 0u64;
    for i in 0..8 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

impl Sequence {
    /// Finds the sequence header at the start of a stream that begins at `offset`
    /// of the file; what is cut off behind it does not matter.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`].
    pub(crate) fn of_stream(mut stream: &[u8], offset: u64) -> Result<Self> {
        let malformed = |rule| Error::Malformed { offset, rule };
        while let Some(unit) = next_unit(&mut stream) {
            if unit.kind == SEQUENCE_HEADER {
                return Self::read(unit.body)
                    .ok_or_else(|| malformed("an AV1 sequence header holds all its fields"));
            }
            if matches!(unit.kind, FRAME_HEADER | FRAME) {
                break;
            }
        }
        Err(malformed("an AV1 image begins with its sequence header"))
    }

    /// Reads the fields of 5.5.1, in their order.
    fn read(body: &[u8]) -> Option<Self> {
        let mut bits = Bits { bytes: body, at: 0 };
        let profile = bits.take(3)?;
        bits.flag()?; // still_picture
        let is_reduced = bits.flag()?;
        if is_reduced {
            bits.take(5)?;
        } else {
            skip_operating_points(&mut bits)?;
        }
        let (width_bits, height_bits) = (bits.take(4)? + 1, bits.take(4)? + 1);
        let (width, height) = (bits.take(width_bits)? + 1, bits.take(height_bits)? + 1);
        if !is_reduced && bits.flag()? {
            bits.take(7)?; // lengths of frame numbers
        }
        let has_large_blocks = bits.flag()?;
        bits.take(2)?; // intra filters
        if !is_reduced {
            skip_inter_tools(&mut bits)?;
        }
        let has_superres = bits.flag()?;
        bits.flag()?; // enable_cdef
        let has_restoration = bits.flag()?;
        let colour = ColourConfig::read(&mut bits, profile)?;
        Some(Self {
            width,
            height,
            depth: colour.depth,
            chroma: colour.chroma,
            cicp: colour.cicp,
            is_full_range: colour.is_full_range,
            has_large_blocks,
            has_superres,
            has_restoration,
            has_grain: bits.flag()?,
        })
    }
}

/// The fields of 5.5.2.
struct ColourConfig {
    depth: u8,
    chroma: Option<(u8, u8)>,
    cicp: [u16; 3],
    is_full_range: bool,
}

impl ColourConfig {
    fn read(bits: &mut Bits<'_>, profile: u32) -> Option<Self> {
        let is_deep = bits.flag()?;
        let depth = match (profile, is_deep) {
            (2, true) if bits.flag()? => 12,
            (_, true) => 10,
            _ => 8,
        };
        let is_grey = profile != 1 && bits.flag()?;
        let number = |bits: &mut Bits<'_>| u16::try_from(bits.take(8)?).ok();
        let cicp = if bits.flag()? {
            [number(bits)?, number(bits)?, number(bits)?]
        } else {
            [2; 3]
        };
        let (mut chroma, mut is_full_range) = (None, true);
        if is_grey {
            is_full_range = bits.flag()?;
        } else if cicp == [1, 13, 0] {
            // Red, green and blue of sRGB.
            chroma = Some((1, 1));
        } else {
            is_full_range = bits.flag()?;
            let spans = match (profile, depth) {
                (0, _) => (2, 2),
                (1, _) => (1, 1),
                (_, 12) if !bits.flag()? => (1, 1),
                (_, 12) if bits.flag()? => (2, 2),
                _ => (2, 1),
            };
            if spans == (2, 2) {
                bits.take(2)?; // where chroma samples lie
            }
            chroma = Some(spans);
        }
        if chroma.is_some() {
            bits.flag()?; // separate_uv_delta_q
        }
        Some(Self {
            depth,
            chroma,
            cicp,
            is_full_range,
        })
    }
}

/// Timing and operating points.
fn skip_operating_points(bits: &mut Bits<'_>) -> Option<()> {
    let mut delay_bits = None;
    if bits.flag()? {
        bits.skip(64)?;
        if bits.flag()? {
            bits.skip_exp_golomb()?;
        }
        if bits.flag()? {
            delay_bits = Some(bits.take(5)? + 1);
            bits.skip(32 + 10)?;
        }
    }
    let has_display_delay = bits.flag()?;
    for _ in 0..=bits.take(5)? {
        bits.take(12)?;
        if bits.take(5)? > 7 {
            bits.flag()?;
        }
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay_bits + 1)?;
        }
        if has_display_delay && bits.flag()? {
            bits.take(4)?;
        }
    }
    Some(())
}

fn skip_inter_tools(bits: &mut Bits<'_>) -> Option<()> {
    bits.take(4)?;
    let has_order = bits.flag()?;
    if has_order {
        bits.take(2)?;
    }
    let may_force_vectors = bits.flag()? || bits.flag()?;
    if may_force_vectors && !bits.flag()? {
        bits.flag()?;
    }
    if has_order {
        bits.take(3)?;
    }
    Some(())
}

/// Bits, the highest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next `count` bits, 32 at most.
    fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | u32::from(self.flag()?)))
    }

    fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    fn skip(&mut self, count: u32) -> Option<()> {
        (0..count).try_for_each(|_| self.flag().map(drop))
    }

    /// As many bits as zeros before the first one (4.10.3).
    fn skip_exp_golomb(&mut self) -> Option<()> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
        }
        if zeros < 32 {
            self.skip(zeros)
        } else {
            Some(())
        }
    }
}
