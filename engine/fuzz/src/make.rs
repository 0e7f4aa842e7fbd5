//! Sound files that no encoder writes: any sampling factors, any script of scans,
//! any code lengths, restarts anywhere. What they show is known from the start.

use crate::{
    random::Random,
    scan::{self, Component, Scan, Token},
};

/// A file and the samples of its planes, row by row, in double precision.
pub(crate) struct Made {
    pub(crate) file: Vec<u8>,
    pub(crate) truth: Vec<Vec<f64>>,
}

/// Row by row position of each coefficient in zigzag order (T.81, figure A.6).
const NATURAL: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Makes up a file.
pub(crate) fn file(random: &mut Random) -> Made {
    let (width, height) = (side(random), side(random));
    let is_progressive = random.once_in(2);
    let tables: Vec<[u16; 64]> = (0..4).map(|_| steps(random)).collect();
    let components = components(random, (width, height), &tables);
    let mut file = vec![0xff, 0xd8];
    for (number, steps) in (0u8..).zip(&tables) {
        let wide = random.once_in(4) || steps.iter().any(|&step| step > 255);
        let mut body = vec![u8::from(wide) << 4 | number];
        for step in steps {
            body.extend(&step.to_be_bytes()[usize::from(!wide)..]);
        }
        segment(random, &mut file, 0xdb, &body);
    }
    let has_number_of_lines = random.once_in(32);
    let stated = if has_number_of_lines { 0 } else { height };
    let mut body = vec![8];
    body.extend(short(stated));
    body.extend(short(width));
    body.push(byte(components.len()));
    for component in &components {
        let factors = byte(component.stated.0 << 4 | component.stated.1);
        body.extend([component.id, factors, byte(component.steps)]);
    }
    let kind = if is_progressive {
        0xc2
    } else {
        random.of(&[0xc0, 0xc1])
    };
    segment(random, &mut file, kind, &body);
    let scans = if is_progressive {
        scan::progressive(random, components.len(), &components)
    } else {
        scan::sequential(random, components.len(), &components)
    };
    let mut restarts = 0;
    for (at, scan) in scans.iter().enumerate() {
        if random.once_in(4) {
            restarts = if random.once_in(3) {
                0
            } else {
                random.from(1, 20)
            };
            segment(random, &mut file, 0xdd, &short(restarts));
        }
        write_scan(random, &mut file, scan, &components, restarts);
        if at == 0 && has_number_of_lines {
            segment(random, &mut file, 0xdc, &short(height));
        }
    }
    file.extend([0xff, 0xd9]);
    let truth = components
        .iter()
        .map(|component| truth(component, &tables[component.steps]))
        .collect();
    Made { file, truth }
}

/// Mostly small; sometimes wider than the sixteen units decoded together.
fn side(random: &mut Random) -> usize {
    match random.below(8) {
        0 => random.from(1, 8),
        1 => random.from(100, 400),
        _ => random.from(1, 72),
    }
}

fn steps(random: &mut Random) -> [u16; 64] {
    let most = random.of(&[1, 4, 30, 300]);
    std::array::from_fn(|_| u16::try_from(random.from(1, most)).expect("at most 300"))
}

fn components(random: &mut Random, size: (usize, usize), tables: &[[u16; 64]]) -> Vec<Component> {
    let count = random.of(&[1, 3, 3, 3, 3, 4]);
    let factors = loop {
        let usual = random.once_in(2);
        let factors: Vec<_> = (0..count)
            .map(|n| match usual {
                true if n == 0 || n == 3 => (2, 1 + size.0 % 2),
                true => (1, 1),
                false => (random.of(&[1, 1, 2, 2, 3, 4]), random.of(&[1, 1, 2, 3, 4])),
            })
            .collect();
        if count == 1 || factors.iter().map(|(h, v)| h * v).sum::<usize>() <= 10 {
            break factors;
        }
    };
    let most = factors.iter().fold((1, 1), |most: (usize, usize), own| {
        (most.0.max(own.0), most.1.max(own.1))
    });
    let first_id = random.byte();
    // What a block may add up to, in levels: some files clip.
    let budget = if random.once_in(10) { 2000 } else { 100 };
    (0u8..)
        .zip(factors)
        .map(|(n, stated)| {
            let id = first_id.wrapping_add(n);
            let steps = random.below(tables.len());
            let mut component = Component::new(id, steps, stated, most, count == 1, size);
            for block in &mut component.blocks {
                *block = coefficients(random, &tables[steps], budget);
            }
            component
        })
        .collect()
}

/// A block whose samples stay within `budget` levels of the middle.
fn coefficients(random: &mut Random, steps: &[u16; 64], budget: i32) -> [i16; 64] {
    let mut block = [0; 64];
    // A level is 8 of DC, and at least 4 of any other coefficient.
    let mut left = 4 * budget;
    let mut k = 0;
    let reach = random.of(&[1, 8, 20, 50]);
    while k < 64 && left > 0 {
        let most = (left / i32::from(steps[k])).min(1016 / i32::from(steps[k]));
        let most = if random.once_in(4) { most } else { most.min(3) };
        let span = usize::try_from(2 * most + 1).expect("not negative");
        let value = i32::try_from(random.below(span)).expect("small") - most;
        left -= value.abs() * i32::from(steps[k]);
        block[k] = i16::try_from(value).expect("at most 1016");
        k += random.from(1, reach);
    }
    block
}

