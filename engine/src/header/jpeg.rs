//! JPEG markers up to the first scan (ITU T.81, B.2).

use super::{Coding, Cursor, Header, SourceFormat, dimensions, exif, icc};
use crate::{
    copyright::Copyright,
    error::{Error, Result},
    input::Input,
    pixels::Colour,
    turn::Turn,
};

/// How a JPEG's samples are coded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JpegCoding {
    /// Whether the image comes in scans of rising detail.
    pub progressive: bool,
    /// Whether its entropy coding is arithmetic instead of Huffman.
    pub arithmetic: bool,
    /// Whether the first scan holds every component, so that rows can be decoded
    /// before the file's end.
    pub interleaved: bool,
    /// Components in the first scan.
    pub first_scan: u8,
    /// The components in the frame header's order.
    pub components: Vec<Component>,
}

/// One component's share of the samples (T.81, A.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its identifier.
    pub id: u8,
    /// Which quantisation table it names.
    pub table: u8,
    /// Horizontal sampling factor, 1-4.
    pub horizontal: u8,
    /// Vertical sampling factor, 1-4.
    pub vertical: u8,
}

impl JpegCoding {
    /// The largest sampling factors, horizontal and vertical.
    #[must_use]
    pub fn max_sampling(&self) -> (u8, u8) {
        self.components.iter().fold((1, 1), |(h, v), component| {
            (h.max(component.horizontal), v.max(component.vertical))
        })
    }
}

/// What the markers before the frame header have said.
struct Metadata {
    orientation: Turn,
    icc_bytes: u32,
    icc: icc::Parts,
    copyright: Copyright,
    jfif: bool,
    adobe_transform: Option<u8>,
}

/// What the frame header says.
struct Frame {
    width: u32,
    height: u32,
    offset: u64,
    coding: JpegCoding,
}

pub(super) fn read(input: &mut Input<'_>) -> Result<Header> {
    let mut cursor = Cursor::new(input, 2);
    let mut metadata = Metadata {
        orientation: Turn::NONE,
        icc_bytes: 0,
        icc: icc::Parts::default(),
        copyright: Copyright::default(),
        jfif: false,
        adobe_transform: None,
    };
    let mut frame: Option<Frame> = None;
    loop {
        let marker = next_marker(&mut cursor)?;
        match marker {
            // TEM and RSTn stand alone.
            0x01 | 0xd0..=0xd7 => {}
            0xd8 => return Err(cursor.malformed("there is one start of image")),
            0xd9 => return Err(cursor.malformed("an image has a scan")),
            0xda => {
                let components = segment(&mut cursor)?.first().copied();
                if let Some(frame) = &mut frame {
                    let all = frame.coding.components.len();
                    frame.coding.first_scan = components.unwrap_or(0);
                    frame.coding.interleaved = usize::from(frame.coding.first_scan) == all;
                }
                break;
            }
            _ => {
                let start = cursor.position;
                let body = segment(&mut cursor)?;
                match marker {
                    0xc0..=0xc2 | 0xc9 | 0xca if frame.is_none() => {
                        frame = Some(frame_header(body, start as u64, marker)?);
                    }
                    0xc0..=0xc2 | 0xc9 | 0xca => {
                        return Err(cursor.malformed("there is one frame header"));
                    }
                    0xc3 | 0xc7 | 0xcb | 0xcf => {
                        return Err(Error::Unsupported("it is a lossless JPEG"));
                    }
                    0xc5 | 0xc6 | 0xcd | 0xce => {
                        return Err(Error::Unsupported("it is a hierarchical JPEG"));
                    }
                    0xe0 | 0xe1 | 0xe2 | 0xee => {
                        metadata.read(marker, body);
                        // The body follows its length.
                        metadata.icc.note(start + 2, marker, body);
                    }
                    _ => {}
                }
            }
        }
    }
    let mut frame = frame.ok_or_else(|| cursor.malformed("a frame header comes before a scan"))?;
    let metadata_bytes = cursor.position as u64;
    if frame.height == 0 {
        frame.height = number_of_lines(&mut cursor)?;
    }
    let colour = colour(&frame, &metadata)?;
    let read = cursor.position;
    let icc = metadata.icc.join(cursor.input.peek(read)?);
    Ok(Header {
        format: SourceFormat::Jpeg,
        dimensions: dimensions(frame.width, frame.height, frame.offset)?,
        orientation: metadata.orientation,
        colour,
        alpha: false,
        bit_depth: 8,
        icc_bytes: metadata.icc_bytes,
        icc,
        frames: 1,
        copyright: metadata.copyright,
        coding: Coding::Jpeg(frame.coding),
        length: None,
        metadata_bytes,
        head_bytes: 0,
    })
}

