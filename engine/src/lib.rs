//! Resizes images as they stream past, within limits known before it begins.
//!
//! A [`Request`] and the source's [`Header`] are resolved into one immutable
//! [`Plan`] that states every size and the peak memory; the plan is then run as
//! a chain of row sources that an encoder pulls strip by strip.
//!
//! ```
//! use edgepix_engine::{Input, Limits, OutputFormat, Request, Target, transform};
//!
//! # let picture = edgepix_corpus::synth::photo(64, 48, 1);
//! # let photo = edgepix_corpus::write::png(&picture);
//! let request = Request {
//!     width: Some(32),
//!     format: Target::Format(OutputFormat::Jpeg),
//!     ..Request::default()
//! };
//! let mut bytes = &photo[..];
//! let mut thumbnail = Vec::new();
//! let encoded = transform(
//!     &request,
//!     &Limits::default(),
//!     Input::new(&mut bytes),
//!     &mut thumbnail,
//! )?;
//! assert_eq!((encoded.plan.output.width, encoded.plan.output.height), (32, 24));
//! assert_eq!(encoded.bytes, thumbnail.len() as u64);
//! # Ok::<(), edgepix_engine::Error>(())
//! ```

mod accept;
#[cfg_attr(
    not(feature = "libwebp"),
    allow(
        dead_code,
        reason = "only the first frame is drawn where no animation is written, but in tests"
    )
)]
mod animation;
mod budget;
mod colour;
mod copyright;
mod cost;
mod decode;
mod encode;
mod error;
mod header;
mod input;
mod ladder;
mod orient;
mod overlay;
mod pad;
mod peak;
mod pipeline;
mod pixels;
mod plan;
mod quality;
mod request;
mod resize;
mod simd;
mod stages;
mod turn;
mod zigzag;

/// The JPEG decoder by itself, for whoever wants planes.
pub mod jpeg {
    pub use crate::decode::jpeg::{Decoder, Scale};
    pub use crate::pixels::{Plane, Rows};
}

pub use accept::{Accept, Choice, Subject, Token};
pub use budget::Limits;
pub use colour::Profile;
pub use copyright::Copyright;
pub use cost::{Cost, Speed};
pub use error::{Error, Resource, Result};
pub use header::{
    AvifCoding, Coding, Component, Described, Header, Icc, JpegCoding, SourceFormat, WebpCoding,
    probe,
};
pub use input::Input;
pub use ladder::{Because, Degraded, Lost, Rung};
pub use overlay::Overlaid;
pub use peak::{Held, Part, Peak};
pub use pipeline::{Encoded, probe_for, probe_within, transform};
pub use pixels::{Colour, Dimensions, Matrix, Range, Ycc};
pub use plan::{Action, Padding, Plan, Region, plan};
pub use request::{
    Background, Chroma, Crop, Damage, Decode, Enlarge, Filter, Fit, Flip, Focus, Lossless,
    Metadata, Orientation, OutputFormat, Overlay, Place, Request, Rotate, Target,
};
pub use stages::{Stage, Stages};
pub use turn::Turn;
