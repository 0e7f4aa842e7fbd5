//! An image laid over the result, in the encoder's own planes: blending is as
//! linear in YCbCr as in RGB. It is made before the source is opened, by the same
//! chain as any result, and held while rows stream.

mod lay;
mod raster;

use std::{rc::Rc, sync::Arc};

use crate::{
    budget::{Budget, Limits},
    decode::Source,
    error::{Error, Resource, Result},
    input::Input,
    peak::{self, Held, Part},
    pipeline::probe_within,
    pixels::{Colour, Dimensions},
    plan::{Plan, plan},
    request::{Enlarge, Fit, OutputFormat, Overlay, Request, Target},
    stages::Clock,
};
use lay::Lay;
pub(crate) use raster::Raster;

/// Where an overlay lies on the result, and how it is made.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Overlaid {
    /// Columns of the result left of it.
    pub left: u32,
    /// Rows of the result above it.
    pub top: u32,
    /// Its size on the result.
    pub size: Dimensions,
    /// How much of what is below it hides, 0 to 1, where it is opaque itself.
    pub opacity: f64,
    /// The plan of the overlay's own image.
    pub(crate) plan: Box<Plan>,
    image: Image,
}

/// The overlay's file.
#[derive(Clone, PartialEq)]
struct Image(Arc<[u8]>);

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Overlaid {
    /// Decides where on a result of `output` an overlay lies, and plans its image.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] for numbers that make no sense and for a file that is
    /// broken or not read; [`Error::TooLarge`].
    pub(crate) fn new(overlay: &Overlay, output: Dimensions, limits: &Limits) -> Result<Self> {
        check_numbers(overlay)?;
        let mut bytes = &*overlay.image;
        let mut input = input(&mut bytes);
        let header = probe_within(&mut input, limits).map_err(as_request)?;
        drop(input);
        let stored = header.dimensions;
        let upright = if header.orientation.transpose {
            stored.transposed()
        } else {
            stored
        };
        let (size, left, top) = placed(overlay, upright, output);
        let request = Request {
            width: Some(size.width),
            height: Some(size.height),
            fit: Fit::Fill,
            enlarge: Enlarge::Allow,
            // Of what any encoder takes, this is nearest to red, green, blue and alpha.
            format: Target::Format(OutputFormat::Png),
            ..Request::default()
        };
        // It has no encoder of its own: its time is counted with the whole plan's.
        let limits = Limits {
            deadline: None,
            ..*limits
        };
        Ok(Self {
            left,
            top,
            size,
            opacity: overlay.opacity,
            plan: Box::new(plan(&request, &header, &limits).map_err(as_request)?),
            image: Image(overlay.image.clone()),
        })
    }

    /// Whether it may bring colour to a grey result.
    pub(crate) fn is_coloured(&self) -> bool {
        self.plan.encoded.colour != Colour::Grey
    }
}

fn check_numbers(overlay: &Overlay) -> Result<()> {
    let rule = |option, rule| Err(Error::Request { option, rule });
    let is_fraction = |number: f64| (0.0..=1.0).contains(&number);
    if !is_fraction(overlay.position.x) || !is_fraction(overlay.position.y) {
        return rule(
            "overlay-position",
            "must be a point with both fractions from 0 to 1",
        );
    }
    if !(0.0..0.5).contains(&overlay.margin) {
        return rule("overlay-margin", "must be at least 0 and below 0.5");
    }
    if !(overlay.size > 0.0 && overlay.size <= 1.0) {
        return rule("overlay-size", "must be above 0 and at most 1");
    }
    if !is_fraction(overlay.opacity) {
        return rule("overlay-opacity", "must be 0 to 1");
    }
    Ok(())
}

/// The caller's file is the caller's to mend, and not that of the image's owner.
fn as_request(error: Error) -> Error {
    let rule = match error {
        Error::Malformed { .. } => "must be an image that is not broken",
        Error::Unsupported(_) => "must be an image of a format that is read",
        Error::TooLarge {
            resource: Resource::SourcePixels,
            ..
        } => "must be an image of no more pixels than a source may have",
        other => return other,
    };
    Error::Request {
        option: "overlay",
        rule,
    }
}

fn input<'a>(bytes: &'a mut &[u8]) -> Input<'a> {
    let length = bytes.len() as u64;
    Input::new(bytes).with_length(length)
}

/// The size of an overlay whose image is `upright`, and where it begins.
fn placed(overlay: &Overlay, upright: Dimensions, output: Dimensions) -> (Dimensions, u32, u32) {
    let margin = whole(overlay.margin * f64::from(output.width.min(output.height)));
    let room = |side: u32| side.saturating_sub(2 * margin).max(1);
    let (across, down) = (room(output.width), room(output.height));
    let scale = |wanted: f64, of: u32| wanted / f64::from(of);
    let scale = scale(overlay.size * f64::from(output.width), upright.width)
        .min(scale(across.into(), upright.width))
        .min(scale(down.into(), upright.height));
    let side = |of: u32, most: u32| whole(f64::from(of) * scale).clamp(1, most);
    let size = Dimensions {
        width: side(upright.width, across),
        height: side(upright.height, down),
    };
    let start = |fraction: f64, all: u32, own: u32| {
        let free = all - own;
        let margin = margin.min(free / 2);
        margin + whole(fraction * f64::from(free - 2 * margin))
    };
    (
        size,
        start(overlay.position.x, output.width, size.width),
        start(overlay.position.y, output.height, size.height),
    )
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a side, which is below 2^16"
)]
fn whole(length: f64) -> u32 {
    (length + 0.5).floor() as u32
}

/// Makes the overlay of a plan that has one. Nothing else is held then.
///
/// # Errors
///
/// [`Error::Request`] if its file turns out to be broken; [`Error::TooLarge`].
pub(crate) fn made(
    plan: &Plan,
    limits: &Limits,
    budget: &Budget,
    clock: &Clock,
) -> Result<Option<Rc<Raster>>> {
    let Some(overlay) = &plan.overlay else {
        return Ok(None);
    };
    let raster = Raster::new(overlay, plan.encoded.colour, limits, (budget, clock));
    raster
        .map(|raster| Some(Rc::new(raster)))
        .map_err(as_request)
}

/// Lays the overlay, if there is one, over `rows` of the whole result.
pub(crate) fn lay<'a>(
    rows: Box<dyn Source + 'a>,
    raster: Option<Rc<Raster>>,
    plan: &Plan,
    clock: &Clock,
) -> Result<Box<dyn Source + 'a>> {
    Ok(match raster {
        Some(raster) => Box::new(Lay::new(rows, raster, plan, clock)?),
        None => rows,
    })
}

/// The memory of making and holding the overlay; nothing if there is none. Its file
/// is the request's, and is not counted.
pub(crate) fn peak(plan: &Plan) -> Result<Vec<Part>> {
    let Some(overlay) = &plan.overlay else {
        return Ok(Vec::new());
    };
    let own = peak::of_rows(&overlay.plan)?;
    let most = peak::largest(&own);
    let kept: u64 = own
        .iter()
        .filter(|part| part.held == Held::Throughout)
        .map(|part| part.bytes)
        .sum();
    // What was looked at of the source is held meanwhile.
    let making = most - kept + plan.source.head_bytes + raster::row_bytes(overlay);
    Ok(vec![
        Part::new("making the overlay", making).held(Held::Overlaying),
        Part::new("overlay's profile", kept).held(Held::Throughout),
        Part::new("overlay", raster::bytes(overlay, plan.encoded.colour)).held(Held::Throughout),
        Part::new("overlaid strip", lay::strip_bytes(plan)),
    ])
}
