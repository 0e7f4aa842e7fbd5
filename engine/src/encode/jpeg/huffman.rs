//! Huffman tables made for what was counted: T.81 Annex K.2 by sorting instead of
//! searching, with codes of at most 16 bits of which none is all ones.

/// How often each symbol occurs.
pub(super) type Counts = [u32; 256];

/// The longest code that the format allows.
const LONGEST: usize = 16;

/// A Huffman table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Codes of each length, from 1 bit.
    pub(super) lengths: [u8; LONGEST],
    /// Symbols in the order of their codes: those of the shortest first.
    pub(super) symbols: Vec<u8>,
}

impl Table {
    /// Makes the table that needs the fewest bits for what was counted, as far
    /// as 16 bits a code allow.
    pub(super) fn new(counts: &Counts) -> Self {
        let mut sorted: Vec<(u32, u8)> = (0..=u8::MAX)
            .zip(counts)
            .filter(|&(_, &count)| count > 0)
            .map(|(symbol, &count)| (count, symbol))
            .collect();
        // The rarest last, and of equals the greater.
        sorted.sort_unstable_by_key(|&(count, symbol)| (std::cmp::Reverse(count), symbol));
        // One more leaf, rarer than all, takes the code of all ones.
        let mut weights: Vec<u64> = sorted.iter().map(|&(count, _)| count.into()).collect();
        weights.push(0);
        let mut lengths = shortened(depths(&weights));
        if let Some(longest) = lengths.iter_mut().rfind(|count| **count > 0) {
            *longest -= 1;
        }
        Self {
            lengths: lengths.map(|count| u8::try_from(count).expect("at most 255 of one length")),
            symbols: sorted.into_iter().map(|(_, symbol)| symbol).collect(),
        }
    }

    /// The code of each symbol and its length in bits; 0 bits for symbols that
    /// were not counted.
    pub(super) fn codes(&self) -> [(u16, u8); 256] {
        let mut codes = [(0, 0); 256];
        let mut symbols = self.symbols.iter();
        let mut code = 0;
        for (bits, &count) in (1..).zip(&self.lengths) {
            for &symbol in symbols.by_ref().take(count.into()) {
                codes[usize::from(symbol)] = (code, bits);
                code += 1;
            }
            code <<= 1;
        }
        codes
    }
}

/// The number of leaves at each depth of the Huffman tree of `weights`, which
/// fall. Index 0 is depth 0.
fn depths(weights: &[u64]) -> Vec<usize> {
    // Leaves from the lightest, then inner nodes in the order they are made,
    // which is by weight: the next lightest of either is at the front of its row.
    let leaves = weights.len();
    let mut nodes: Vec<u64> = weights.iter().rev().copied().collect();
    let mut parents = vec![0; 2 * leaves - 1];
    let (mut leaf, mut inner) = (0, leaves);
    for parent in leaves..2 * leaves - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            let take_leaf = leaf < leaves && (inner == parent || nodes[leaf] <= nodes[inner]);
            let lightest = if take_leaf { &mut leaf } else { &mut inner };
            sum += nodes[*lightest];
            parents[*lightest] = parent;
            *lightest += 1;
        }
        nodes.push(sum);
    }
    let mut depth = vec![0; nodes.len()];
    let mut counts = vec![0; leaves.max(LONGEST + 1)];
    for node in (0..nodes.len() - 1).rev() {
        depth[node] = depth[parents[node]] + 1;
        if node < leaves {
            counts[depth[node]] += 1;
        }
    }
    counts
}

/// Moves leaves up until none is deeper than 16 (T.81 figure K.3): the deepest two
/// lose one bit and all by the one taking its parent's place, and a leaf higher
/// up makes room for the other.
fn shortened(mut counts: Vec<usize>) -> [usize; LONGEST] {
    for depth in (LONGEST + 1..counts.len()).rev() {
        while counts[depth] > 0 {
            let above = (1..depth - 1)
                .rfind(|&above| counts[above] > 0)
                .expect("a tree with leaves this deep has one further up");
            counts[depth] -= 2;
            counts[depth - 1] += 1;
            counts[above + 1] += 2;
            counts[above] -= 1;
        }
    }
    std::array::from_fn(|i| counts[i + 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits that everything counted takes, after checking that the table is legal.
    fn checked_bits(counts: &Counts) -> u64 {
        let table = Table::new(counts);
        let codes = table.codes();
        let used: u64 = table
            .lengths
            .iter()
            .zip(1..)
            .map(|(&count, bits)| u64::from(count) << (LONGEST - bits))
            .sum();
        assert!(used < 1 << LONGEST, "the code of all ones is taken");
        let sum: usize = table.lengths.iter().map(|&count| usize::from(count)).sum();
        assert_eq!(sum, table.symbols.len());
        let mut bits = 0;
        for (symbol, &count) in counts.iter().enumerate() {
            let (code, length) = codes[symbol];
            assert_eq!(length > 0, count > 0, "{symbol}");
            assert!(u32::from(code) < 1 << length, "{symbol}");
            bits += u64::from(count) * u64::from(length);
        }
        for (a, &(code, length)) in codes.iter().enumerate() {
            for &(other, longer) in &codes[a + 1..] {
                if length > 0 && longer > 0 {
                    let both = length.min(longer);
                    assert_ne!(code >> (length - both), other >> (longer - both));
                }
            }
        }
        bits
    }

    fn counts(of: impl Fn(usize) -> u32) -> Counts {
        std::array::from_fn(of)
    }

    #[test]
    fn one_symbol_takes_one_bit() {
        assert_eq!(
            checked_bits(&counts(|symbol| 5 * u32::from(symbol == 7))),
            5
        );
    }

    #[test]
    fn no_symbol_makes_an_empty_table() {
        assert_eq!(checked_bits(&[0; 256]), 0);
    }

    #[test]
    fn equal_counts_take_equal_bits_but_for_the_code_of_all_ones() {
        assert_eq!(checked_bits(&[1; 256]), 256 * 8 + 1);
        assert_eq!(
            checked_bits(&counts(|symbol| u32::from(symbol < 255))),
            255 * 8
        );
    }

    #[test]
    fn counts_that_grow_as_fibonacci_s_numbers_stay_within_16_bits() {
        for symbols in 2..=46 {
            let mut numbers = [1_u32, 1];
            let mut fibonacci = [0; 256];
            for number in fibonacci.iter_mut().take(symbols) {
                *number = numbers[0];
                numbers = [numbers[1], numbers[0].saturating_add(numbers[1])];
            }
            checked_bits(&fibonacci);
        }
    }

    #[test]
    fn counts_of_any_shape_make_legal_tables() {
        let mut noise = 1_u64;
        for rarest in 0..32 {
            for _ in 0..20 {
                let mut counts = [0; 256];
                for count in &mut counts {
                    noise ^= noise << 13;
                    noise ^= noise >> 7;
                    noise ^= noise << 17;
                    // From all alike to each half as frequent as another.
                    *count = u32::try_from(noise >> 33).expect("31 bits") >> (noise % (rarest + 1));
                }
                checked_bits(&counts);
            }
        }
    }
}