/// Skips to the next marker. Bytes between segments are passed over, as every
/// decoder does, and any number of fill bytes (T.81, B.1.1.2).
fn next_marker(cursor: &mut Cursor<'_, '_>) -> Result<u8> {
    const CUT: &str = "a marker follows each segment";
    loop {
        while cursor.take(1, CUT)?[0] != 0xff {}
        let code = loop {
            let code = cursor.take(1, CUT)?[0];
            if code != 0xff {
                break code;
            }
        };
        if code != 0 {
            return Ok(code);
        }
    }
}

/// Finds the height that comes after the first scan (T.81, B.2.5). The data
/// before it is looked at and kept.
fn number_of_lines(cursor: &mut Cursor<'_, '_>) -> Result<u32> {
    loop {
        match next_marker(cursor)? {
            0xd0..=0xd7 => {}
            0xdc => {
                let &[high, low] = segment(cursor)? else {
                    return Err(cursor.malformed("a number of lines is as T.81 B.2.5 says"));
                };
                return Ok(u16::from_be_bytes([high, low]).into());
            }
            _ => return Err(cursor.malformed("a height of 0 is corrected after the first scan")),
        }
    }
}

fn segment<'c>(cursor: &'c mut Cursor<'_, '_>) -> Result<&'c [u8]> {
    const CUT: &str = "a segment is as long as it says";
    let length = cursor.take(2, CUT)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let Some(length) = length.checked_sub(2) else {
        return Err(cursor.malformed("a segment's length counts its own two bytes"));
    };
    cursor.take(length, CUT)
}

/// Reads a frame header (T.81, B.2.2).
fn frame_header(body: &[u8], offset: u64, marker: u8) -> Result<Frame> {
    let malformed = |rule| Error::Malformed { offset, rule };
    let [precision, h1, h0, w1, w0, count, specs @ ..] = body else {
        return Err(malformed("a frame header has at least 6 bytes"));
    };
    if *precision != 8 {
        return Err(Error::Unsupported("it is a JPEG of more than 8 bits"));
    }
    if !(1..=4).contains(count) || specs.len() != 3 * usize::from(*count) {
        return Err(malformed("a frame header lists 1 to 4 components"));
    }
    let mut components = Vec::with_capacity(4);
    for spec in specs.chunks_exact(3) {
        let mut component = Component {
            id: spec[0],
            table: spec[2],
            horizontal: spec[1] >> 4,
            vertical: spec[1] & 15,
        };
        if !(1..=4).contains(&component.horizontal) || !(1..=4).contains(&component.vertical) {
            return Err(malformed("sampling factors are 1 to 4"));
        }
        if *count == 1 {
            // Alone, its blocks come row by row whatever its factors (T.81, A.2.2).
            (component.horizontal, component.vertical) = (1, 1);
        }
        components.push(component);
    }
    Ok(Frame {
        width: u32::from(u16::from_be_bytes([*w1, *w0])),
        height: u32::from(u16::from_be_bytes([*h1, *h0])),
        offset,
        coding: JpegCoding {
            progressive: matches!(marker, 0xc2 | 0xca),
            arithmetic: matches!(marker, 0xc9 | 0xca),
            interleaved: false,
            first_scan: 0,
            components,
        },
    })
}

impl Metadata {
    fn read(&mut self, marker: u8, body: &[u8]) {
        match marker {
            0xe0 if body.starts_with(b"JFIF\0") => self.jfif = true,
            0xe1 => {
                if let Some(tiff) = body.strip_prefix(b"Exif\0\0") {
                    // The first EXIF block that turns the image counts.
                    if self.orientation == Turn::NONE {
                        self.orientation = exif::orientation(tiff);
                    }
                    self.copyright.or(exif::copyright(tiff));
                }
            }
            // ICC.1:2022, B.4: two bytes number the parts.
            0xe2 if body.starts_with(b"ICC_PROFILE\0") => {
                let bytes = body.len().saturating_sub(14);
                self.icc_bytes = self
                    .icc_bytes
                    .saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
            }
            // T.872, 6.5.3.
            0xee if body.starts_with(b"Adobe") => self.adobe_transform = body.get(11).copied(),
            _ => {}
        }
    }
}

/// Decides what the components mean, as libjpeg does: an Adobe segment says so;
/// JFIF means YCbCr; else the component identifiers 'R' 'G' 'B' mean RGB.
fn colour(frame: &Frame, metadata: &Metadata) -> Result<Colour> {
    let ids: Vec<u8> = frame
        .coding
        .components
        .iter()
        .map(|component| component.id)
        .collect();
    match ids.len() {
        1 => Ok(Colour::Grey),
        3 => Ok(match metadata.adobe_transform {
            _ if metadata.jfif => Colour::Ycbcr,
            Some(0) => Colour::Rgb,
            Some(_) => Colour::Ycbcr,
            None if ids == *b"RGB" => Colour::Rgb,
            None => Colour::Ycbcr,
        }),
        4 => Ok(match metadata.adobe_transform {
            None | Some(0) => Colour::Cmyk,
            Some(_) => Colour::Ycck,
        }),
        _ => Err(Error::Unsupported("it is a JPEG of two components")),
    }
}
