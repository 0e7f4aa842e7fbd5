//! The properties of one item (ISO/IEC 23008-12, 6.5, and AV1 Image File Format, 2.2).

use super::{
    super::{
        Icc,
        isobmff::{Fields, Kind},
    },
    items::Items,
};
use crate::{
    error::{Error, Result},
    pixels::Dimensions,
    turn::Turn,
};

/// What is said of an item.
#[derive(Default)]
pub(super) struct Properties {
    pub(super) size: Option<Dimensions>,
    pub(super) is_av1: bool,
    pub(super) icc: Option<Icc>,
    pub(super) icc_bytes: u32,
    pub(super) nclx: Option<Nclx>,
    pub(super) crop: Option<Crop>,
    pub(super) turn: Turn,
    pub(super) is_alpha: bool,
}

/// What samples mean, in numbers of ITU-T H.273 (14496-12, 12.1.5).
#[derive(Clone, Copy)]
pub(super) struct Nclx {
    pub(super) cicp: [u16; 3],
    pub(super) is_full_range: bool,
}

/// Whole pixels of an image.
#[derive(Clone, Copy)]
pub(super) struct Crop {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) size: Dimensions,
}

impl Properties {
    /// Reads those of item `id`. What an item is shown by depends on what is
    /// essential: if that is not known, the item must not be shown.
    pub(super) fn read(items: &Items<'_>, id: u32) -> Result<Self> {
        let mut all = Self::default();
        for property in items.properties(id) {
            let (kind, mut fields, is_essential) = property?;
            match &kind {
                b"ispe" => {
                    fields.version()?;
                    let offset = fields.offset();
                    let (width, height) = (fields.long()?, fields.long()?);
                    all.size = Some(super::super::dimensions(width, height, offset)?);
                }
                b"av1C" => all.is_av1 = true,
                b"colr" => all.read_colour(fields)?,
                b"clap" => all.read_aperture(fields)?,
                b"irot" => {
                    let quarters = fields.byte()? & 3;
                    // Anticlockwise: as the EXIF orientations 1, 8, 3 and 6.
                    let exif = [1, 8, 3, 6][usize::from(quarters)];
                    all.turn(exif);
                }
                b"imir" => {
                    let swaps_sides = fields.byte()? & 1 == 1;
                    all.turn(if swaps_sides { 2 } else { 4 });
                }
                b"auxC" => {
                    fields.version()?;
                    let text = fields.rest();
                    let end = text.iter().position(|&byte| byte == 0);
                    all.is_alpha |= is_alpha(&text[..end.unwrap_or(text.len())]);
                }
                b"a1op" | b"lsel" if is_essential => {
                    return Err(Error::Unsupported("it is an AVIF of several layers"));
                }
                b"pixi" | b"pasp" | b"a1lx" | b"clli" | b"mdcv" | b"cclv" | b"amve" => {}
                _ if is_essential => {
                    return Err(Error::Unsupported(
                        "it has an essential property that is not known",
                    ));
                }
                _ => {}
            }
        }
        Ok(all)
    }

    fn turn(&mut self, exif: u16) {
        self.turn = self.turn.then(Turn::from_exif(exif).unwrap_or_default());
    }

    fn read_colour(&mut self, mut fields: Fields<'_>) -> Result<()> {
        let kind: Kind = fields.kind()?;
        match &kind {
            b"nclx" => {
                let cicp = [fields.short()?, fields.short()?, fields.short()?];
                let is_full_range = fields.byte()? >> 7 == 1;
                self.nclx = Some(Nclx {
                    cicp,
                    is_full_range,
                });
            }
            b"prof" | b"rICC" => {
                self.icc_bytes = u32::try_from(fields.rest().len()).unwrap_or(u32::MAX);
                self.icc = Some(Icc::whole(fields.rest()));
            }
            _ => {}
        }
        Ok(())
    }

    /// The clean aperture, around the centre of what it is cut from (14496-12,
    /// 12.1.4): taken if it is whole pixels.
    fn read_aperture(&mut self, mut fields: Fields<'_>) -> Result<()> {
        const RULE: &str = "a clean aperture lies within the image";
        if self.turn != Turn::NONE || self.crop.is_some() {
            // MIAF (ISO/IEC 23000-22, 7.3.6.7) has one order only.
            return Err(fields.malformed("an image is cropped before it is turned"));
        }
        let Some(size) = self.size else {
            return Err(fields.malformed("an image's size comes before its clean aperture"));
        };
        let refused = fields;
        let mut number = || -> Result<i64> { Ok(fields.long()?.into()) };
        let width = (number()?, number()?);
        let height = (number()?, number()?);
        let signed = |(numerator, divisor): (i64, i64)| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "of 32 bits, two's complement"
            )]
            (i64::from(numerator as i32), divisor)
        };
        let across = signed((number()?, number()?));
        let down = signed((number()?, number()?));
        let side = |whole: u32, (length, unit): (i64, i64), (shift, shift_unit): (i64, i64)| {
            if unit == 0 || shift_unit == 0 {
                return Err(refused.malformed("a fraction has a divisor"));
            }
            // Twice the first pixel, times the divisor.
            let first = 2 * i128::from(shift)
                + i128::from(i64::from(whole) - length / unit) * i128::from(shift_unit);
            let twice = 2 * i128::from(shift_unit);
            if length % unit != 0 || first % twice != 0 {
                return Err(Error::Unsupported("its clean aperture cuts through pixels"));
            }
            let first = u32::try_from(first / twice).ok();
            let length = u32::try_from(length / unit).ok();
            match (first, length) {
                (Some(first), Some(length))
                    if length > 0 && first.checked_add(length).is_some_and(|end| end <= whole) =>
                {
                    Ok((first, length))
                }
                _ => Err(refused.malformed(RULE)),
            }
        };
        let (left, width) = side(size.width, width, across)?;
        let (top, height) = side(size.height, height, down)?;
        self.crop = Some(Crop {
            left,
            top,
            size: Dimensions { width, height },
        });
        Ok(())
    }
}

fn is_alpha(kind: &[u8]) -> bool {
    [
        &b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"[..],
        b"urn:mpeg:hevc:2015:auxid:1",
    ]
    .contains(&kind)
}
