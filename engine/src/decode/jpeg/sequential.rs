//! Scans that bring whole blocks: baseline and extended sequential (T.81, F.2).

use std::rc::Rc;

use super::{
    bits::Bits,
    block::{self, Steps},
    feed::Feed,
    frame::{Component, Frame, LANES},
    huffman::Table,
    scale::Scale,
    scan::{self, Broken, Restarts, Scan},
    tables::Tables,
    window::Window,
};
#[cfg(target_arch = "x86_64")]
use crate::simd::Isa;
use crate::{budget::zeroed, error::Result, simd::Backend};

/// One plane being decoded: rows of `stride` bytes.
pub(super) struct Samples {
    pub(super) data: Vec<u8>,
    pub(super) stride: usize,
}

/// A sequential scan, a row of MCUs at a time.
pub(super) struct Sequential {
    parts: Vec<Part>,
    restarts: Restarts,
    /// MCUs of the scan, across and down.
    units: (usize, usize),
    backend: Backend,
}

/// One component in the scan.
struct Part {
    component: usize,
    /// Blocks of an MCU of this scan.
    across: usize,
    down: usize,
    scale: Scale,
    dc: Rc<Table>,
    ac: Rc<Table>,
    steps: Box<Steps>,
    prediction: i32,
    /// Coefficients of [`LANES`] MCUs: for each row of blocks, groups of as many
    /// blocks as there are lanes; in a group, for each used coefficient, its
    /// value in each block. A last slot takes those that are not used.
    groups: Vec<i16>,
}

impl Part {
    fn group_length(&self) -> usize {
        group_length(self.scale)
    }
}

fn group_length(scale: Scale) -> usize {
    (scale.slots() + 1) * LANES
}

/// Bytes of the coefficients in flight of a component.
pub(super) fn group_bytes(scale: Scale, across: usize, down: usize) -> usize {
    group_length(scale) * across * down * 2
}

impl Sequential {
    /// Prepares a scan; begins with its first data.
    pub(super) fn new(
        scan: &Scan,
        frame: &Frame,
        tables: &Tables,
        backend: Backend,
        window: &mut Window,
        feed: &mut Feed<'_>,
    ) -> Result<Self> {
        let alone = scan.selected.len() == 1;
        let parts = scan.selected.iter().map(|selected| {
            let component = &frame.components[selected.component];
            let malformed = |rule| feed.malformed(rule);
            let (across, down) = if alone {
                (1, 1)
            } else {
                (component.across, component.down)
            };
            Ok(Part {
                component: selected.component,
                across,
                down,
                scale: component.scale,
                dc: scan::huffman(&tables.dc, selected.dc_table).map_err(malformed)?,
                ac: scan::huffman(&tables.ac, selected.ac_table).map_err(malformed)?,
                steps: Box::new(block::steps(component.scale, quantisation(component)?)),
                prediction: 0,
                groups: zeroed(group_length(component.scale) * across * down)?,
            })
        });
        let parts = parts.collect::<Result<_>>()?;
        window.begin(feed)?;
        Ok(Self {
            parts,
            restarts: Restarts::new(tables),
            units: scan.units(frame),
            backend,
        })
    }

    /// Rows of MCUs.
    pub(super) fn unit_rows(&self) -> usize {
        self.units.1
    }

    /// Decodes the next row of MCUs into `planes`, from plane row `top(component)` on.
    pub(super) fn row(
        &mut self,
        window: &mut Window,
        feed: &mut Feed<'_>,
        planes: &mut [Samples],
        unit_row: usize,
    ) -> Result<()> {
        let across = self.units.0;
        for first in (0..across).step_by(LANES) {
            let count = (across - first).min(LANES);
            for part in &mut self.parts {
                part.groups.fill(0);
            }
            let done = self.units(window, feed, count);
            for part in &mut self.parts {
                part.transform(self.backend, &mut planes[part.component], unit_row, first);
            }
            if done.is_err() {
                for part in &self.parts {
                    part.blank(&mut planes[part.component], unit_row, first + LANES);
                }
                return done;
            }
        }
        window.check_end(feed)
    }

    /// Decodes `count` MCUs into the groups.
    fn units(&mut self, window: &mut Window, feed: &mut Feed<'_>, count: usize) -> Result<()> {
        let mut lane = 0;
        while lane < count {
            let mut run = self.restarts.before_marker(count - lane);
            if run == 0 {
                self.restarts.restart(window, feed)?;
                for part in &mut self.parts {
                    part.prediction = 0;
                }
                run = self.restarts.before_marker(count - lane);
            }
            let end = lane + run;
            while lane < end {
                let from = lane;
                let broken = self.decode(window, &mut lane, end).err();
                self.restarts.passed(lane - from);
                if let Some(broken) = broken {
                    window.check_end(feed)?;
                    return Err(feed.malformed(broken.rule()));
                }
                if lane < end {
                    window.more(feed)?;
                }
            }
        }
        Ok(())
    }

