//! Where the pixels of a result come from: fitting, cropping, turning, rounding.

use super::{LARGEST_SIDE, Padding, Region};
use crate::{
    error::{Error, Resource, Result},
    header::Header,
    pixels::{Dimensions, PlaneShape},
    request::{Enlarge, Fit, Orientation, Request},
    resize::Axis,
    turn::Turn,
};

/// The geometry of one request for one source.
pub(super) struct Geometry {
    pub(super) region: Region,
    pub(super) resized: Dimensions,
    pub(super) turn: Turn,
    pub(super) padding: Option<Padding>,
    pub(super) output: Dimensions,
}

impl Geometry {
    pub(super) fn new(request: &Request, header: &Header) -> Result<Self> {
        let exif = match request.orientation {
            Orientation::Exif => header.orientation,
            Orientation::Ignore => Turn::NONE,
        };
        let upright = turned(header.dimensions, exif);
        let crop = cropped(request, upright)?;
        let asked = Turn::asked(request.rotate, request.flip);
        let view = if asked.transpose {
            Region {
                width: crop.height,
                height: crop.width,
                ..crop
            }
        } else {
            crop
        };
        let Fitted {
            size,
            canvas,
            visible,
        } = fit(request, view.width, view.height)?;
        // From the view back through both turns to the stored pixels.
        let within = turn_region(visible, asked.inverse(), view.width, view.height);
        let placed = Region {
            left: crop.left + within.left,
            top: crop.top + within.top,
            ..within
        };
        let region = turn_region(
            placed,
            exif.inverse(),
            f64::from(upright.width),
            f64::from(upright.height),
        );
        let turn = exif.then(asked);
        Ok(Self {
            region,
            resized: turned(size, turn.inverse()),
            turn,
            // Even, so that chroma samples begin where the image does.
            padding: (canvas != size).then(|| Padding {
                left: ((canvas.width - size.width) / 2) & !1,
                top: ((canvas.height - size.height) / 2) & !1,
                image: size,
            }),
            output: canvas,
        })
    }

    /// How to sample one decoded plane so that it becomes one resampled plane.
    pub(super) fn axes(&self, from: &PlaneShape, to: &PlaneShape) -> (Axis, Axis) {
        // A later mirroring turns the last sample into the first, which must
        // then begin at the edge: when an odd size is halved, the sample that
        // reaches past the edge has to be the other one.
        let (mirrored_across, mirrored_down) = if self.turn.transpose {
            (self.turn.mirror_y, self.turn.mirror_x)
        } else {
            (self.turn.mirror_x, self.turn.mirror_y)
        };
        (
            axis(
                (self.region.left, self.region.width, self.resized.width),
                (from.width, from.x_step),
                (to.width, to.x_step),
                mirrored_across,
            ),
            axis(
                (self.region.top, self.region.height, self.resized.height),
                (from.height, from.y_step),
                (to.height, to.y_step),
                mirrored_down,
            ),
        )
    }
}

/// One axis of one plane, from the same axis of the image.
fn axis(
    (start, length, resized): (f64, f64, u32),
    (from_length, from_step): (u32, f64),
    (to_length, to_step): (u32, f64),
    mirrored: bool,
) -> Axis {
    let scale = length / f64::from(resized);
    let past_edge = f64::from(to_length) * to_step - f64::from(resized);
    let shift = if mirrored { past_edge * scale } else { 0.0 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a region lies inside its source, whose sides are below 2^31"
    )]
    let (first, end) = (
        (start / from_step + 1e-9).floor().max(0.0) as u32,
        ((start + length) / from_step - 1e-9).ceil() as u32,
    );
    let end = end.clamp(1, from_length);
    Axis {
        first: first.min(end - 1),
        end,
        start: (start - shift) / from_step,
        step: scale * to_step / from_step,
        samples: to_length,
    }
}

fn turned(size: Dimensions, turn: Turn) -> Dimensions {
    if turn.transpose {
        size.transposed()
    } else {
        size
    }
}

/// Where a region of a `width` x `height` image lies after `turn`.
fn turn_region(region: Region, turn: Turn, width: f64, height: f64) -> Region {
    let (mut out, width, height) = if turn.transpose {
        let transposed = Region {
            left: region.top,
            top: region.left,
            width: region.height,
            height: region.width,
        };
        (transposed, height, width)
    } else {
        (region, width, height)
    };
    if turn.mirror_x {
        out.left = width - out.left - out.width;
    }
    if turn.mirror_y {
        out.top = height - out.top - out.height;
    }
    out
}

