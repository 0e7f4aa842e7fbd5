//! Scans of made-up files, from coefficients to symbols (T.81, annexes F and G).

use crate::random::Random;

/// A component and its quantised coefficients, padded to whole MCUs.
pub(crate) struct Component {
    pub(crate) id: u8,
    /// Which quantisation table it names.
    pub(crate) steps: usize,
    /// Its sampling factors as the frame header states them.
    pub(crate) stated: (usize, usize),
    /// Blocks of an MCU, across and down.
    factors: (usize, usize),
    /// Blocks that hold samples of the image.
    own: (usize, usize),
    pub(crate) samples: (usize, usize),
    /// MCUs of the image.
    mcus: (usize, usize),
    /// Blocks in a row.
    pub(crate) stride: usize,
    pub(crate) blocks: Vec<[i16; 64]>,
}

impl Component {
    /// A grey component of an image of `size` whose largest factors are `most`.
    pub(crate) fn new(
        id: u8,
        steps: usize,
        stated: (usize, usize),
        most: (usize, usize),
        is_alone: bool,
        size: (usize, usize),
    ) -> Self {
        let (factors, most) = match is_alone {
            true => ((1, 1), (1, 1)),
            false => (stated, most),
        };
        let samples = (
            (size.0 * factors.0).div_ceil(most.0),
            (size.1 * factors.1).div_ceil(most.1),
        );
        let mcus = (size.0.div_ceil(8 * most.0), size.1.div_ceil(8 * most.1));
        let stride = mcus.0 * factors.0;
        Self {
            id,
            steps,
            stated,
            factors,
            own: (samples.0.div_ceil(8), samples.1.div_ceil(8)),
            samples,
            mcus,
            stride,
            blocks: vec![[0; 64]; stride * mcus.1 * factors.1],
        }
    }
}

/// A component's part of a scan.
pub(crate) struct Part {
    pub(crate) component: usize,
    pub(crate) dc_table: usize,
    pub(crate) ac_table: usize,
}

impl Part {
    /// Whether it names a table, numbered as in [`Token::Symbol`].
    pub(crate) fn names(&self, table: usize) -> bool {
        table == self.dc_table || table == 4 + self.ac_table
    }
}

/// One scan of the script.
pub(crate) struct Scan {
    pub(crate) parts: Vec<Part>,
    pub(crate) band: (usize, usize),
    pub(crate) high: usize,
    pub(crate) low: usize,
}

/// What a scan's data is made of.
pub(crate) enum Token {
    /// Table, 0 to 3 of DC and 4 to 7 of AC, and symbol.
    Symbol(usize, u8),
    /// The low bits of a value, and how many.
    Bits(u32, u32),
    Restart(u8),
}

impl Scan {
    fn new(
        random: &mut Random,
        components: &[usize],
        band: (usize, usize),
        (high, low): (usize, usize),
        tables: usize,
    ) -> Self {
        let parts = components
            .iter()
            .map(|&component| Part {
                component,
                dc_table: random.below(tables),
                ac_table: random.below(tables),
            })
            .collect();
        Self {
            parts,
            band,
            high,
            low,
        }
    }

    /// The symbols of the whole scan.
    pub(crate) fn tokens(
        &self,
        random: &mut Random,
        components: &[Component],
        restarts: usize,
    ) -> Vec<Token> {
        let first = &components[self.parts[0].component];
        let is_alone = self.parts.len() == 1;
        let (across, down) = if is_alone { first.own } else { first.mcus };
        let mut coder = Coder {
            scan: self,
            tokens: Vec::new(),
            predictions: [0; 4],
            run: 0,
            longest_run: match self.band.0 {
                0 => 1,
                _ => random.of(&[1, 3, 100, 0x7fff]),
            },
            table: 0,
            corrections: Vec::new(),
        };
        for mcu in 0..across * down {
            if restarts > 0 && mcu > 0 && mcu % restarts == 0 {
                coder.end_run();
                let number = (mcu / restarts - 1).to_le_bytes()[0] & 7;
                coder.tokens.push(Token::Restart(number));
                coder.predictions = [0; 4];
            }
            let (x, y) = (mcu % across, mcu / across);
            for part in &self.parts {
                let component = &components[part.component];
                let (wide, high) = if is_alone { (1, 1) } else { component.factors };
                for v in 0..high {
                    for u in 0..wide {
                        let at = (y * high + v) * component.stride + x * wide + u;
                        coder.block(part, &component.blocks[at]);
                    }
                }
            }
        }
        coder.end_run();
        coder.tokens
    }
}

/// Scans of whole blocks, of one component or several each.
pub(crate) fn sequential(random: &mut Random, count: usize, components: &[Component]) -> Vec<Scan> {
    groups(random, count, components)
        .iter()
        .map(|group| Scan::new(random, group, (0, 63), (0, 0), 4))
        .collect()
}

/// Scans of bands and bits.
pub(crate) fn progressive(
    random: &mut Random,
    count: usize,
    components: &[Component],
) -> Vec<Scan> {
    let mut scans = Vec::new();
    let low = random.below(4);
    for group in groups(random, count, components) {
        scans.push(Scan::new(random, &group, (0, 0), (0, low), 4));
    }
    for low in (0..low).rev() {
        for group in groups(random, count, components) {
            scans.push(Scan::new(random, &group, (0, 0), (low + 1, low), 4));
        }
    }
    // Of each component the scans in order; between components in any.
    let mut waiting: Vec<Vec<_>> = (0..count).map(|_| bands(random)).collect();
    while waiting.iter().any(|bands| !bands.is_empty()) {
        let component = random.below(count);
        if let Some((band, bits)) = waiting[component].pop() {
            scans.push(Scan::new(random, &[component], band, bits, 4));
        }
    }
    scans
}

