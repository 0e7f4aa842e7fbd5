//! Scans that bring some coefficients, or one more bit of them (T.81, annex G).

use std::rc::Rc;

use super::{
    bits::Bits,
    block::{self, difference},
    coefficients::Coefficients,
    feed::Feed,
    frame::Frame,
    huffman::{END_RUN, LOOKUP_BITS, Table},
    scale::Scale,
    scan::{self, Broken, Restarts, Scan},
    tables::Tables,
    window::Window,
};
use crate::error::Result;

/// Decodes one scan into `coefficients`, one for each component of the frame.
///
/// # Errors
///
/// Whatever is wrong with its data.
pub(super) fn decode(
    scan: &Scan,
    frame: &Frame,
    tables: &Tables,
    coefficients: &mut [Coefficients],
    window: &mut Window,
    feed: &mut Feed<'_>,
) -> Result<()> {
    if scan.band.0 == 0 {
        return decode_dc(scan, frame, tables, coefficients, window, feed);
    }
    let selected = &scan.selected[0];
    let component = &frame.components[selected.component];
    if component.scale == Scale::Eighth {
        // Nothing of it is used. The caller looks for the next marker.
        return Ok(());
    }
    let table =
        scan::huffman(&tables.ac, selected.ac_table).map_err(|rule| feed.malformed(rule))?;
    window.begin(feed)?;
    let mut band = Band::new(scan, component.scale, table);
    let mut restarts = Restarts::new(tables);
    let coefficients = &mut coefficients[selected.component];
    let (across, down) = scan.units(frame);
    for y in 0..down {
        let mut x = 0;
        while x < across {
            let mut run = restarts.before_marker(across - x);
            if run == 0 {
                restarts.restart(window, feed)?;
                band.end_run = 0;
                run = restarts.before_marker(across - x);
            }
            let first = coefficients.block(x, y);
            let done = band.blocks(window, coefficients, first, first + run);
            let count = match done {
                Ok(count) => count,
                Err(broken) => {
                    window.check_end(feed)?;
                    return Err(feed.malformed(broken.rule()));
                }
            };
            restarts.passed(count);
            x += count;
            if count < run {
                window.more(feed)?;
            }
        }
    }
    window.check_end(feed)
}

/// The DC coefficients, or a bit of them, of some components.
fn decode_dc(
    scan: &Scan,
    frame: &Frame,
    tables: &Tables,
    coefficients: &mut [Coefficients],
    window: &mut Window,
    feed: &mut Feed<'_>,
) -> Result<()> {
    struct Part {
        component: usize,
        across: usize,
        down: usize,
        table: Option<Rc<Table>>,
        prediction: i32,
    }
    let alone = scan.selected.len() == 1;
    let parts = scan.selected.iter().map(|selected| {
        let component = &frame.components[selected.component];
        Ok(Part {
            component: selected.component,
            across: if alone { 1 } else { component.across },
            down: if alone { 1 } else { component.down },
            table: match scan.high {
                0 => Some(scan::huffman(&tables.dc, selected.dc_table)?),
                _ => None,
            },
            prediction: 0,
        })
    });
    let mut parts = parts
        .collect::<Result<Vec<_>, _>>()
        .map_err(|rule| feed.malformed(rule))?;
    window.begin(feed)?;
    let mut restarts = Restarts::new(tables);
    let (across, down) = scan.units(frame);
    let mut unit = |bits: &mut Bits<'_>, parts: &mut [Part], x: usize, y: usize| {
        for part in parts {
            let coefficients = &mut coefficients[part.component];
            for v in 0..part.down {
                for u in 0..part.across {
                    let block = coefficients.block(x * part.across + u, y * part.down + v);
                    let place = coefficients.place(block);
                    let value = &mut coefficients.values()[place];
                    bits.refill();
                    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
                    match &part.table {
                        Some(table) => {
                            let difference = difference(bits, table)?;
                            part.prediction = part.prediction.wrapping_add(difference);
                            let clamped = part.prediction.clamp(-32_768, 32_767);
                            *value = (clamped << scan.low) as i16;
                        }
                        None => *value |= (bits.take(1) << scan.low) as i16,
                    }
                }
            }
        }
        Ok(())
    };
    for y in 0..down {
        let mut x = 0;
        while x < across {
            let mut run = restarts.before_marker(across - x);
            if run == 0 {
                restarts.restart(window, feed)?;
                for part in &mut parts {
                    part.prediction = 0;
                }
                run = restarts.before_marker(across - x);
            }
            let end = x + run;
            let mut bits = window.bits();
            let mut done: Result<(), Broken> = Ok(());
            let from = x;
            while x < end && done.is_ok() && window.has_mcu(&bits) {
                done = unit(&mut bits, &mut parts, x, y);
                x += 1;
            }
            let position = bits.position();
            window.set_position(position);
            restarts.passed(x - from);
            if let Err(broken) = done {
                window.check_end(feed)?;
                return Err(feed.malformed(broken.rule()));
            }
            if x < end {
                window.more(feed)?;
            }
        }
    }
    window.check_end(feed)
}

