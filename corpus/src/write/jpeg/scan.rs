//! One scan: which coefficients of which components go out, and as which symbols.
//! A sequential scan is the band 0..=63 at full precision; every other is progressive.

use super::blocks::{Block, Component};
use super::huffman::{Class, Sink};

/// Correction bits held back before an end-of-band run is forced out (any bound would do).
const MOST_CORRECTIONS: usize = 900;

/// A scan of the script.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    /// Indices of the components, in the order of the frame.
    pub(super) components: Vec<usize>,
    /// First and last coefficient in zigzag order.
    pub(super) band: (u8, u8),
    /// Lowest bit sent before (0: none yet) and now.
    pub(super) high: u8,
    pub(super) low: u8,
}

impl Scan {
    /// The whole of `components` in one go.
    pub(super) fn sequential(components: Vec<usize>) -> Self {
        Self {
            components,
            band: (0, 63),
            high: 0,
            low: 0,
        }
    }

    /// The script libjpeg uses: a coarse picture first, then chroma, then luma detail, then
    /// the low bits of all.
    pub(super) fn progressive(count: usize) -> Vec<Self> {
        let dc = |high, low| Self {
            components: (0..count).collect(),
            band: (0, 0),
            high,
            low,
        };
        let ac = |component, first, last, high, low| Self {
            components: vec![component],
            band: (first, last),
            high,
            low,
        };
        // Component 0 is refined in two steps, the others in one.
        let others = move |high, low| (1..count).rev().map(move |n| ac(n, 1, 63, high, low));
        let mut scans = vec![dc(0, 1), ac(0, 1, 5, 0, 2)];
        scans.extend(others(0, 1));
        scans.extend([ac(0, 6, 63, 0, 2), ac(0, 1, 63, 2, 1), dc(1, 0)]);
        scans.extend(others(1, 0));
        scans.push(ac(0, 1, 63, 1, 0));
        scans
    }

    /// Sends the whole scan to `sink`, a restart marker after every `restart` MCUs (0: none).
    pub(super) fn send(&self, components: &[Component], restart: u16, sink: &mut impl Sink) {
        let mut coder = Coder {
            scan: self,
            sink,
            predictions: [0; 4],
            restart,
            mcus: 0,
            run: 0,
            run_table: 0,
            corrections: Vec::new(),
        };
        if let [only] = self.components[..] {
            let component = &components[only];
            for row in component
                .blocks
                .chunks_exact(component.stride)
                .take(component.rows)
            {
                for block in &row[..component.columns] {
                    coder.begin_mcu();
                    coder.block(only, component.table, block);
                }
            }
        } else {
            let first = &components[0];
            let (wide, high) = (
                first.stride / first.across,
                first.blocks.len() / first.stride / first.down,
            );
            for (y, x) in (0..high).flat_map(|y| (0..wide).map(move |x| (y, x))) {
                coder.begin_mcu();
                for &n in &self.components {
                    let component = &components[n];
                    for dy in 0..component.down {
                        let at =
                            (y * component.down + dy) * component.stride + x * component.across;
                        for block in &component.blocks[at..at + component.across] {
                            coder.block(n, component.table, block);
                        }
                    }
                }
            }
        }
        coder.flush_run();
    }
}

struct Coder<'a, S> {
    scan: &'a Scan,
    sink: &'a mut S,
    /// Last DC value of each component.
    predictions: [i32; 4],
    /// MCUs between restart markers, and MCUs begun so far.
    restart: u16,
    mcus: u32,
    /// Blocks in a row that have nothing more in the band.
    run: u32,
    /// Table the run's symbol goes to; a scan with runs has one component.
    run_table: usize,
    /// Refinement bits that follow the run.
    corrections: Vec<bool>,
}