fn write_scan(
    random: &mut Random,
    file: &mut Vec<u8>,
    scan: &Scan,
    components: &[Component],
    restarts: usize,
) {
    let tokens = scan.tokens(random, components, restarts);
    let mut codes = vec![[(0u32, 0u32); 256]; 8];
    for (table, codes) in codes.iter_mut().enumerate() {
        let mut used = [false; 256];
        for token in &tokens {
            if let &Token::Symbol(of, symbol) = token
                && of == table
            {
                used[usize::from(symbol)] = true;
            }
        }
        let mut symbols: Vec<u8> = (0..=255).filter(|&s| used[usize::from(s)]).collect();
        // A table that the scan names must be there though nothing uses it.
        if !symbols.is_empty() || scan.parts.iter().any(|part| part.names(table)) {
            if symbols.is_empty() {
                symbols.push(0);
            }
            let body = define(random, table, symbols, codes);
            segment(random, file, 0xc4, &body);
        }
    }
    let mut body = vec![byte(scan.parts.len())];
    for part in &scan.parts {
        let tables = byte(part.dc_table << 4 | part.ac_table);
        body.extend([components[part.component].id, tables]);
    }
    let (first, last) = scan.band;
    body.extend([byte(first), byte(last), byte(scan.high << 4 | scan.low)]);
    segment(random, file, 0xda, &body);
    let mut writer = Writer {
        file,
        pending: 0,
        count: 0,
    };
    for token in tokens {
        match token {
            Token::Symbol(table, symbol) => {
                let (code, length) = codes[table][usize::from(symbol)];
                writer.bits(code, length);
            }
            Token::Bits(value, count) => writer.bits(value, count),
            Token::Restart(number) => {
                writer.pad();
                writer.file.extend([0xff, 0xd0 | number]);
            }
        }
    }
    writer.pad();
}

/// Gives symbols codes of random lengths; the body of their DHT segment.
fn define(
    random: &mut Random,
    table: usize,
    mut symbols: Vec<u8>,
    codes: &mut [(u32, u32); 256],
) -> Vec<u8> {
    random.shuffle(&mut symbols);
    // One more leaf than symbols: no code is all ones (T.81, C).
    let mut lengths = vec![0u32];
    let is_steep = random.once_in(2);
    while lengths.len() <= symbols.len() {
        let deepest = (0..lengths.len()).filter(|&n| lengths[n] < 16);
        let at = match is_steep && random.once_in(2) {
            true => deepest.max_by_key(|&n| lengths[n]).unwrap_or(0),
            false => random.below(lengths.len()),
        };
        if lengths[at] < 16 {
            lengths[at] += 1;
            lengths.push(lengths[at]);
        }
    }
    lengths.sort_unstable();
    let mut counts = [0; 16];
    let (mut code, mut before) = (0, 0);
    for (&symbol, &length) in symbols.iter().zip(&lengths) {
        code <<= length - before;
        before = length;
        codes[usize::from(symbol)] = (code, length);
        code += 1;
        counts[length as usize - 1] += 1;
    }
    let head = byte(16 * (table / 4) + table % 4);
    [&[head][..], &counts, &symbols].concat()
}

/// Packs bits, stuffing a zero after each 0xFF (T.81, F.1.2.3).
struct Writer<'a> {
    file: &'a mut Vec<u8>,
    pending: u64,
    count: u32,
}

impl Writer<'_> {
    fn bits(&mut self, value: u32, count: u32) {
        self.pending = self.pending << count | u64::from(value) & ((1 << count) - 1);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.pending >> self.count).to_le_bytes()[0];
            self.file.push(byte);
            if byte == 0xff {
                self.file.push(0);
            }
        }
    }

    fn pad(&mut self) {
        let missing = (8 - self.count % 8) % 8;
        self.bits((1 << missing) - 1, missing);
    }
}

/// Appends a segment; sometimes with fill bytes or a comment before it.
fn segment(random: &mut Random, file: &mut Vec<u8>, marker: u8, body: &[u8]) {
    if random.once_in(40) {
        file.extend([0xff, 0xfe, 0, 6, 0xff, 0xda, 0xff, 0xd9]);
    }
    if random.once_in(40) {
        file.extend([0xff; 3]);
    }
    file.extend([0xff, marker]);
    file.extend(short(body.len() + 2));
    file.extend(body);
}

fn short(value: usize) -> [u8; 2] {
    u16::try_from(value).expect("16 bits").to_be_bytes()
}

fn byte(value: usize) -> u8 {
    u8::try_from(value).expect("8 bits")
}

/// The samples of a component by the definition (T.81, A.3.3), not clamped.
fn truth(component: &Component, steps: &[u16; 64]) -> Vec<f64> {
    let basis: [[f64; 8]; 8] = std::array::from_fn(|u| {
        let scale = if u == 0 { 0.5f64.sqrt() / 2.0 } else { 0.5 };
        std::array::from_fn(|x| {
            let angle = (2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0;
            scale * angle.cos()
        })
    });
    let (width, height) = component.samples;
    let mut samples = vec![0.0; width * height];
    for (at, block) in component.blocks.iter().enumerate() {
        let (left, top) = (at % component.stride * 8, at / component.stride * 8);
        let mut between = [[0.0; 8]; 8];
        for (k, &value) in block.iter().enumerate().filter(|(_, value)| **value != 0) {
            let (v, u) = (usize::from(NATURAL[k]) / 8, usize::from(NATURAL[k]) % 8);
            let value = f64::from(value) * f64::from(steps[k]);
            for (x, between) in between[v].iter_mut().enumerate() {
                *between += value * basis[u][x];
            }
        }
        for y in top..(top + 8).min(height) {
            for x in left..(left + 8).min(width) {
                let sum: f64 = (0..8)
                    .map(|v| between[v][x - left] * basis[v][y - top])
                    .sum();
                samples[y * width + x] = sum + 128.0;
            }
        }
    }
    samples
}
