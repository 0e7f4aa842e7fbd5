//! What an image's components are cut into: blocks of 8 by 8 samples, gathered
//! into minimum coded units (MCU).

use crate::{
    pixels::{Colour, Dimensions, Layout, PlaneShape},
    plan::Plan,
};

/// Samples along a side of a block.
pub(super) const SIDE: usize = 8;

/// The image as the file describes it.
pub(super) struct Frame {
    pub(super) size: Dimensions,
    pub(super) components: Vec<Component>,
    /// MCUs in a row of them, and rows.
    pub(super) across: usize,
    pub(super) down: usize,
}

/// One plane of the image.
#[derive(Clone, Copy)]
pub(super) struct Component {
    pub(super) is_chroma: bool,
    /// Samples across and down, as they are given.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Blocks across and down in an MCU.
    pub(super) mcu_width: usize,
    pub(super) mcu_height: usize,
}

impl Component {
    /// Blocks in an MCU.
    pub(super) fn mcu_blocks(&self) -> usize {
        self.mcu_width * self.mcu_height
    }

    /// Blocks across and down that hold any of the image. MCUs may have more.
    pub(super) fn own_blocks(&self) -> (usize, usize) {
        (self.width.div_ceil(SIDE), self.height.div_ceil(SIDE))
    }

    /// Of the blocks of one MCU, how many columns and rows hold any of the image.
    pub(super) fn own_in_mcu(&self, across: usize, down: usize) -> (usize, usize) {
        let (width, height) = self.own_blocks();
        (
            (width - across * self.mcu_width).min(self.mcu_width),
            (height - down * self.mcu_height).min(self.mcu_height),
        )
    }

    /// Rows of samples in a row of MCUs.
    pub(super) fn mcu_rows(&self) -> usize {
        SIDE * self.mcu_height
    }
}

impl Frame {
    pub(super) fn new(plan: &Plan) -> Self {
        let Layout { colour, planes, .. } = &plan.encoded;
        let is_halved = planes.iter().any(|plane| plane.x_step > 1.0);
        let component = |(i, plane): (usize, &PlaneShape)| {
            let is_chroma = *colour == Colour::Ycbcr && i > 0;
            let blocks = if is_halved && !is_chroma { 2 } else { 1 };
            Component {
                is_chroma,
                width: plane.width as usize,
                height: plane.height as usize,
                mcu_width: blocks,
                mcu_height: blocks,
            }
        };
        let mcu_side = if is_halved { 2 * SIDE } else { SIDE };
        Self {
            size: plan.output,
            components: planes.iter().enumerate().map(component).collect(),
            across: (plan.output.width as usize).div_ceil(mcu_side),
            down: (plan.output.height as usize).div_ceil(mcu_side),
        }
    }

    /// Blocks in an MCU.
    pub(super) fn mcu_blocks(&self) -> usize {
        self.components.iter().map(Component::mcu_blocks).sum()
    }

    /// Samples across a component, filled up to whole MCUs.
    pub(super) fn padded_width(&self, component: &Component) -> usize {
        self.across * component.mcu_width * SIDE
    }
}
