//! What a source's colour profile means for it, decided from the header alone.
//! A profile never spoils an image: what cannot be used is ignored, and said.

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, MatrixCoefficients,
    ProfileClass, TransferCharacteristics,
};

use super::{
    conversion::{Conversion, GRID_BYTES},
    tags::Essential,
};
use crate::{
    header::{Coding, Header},
    peak::{Held, Part},
    pixels::Colour,
};

/// What is done about a source's colour profile, or about the numbers that stand
/// for one (ITU-T H.273).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// There is none: colours are taken as sRGB.
    #[default]
    Absent,
    /// It means sRGB, give or take a level; nothing needs to be done.
    Srgb,
    /// Colours are converted to sRGB after the resize.
    Converted,
    /// It cannot be used, as this says: colours are taken as sRGB.
    Ignored(&'static str),
}

impl Profile {
    /// Its name, as printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Srgb => "srgb",
            Self::Converted => "converted",
            Self::Ignored(_) => "ignored",
        }
    }
}

const BROKEN: &str = "the colour profile is broken: colours are taken as sRGB";
const OF_NO_DEVICE: &str = "the colour profile describes no device: colours are taken as sRGB";
const UNKNOWN: &str = "the image's primaries or curve are not known: colours are taken as sRGB";
const HIGH_RANGE: &str = "the image is HDR (PQ or HLG): colours are taken as sRGB";
const FOR_ANOTHER: &str = "the colour profile is not for such an image: colours are taken as sRGB";

/// Decides about the profile of a source, and makes the conversion if it takes one.
pub(crate) fn decide(header: &Header) -> (Profile, Option<Conversion>) {
    let conversion = match (&header.icc, &header.coding) {
        (Some(icc), _) => icc.bytes().and_then(|bytes| read(bytes, header.colour)),
        (None, Coding::Avif(coding)) if !means_srgb(coding.cicp) => {
            of_numbers(coding.cicp, header.colour)
        }
        (None, _) => return (Profile::Absent, None),
    };
    match conversion {
        Ok(None) => (Profile::Srgb, None),
        Ok(Some(conversion)) => (Profile::Converted, Some(conversion)),
        Err(why) => (Profile::Ignored(why), None),
    }
}

/// Whether primaries and transfer say no more than that colours are sRGB's, or say
/// nothing. The curves of BT.601, BT.709 and BT.2020 are those of cameras: what they
/// make is shown by a curve near sRGB's, and pictures that are sRGB are called so.
fn means_srgb([primaries, transfer, _]: [u16; 3]) -> bool {
    matches!(primaries, 1 | 2) && is_near_srgb(transfer)
}

fn is_near_srgb(transfer: u16) -> bool {
    matches!(transfer, 1 | 2 | 6 | 13 | 14 | 15)
}

/// The conversion from primaries and transfer by their numbers (ITU-T H.273, tables
/// 2 and 3). Light beyond white is not mapped: an image of PQ or HLG is taken as it
/// is, which shows HLG much as it should be and PQ too dark.
fn of_numbers(
    [primaries, transfer, _]: [u16; 3],
    colour: Colour,
) -> Result<Option<Conversion>, &'static str> {
    if matches!(transfer, 16 | 18) {
        return Err(HIGH_RANGE);
    }
    let number = |number: u16| u8::try_from(number).map_err(|_| UNKNOWN);
    let primaries = if primaries == 2 { 1 } else { primaries };
    let transfer = if is_near_srgb(transfer) { 13 } else { transfer };
    let cicp = CicpProfile {
        color_primaries: CicpColorPrimaries::try_from(number(primaries)?).map_err(|_| UNKNOWN)?,
        transfer_characteristics: TransferCharacteristics::try_from(number(transfer)?)
            .map_err(|_| UNKNOWN)?,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    };
    let mut profile = ColorProfile::new_from_cicp(cicp);
    if profile.red_trc.is_none() {
        return Err(UNKNOWN);
    }
    let conversion = if colour == Colour::Grey {
        profile.gray_trc = profile.red_trc.clone();
        Conversion::of_grey(&profile)
    } else {
        Conversion::of_rgb(&profile)
    };
    let conversion = conversion.ok_or(UNKNOWN)?;
    Ok((!conversion.changes_nothing()).then_some(conversion))
}

/// The conversion to sRGB; `None` if that would change nothing.
fn read(bytes: &[u8], colour: Colour) -> Result<Option<Conversion>, &'static str> {
    let essential = Essential::of(bytes).ok_or(BROKEN)?;
    let written = essential.written().ok_or(BROKEN)?;
    let profile = ColorProfile::new_from_slice(&written).map_err(|_| BROKEN)?;
    drop(written);
    match profile.profile_class {
        ProfileClass::InputDevice
        | ProfileClass::DisplayDevice
        | ProfileClass::OutputDevice
        | ProfileClass::ColorSpace => {}
        _ => return Err(OF_NO_DEVICE),
    }
    let conversion = match profile.color_space {
        DataColorSpace::Gray if colour == Colour::Grey => Conversion::of_grey(&profile),
        DataColorSpace::Rgb => Conversion::of_rgb(&profile),
        _ => return Err(FOR_ANOTHER),
    };
    let conversion = conversion.ok_or(BROKEN)?;
    let is_srgb = conversion.changes_nothing();
    // Grey files keep the sRGB profile of the coloured image they were made of.
    if !is_srgb && colour == Colour::Grey && profile.color_space == DataColorSpace::Rgb {
        return Err(FOR_ANOTHER);
    }
    Ok((!is_srgb).then_some(conversion))
}

/// Our tables of a matrix, and the colours they are tried with. Measured.
const MATRIX_BYTES: usize = 40 << 10;

/// moxcms's table of a curve that has no formula, once for each channel.
const CURVE_BYTES: usize = 24 << 10;

/// What moxcms makes its grid with, beside copies of the profile's. Measured.
const TABLES_BYTES: usize = 450 << 10;

/// The memory of [`decide`], whatever it decided: what is refused was read before.
pub(super) fn peak(source: &Header, conversion: Option<&Conversion>) -> Option<Part> {
    let Some(icc) = &source.icc else {
        // Made of numbers, of at most one table of a curve.
        let bytes = (MATRIX_BYTES + CURVE_BYTES) as u64 + source.head_bytes;
        let is_made = matches!(&source.coding, Coding::Avif(coding) if !means_srgb(coding.cicp));
        return is_made.then(|| Part::new("reading the profile", bytes).held(Held::Planning));
    };
    let essential = Essential::of(icc.bytes().ok()?)?;
    // Written, and read; and moxcms copies a curve to evaluate it.
    let matrix = 3 * essential.matrix_bytes();
    let made = essential.tables().map_or(MATRIX_BYTES, |tables| {
        // Samples as they are and as `f32`: 3 and 5 times the tables were measured.
        let halves = if tables.is_of_bytes { 11 } else { 7 };
        let grid = if conversion.is_some() { 0 } else { GRID_BYTES };
        TABLES_BYTES + grid + halves * tables.bytes / 2 + tables.curve_bytes
    });
    let bytes = (matrix + made) as u64 + source.head_bytes;
    Some(Part::new("reading the profile", bytes).held(Held::Planning))
}
