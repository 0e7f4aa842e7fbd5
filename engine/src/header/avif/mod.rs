//! The image of an AVIF file (AV1 Image File Format 1.2, MIAF and HEIF beneath it):
//! its items, their properties, and the sequence header of the AV1 stream itself.

mod items;
mod properties;
mod sequence;

use std::sync::Arc;

use super::{
    Coding, Header, SourceFormat, dimensions,
    isobmff::{BoxHead, Fields},
};
use crate::{
    copyright::Copyright,
    error::{Error, Result},
    input::Input,
    pixels::{Colour, Dimensions, Layout, Matrix, Range, Ycc},
    turn::Turn,
};

pub(crate) use items::Extent;
use items::Items;
use properties::{Nclx, Properties};
pub(crate) use sequence::Sequence;
#[cfg(feature = "libaom")]
pub(crate) use sequence::{FRAME, FRAME_HEADER, SEQUENCE_HEADER, TILE_LIST, next_unit};

/// How an AVIF's samples are coded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AvifCoding {
    /// Luma samples that a chroma sample spans, across and down: (2, 2) of 4:2:0,
    /// (2, 1) of 4:2:2, (1, 1) of 4:4:4. `None` of grey.
    pub chroma: Option<(u8, u8)>,
    /// Columns and rows of the tiles that the image is put together from; (1, 1)
    /// for nearly all.
    pub grid: (u16, u16),
    /// Primaries, transfer and matrix (ITU-T H.273); 2 where the file says nothing.
    pub cicp: [u16; 3],
    /// Which levels stand for black and white.
    pub range: Range,
    /// Whether colours were multiplied by alpha.
    pub is_premultiplied: bool,
    /// What the colour planes mean.
    pub(crate) model: Model,
    /// Pixels that are cut off at the left and at the top.
    pub(crate) crop: (u32, u32),
    pub(crate) colour: Picture,
    pub(crate) alpha: Option<Picture>,
}

/// What the colour planes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    /// Luma and chroma, or luma alone.
    Ycc(Ycc),
    /// Green, blue and red.
    Gbr,
}

impl AvifCoding {
    /// The planes that are handed on: as they are coded, or pixels with alpha.
    pub(crate) fn layout(&self, size: Dimensions, colour: Colour) -> Layout {
        if self.alpha.is_some() {
            let colour = match colour {
                Colour::Grey => Colour::Grey,
                _ => Colour::Rgb,
            };
            return Layout::interleaved(colour, true, size);
        }
        let mut layout = Layout::planar(colour, false, size);
        if let Model::Ycc(ycc) = self.model {
            layout = layout.meaning(ycc);
        }
        let (across, down) = self.chroma.unwrap_or((1, 1));
        for plane in layout.planes.iter_mut().skip(1) {
            plane.width = size.width.div_ceil(across.into());
            plane.height = size.height.div_ceil(down.into());
            (plane.x_step, plane.y_step) = (across.into(), down.into());
        }
        layout
    }
}

/// An image as it is coded: one AV1 stream, or a grid of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    /// Size of the whole.
    pub(crate) size: Dimensions,
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    /// Size of each tile.
    pub(crate) tile: Dimensions,
    /// Where each stream's bytes are, row by row.
    pub(crate) tiles: Vec<Vec<Extent>>,
    /// The first stream's; all must have the same.
    pub(crate) sequence: Sequence,
}

const NO_SIZE: &str = "an image item has its size";
const TILES: &str = "a grid has as many tiles as its columns and rows say";

/// What is wrong with the tables has no one place in the file.
fn malformed(rule: &'static str) -> Error {
    Error::Malformed { offset: 0, rule }
}

/// The most of a stream's beginning that is looked at.
const STREAM_BYTES: u64 = 512;

