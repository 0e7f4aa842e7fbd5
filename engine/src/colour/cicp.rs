//! Colours that a file describes by numbers and not by a profile: code points of
//! ITU-T H.273, or an exponent and chromaticities.

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile,
    MatrixCoefficients, ToneReprCurve, TransferCharacteristics,
};

use super::conversion::Conversion;
use crate::{header::Described, pixels::Colour};

const UNKNOWN: &str = "the image's primaries or curve are not known: they are ignored";
const HIGH_RANGE: &str = "the image is HDR (PQ or HLG): its levels are taken as they are";

/// The exponent that stands for sRGB's curve, in 1/100000, and how far from it an
/// exponent still means that: libpng's threshold.
const SRGB_GAMMA: u32 = 45_455;
const NEAR_GAMMA: u32 = SRGB_GAMMA / 20;

/// The memory of [`conversion`], beside our own tables: moxcms's table of a curve
/// that has no formula, once for each channel. Measured.
pub(super) const CURVE_BYTES: usize = 24 << 10;

/// The conversion to sRGB; `None` if that would change nothing.
///
/// # Errors
///
/// Why there is none, in words for a person.
pub(crate) fn conversion(
    described: &Described,
    colour: Colour,
) -> Result<Option<Conversion>, &'static str> {
    let mut profile = match *described {
        Described::Cicp {
            primaries,
            transfer,
        } => of_code_points(primaries, transfer)?,
        Described::Chromaticities {
            gamma,
            chromaticities,
        } => of_chromaticities(gamma, chromaticities),
    };
    let conversion = if colour == Colour::Grey {
        profile.gray_trc = profile.red_trc.clone();
        Conversion::of_grey(&profile)
    } else {
        Conversion::of_rgb(&profile)
    };
    let conversion = conversion.ok_or(UNKNOWN)?;
    Ok((!conversion.changes_nothing()).then_some(conversion))
}

/// Primaries and transfer by their numbers (H.273, tables 2 and 3). The curves of
/// BT.601, BT.709 and BT.2020 are those of cameras: what they make is shown by a
/// curve near sRGB's, and pictures that are sRGB are called so. What is not
/// specified is sRGB's too. Light beyond white is not mapped.
fn of_code_points(primaries: u8, transfer: u8) -> Result<ColorProfile, &'static str> {
    let transfer = match transfer {
        16 | 18 => return Err(HIGH_RANGE),
        1 | 2 | 6 | 14 | 15 => 13,
        other => other,
    };
    let primaries = if primaries == 2 { 1 } else { primaries };
    let profile = ColorProfile::new_from_cicp(CicpProfile {
        color_primaries: CicpColorPrimaries::try_from(primaries).map_err(|_| UNKNOWN)?,
        transfer_characteristics: TransferCharacteristics::try_from(transfer)
            .map_err(|_| UNKNOWN)?,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    });
    if profile.red_trc.is_none() {
        return Err(UNKNOWN);
    }
    Ok(profile)
}

/// What is not said is sRGB's (PNG, third edition, 11.3.2.1 and 11.3.2.2).
fn of_chromaticities(gamma: Option<u32>, chromaticities: Option<[[u32; 2]; 4]>) -> ColorProfile {
    let mut profile = ColorProfile::new_srgb();
    if let Some(chromaticities) = chromaticities {
        #[expect(clippy::cast_precision_loss, reason = "five digits")]
        let [white, red, green, blue] = chromaticities.map(|[x, y]| Chromaticity {
            x: x as f32 / 100_000.0,
            y: y as f32 / 100_000.0,
        });
        profile.update_rgb_colorimetry(white.to_xyyb(), ColorPrimaries { red, green, blue });
    }
    if let Some(gamma) = gamma.filter(|gamma| gamma.abs_diff(SRGB_GAMMA) > NEAR_GAMMA) {
        #[expect(clippy::cast_precision_loss, reason = "five digits")]
        let curve = ToneReprCurve::Parametric(vec![100_000.0 / gamma as f32]);
        profile.red_trc = Some(curve.clone());
        profile.green_trc = Some(curve.clone());
        profile.blue_trc = Some(curve);
    }
    profile
}
