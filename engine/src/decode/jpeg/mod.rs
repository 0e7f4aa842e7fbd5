//! Our own JPEG decoder (ITU T.81): streaming, by planes, at the scale that each
//! component is wanted.
//!
//! From the file to the samples, a file each: `feed` finds markers and segments;
//! `tables` and `scan` read what they define; `window` holds a piece of a scan's
//! data without its stuffing, out of which `bits` are read; `block` and
//! `progressive` turn bits into coefficients with the lookups of `huffman`;
//! `kernel` turns coefficients into samples. `engine/docs/jpeg.md` tells how and
//! why.

mod bits;
mod block;
mod coefficients;
mod feed;
mod frame;
mod huffman;
mod kernel;
mod progressive;
mod scale;
mod scan;
mod sequential;
mod tables;
mod window;

#[cfg(test)]
mod tests;

use std::{cell::Cell, rc::Rc};

use super::Source;
use crate::{
    budget::{Limits, zeroed},
    cost::Nanoseconds,
    error::{Error, Resource, Result},
    header::{Coding, Header, JpegCoding, probe},
    input::Input,
    peak::Part,
    pixels::{Plane, PlaneShape, Rows},
    plan::Plan,
    request::Damage,
    simd::Backend,
    stages::{Clock, Stage},
};
use coefficients::Coefficients;
use feed::Feed;
use frame::{Component, Frame, LANES};
use scan::Scan;
use sequential::{Samples, Sequential};
use tables::Tables;
use window::Window;

pub(crate) use frame::planes;
pub use scale::Scale;

/// Decodes a JPEG a strip of planes at a time.
///
/// A sequential image of one scan is decoded as it arrives: nothing but a row of
/// MCUs is held. Of one in several scans the samples are held, of a progressive
/// one the coefficients, both at the scale that is asked for.
pub struct Decoder<'a> {
    feed: Feed<'a>,
    window: Window,
    tables: Tables,
    frame: Frame,
    shapes: Vec<PlaneShape>,
    /// The strip, or all samples of an image in several scans.
    planes: Vec<Samples>,
    state: State,
    /// Rows of MCUs handed on, and in the present strip.
    done: usize,
    strip: usize,
    damage: Damage,
    damaged: Rc<Cell<bool>>,
    backend: Backend,
    clock: Clock,
}

/// What the next strip comes from.
enum State {
    /// Nothing has been read.
    Start,
    /// The scan, as it is read.
    Streaming(Sequential),
    /// `planes`, which hold the whole image.
    Held,
    /// Coefficients of the whole image.
    Coefficients(Vec<Coefficients>),
}

impl<'a> Decoder<'a> {
    /// Opens a JPEG by itself: component `i` of the frame header at `scales[i]`.
    ///
    /// What it will hold is known from the header and bounded by the default of
    /// [`Limits`]; whoever wants another bound plans a whole image instead.
    ///
    /// # Errors
    ///
    /// As [`probe`]; [`Error::Unsupported`] if it is not a JPEG or one that this
    /// decoder does not read; [`Error::TooLarge`].
    pub fn open(mut input: Input<'a>, scales: [Scale; 4], damage: Damage) -> Result<Self> {
        let header = probe(&mut input)?;
        let Coding::Jpeg(coding) = &header.coding else {
            return Err(Error::Unsupported("it is not a JPEG"));
        };
        if coding.arithmetic {
            return Err(Error::Unsupported("it is an arithmetic-coded JPEG"));
        }
        let needed = peak(&header, coding, &scales)
            .iter()
            .map(|part| part.bytes)
            .sum();
        let allowed = Limits::default().peak_bytes;
        if needed > allowed {
            return Err(Error::TooLarge {
                resource: Resource::Memory,
                needed,
                allowed,
            });
        }
        let damaged = Rc::default();
        Self::new(
            &header,
            coding,
            &scales,
            (damage, damaged),
            input,
            &Clock::default(),
        )
    }

