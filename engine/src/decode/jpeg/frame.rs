//! The image as blocks and minimum coded units (T.81, A.2), at the scale of each
//! component.

use std::rc::Rc;

use super::scale::Scale;
use crate::{
    header::JpegCoding,
    pixels::{Dimensions, PlaneShape},
};

/// Units that are decoded together: as many as 16-bit lanes of a vector.
pub(super) const LANES: usize = 16;

/// What is fixed about a component.
pub(super) struct Component {
    pub(super) id: u8,
    /// Which quantisation table it names.
    pub(super) table: u8,
    /// That table as it was when the component's first scan began.
    pub(super) steps: Option<Rc<[u16; 64]>>,
    /// Blocks of an MCU, across and down.
    pub(super) across: usize,
    pub(super) down: usize,
    pub(super) scale: Scale,
    /// Blocks that hold samples of the image: those of a scan of its own.
    pub(super) blocks: (usize, usize),
}

/// The image as units of all components.
pub(super) struct Frame {
    pub(super) progressive: bool,
    /// MCUs of a scan of all components, across and down.
    pub(super) mcus: (usize, usize),
    pub(super) components: Vec<Component>,
}

impl Frame {
    pub(super) fn new(size: Dimensions, coding: &JpegCoding, scales: &[Scale]) -> Self {
        let (most_across, most_down) = coding.max_sampling();
        let components = coding
            .components
            .iter()
            .zip(scales)
            .map(|(component, &scale)| {
                let blocks = |length, factor, most| {
                    samples(length, factor, most, Scale::Full).div_ceil(8) as usize
                };
                Component {
                    id: component.id,
                    table: component.table,
                    steps: None,
                    across: usize::from(component.horizontal),
                    down: usize::from(component.vertical),
                    scale,
                    blocks: (
                        blocks(size.width, component.horizontal, most_across),
                        blocks(size.height, component.vertical, most_down),
                    ),
                }
            })
            .collect();
        let units = |length: u32, most: u8| length.div_ceil(8 * u32::from(most)) as usize;
        Self {
            progressive: coding.progressive,
            mcus: (
                units(size.width, most_across),
                units(size.height, most_down),
            ),
            components,
        }
    }
}

impl Component {
    /// Groups of [`LANES`] blocks in a row of blocks, the last perhaps in part.
    pub(super) fn groups(&self, mcus: usize) -> usize {
        mcus.div_ceil(LANES) * self.across
    }

    /// Bytes of one decoded row: whole groups.
    pub(super) fn stride(&self, mcus: usize) -> usize {
        self.groups(mcus) * LANES * self.scale.samples() as usize
    }

    /// Decoded rows of one row of MCUs.
    pub(super) fn rows(&self) -> usize {
        self.down * self.scale.samples() as usize
    }
}

/// Samples of a component along one side of an image (T.81, A.1.1) at a scale.
fn samples(length: u32, factor: u8, most: u8, scale: Scale) -> u32 {
    let stored = u64::from(length) * u64::from(factor) * u64::from(scale.samples());
    let samples = stored.div_ceil(8 * u64::from(most));
    u32::try_from(samples).expect("no more than the image has pixels")
}

/// The planes of a JPEG whose components are decoded at `scales`.
pub(crate) fn planes(size: Dimensions, coding: &JpegCoding, scales: &[Scale]) -> Vec<PlaneShape> {
    let (across, down) = coding.max_sampling();
    let step = |factor: u8, most: u8, scale: Scale| {
        f64::from(u32::from(most) * scale.reduction()) / f64::from(factor)
    };
    coding
        .components
        .iter()
        .zip(scales)
        .map(|(component, &scale)| PlaneShape {
            width: samples(size.width, component.horizontal, across, scale),
            height: samples(size.height, component.vertical, down, scale),
            channels: 1,
            x_step: step(component.horizontal, across, scale),
            y_step: step(component.vertical, down, scale),
        })
        .collect()
}