impl<S: Sink> Coder<'_, S> {
    fn begin_mcu(&mut self) {
        let every = u32::from(self.restart);
        if every > 0 && self.mcus > 0 && self.mcus.is_multiple_of(every) {
            self.flush_run();
            let number = (self.mcus / every - 1).to_le_bytes()[0] % 8;
            self.sink.restart(number);
            self.predictions = [0; 4];
        }
        self.mcus += 1;
    }

    fn block(&mut self, component: usize, table: usize, block: &Block) {
        self.run_table = table;
        let is_first_pass = self.scan.high == 0;
        match self.scan.band {
            (0, 63) => {
                self.dc(component, table, block);
                self.sequential_ac(table, block);
            }
            (0, _) if is_first_pass => self.dc(component, table, block),
            (0, _) => self.sink.bits(
                (i32::from(block[0]) >> self.scan.low).cast_unsigned() & 1,
                1,
            ),
            _ if is_first_pass => self.first_ac(table, block),
            _ => self.refine_ac(table, block),
        }
    }

    fn dc(&mut self, component: usize, table: usize, block: &Block) {
        let value = i32::from(block[0]) >> self.scan.low;
        let change = value - std::mem::replace(&mut self.predictions[component], value);
        let size = bit_length(change.unsigned_abs());
        self.sink.symbol(Class::Dc, table, size);
        self.magnitude(change, size);
    }

    fn sequential_ac(&mut self, table: usize, block: &Block) {
        let mut zeros = 0;
        for &value in &block[1..] {
            if value == 0 {
                zeros += 1;
                continue;
            }
            self.run_of_zeros(table, &mut zeros);
            self.coefficient(table, zeros, i32::from(value));
            zeros = 0;
        }
        if zeros > 0 {
            self.sink.symbol(Class::Ac, table, 0);
        }
    }

    fn first_ac(&mut self, table: usize, block: &Block) {
        let mut zeros = 0;
        for &value in self.in_band(block) {
            // Towards zero, unlike the shift of a DC value.
            let value = i32::from(value) / (1 << self.scan.low);
            if value == 0 {
                zeros += 1;
                continue;
            }
            self.flush_run();
            self.run_of_zeros(table, &mut zeros);
            self.coefficient(table, zeros, value);
            zeros = 0;
        }
        if zeros > 0 {
            self.extend_run(Vec::new());
        }
    }

    fn refine_ac(&mut self, table: usize, block: &Block) {
        let low = self.scan.low;
        let size = |value: i16| value.unsigned_abs() >> low;
        let band = self.in_band(block);
        let last_new = band.iter().rposition(|&value| size(value) == 1);
        let mut zeros = 0;
        let mut corrections = Vec::new();
        for (at, &value) in band.iter().enumerate() {
            let size = size(value);
            if size == 0 {
                zeros += 1;
                continue;
            }
            // Sixteen zeros are only worth a symbol while a new coefficient follows.
            while zeros > 15 && Some(at) <= last_new {
                self.flush_run();
                self.sink.symbol(Class::Ac, table, 0xf0);
                zeros -= 16;
                self.send_corrections(&mut corrections);
            }
            if size > 1 {
                corrections.push(size & 1 == 1);
                continue;
            }
            self.flush_run();
            self.sink.symbol(Class::Ac, table, zeros << 4 | 1);
            self.sink.bits(u32::from(value > 0), 1);
            self.send_corrections(&mut corrections);
            zeros = 0;
        }
        if zeros > 0 || !corrections.is_empty() {
            self.extend_run(corrections);
        }
    }

    fn in_band<'b>(&self, block: &'b Block) -> &'b [i16] {
        &block[usize::from(self.scan.band.0)..=usize::from(self.scan.band.1)]
    }

    fn run_of_zeros(&mut self, table: usize, zeros: &mut u8) {
        while *zeros > 15 {
            self.sink.symbol(Class::Ac, table, 0xf0);
            *zeros -= 16;
        }
    }

    fn coefficient(&mut self, table: usize, zeros: u8, value: i32) {
        let size = bit_length(value.unsigned_abs());
        self.sink.symbol(Class::Ac, table, zeros << 4 | size);
        self.magnitude(value, size);
    }

    /// The bits after a size: the value, or the value less one if it is negative.
    fn magnitude(&mut self, value: i32, size: u8) {
        let bits = if value < 0 { value - 1 } else { value };
        self.sink.bits(bits.cast_unsigned(), size);
    }

    fn extend_run(&mut self, corrections: Vec<bool>) {
        self.run += 1;
        self.corrections.extend(corrections);
        if self.run == 0x7fff || self.corrections.len() > MOST_CORRECTIONS {
            self.flush_run();
        }
    }

    fn flush_run(&mut self) {
        if self.run > 0 {
            let size = bit_length(self.run) - 1;
            self.sink.symbol(Class::Ac, self.run_table, size << 4);
            self.sink.bits(self.run, size);
            self.run = 0;
        }
        let mut corrections = std::mem::take(&mut self.corrections);
        self.send_corrections(&mut corrections);
        self.corrections = corrections;
    }

    fn send_corrections(&mut self, corrections: &mut Vec<bool>) {
        for bit in corrections.drain(..) {
            self.sink.bits(u32::from(bit), 1);
        }
    }
}

/// Bits needed to write `magnitude`.
#[expect(clippy::cast_possible_truncation, reason = "at most 32")]
fn bit_length(magnitude: u32) -> u8 {
    (u32::BITS - magnitude.leading_zeros()) as u8
}
