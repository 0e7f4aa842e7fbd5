//! PNG by rows.
//!
//! Chunks give bytes, bytes inflate to lines, lines are unfiltered to rows, and rows
//! expanded to channels of 8 bits: `chunks`, `lines`, `kernel`, `expand`. Nothing is
//! copied on the way from the inflater's window to the strip but by the filters
//! themselves. Why inflating is fdeflate's, and what it all takes, is in
//! `engine/docs/png.md`.
//!
//! An interlaced image is made whole before its first strip is handed on.

mod chunks;
mod expand;
mod interlace;
mod kernel;
mod lines;
mod sizes;
mod unfilter;

use super::Source;
use crate::{
    budget::zeroed,
    cost::Nanoseconds,
    error::{Error, Result},
    header::Header,
    input::Input,
    peak::Part,
    pixels::{Dimensions, Plane, Rows},
    simd::Backend,
    stages::{Clock, Stage},
};
use chunks::Data;
use expand::Expansion;
use interlace::passes;
use lines::Lines;
use sizes::Sizes;
use unfilter::Unfiltered;

/// Rows handed on together.
pub(super) const STRIP_ROWS: u32 = 16;

/// Decodes a PNG strip by strip.
pub(super) struct Decoder<'a> {
    unfiltered: Unfiltered<'a>,
    expansion: Expansion,
    /// The expanded strip; of an interlaced image the whole, and a row of a pass. Empty
    /// if the unfiltered rows are the strip.
    expanded: Vec<u8>,
    sizes: Sizes,
    /// Rows of the strip that was handed on, and those before it.
    rows: usize,
    before: usize,
    clock: Clock,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(
        header: &Header,
        backend: Backend,
        mut input: Input<'a>,
        clock: &Clock,
    ) -> Result<Self> {
        input.set_clock(clock.clone());
        let _timed = clock.enter(Stage::Decode);
        let sizes = Sizes::of(header);
        let (head, data) = Data::open(input)?;
        let expansion = Expansion::new(&head, header.bit_depth)
            .filter(|expansion| expansion.channels(sizes.samples) == sizes.channels);
        // The header was read twice, by us and by `probe`; they must agree.
        let expansion = expansion.ok_or(Error::Malformed {
            offset: 8,
            rule: "colour type, palette and transparency fit together",
        })?;
        let lines = Lines::new(data, sizes.window(), sizes.inflated())?;
        let rows = zeroed(in_memory(sizes.unfiltered()))?;
        let mut unfiltered = Unfiltered::new(lines, backend, sizes.pixel_bytes(), rows);
        unfiltered.begin(in_memory(sizes.row_bytes(sizes.image.width)));
        Ok(Self {
            unfiltered,
            expansion,
            expanded: zeroed(in_memory(sizes.expanded()))?,
            sizes,
            rows: 0,
            before: 0,
            clock: clock.clone(),
        })
    }

    /// The next `count` rows of an image that is not interlaced.
    fn read_strip(&mut self, count: usize) -> Result<()> {
        self.unfiltered.advance(count)?;
        if !self.expanded.is_empty() {
            let strip = self.expanded.chunks_mut(self.sizes.out_bytes());
            for (y, out) in strip.take(count).enumerate() {
                self.expansion.run(self.unfiltered.row(y), out);
            }
        }
        Ok(())
    }

    /// All rows of an interlaced image.
    fn read_passes(&mut self) -> Result<()> {
        let Dimensions { width, height } = self.sizes.image;
        let channels = self.sizes.channels;
        let row_bytes = self.sizes.out_bytes();
        let (image, pixels) = self.expanded.split_at_mut(row_bytes * height as usize);
        debug_assert_eq!(pixels.len(), width as usize * channels, "a row of a pass");
        for (pass, size) in passes(self.sizes.image, true) {
            let pixels = &mut pixels[..size.width as usize * channels];
            let row = in_memory(self.sizes.row_bytes(size.width));
            self.unfiltered.begin(row);
            let rows = image.chunks_mut(row_bytes);
            let mut rows = rows.skip(pass.top as usize).step_by(pass.down as usize);
            let mut left = size.height as usize;
            while left > 0 {
                let count = left.min(STRIP_ROWS as usize);
                self.unfiltered.advance(count)?;
                for (y, row) in rows.by_ref().take(count).enumerate() {
                    self.expansion.run(self.unfiltered.row(y), pixels);
                    interlace::scatter(pixels, channels, pass, row);
                }
                left -= count;
            }
        }
        Ok(())
    }
}

impl Source for Decoder<'_> {
    fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Decode);
        self.before += self.rows;
        let left = self.sizes.image.height as usize - self.before;
        let count = left.min(STRIP_ROWS as usize);
        if !self.sizes.interlaced {
            self.read_strip(count)?;
        } else if self.before == 0 {
            self.read_passes()?;
        }
        self.rows = count;
        Ok(count > 0)
    }

    fn rows(&self) -> Rows<'_> {
        let row_bytes = self.sizes.out_bytes();
        let data = if self.sizes.interlaced {
            &self.expanded[self.before * row_bytes..]
        } else if self.expanded.is_empty() {
            self.unfiltered.rows()
        } else {
            &self.expanded
        };
        Rows::new([Plane {
            data,
            stride: row_bytes,
            row_bytes,
            height: self.rows,
        }])
    }
}

fn in_memory(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// The inflater's tables, which grow with the longest codes of a block; the buffer that
/// is read into; the table that samples are looked up in.
const STATE_BYTES: u64 = (48 << 10) + chunks::READ_BYTES as u64;

pub(super) fn peak(header: &Header) -> Vec<Part> {
    let sizes = Sizes::of(header);
    let expanded = if sizes.interlaced {
        "whole decoded image"
    } else {
        "decoded strip"
    };
    vec![
        // Held twice while it grows.
        Part::new("peeked header", 2 * header.head_bytes),
        Part::new("inflated window", sizes.window()),
        Part::new("unfiltered rows", sizes.unfiltered()),
        Part::new(expanded, sizes.expanded()),
        Part::new("PNG decoder", STATE_BYTES),
    ]
}

/// Inflating goes by what goes in and what comes out, filters by the latter.
pub(super) fn cost(header: &Header) -> Nanoseconds {
    let sizes = Sizes::of(header);
    let height = u64::from(header.dimensions.height);
    let stored = sizes.row_bytes(header.dimensions.width) * height;
    let made = super::layout(header, &[]).bytes();
    let passes = if sizes.interlaced { 1.8 } else { 1.0 };
    Nanoseconds::fixed(80.0)
        .and(super::coded_bytes(header), 6.6)
        .and(stored, 0.35)
        .and(made, 0.15)
        .times(passes)
}