    /// Decodes what `header` was probed from, each component at its scale. A flag
    /// is set if damage was passed over.
    pub(super) fn new(
        header: &Header,
        coding: &JpegCoding,
        scales: &[Scale],
        (damage, damaged): (Damage, Rc<Cell<bool>>),
        input: Input<'a>,
        clock: &Clock,
    ) -> Result<Self> {
        let frame = Frame::new(header.dimensions, coding, scales);
        let shapes = planes(header.dimensions, coding, scales);
        let planes = frame
            .components
            .iter()
            .map(|component| {
                let stride = component.stride(frame.mcus.0);
                Ok(Samples {
                    data: zeroed(sample_bytes(component, &frame, coding))?,
                    stride,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            feed: Feed::new(input)?,
            window: Window::new()?,
            tables: Tables::default(),
            frame,
            shapes,
            planes,
            state: State::Start,
            done: 0,
            strip: 0,
            damage,
            damaged,
            backend: Backend::best(),
            clock: clock.clone(),
        })
    }

    /// Moves to the next strip, one row of MCUs; false after the last.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if the file breaks T.81 or ends early,
    /// [`Error::Unsupported`], [`Error::Read`]. It must not be called again then.
    pub fn advance(&mut self) -> Result<bool> {
        let clock = self.clock.clone();
        let _timed = clock.enter(Stage::Decode);
        self.done += self.strip;
        self.strip = 0;
        if self.done == self.frame.mcus.1 {
            return Ok(false);
        }
        if matches!(self.state, State::Start) {
            self.begin()?;
        }
        match &mut self.state {
            State::Start => unreachable!("it has begun"),
            State::Streaming(scan) => {
                let row = if self.damaged.get() {
                    grey(&mut self.planes);
                    Ok(())
                } else {
                    scan.row(&mut self.window, &mut self.feed, &mut self.planes, 0)
                };
                self.forgive(row)?;
            }
            State::Held => {}
            State::Coefficients(coefficients) => {
                for (i, component) in self.frame.components.iter().enumerate() {
                    render(
                        self.backend,
                        component,
                        &coefficients[i],
                        &mut self.planes[i],
                        self.done,
                    );
                }
            }
        }
        self.strip = 1;
        Ok(true)
    }

    /// The strip that [`advance`](Self::advance) moved to: a plane for each
    /// component, in the frame's order.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        let parts = self.frame.components.iter().zip(&self.shapes);
        Rows::new(parts.zip(&self.planes).map(|((component, shape), plane)| {
            let before = self.done * component.rows();
            let left = (shape.height as usize).saturating_sub(before);
            let first = match self.state {
                State::Held => before.min(shape.height as usize),
                _ => 0,
            };
            Plane {
                data: &plane.data[first * plane.stride..],
                stride: plane.stride,
                row_bytes: shape.row_bytes(),
                height: left.min(self.strip * component.rows()),
            }
        }))
    }

    /// Width and height of each plane, in samples.
    #[must_use]
    pub fn plane_sizes(&self) -> Vec<(u32, u32)> {
        let size = |shape: &PlaneShape| (shape.width, shape.height);
        self.shapes.iter().map(size).collect()
    }

    /// Whether something was broken or missing and [`Damage::Show`] let it pass.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.damaged.get()
    }

    /// Lets damage pass if that was asked.
    fn forgive(&mut self, result: Result<()>) -> Result<()> {
        match result {
            Err(Error::Malformed { .. }) if self.damage == Damage::Show => {
                self.damaged.set(true);
                Ok(())
            }
            other => other,
        }
    }

    /// Reads to the first scan; of an image in several scans, all of them.
    fn begin(&mut self) -> Result<()> {
        // The start of image, which `probe` has seen.
        self.feed.marker()?;
        let Some(scan) = self.next_scan()? else {
            return Err(self.feed.malformed("an image has a scan"));
        };
        let all = scan.selected.len() == self.frame.components.len();
        self.state = if self.frame.progressive {
            let mut coefficients = self
                .frame
                .components
                .iter()
                .map(|component| Coefficients::new(component, self.frame.mcus))
                .collect::<Result<Vec<_>>>()?;
            let read = self.progressive_scans(scan, &mut coefficients);
            self.forgive(read)?;
            State::Coefficients(coefficients)
        } else if all {
            State::Streaming(Sequential::new(
                &scan,
                &self.frame,
                &self.tables,
                self.backend,
                &mut self.window,
                &mut self.feed,
            )?)
        } else {
            // What damage leaves out is grey.
            grey(&mut self.planes);
            let read = self.sequential_scans(scan);
            self.forgive(read)?;
            State::Held
        };
        Ok(())
    }

    /// Decodes every scan of a progressive image.
    fn progressive_scans(&mut self, first: Scan, coefficients: &mut [Coefficients]) -> Result<()> {
        let mut begun = vec![false; self.frame.components.len()];
        let mut scan = first;
        for _ in 0..MOST_SCANS {
            for selected in &scan.selected {
                begun[selected.component] |= scan.band.0 == 0;
            }
            progressive::decode(
                &scan,
                &self.frame,
                &self.tables,
                coefficients,
                &mut self.window,
                &mut self.feed,
            )?;
            scan = match self.next_scan()? {
                Some(scan) => scan,
                None if begun.iter().all(|&begun| begun) => return Ok(()),
                None => return Err(self.feed.malformed("every component has a scan")),
            };
        }
        Err(self.feed.malformed("an image has at most 500 scans"))
    }