fn cropped(request: &Request, upright: Dimensions) -> Result<Region> {
    let Some(crop) = request.crop else {
        return Ok(Region {
            left: 0.0,
            top: 0.0,
            width: upright.width.into(),
            height: upright.height.into(),
        });
    };
    let inside = |start: u32, length: u32, all: u32| {
        length > 0 && u64::from(start) + u64::from(length) <= u64::from(all)
    };
    if !inside(crop.left, crop.width, upright.width)
        || !inside(crop.top, crop.height, upright.height)
    {
        return Err(Error::Request {
            option: "crop",
            rule: "must lie inside the upright source and not be empty",
        });
    }
    Ok(Region {
        left: crop.left.into(),
        top: crop.top.into(),
        width: crop.width.into(),
        height: crop.height.into(),
    })
}

/// How a view meets the box that was asked for.
struct Fitted {
    /// Size of the resampled image as it will be seen.
    size: Dimensions,
    /// Size of the result.
    canvas: Dimensions,
    /// The part of the view that is resampled.
    visible: Region,
}

/// Fits a view of `width` x `height` pixels into the box that was asked for.
fn fit(request: &Request, width: f64, height: f64) -> Result<Fitted> {
    let enlarge = request.enlarge == Enlarge::Allow;
    let whole = Region {
        left: 0.0,
        top: 0.0,
        width,
        height,
    };
    let image = |size| Fitted {
        size,
        canvas: size,
        visible: whole,
    };
    let zoom = request.percent / 100.0;
    let target = |side: Option<u32>| side.map(|side| f64::from(side) * zoom * request.dpr);
    let (box_width, box_height) = match (target(request.width), target(request.height)) {
        (None, None) => {
            let scale = if enlarge { zoom } else { zoom.min(1.0) };
            return Ok(image(rounded(width * scale, height * scale)?));
        }
        (Some(across), None) => return one_side(across / width, enlarge, whole),
        (None, Some(down)) => return one_side(down / height, enlarge, whole),
        (Some(across), Some(down)) => (across, down),
    };
    let (across, down) = (box_width / width, box_height / height);
    let most = if enlarge { f64::INFINITY } else { 1.0 };
    let scaled = |scale: f64| rounded(width * scale, height * scale);
    Ok(match request.fit {
        Fit::Inside => image(scaled(across.min(down).min(most))?),
        Fit::Outside => image(scaled(across.max(down).min(most))?),
        Fit::Fill => image(rounded(width * across.min(most), height * down.min(most))?),
        Fit::Contain => Fitted {
            canvas: rounded(box_width, box_height)?,
            ..image(scaled(across.min(down).min(most))?)
        },
        Fit::Cover => {
            let scale = across.max(down);
            let visible_width = (box_width / scale).min(width);
            let visible_height = (box_height / scale).min(height);
            let scale = scale.min(most);
            Fitted {
                visible: Region {
                    left: placed(request.focus.x, visible_width, width),
                    top: placed(request.focus.y, visible_height, height),
                    width: visible_width,
                    height: visible_height,
                },
                ..image(rounded(visible_width * scale, visible_height * scale)?)
            }
        }
    })
}

/// One side was asked for; the other follows. No box, so every fit is the same.
fn one_side(scale: f64, enlarge: bool, whole: Region) -> Result<Fitted> {
    let scale = if enlarge { scale } else { scale.min(1.0) };
    let size = rounded(whole.width * scale, whole.height * scale)?;
    Ok(Fitted {
        size,
        canvas: size,
        visible: whole,
    })
}

/// Where a window of `length` begins so that `focus` of `all` is at its middle,
/// as nearly as the edges let it.
fn placed(focus: f64, length: f64, all: f64) -> f64 {
    (focus * all - length / 2.0).clamp(0.0, all - length)
}

/// Rounds a size to whole pixels, halves up, and to at least one.
fn rounded(width: f64, height: f64) -> Result<Dimensions> {
    // So that 400.00000000000006 and 399.99999999999994 are both 400, and a
    // half that lost its last bit in a division still rounds up.
    let round = |length: f64| {
        let length = (length + 0.5 + 1e-9).floor().max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, at least 1, and the cast clamps"
        )]
        let whole = length as u64;
        match u16::try_from(whole) {
            Ok(side) => Ok(u32::from(side)),
            Err(_) => Err(Error::TooLarge {
                resource: Resource::OutputSide,
                needed: whole,
                allowed: LARGEST_SIDE.into(),
            }),
        }
    };
    Ok(Dimensions {
        width: round(width)?,
        height: round(height)?,
    })
}