pub(super) fn read(input: &mut Input<'_>) -> Result<Header> {
    let (start, end) = find_meta(input)?;
    let (picture, alpha, properties, is_premultiplied) = {
        let meta = input.peek(end)?;
        let meta = meta.get(start..end.min(meta.len())).unwrap_or(&[]);
        if meta.len() < end - start {
            return Err(Error::Malformed {
                offset: (start + meta.len()) as u64,
                rule: "the file holds all its boxes",
            });
        }
        let items = Items::read(Fields::new(meta, start as u64))?;
        read_items(&items)?
    };
    let colour = picture.complete(input)?;
    let alpha = match alpha {
        Some(alpha) => Some(alpha.complete(input)?),
        None => None,
    };
    if alpha
        .as_ref()
        .is_some_and(|alpha| alpha.size != colour.size)
    {
        return Err(Error::Unsupported("its alpha has another size"));
    }
    let sequence = &colour.sequence;
    let said = properties.nclx.unwrap_or(Nclx {
        cicp: sequence.cicp,
        is_full_range: sequence.is_full_range,
    });
    let range = if said.is_full_range {
        Range::Full
    } else {
        Range::Limited
    };
    let model = model(said.cicp, range, sequence.chroma)?;
    let (across, down) = sequence.chroma.unwrap_or((1, 1));
    let crop = properties.crop;
    let origin = crop.map_or((0, 0), |crop| (crop.left, crop.top));
    if origin.0 % u32::from(across) != 0 || origin.1 % u32::from(down) != 0 {
        return Err(Error::Unsupported(
            "its clean aperture begins within a sample of chroma",
        ));
    }
    let first = |picture: &Picture| picture.tiles.iter().flatten().map(|e| e.offset).min();
    Ok(Header {
        format: SourceFormat::Avif,
        dimensions: crop.map_or(colour.size, |crop| crop.size),
        orientation: properties.turn,
        colour: match (model, sequence.chroma) {
            (_, None) => Colour::Grey,
            (Model::Gbr, _) => Colour::Rgb,
            (Model::Ycc(_), _) => Colour::Ycbcr,
        },
        alpha: alpha.is_some(),
        bit_depth: sequence.depth,
        icc_bytes: properties.icc_bytes,
        icc: properties.icc,
        frames: 1,
        copyright: Copyright::default(),
        length: None,
        metadata_bytes: first(&colour).unwrap_or(0),
        head_bytes: 0,
        coding: Coding::Avif(Arc::new(AvifCoding {
            chroma: sequence.chroma,
            grid: (colour.columns, colour.rows),
            cicp: said.cicp,
            range,
            is_premultiplied: is_premultiplied && alpha.is_some(),
            model,
            crop: origin,
            colour,
            alpha,
        })),
    })
}

/// Walks the boxes of the file to where the fields of `meta` begin and end.
fn find_meta(input: &mut Input<'_>) -> Result<(usize, usize)> {
    let mut position = 0;
    loop {
        let head = input.peek(position + BoxHead::MOST_BYTES)?;
        let head = head.get(position..).unwrap_or(&[]);
        if head.is_empty() {
            break;
        }
        let mut fields = Fields::new(head, position as u64);
        let found = BoxHead::read(&mut fields)?;
        let start = usize::try_from(fields.offset()).unwrap_or(usize::MAX);
        let end = match found.length {
            Some(length) => usize::try_from(length)
                .ok()
                .and_then(|n| start.checked_add(n)),
            // A box that lasts to the end of the file.
            None => Some(input.peek(crate::input::HEAD_BYTES)?.len()),
        };
        let end = end.unwrap_or(usize::MAX - BoxHead::MOST_BYTES);
        match &found.kind {
            b"meta" => return Ok((start, end)),
            // It must be 16 MiB within the file: `peek` says so.
            _ => position = end.min(usize::MAX - BoxHead::MOST_BYTES),
        }
    }
    Err(Error::Unsupported("it is an AVIF without a still image"))
}

/// A picture of which only the boxes have been read.
struct Unread {
    size: Dimensions,
    /// Where a grid says how it is laid out; `None` for a single image.
    grid: Option<Vec<Extent>>,
    /// The size of every stream.
    tile: Dimensions,
    tiles: Vec<Vec<Extent>>,
}