    /// Decodes the scans of a sequential image until every component had its own.
    fn sequential_scans(&mut self, first: Scan) -> Result<()> {
        let mut seen = vec![false; self.frame.components.len()];
        let mut scan = first;
        loop {
            for selected in &scan.selected {
                if std::mem::replace(&mut seen[selected.component], true) {
                    return Err(self.feed.malformed("a component comes in one scan"));
                }
            }
            let mut decoder = Sequential::new(
                &scan,
                &self.frame,
                &self.tables,
                self.backend,
                &mut self.window,
                &mut self.feed,
            )?;
            for row in 0..decoder.unit_rows() {
                decoder.row(&mut self.window, &mut self.feed, &mut self.planes, row)?;
            }
            if seen.iter().all(|&seen| seen) {
                return Ok(());
            }
            // It holds tables, which the next segments may replace.
            drop(decoder);
            scan = match self.next_scan()? {
                Some(scan) => scan,
                None => return Err(self.feed.malformed("every component has a scan")),
            };
        }
    }

    /// Reads segments up to the next scan's data; `None` at the image's end.
    fn next_scan(&mut self) -> Result<Option<Scan>> {
        let mut body = Vec::new();
        let mut left_over = self.window.take_marker();
        loop {
            let marker = match left_over.take() {
                Some(marker) => Some(marker),
                None => self.feed.marker()?,
            };
            let Some(marker) = marker else {
                return Err(self.feed.malformed("an image ends with a marker"));
            };
            let defined = match marker {
                // TEM and RSTn stand alone.
                0x01 | 0xd0..=0xd7 => Ok(()),
                0xd8 => Err("there is one start of image"),
                0xd9 => return Ok(None),
                0xc4 | 0xdb | 0xdd | 0xda => {
                    self.feed.segment(&mut body)?;
                    match marker {
                        0xc4 => self.tables.define_huffman(&body),
                        0xdb => self.tables.define_quantisation(&body),
                        0xdd => self.tables.define_restarts(&body),
                        _ => {
                            let scan = Scan::read(&body, &self.frame);
                            let scan = scan.map_err(|rule| self.feed.malformed(rule))?;
                            self.latch_steps(&scan)?;
                            return Ok(Some(scan));
                        }
                    }
                }
                // The frame header was read with the file's header.
                _ => {
                    self.feed.skip_segment()?;
                    Ok(())
                }
            };
            defined.map_err(|rule| self.feed.malformed(rule))?;
        }
    }

    /// A component keeps the quantisation table that its first scan finds.
    fn latch_steps(&mut self, scan: &Scan) -> Result<()> {
        for selected in &scan.selected {
            let component = &mut self.frame.components[selected.component];
            if component.steps.is_none() {
                let table = self.tables.quantisation.get(usize::from(component.table));
                component.steps = table.and_then(Clone::clone);
                if component.steps.is_none() {
                    let rule = "a quantisation table is defined before it is used";
                    return Err(self.feed.malformed(rule));
                }
            }
        }
        Ok(())
    }
}

impl Source for Decoder<'_> {
    fn advance(&mut self) -> Result<bool> {
        Decoder::advance(self)
    }

    fn rows(&self) -> Rows<'_> {
        Decoder::rows(self)
    }
}

/// Scans of a progressive image, at most. A handful bring each bit; many that
/// bring nothing would cost a full pass each.
const MOST_SCANS: usize = 500;

/// The colour of what is missing.
fn grey(planes: &mut [Samples]) {
    for plane in planes {
        plane.data.fill(128);
    }
}

