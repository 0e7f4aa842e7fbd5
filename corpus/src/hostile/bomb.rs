//! Compressed nothing, written out by hand: compressing megabytes would take longer than
//! making all other hostile files together.

/// A zlib stream that inflates to `length` times `byte`, 159 times smaller: one literal,
/// then nothing but the longest match.
pub(super) fn bomb(byte: u8, length: u32) -> Vec<u8> {
    let mut bits = Vec::new();
    // Huffman codes go out from their highest bit, everything else from its lowest.
    let code = |bits: &mut Vec<bool>, code: u16, count: u8| {
        bits.extend((0..count).rev().map(|n| code >> n & 1 == 1));
    };
    // The last block, with the fixed codes of RFC 1951.
    bits.extend([true, true, false]);
    let literal = 0x30 + u16::from(byte);
    code(&mut bits, literal, 8);
    let (matches, rest) = ((length - 1) / 258, (length - 1) % 258);
    for _ in 0..matches {
        // Length 258 (symbol 285), distance one.
        code(&mut bits, 0xc5, 8);
        code(&mut bits, 0, 5);
    }
    for _ in 0..rest {
        code(&mut bits, literal, 8);
    }
    code(&mut bits, 0, 7);
    let packed = bits.chunks(8).map(|byte| {
        byte.iter()
            .rev()
            .fold(0, |packed, &bit| packed << 1 | u8::from(bit))
    });

    // Adler-32 of equal bytes has a closed form.
    let (byte, length) = (u64::from(byte), u64::from(length));
    let low = (1 + byte * length) % 65_521;
    let high = (length + byte * (length * (length + 1) / 2 % 65_521)) % 65_521;
    let sum = [high, low]
        .into_iter()
        .flat_map(|half| [(half >> 8).to_le_bytes()[0], half.to_le_bytes()[0]]);
    [0x78, 0x9c].into_iter().chain(packed).chain(sum).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;

    use super::bomb;

    #[test]
    fn a_bomb_is_a_sound_stream() {
        for length in [1, 2, 258, 259, 260, 1000, 100_000] {
            let mut inflated = Vec::new();
            let stream = bomb(b'x', length);
            ZlibDecoder::new(&stream[..])
                .read_to_end(&mut inflated)
                .expect("a sound stream");
            assert_eq!(inflated, vec![b'x'; length as usize]);
        }
    }
}
