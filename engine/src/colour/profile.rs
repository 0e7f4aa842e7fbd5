//! What a source's colour profile means for it, decided from the header alone.
//! A profile never spoils an image: what cannot be used is ignored, and said.

use moxcms::{ColorProfile, DataColorSpace, ProfileClass};

use super::{
    cicp::{self, CURVE_BYTES},
    conversion::{Conversion, GRID_BYTES, INKS_GRID_BYTES},
    tags::Essential,
};
use crate::{
    budget::Limits,
    error::{Error, Resource, Result},
    header::{Coding, Described, Header, Icc},
    peak::{Held, Part},
    pixels::Colour,
};

/// What is done about a source's colour profile, or about the numbers that stand
/// for one (ITU-T H.273).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// There is none: colours are taken as sRGB, and four inks for what they are in
    /// browsers, `255 * (1 - C) * (1 - K)` for red.
    #[default]
    Absent,
    /// It means sRGB, give or take a level; nothing needs to be done.
    Srgb,
    /// Colours are converted to sRGB after the resize.
    Converted,
    /// It cannot be used, as this says: as if there were none.
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

const BROKEN: &str = "the colour profile is broken: it is ignored";
const OF_NO_DEVICE: &str = "the colour profile describes no device: it is ignored";
const FOR_ANOTHER: &str = "the colour profile is not for such an image: it is ignored";

/// Refuses a source whose profile takes more memory to read than there may be: it
/// is read before the rest is planned.
///
/// # Errors
///
/// [`Error::TooLarge`].
pub(crate) fn check_memory(header: &Header, limits: &Limits) -> Result<()> {
    let held = header.icc.as_ref().map_or(0, Icc::held_bytes);
    let needed = held + peak(header, None).map_or(0, |reading| reading.bytes);
    if needed > limits.peak_bytes {
        return Err(Error::TooLarge {
            resource: Resource::Memory,
            needed,
            allowed: limits.peak_bytes,
        });
    }
    Ok(())
}

/// Decides about the profile of a source, and makes the conversion if it takes one.
pub(crate) fn decide(header: &Header) -> (Profile, Option<Conversion>) {
    // Numbers that are understood go first: of a file's two, a PNG's cICP chunk does.
    let by_numbers = described(header).map(|described| cicp::conversion(&described, header.colour));
    let conversion = match (by_numbers, &header.icc) {
        (Some(Err(why)), None) => Err(why),
        (Some(Ok(conversion)), _) => Ok(conversion),
        (_, Some(icc)) => icc.bytes().and_then(|bytes| read(bytes, header.colour)),
        (None, None) => return (Profile::Absent, None),
    };
    match conversion {
        Ok(None) => (Profile::Srgb, None),
        Ok(Some(conversion)) => (Profile::Converted, Some(conversion)),
        Err(why) => (Profile::Ignored(why), None),
    }
}

/// What the file says of its colours in numbers. AVIF's go after a profile, and may
/// say nothing.
fn described(header: &Header) -> Option<Described> {
    match &header.coding {
        Coding::Png { described, .. } => *described,
        Coding::Avif(coding) if header.icc.is_none() && !means_srgb(coding.cicp) => {
            let [primaries, transfer, _] = coding.cicp;
            // 0 is reserved, as all that a byte does not hold.
            let number = |number: u16| u8::try_from(number).unwrap_or(0);
            Some(Described::Cicp {
                primaries: number(primaries),
                transfer: number(transfer),
            })
        }
        _ => None,
    }
}

/// Whether primaries and transfer say no more than that colours are sRGB's, or say
/// nothing. The curves of BT.601, BT.709 and BT.2020 are those of cameras: what they
/// make is shown by a curve near sRGB's, and pictures that are sRGB are called so.
fn means_srgb([primaries, transfer, _]: [u16; 3]) -> bool {
    matches!(primaries, 1 | 2) && matches!(transfer, 1 | 2 | 6 | 13 | 14 | 15)
}

/// The conversion to sRGB; `None` if that would change nothing.
fn read(bytes: &[u8], colour: Colour) -> Result<Option<Conversion>, &'static str> {
    let essential = Essential::of(bytes, colour).ok_or(BROKEN)?;
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
        DataColorSpace::Rgb if !colour.is_of_inks() => Conversion::of_rgb(&profile),
        DataColorSpace::Cmyk if colour.is_of_inks() => {
            return Conversion::of_inks(&profile).map(Some).ok_or(BROKEN);
        }
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

/// What moxcms makes its grid with, beside copies of the profile's. Measured.
const TABLES_BYTES: usize = 450 << 10;

/// The same for four inks. Measured.
const INKS_TABLES_BYTES: usize = 1350 << 10;

/// The memory of [`decide`], whatever it decided: what is refused was read before.
pub(super) fn peak(source: &Header, conversion: Option<&Conversion>) -> Option<Part> {
    let numbers = described(source).map_or(0, |_| MATRIX_BYTES + CURVE_BYTES);
    let profile = source.icc.as_ref().and_then(|icc| icc.bytes().ok());
    let Some(essential) = profile.and_then(|bytes| Essential::of(bytes, source.colour)) else {
        let bytes = numbers as u64 + source.head_bytes;
        return (numbers > 0).then(|| Part::new("reading the profile", bytes).held(Held::Planning));
    };
    // Written, and read; and moxcms copies a curve to evaluate it.
    let matrix = 3 * essential.matrix_bytes();
    let made = essential.tables().map_or(MATRIX_BYTES, |tables| {
        // Samples as they are and as `f32`: 3 and 5 times the tables were measured.
        let halves = if tables.is_of_bytes { 11 } else { 7 };
        let (made, grid) = if source.colour.is_of_inks() {
            (INKS_TABLES_BYTES, INKS_GRID_BYTES)
        } else {
            (TABLES_BYTES, GRID_BYTES)
        };
        let grid = if conversion.is_some() { 0 } else { grid };
        made + grid + halves * tables.bytes / 2 + tables.curve_bytes
    });
    let bytes = (matrix + made).max(numbers) as u64 + source.head_bytes;
    Some(Part::new("reading the profile", bytes).held(Held::Planning))
}