/// The image, its alpha, its properties, and whether it was multiplied by alpha.
fn read_items(items: &Items<'_>) -> Result<(Unread, Option<Unread>, Properties, bool)> {
    if items.handler != Some(*b"pict") {
        return Err(Error::Unsupported("it is an AVIF without a still image"));
    }
    let primary = items
        .primary
        .ok_or(malformed("one of the items is the primary one"))?;
    let properties = Properties::read(items, primary)?;
    let picture = Unread::of(items, primary, &properties)?;
    let mut alpha = None;
    // One is usual; nobody has more than a few.
    for id in items.referring(*b"auxl", primary).take(16) {
        let of_alpha = Properties::read(items, id)?;
        if of_alpha.is_alpha {
            alpha = Some((id, Unread::of(items, id, &of_alpha)?));
            break;
        }
    }
    if alpha.is_none() && picture.grid.is_some() {
        refuse_alpha_of_tiles(items, primary)?;
    }
    let is_premultiplied = alpha
        .as_ref()
        .is_some_and(|(id, _)| items.referred(*b"prem", primary).any(|to| to == *id));
    let alpha = alpha.map(|(_, alpha)| alpha);
    Ok((picture, alpha, properties, is_premultiplied))
}

/// Refuses a grid whose tiles have alpha each of its own.
fn refuse_alpha_of_tiles(items: &Items<'_>, primary: u32) -> Result<()> {
    let Some(first) = items.referred(*b"dimg", primary).next() else {
        return Ok(());
    };
    for id in items.referring(*b"auxl", first).take(16) {
        if Properties::read(items, id)?.is_alpha {
            return Err(Error::Unsupported("it is a grid whose tiles have alpha"));
        }
    }
    Ok(())
}

impl Unread {
    fn of(items: &Items<'_>, id: u32, properties: &Properties) -> Result<Self> {
        let size = properties.size.ok_or(malformed(NO_SIZE))?;
        match &items.kind(id)? {
            b"av01" => {
                if !properties.is_av1 {
                    return Err(malformed("an AV1 item has its configuration"));
                }
                Ok(Self {
                    size,
                    grid: None,
                    tile: size,
                    tiles: vec![items.extents(id)?],
                })
            }
            b"grid" => Self::of_grid(items, id, size),
            _ => Err(Error::Unsupported(
                "it is an AVIF that is made of other images",
            )),
        }
    }

    fn of_grid(items: &Items<'_>, id: u32, size: Dimensions) -> Result<Self> {
        let tiles: Vec<u32> = items.referred(*b"dimg", id).collect();
        let first = *tiles.first().ok_or(malformed(TILES))?;
        for &id in &tiles {
            if items.kind(id)? != *b"av01" {
                return Err(Error::Unsupported("it is a grid of other than AV1 images"));
            }
        }
        let first = Properties::read(items, first)?;
        if first.crop.is_some() || first.turn != Turn::NONE {
            return Err(Error::Unsupported(
                "it is a grid of turned or cropped tiles",
            ));
        }
        let mut extents = Vec::new();
        let mut count = 0;
        for &id in &tiles {
            let tile = items.extents(id)?;
            // An item of many may be named many times.
            count += tile.len();
            if count > items::MOST {
                return Err(items::TOO_MANY);
            }
            extents.push(tile);
        }
        Ok(Self {
            size,
            grid: Some(items.extents(id)?),
            tile: first.size.ok_or(malformed(NO_SIZE))?,
            tiles: extents,
        })
    }

