//! Measures one case: times both sides, then scores what they make at each quality.

use std::path::PathBuf;

use anyhow::Result;

use super::{
    curve::Point,
    run::{Case, Measured, SideRun},
    timing::{Resizer, alternate},
};
use crate::{
    format::{Format, Side},
    images::Image,
    peers::Peers,
    protocol::{Decoding, Resize, Resized},
    score::{Picture, Reference},
};

/// Everyone who works on a case.
pub(crate) struct Bench {
    pub(crate) peers: Peers,
    /// Where a side writes its result.
    pub(crate) results: PathBuf,
    pub(crate) runs: u32,
    /// Effort of sharp's AVIF.
    pub(crate) avif_effort: u8,
}

impl Bench {
    /// Measures `image` made to `width` in `format`. Without `picture`, the
    /// decoded source, nothing is scored.
    ///
    /// # Errors
    ///
    /// If the harness itself is broken; what a side cannot do is in the result.
    pub(crate) fn measure(
        &mut self,
        image: &Image,
        picture: Option<&Picture>,
        width: u32,
        format: Format,
    ) -> Result<Measured> {
        let job = |bench: &Self, side| {
            let quality = format.timed_quality(side);
            bench.job(image, width, format, side, quality)
        };
        let (ours, theirs) = (job(self, Side::Edgepix), job(self, Side::Sharp));
        let [mut edgepix, mut sharp] = alternate(
            [
                (&mut self.peers.edgepix, &ours),
                (&mut self.peers.sharp, &theirs),
            ],
            self.runs,
        )?;
        if let (Some(picture), Some(size)) = (picture, common_size(&edgepix, &sharp)) {
            let reference = picture.reference(size.0, size.1)?;
            self.score(&ours, Side::Edgepix, &reference, &mut edgepix)?;
            self.score(&theirs, Side::Sharp, &reference, &mut sharp)?;
        }
        Ok(Measured {
            case: Case {
                image: image.name.clone(),
                kind: image.kind.clone(),
                megapixels: image.megapixels,
                width,
                format,
            },
            edgepix,
            sharp,
        })
    }

    fn job(&self, image: &Image, width: u32, format: Format, side: Side, quality: u8) -> Resize {
        let effort = match (side, format) {
            (Side::Sharp, Format::Avif) => Some(self.avif_effort),
            _ => None,
        };
        Resize {
            source: image.path.clone(),
            width,
            format,
            quality,
            decode: Decoding::Usual,
            effort,
            output: Some(self.results.join(side.name())),
        }
    }

    /// Makes and scores one result per quality, the timed one among them.
    fn score(
        &mut self,
        timed: &Resize,
        side: Side,
        reference: &Reference,
        run: &mut SideRun,
    ) -> Result<()> {
        for &quality in timed.format.qualities(side) {
            let job = Resize {
                quality,
                ..timed.clone()
            };
            let resizer = match side {
                Side::Edgepix => &mut self.peers.edgepix,
                Side::Sharp => &mut self.peers.sharp,
            };
            let scored = match resizer.resize(&job)? {
                Ok(made) => self.point(&job, made, reference),
                Err(why) => Err(why),
            };
            match scored {
                Ok(point) => run.points.push(point),
                Err(why) => {
                    run.failure = Some(format!("at quality {quality}: {why}"));
                    break;
                }
            }
        }
        Ok(())
    }

    /// A result that cannot be opened or has another size than it says is the
    /// fault of the side that made it.
    fn point(
        &mut self,
        job: &Resize,
        made: Resized,
        reference: &Reference,
    ) -> std::result::Result<Point, String> {
        let file = job.output.as_deref().expect("every job of ours has one");
        let score = self
            .peers
            .decoder
            .open(file)
            .and_then(|picture| reference.score(&picture))
            .map_err(|why| format!("its result is no use: {why:#}"))?;
        Ok(Point {
            quality: job.quality,
            bytes: made.bytes,
            score,
        })
    }
}

/// The size both sides made, if they did and agree.
fn common_size(edgepix: &SideRun, sharp: &SideRun) -> Option<(u32, u32)> {
    let (ours, theirs) = (edgepix.made?, sharp.made?);
    let size = (ours.width, ours.height);
    (size == (theirs.width, theirs.height)).then_some(size)
}
