//! The frames of a GIF, drawn one on another.

use super::{
    Frames,
    canvas::{Canvas, Rectangle},
};
use crate::{
    decode::lzw::{Indices, row_order},
    error::Result,
    header::gif::{Block, Blocks, Disposal, Stream},
    pixels::Dimensions,
};

/// Draws the frames of a file that is held.
pub(super) struct GifFrames<'a> {
    blocks: Blocks<Stream<&'a [u8]>>,
    canvas: Canvas,
    /// What was under the present frame, if that comes back.
    under: Option<Canvas>,
    /// What becomes of the present frame.
    disposal: (Disposal, Rectangle),
    /// One row of indices.
    row: Vec<u8>,
    loops: u16,
}

impl<'a> GifFrames<'a> {
    pub(super) fn new(bytes: &'a [u8], size: Dimensions) -> Result<Self> {
        Ok(Self {
            blocks: Blocks::new(Stream::new(bytes))?,
            canvas: Canvas::new(size)?,
            under: None,
            disposal: (Disposal::Keep, Rectangle::on(size, (0, 0), size)),
            row: Vec::new(),
            loops: loops(bytes)?,
        })
    }
}

/// How often a file is shown: once, if it does not say. GIF counts repetitions.
fn loops(bytes: &[u8]) -> Result<u16> {
    let mut blocks = Blocks::new(Stream::new(bytes))?;
    while let Some(block) = blocks.next()? {
        match block {
            Block::Repeat(0) => return Ok(0),
            Block::Repeat(times) => return Ok(times.saturating_add(1)),
            Block::Frame(_) => while !blocks.data()?.is_empty() {},
        }
    }
    Ok(1)
}

impl Frames for GifFrames<'_> {
    fn advance(&mut self) -> Result<Option<u32>> {
        let frame = loop {
            match self.blocks.next()? {
                Some(Block::Frame(frame)) => break frame,
                Some(Block::Repeat(_)) => {}
                None => return Ok(None),
            }
        };
        match (self.disposal, &mut self.under) {
            ((Disposal::Clear, rectangle), _) => self.canvas.clear(rectangle),
            ((Disposal::Restore, rectangle), Some(under)) => self.canvas.copy(rectangle, under),
            _ => {}
        }
        let size = self.canvas.size();
        let rectangle = Rectangle::on(size, (frame.left, frame.top), frame.size);
        if frame.disposal == Disposal::Restore {
            let under = match &mut self.under {
                Some(under) => under,
                none => none.insert(Canvas::new(size)?),
            };
            under.copy(rectangle, &mut self.canvas);
        }
        self.disposal = (frame.disposal, rectangle);
        self.row.clear();
        self.row.resize(frame.size.width as usize, 0);
        let mut indices = Indices::new(frame.code_size);
        for y in row_order(frame.size.height, frame.interlaced) {
            indices.read(&mut self.blocks, &mut self.row)?;
            let y = (frame.top + y) as usize;
            if y >= rectangle.bottom {
                continue;
            }
            for (pixel, &index) in self.canvas.row(rectangle, y).iter_mut().zip(&self.row) {
                let colour = frame.colours[usize::from(index)];
                if colour[3] > 0 {
                    *pixel = colour;
                }
            }
        }
        indices.skip(&mut self.blocks)?;
        Ok(Some(frame.milliseconds))
    }

    fn canvas(&self) -> &Canvas {
        &self.canvas
    }

    fn loops(&self) -> u16 {
        self.loops
    }

    fn background(&self) -> u32 {
        0
    }
}
