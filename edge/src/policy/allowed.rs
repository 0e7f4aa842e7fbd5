//! Which sizes, types and presets may be asked for.

use edgepix_engine::{Dimensions, Enlarge, Fit, Request};

use super::Forbidden;
use crate::{
    config::{Dimension, Policy},
    dialect::{Asked, Dialect, Larger, Name},
    key::Key,
};

/// The most pixels of a CSS pixel that may be asked for where sizes are listed: phones have
/// 3, and a `srcset` names them.
const MOST_DPR: f64 = 3.0;

/// Lets through what `policy` allows, as far as the URL alone tells.
pub(super) fn check(asked: &Asked, policy: &Policy) -> Result<(), Forbidden> {
    check_type(&asked.source, policy)?;
    check_side(asked, policy)?;
    // What these stand for is the installation's own.
    if asked.dialect == Dialect::Variant {
        return Ok(());
    }
    if policy.presets_only {
        check_preset(asked)?;
    }
    if !policy.dimensions.is_empty() {
        check_size(asked, policy)?;
    }
    Ok(())
}

/// Lets through results of an allowed size; `output` is that of one frame.
///
/// # Errors
///
/// [`Forbidden`], and why.
pub(crate) fn check_result(output: Dimensions, policy: &Policy) -> Result<(), Forbidden> {
    let Dimensions { width, height } = output;
    if let Some(side) = policy.side
        && width.max(height) > side
    {
        let why = format!("{width}x{height}: should be at most {side} pixels along a side");
        return Err(Forbidden::new(why));
    }
    if let Some(pixels) = policy.pixels
        && u64::from(width) * u64::from(height) > pixels
    {
        let why = format!("{width}x{height}: should be at most {pixels} pixels in all");
        return Err(Forbidden::new(why));
    }
    Ok(())
}

pub(super) fn check_type(original: &Key, policy: &Policy) -> Result<(), Forbidden> {
    let extension = Name::of(original.as_str()).extension();
    if policy.types.is_empty() || policy.types.contains(&extension) {
        return Ok(());
    }
    let why = "the original: should have an extension that is allowed";
    Err(Forbidden::new(why))
}

/// What is larger along a side whatever the original, so that none is read for it. What
/// depends on the original is left to [`check_result`].
fn check_side(asked: &Asked, policy: &Policy) -> Result<(), Forbidden> {
    let (Some(side), Some(least)) = (policy.side, least_side(asked)) else {
        return Ok(());
    };
    // However it is rounded.
    if least < f64::from(side) + 1.0 {
        return Ok(());
    }
    let asked_for = box_of(&asked.request);
    let why = format!("{asked_for}: should be at most {side} pixels along a side");
    Err(Forbidden::new(why))
}

/// Pixels that the longer side of the result has at least, if the URL alone tells.
fn least_side(asked: &Asked) -> Option<f64> {
    let request = &asked.request;
    let depends = request.enlarge == Enlarge::Never
        || asked.larger == Larger::Original
        || asked.unscaled_from.is_some();
    if depends {
        return None;
    }
    let side = match (request.width, request.height, request.fit) {
        // One of them is reached, and nobody knows which.
        (Some(width), Some(height), Fit::Inside) => width.min(height),
        (width, height, _) => width.max(height)?,
    };
    Some(f64::from(side) * request.dpr * request.percent / 100.0)
}

fn box_of(request: &Request) -> Dimension {
    Dimension {
        width: request.width,
        height: request.height,
    }
}

/// A preset, beside which nothing is said but a format and a dpr.
fn check_preset(asked: &Asked) -> Result<(), Forbidden> {
    let Some(preset) = &asked.preset else {
        return Err(Forbidden::new("only presets and variants may be asked for"));
    };
    let but_for_dpr = Request {
        dpr: preset.request.dpr,
        ..asked.request.clone()
    };
    if but_for_dpr != preset.request {
        let why = "beside a preset only format and dpr may be said";
        return Err(Forbidden::new(why));
    }
    check_dpr(asked)
}

/// A box of the list, or a preset's own size.
fn check_size(asked: &Asked, policy: &Policy) -> Result<(), Forbidden> {
    check_dpr(asked)?;
    let request = &asked.request;
    let is_presets = asked.preset.as_ref().is_some_and(|preset| {
        let size = |of: &Request| (of.width, of.height, of.percent, of.crop);
        size(&preset.request) == size(request)
    });
    if is_presets {
        return Ok(());
    }
    let asked_for = box_of(request);
    let why = match (request.width, request.height, request.percent) {
        (None, None, _) => "a size should be asked for, and one that is allowed".to_owned(),
        (.., 100.0) if policy.dimensions.contains(&asked_for) => return Ok(()),
        (.., 100.0) => format!("{asked_for}: should be a size that is allowed"),
        (.., percent) => format!("{percent} percent: should be 100, of a size that is allowed"),
    };
    Err(Forbidden::new(why))
}

fn check_dpr(asked: &Asked) -> Result<(), Forbidden> {
    let dpr = asked.request.dpr;
    let preset = asked.preset.as_ref();
    let is_presets = preset.is_some_and(|preset| preset.request.dpr == dpr);
    if dpr <= MOST_DPR || is_presets {
        return Ok(());
    }
    Err(Forbidden::new(format!("dpr: should be at most {MOST_DPR}")))
}

#[cfg(test)]
mod tests;
