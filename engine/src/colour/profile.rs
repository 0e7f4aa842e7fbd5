//! What a source's colour profile means for it, decided from the header alone.
//! A profile never spoils an image: what cannot be used is ignored, and said.

use moxcms::{ColorProfile, DataColorSpace, ProfileClass};

use super::{
    conversion::{Conversion, GRID_BYTES},
    tags::Essential,
};
use crate::{
    header::Header,
    peak::{Held, Part},
    pixels::Colour,
};

/// What is done about a source's colour profile.
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
const FOR_ANOTHER: &str = "the colour profile is not for such an image: colours are taken as sRGB";

/// Decides about the profile of a source, and makes the conversion if it takes one.
pub(crate) fn decide(header: &Header) -> (Profile, Option<Conversion>) {
    let Some(icc) = &header.icc else {
        return (Profile::Absent, None);
    };
    match icc.bytes().and_then(|bytes| read(bytes, header.colour)) {
        Ok(None) => (Profile::Srgb, None),
        Ok(Some(conversion)) => (Profile::Converted, Some(conversion)),
        Err(why) => (Profile::Ignored(why), None),
    }
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

/// What moxcms makes its grid with, beside copies of the profile's. Measured.
const TABLES_BYTES: usize = 450 << 10;

/// The memory of [`decide`], whatever it decided: what is refused was read before.
pub(super) fn peak(source: &Header, conversion: Option<&Conversion>) -> Option<Part> {
    let essential = Essential::of(source.icc.as_ref()?.bytes().ok()?)?;
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