/// One band of AC coefficients of one component.
struct Band {
    table: Rc<Table>,
    first: u32,
    last: u32,
    low: u32,
    refines: bool,
    /// For each coefficient in zigzag order where it goes from a block's first
    /// slot; those that the scale does not use go nowhere.
    places: [Option<u16>; 64],
    /// The coefficients of the band that the scale uses, a bit for each.
    used: u64,
    /// All coefficients of the band.
    all: u64,
    /// Blocks, this one included, that bring nothing more.
    end_run: u32,
}

impl Band {
    fn new(scan: &Scan, scale: Scale, table: Rc<Table>) -> Self {
        let (first, last) = scan.band;
        let places = std::array::from_fn(|k| {
            let slot = scale.slot(k)?;
            u16::try_from(slot * super::frame::LANES).ok()
        });
        let all = (first..=last).fold(0, |bits, k| bits | 1 << k);
        let used = (0..64)
            .filter(|&k| places[k].is_some())
            .fold(0, |bits, k| bits | 1 << k);
        #[expect(clippy::cast_possible_truncation, reason = "below 64")]
        Self {
            table,
            first: first as u32,
            last: last as u32,
            low: scan.low,
            refines: scan.high != 0,
            places,
            used: used & all,
            all,
            end_run: 0,
        }
    }

    /// Decodes blocks from `first` on while the window has data, at most to
    /// `end`; returns how many.
    fn blocks(
        &mut self,
        window: &mut Window,
        coefficients: &mut Coefficients,
        first: usize,
        end: usize,
    ) -> Result<usize, Broken> {
        let mut bits = window.bits();
        let mut block = first;
        let mut done = Ok(());
        while block < end && window.has_mcu(&bits) {
            let passed = self.pass_over(&coefficients.nonzero[block..end]);
            if passed > 0 {
                block += passed;
                continue;
            }
            let place = coefficients.place(block);
            let mut nonzero = coefficients.nonzero[block];
            let values = &mut coefficients.values()[place..];
            done = if self.refines {
                self.refine(&mut bits, values, &mut nonzero)
            } else {
                self.begin(&mut bits, values, &mut nonzero)
            };
            if done.is_err() {
                break;
            }
            coefficients.nonzero[block] = nonzero;
            block += 1;
        }
        let position = bits.position();
        window.set_position(position);
        done.map(|()| block - first)
    }

    /// Passes over blocks that a run has ended and that have nothing to correct; returns how
    /// many. All at once, because a few bytes may end a whole image.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "no more than the run")]
    fn pass_over(&mut self, nonzero: &[u64]) -> usize {
        if self.end_run == 0 {
            return 0;
        }
        let most = nonzero.len().min(self.end_run as usize);
        let passed = if self.refines {
            let mut blocks = nonzero[..most].iter();
            blocks.position(|bits| bits & self.all != 0).unwrap_or(most)
        } else {
            most
        };
        self.end_run -= passed as u32;
        passed
    }

    /// Notes a coefficient whose first bits have come.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "16 bits are kept")]
    fn set(&self, values: &mut [i16], nonzero: &mut u64, k: u32, value: i32) {
        *nonzero |= 1 << k;
        if let Some(place) = self.places[k as usize] {
            values[usize::from(place)] = (value << self.low) as i16;
        }
    }