    /// Reads what lies outside the boxes: a grid's layout, and the first stream's
    /// sequence header.
    fn complete(self, input: &mut Input<'_>) -> Result<Picture> {
        let (size, tile) = (self.size, self.tile);
        let (mut columns, mut rows) = (1, 1);
        if let Some(extents) = &self.grid {
            let bytes = first_bytes(input, extents, Grid::MOST_BYTES)?;
            let grid = Grid::read(Fields::new(&bytes, extents[0].offset))?;
            (columns, rows) = (grid.columns, grid.rows);
            if grid.canvas != size {
                return Err(malformed("a grid is as large as its item"));
            }
            if self.tiles.len() != usize::from(columns) * usize::from(rows) {
                return Err(malformed(TILES));
            }
            let covers = |tile: u32, count: u16, whole: u32| {
                let all = u64::from(tile) * u64::from(count);
                all >= u64::from(whole) && all - u64::from(tile) < u64::from(whole)
            };
            if !covers(tile.width, columns, size.width) || !covers(tile.height, rows, size.height) {
                return Err(malformed("the tiles of a grid cover it, none beside it"));
            }
        }
        let offset = self.tiles[0][0].offset;
        let stream = first_bytes(input, &self.tiles[0], STREAM_BYTES)?;
        let sequence = Sequence::of_stream(&stream, offset)?;
        if (sequence.width, sequence.height) != (tile.width, tile.height) {
            return Err(Error::Malformed {
                offset,
                rule: "an AV1 stream is as large as its item",
            });
        }
        let (across, down) = sequence.chroma.unwrap_or((1, 1));
        let is_whole =
            |side: u32, count: u16, step: u8| count == 1 || side.is_multiple_of(step.into());
        if !is_whole(tile.width, columns, across) || !is_whole(tile.height, rows, down) {
            return Err(malformed("tiles of a grid have whole samples of chroma"));
        }
        Ok(Picture {
            size,
            columns,
            rows,
            tile,
            tiles: self.tiles,
            sequence,
        })
    }
}

/// The first bytes of an item, all of them if they are fewer.
fn first_bytes(input: &mut Input<'_>, extents: &[Extent], most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut left = most;
    for extent in extents {
        let count = extent.length.min(left);
        left -= count;
        let [start, count] =
            [extent.offset, count].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        let end = start.saturating_add(count);
        let held = input.peek(end)?;
        bytes.extend_from_slice(held.get(start..).unwrap_or(&[]));
        if left == 0 || held.len() < end {
            break;
        }
    }
    Ok(bytes)
}

/// What a `grid` item holds (23008-12, 6.6.2.3).
struct Grid {
    columns: u16,
    rows: u16,
    canvas: Dimensions,
}

impl Grid {
    const MOST_BYTES: u64 = 12;

    fn read(mut fields: Fields<'_>) -> Result<Self> {
        if fields.byte()? != 0 {
            return Err(Error::Unsupported("it is a grid of an unknown version"));
        }
        let bytes = if fields.byte()? & 1 == 1 { 4 } else { 2 };
        let rows = u16::from(fields.byte()?) + 1;
        let columns = u16::from(fields.byte()?) + 1;
        let offset = fields.offset();
        let mut side = || -> Result<u32> {
            let side = fields.number(bytes)?;
            Ok(u32::try_from(side).unwrap_or(u32::MAX))
        };
        let (width, height) = (side()?, side()?);
        Ok(Self {
            columns,
            rows,
            canvas: dimensions(width, height, offset)?,
        })
    }
}

/// What the planes mean, as far as it can be undone plane by plane and pixel by
/// pixel (H.273, table 4).
fn model(
    [primaries, _, matrix]: [u16; 3],
    range: Range,
    chroma: Option<(u8, u8)>,
) -> Result<Model> {
    let matrix = match (matrix, primaries) {
        // Luma alone has no matrix.
        _ if chroma.is_none() => Matrix::Bt601,
        (0, _) if chroma != Some((1, 1)) => {
            return Err(Error::Malformed {
                offset: 0,
                rule: "planes of red, green and blue have one size",
            });
        }
        (0, _) if range == Range::Limited => {
            return Err(Error::Unsupported("it is limited-range RGB"));
        }
        (0, _) => return Ok(Model::Gbr),
        // Unspecified means BT.601 (MIAF, 7.3.6.4).
        (2 | 5 | 6, _) => Matrix::Bt601,
        (1, _) | (12, 1) => Matrix::Bt709,
        (9, _) | (12, 9) => Matrix::Bt2020,
        (8, _) => return Err(Error::Unsupported("its colours are YCgCo")),
        (10 | 13, _) => {
            return Err(Error::Unsupported("its colours are of constant luminance"));
        }
        (14, _) => return Err(Error::Unsupported("its colours are ICtCp")),
        _ => return Err(Error::Unsupported("its matrix of colours is a rare one")),
    };
    Ok(Model::Ycc(Ycc { matrix, range }))
}