/// Turns a row of MCUs of one component from coefficients into samples.
fn render(
    backend: Backend,
    component: &Component,
    coefficients: &Coefficients,
    plane: &mut Samples,
    mcu_row: usize,
) {
    let side = component.scale.samples() as usize;
    // Without a scan, which only damage leaves out, its coefficients are zero.
    let steps = component.steps.as_deref().unwrap_or(&[0; 64]);
    let mut by_slot = [0; 64];
    for (k, &step) in steps.iter().enumerate() {
        if let Some(slot) = component.scale.slot(k) {
            by_slot[slot] = step;
        }
    }
    let mut scratch = [0; 64 * LANES];
    let scratch = &mut scratch[..component.scale.slots() * LANES];
    for y in 0..component.down {
        for x in 0..coefficients.groups() {
            let group = coefficients.group(x, mcu_row * component.down + y);
            for ((out, values), &step) in scratch
                .as_chunks_mut::<LANES>()
                .0
                .iter_mut()
                .zip(group.as_chunks::<LANES>().0)
                .zip(&by_slot)
            {
                for (out, &value) in out.iter_mut().zip(values) {
                    let product = i32::from(value) * i32::from(step);
                    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
                    let clamped = product.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
                    *out = clamped;
                }
            }
            let at = y * side * plane.stride + x * LANES * side;
            backend.inverse_dct(
                component.scale,
                scratch,
                &mut plane.data[at..],
                plane.stride,
            );
        }
    }
}

/// Bytes of the samples held of a component: a strip, or, in several sequential
/// scans, all of them.
fn sample_bytes(component: &Component, frame: &Frame, coding: &JpegCoding) -> usize {
    let whole = !coding.progressive && !coding.interleaved;
    let mcu_rows = if whole { frame.mcus.1 } else { 1 };
    component.stride(frame.mcus.0) * component.rows() * mcu_rows
}

/// The memory of [`Decoder::new`].
pub(super) fn peak(header: &Header, coding: &JpegCoding, scales: &[Scale]) -> Vec<Part> {
    let frame = Frame::new(header.dimensions, coding, scales);
    let sum = |bytes: &dyn Fn(&Component) -> u64| frame.components.iter().map(bytes).sum::<u64>();
    let samples = sum(&|component| sample_bytes(component, &frame, coding) as u64);
    let (coefficients, groups) = if coding.progressive {
        (
            sum(&|component| coefficients::bytes(component, frame.mcus)),
            0,
        )
    } else {
        let bytes = |component: &Component| {
            sequential::group_bytes(component.scale, component.across, component.down) as u64
        };
        (0, sum(&bytes))
    };
    // Of the tables that a scan with reduced blocks uses: four in several scans.
    let reduced = frame
        .components
        .iter()
        .filter(|component| component.scale != Scale::Full)
        .count();
    let tables = match (coding.progressive, reduced, coding.interleaved) {
        (true, ..) | (_, 0, _) => 0,
        (_, _, true) => reduced,
        (_, _, false) => 4,
    };
    let skips = (tables * huffman::Table::SKIP_BYTES) as u64;
    vec![
        // A buffer that grows is held twice while it is moved.
        Part::new("source's head", 2 * header.head_bytes),
        Part::new(
            "source's window",
            (feed::BUFFER_BYTES + Window::BYTES) as u64,
        ),
        Part::new(
            "Huffman tables",
            8 * huffman::Table::BYTES as u64 + skips + SEGMENT_BYTES + groups,
        ),
        Part::new("decoded strip", samples),
        Part::new("coefficients", coefficients),
    ]
}

/// A segment being read, at most.
const SEGMENT_BYTES: u64 = 64 << 10;

/// Every code is read, whatever the scale; what is then made of a block depends on it.
/// Of a progressive file, the scans of what a scale does not show are passed over.
pub(super) fn cost(plan: &Plan, coding: &JpegCoding) -> Nanoseconds {
    let made = plan.decoded.bytes();
    let samples = planes(plan.source.dimensions, coding, &[Scale::Full; 4])
        .iter()
        .map(|plane| u64::from(plane.width) * u64::from(plane.height))
        .sum();
    let bytes = super::coded_bytes(&plan.source);
    if !coding.progressive {
        return Nanoseconds::fixed(20.0)
            .and(bytes, 5.8)
            .and(samples, 0.036)
            .and(made, 0.71);
    }
    // Luma has most of the bytes.
    let shares: &[f64] = match plan.scales.len() {
        1 => &[1.0],
        3 => &[0.8, 0.1, 0.1],
        _ => &[0.25; 4],
    };
    let each: f64 = plan
        .scales
        .iter()
        .zip(shares)
        .map(|(scale, share)| {
            let byte = match scale {
                Scale::Eighth => 0.0,
                Scale::Quarter => 25.0,
                Scale::Half => 31.0,
                Scale::Full => 42.0,
            };
            share * byte
        })
        .sum();
    Nanoseconds::fixed(50.0)
        .and(bytes, each)
        .and(samples, 0.16)
        .and(made, 1.5)
}