    /// Reads a block of a first scan (T.81, G.1.2.2) that no run has ended.
    #[inline(always)]
    fn begin(
        &mut self,
        bits: &mut Bits<'_>,
        values: &mut [i16],
        nonzero: &mut u64,
    ) -> Result<(), Broken> {
        let mut k = self.first;
        while k <= self.last {
            bits.refill();
            let (run, value) = self.symbol(bits)?;
            if run >= END_RUN {
                self.end_run = self.blocks_ended(bits, run) - 1;
                return Ok(());
            }
            k += run;
            if k > self.last {
                return Err(Broken::Run);
            }
            if value != 0 {
                self.set(values, nonzero, k, value);
            }
            k += 1;
        }
        Ok(())
    }

    /// A run and the value after it; at least 31 bits must be ready.
    #[inline(always)]
    fn symbol(&self, bits: &mut Bits<'_>) -> Result<(u32, i32), Broken> {
        let entry = self.table.values()[bits.peek(LOOKUP_BITS) as usize];
        if entry != 0 {
            bits.consume(entry.cast_unsigned());
            return Ok((entry.cast_unsigned() >> 8 & 0xff, entry >> 16));
        }
        block::long(bits, &self.table)
    }

    /// Blocks that an end-of-bands symbol ends, the present one included.
    #[inline(always)]
    fn blocks_ended(&self, bits: &mut Bits<'_>, run: u32) -> u32 {
        let size = run - END_RUN;
        bits.refill();
        (1 << size) + bits.take(size)
    }

    /// Reads a block of a scan that brings one more bit (T.81, G.1.2.3).
    #[inline(always)]
    fn refine(
        &mut self,
        bits: &mut Bits<'_>,
        values: &mut [i16],
        nonzero: &mut u64,
    ) -> Result<(), Broken> {
        let before = *nonzero & self.all;
        // Coefficients of the band not yet passed.
        let mut ahead = self.all;
        if self.end_run == 0 {
            while ahead != 0 {
                bits.refill();
                let (run, value) = self.symbol(bits)?;
                if run >= END_RUN {
                    self.end_run = self.blocks_ended(bits, run);
                    break;
                }
                // A coefficient that begins here has one bit (T.81, G.1.2.3).
                if value.abs() > 1 {
                    return Err(Broken::Code);
                }
                // The run counts coefficients that are still zero; those between
                // that are not bring a correction bit each.
                let mut zeros = ahead & !before;
                for _ in 0..run {
                    zeros &= zeros.wrapping_sub(1);
                }
                if zeros == 0 {
                    // Sixteen zeros may end with the band.
                    if value != 0 {
                        return Err(Broken::Run);
                    }
                    self.correct(bits, values, before & ahead);
                    return Ok(());
                }
                let k = zeros.trailing_zeros();
                let passed = ahead & ((1 << k) - 1);
                self.correct(bits, values, before & passed);
                if value != 0 {
                    self.set(values, nonzero, k, value.signum());
                }
                ahead &= !passed & !(1 << k);
            }
        }
        if self.end_run > 0 {
            self.correct(bits, values, before & ahead);
            self.end_run -= 1;
        }
        Ok(())
    }

    /// Reads a correction bit for each coefficient in `passed`, from the lowest
    /// frequency on, and applies those that are used.
    #[inline(always)]
    fn correct(&self, bits: &mut Bits<'_>, values: &mut [i16], mut passed: u64) {
        while passed != 0 {
            bits.refill();
            // The used ones come first but for some between.
            let used = passed & self.used;
            if used == 0 {
                drop_bits(bits, passed.count_ones());
                return;
            }
            let k = used.trailing_zeros();
            let unused = passed & ((1 << k) - 1);
            drop_bits(bits, unused.count_ones());
            bits.refill();
            if bits.take(1) == 1
                && let Some(place) = self.places[k as usize]
            {
                let value = &mut values[usize::from(place)];
                let bit = 1 << self.low;
                *value = if *value < 0 {
                    value.wrapping_sub(bit)
                } else {
                    value.wrapping_add(bit)
                };
            }
            passed &= !unused & !(1 << k);
        }
    }
}

/// Passes over up to 64 bits.
#[inline(always)]
fn drop_bits(bits: &mut Bits<'_>, count: u32) {
    let first = count.min(32);
    bits.consume(first);
    if count > first {
        bits.refill();
        bits.consume(count - first);
    }
}