type Bits = (usize, usize);

/// Bands of AC coefficients and their bits, the last to be sent first.
fn bands(random: &mut Random) -> Vec<((usize, usize), Bits)> {
    let mut bands = Vec::new();
    let low = random.below(4);
    for bit in (0..=low).rev() {
        let high = if bit == low { 0 } else { bit + 1 };
        let mut first = 1;
        while first < 64 {
            let last = match random.below(3) {
                0 => random.from(first, 63),
                _ => 63,
            };
            bands.push(((first, last), (high, bit)));
            first = last + 1;
        }
    }
    bands.reverse();
    bands
}

/// Divides the components over scans that hold at most ten blocks.
fn groups(random: &mut Random, count: usize, components: &[Component]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let one_scan = random.once_in(2);
    for n in 0..count {
        match groups.last_mut() {
            Some(group) if one_scan || random.once_in(3) => group.push(n),
            _ => groups.push(vec![n]),
        }
    }
    let blocks = |group: &Vec<usize>| {
        let factors = group.iter().map(|&n| components[n].factors);
        factors.map(|(h, v)| h * v).sum::<usize>()
    };
    assert!(groups.iter().all(|group| blocks(group) <= 10));
    if !one_scan {
        random.shuffle(&mut groups);
    }
    groups
}

struct Coder<'a> {
    scan: &'a Scan,
    tokens: Vec<Token>,
    predictions: [i32; 4],
    /// Blocks in a row that bring nothing more, and how many are let run up.
    run: u32,
    longest_run: u32,
    /// The AC table of the present block.
    table: usize,
    /// Correction bits of theirs.
    corrections: Vec<bool>,
}

impl Coder<'_> {
    fn block(&mut self, part: &Part, block: &[i16; 64]) {
        self.table = 4 + part.ac_table;
        let (first, last) = self.scan.band;
        if first == 0 {
            let value = i32::from(block[0]) >> self.scan.low;
            if self.scan.high > 0 {
                self.tokens.push(Token::Bits(value.cast_unsigned() & 1, 1));
            } else {
                let before = std::mem::replace(&mut self.predictions[part.component], value);
                self.number(part.dc_table, 0, value - before);
            }
        }
        if last == 0 {
            return;
        }
        let band = &block[first.max(1)..=last];
        if self.scan.high > 0 {
            self.refine(band);
        } else {
            self.begin(band);
        }
    }

    /// A symbol of a run and a size, and the bits of the value.
    fn number(&mut self, table: usize, run: u8, value: i32) {
        let size = u32::BITS - value.unsigned_abs().leading_zeros();
        let symbol = run << 4 | size.to_le_bytes()[0];
        self.tokens.push(Token::Symbol(table, symbol));
        let bits = if value < 0 { value - 1 } else { value };
        self.tokens.push(Token::Bits(bits.cast_unsigned(), size));
    }

    fn begin(&mut self, band: &[i16]) {
        let table = self.table;
        let mut zeros = 0;
        for &value in band {
            let value = i32::from(value) / (1 << self.scan.low);
            if value == 0 {
                zeros += 1;
                continue;
            }
            self.end_run();
            while zeros > 15 {
                self.tokens.push(Token::Symbol(table, 0xf0));
                zeros -= 16;
            }
            self.number(table, zeros, value);
            zeros = 0;
        }
        if zeros > 0 {
            self.extend_run(Vec::new());
        }
    }

    fn refine(&mut self, band: &[i16]) {
        let table = self.table;
        let size = |value: i16| value.unsigned_abs() >> self.scan.low;
        let last_new = band.iter().rposition(|&value| size(value) == 1);
        let mut zeros = 0;
        let mut corrections = Vec::new();
        for (at, &value) in band.iter().enumerate() {
            if size(value) == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 && Some(at) <= last_new {
                self.end_run();
                self.tokens.push(Token::Symbol(table, 0xf0));
                zeros -= 16;
                self.correct(&mut corrections);
            }
            if size(value) > 1 {
                corrections.push(size(value) & 1 == 1);
                continue;
            }
            self.end_run();
            self.tokens.push(Token::Symbol(table, zeros << 4 | 1));
            self.tokens.push(Token::Bits(u32::from(value > 0), 1));
            self.correct(&mut corrections);
            zeros = 0;
        }
        if zeros > 0 || !corrections.is_empty() {
            self.extend_run(corrections);
        }
    }

    /// The block brings nothing more.
    fn extend_run(&mut self, corrections: Vec<bool>) {
        self.run += 1;
        self.corrections.extend(corrections);
        if self.run >= self.longest_run {
            self.end_run();
        }
    }

    fn end_run(&mut self) {
        if self.run > 0 {
            let size = 31 - self.run.leading_zeros();
            let symbol = size.to_le_bytes()[0] << 4;
            self.tokens.push(Token::Symbol(self.table, symbol));
            self.tokens.push(Token::Bits(self.run, size));
            self.run = 0;
        }
        let mut corrections = std::mem::take(&mut self.corrections);
        self.correct(&mut corrections);
    }

    fn correct(&mut self, corrections: &mut Vec<bool>) {
        let bits = corrections.drain(..);
        self.tokens
            .extend(bits.map(|bit| Token::Bits(u32::from(bit), 1)));
    }
}