    /// Decodes MCUs `lane..end`, as many as the window holds.
    fn decode(&mut self, window: &mut Window, lane: &mut usize, end: usize) -> Result<(), Broken> {
        match self.backend.isa() {
            #[cfg(target_arch = "x86_64")]
            #[expect(unsafe_code, reason = "shifts without flags; the same code")]
            // SAFETY: a backend of AVX2 is only built after the CPU reported it,
            // BMI1, BMI2 and LZCNT.
            Isa::Avx2 => unsafe { decode_bmi2(&mut self.parts, window, lane, end) },
            _ => decode(&mut self.parts, window, lane, end),
        }
    }
}

/// The same as [`decode`], with three-operand shifts: they are most of it.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "bmi1,bmi2,lzcnt")]
fn decode_bmi2(
    parts: &mut [Part],
    window: &mut Window,
    lane: &mut usize,
    end: usize,
) -> Result<(), Broken> {
    decode(parts, window, lane, end)
}

#[inline(always)]
fn decode(
    parts: &mut [Part],
    window: &mut Window,
    lane: &mut usize,
    end: usize,
) -> Result<(), Broken> {
    let mut bits = window.bits();
    let mut done = Ok(());
    while *lane < end && window.has_mcu(&bits) {
        done = unit(parts, &mut bits, *lane);
        if done.is_err() {
            break;
        }
        *lane += 1;
    }
    let position = bits.position();
    window.set_position(position);
    done
}

const EIGHTH: usize = Scale::Eighth.last();
const QUARTER: usize = Scale::Quarter.last();
const HALF: usize = Scale::Half.last();
const FULL: usize = Scale::Full.last();

/// Decodes one MCU.
#[inline(always)]
fn unit(parts: &mut [Part], bits: &mut Bits<'_>, lane: usize) -> Result<(), Broken> {
    for part in parts {
        match part.scale {
            Scale::Eighth => part.blocks::<EIGHTH>(bits, lane),
            Scale::Quarter => part.blocks::<QUARTER>(bits, lane),
            Scale::Half => part.blocks::<HALF>(bits, lane),
            Scale::Full => part.blocks::<FULL>(bits, lane),
        }?;
    }
    Ok(())
}

impl Part {
    /// Decodes this component's blocks of MCU `lane`.
    #[inline(always)]
    fn blocks<const LAST: usize>(
        &mut self,
        bits: &mut Bits<'_>,
        lane: usize,
    ) -> Result<(), Broken> {
        let length = group_length(self.scale);
        let tables = (&*self.dc, &*self.ac);
        for y in 0..self.down {
            for x in 0..self.across {
                let block = lane * self.across + x;
                let group = (y * self.across + block / LANES) * length;
                let group = &mut self.groups[group..group + length];
                let (steps, prediction) = (&self.steps, &mut self.prediction);
                block::read::<LAST>(bits, tables, steps, prediction, group, block % LANES)?;
            }
        }
        Ok(())
    }

    /// Turns the groups into samples of MCUs `first..first + LANES` of a row.
    fn transform(&self, backend: Backend, plane: &mut Samples, unit_row: usize, first: usize) {
        let side = self.scale.samples() as usize;
        let length = self.group_length();
        let left = first * self.across * side;
        for y in 0..self.down {
            let top = (unit_row * self.down + y) * side;
            for x in 0..self.across {
                let group =
                    &self.groups[(y * self.across + x) * length..][..self.scale.slots() * LANES];
                let at = top * plane.stride + left + x * LANES * side;
                backend.inverse_dct(self.scale, group, &mut plane.data[at..], plane.stride);
            }
        }
    }

    /// Makes a row grey from MCU `first` on.
    fn blank(&self, plane: &mut Samples, unit_row: usize, first: usize) {
        let side = self.scale.samples() as usize;
        let rows = self.down * side;
        let left = (first * self.across * side).min(plane.stride);
        for row in plane
            .data
            .chunks_mut(plane.stride)
            .skip(unit_row * rows)
            .take(rows)
        {
            row[left..].fill(128);
        }
    }
}

/// The quantisation table of a component whose scan has begun.
pub(super) fn quantisation(component: &Component) -> Result<&[u16; 64]> {
    component
        .steps
        .as_deref()
        .ok_or(crate::error::Error::Unsupported(
            "a component has no quantisation table",
        ))
}
