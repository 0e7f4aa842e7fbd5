//! One block of a sequential scan (T.81, F.2.2): the coefficients that the scale
//! uses are kept, and the others are passed over as fast as their codes tell
//! their lengths.

use super::{
    bits::Bits,
    frame::LANES,
    huffman::{END, END_RUN, LOOKUP_BITS, SKIP_BITS, Table, ZERO_RUN, extend},
    scale::Scale,
    scan::Broken,
};

/// For each coefficient in zigzag order: its quantisation step in the high half,
/// and where it goes among a group's coefficients in the low half.
pub(super) type Steps = [u32; 64];

/// Makes the steps of a component. Coefficients that the scale does not use go
/// to one slot after those that it does.
pub(super) fn steps(scale: Scale, quantisation: &[u16; 64]) -> Steps {
    std::array::from_fn(|k| {
        let slot = scale.slot(k).unwrap_or(scale.slots());
        let slot = u32::try_from(slot * LANES).expect("a small number");
        u32::from(quantisation[k]) << 16 | slot
    })
}

/// The coefficient and where it goes; the product is clamped to 16 bits, which
/// no sound image reaches.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn dequantise(value: i32, step: u32) -> (usize, i16) {
    let product = value * (step >> 16).cast_signed();
    let product = product.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    ((step & 0xffff) as usize, product)
}

/// Reads a DC difference (T.81, F.2.2.1). At least 47 bits must be ready.
#[inline(always)]
pub(super) fn difference(bits: &mut Bits<'_>, table: &Table) -> Result<i32, Broken> {
    let entry = table.values()[bits.peek(LOOKUP_BITS) as usize];
    if entry != 0 {
        bits.consume(entry.cast_unsigned());
        return Ok(entry >> 16);
    }
    let (length, size) = table.symbol(bits.peek(16)).ok_or(Broken::Code)?;
    if size > 15 {
        return Err(Broken::Code);
    }
    bits.consume(length);
    Ok(extend(bits.take(size), size))
}

/// Reads one block into lane `lane` of a group, which must be zero. `LAST` is
/// the scale's [`Scale::last`].
#[inline(always)]
pub(super) fn read<const LAST: usize>(
    bits: &mut Bits<'_>,
    (dc, ac): (&Table, &Table),
    steps: &Steps,
    prediction: &mut i32,
    group: &mut [i16],
    lane: usize,
) -> Result<(), Broken> {
    bits.refill();
    *prediction = prediction.wrapping_add(difference(bits, dc)?);
    let (_, value) = dequantise((*prediction).clamp(-32_768, 32_767), steps[0]);
    group[lane] = value;
    if LAST == 0 {
        skip(bits, ac, 1)
    } else {
        used::<LAST>(bits, ac, steps, group, lane)
    }
}

/// Reads the coefficients up to `LAST`, then passes over the rest.
#[inline(always)]
fn used<const LAST: usize>(
    bits: &mut Bits<'_>,
    ac: &Table,
    steps: &Steps,
    group: &mut [i16],
    lane: usize,
) -> Result<(), Broken> {
    let mut k = 1;
    let values = ac.values();
    loop {
        bits.refill();
        // Four lookups of 10 bits; then 16 are left for what did not fit one.
        for _ in 0..4 {
            let entry = values[bits.peek(LOOKUP_BITS) as usize];
            if entry == 0 {
                bits.refill();
                let (run, value) = long(bits, ac)?;
                k += run;
                if k > 63 {
                    return ended(k, run);
                }
                let (slot, product) = dequantise(value, steps[k as usize]);
                group[slot + lane] = product;
            } else {
                bits.consume(entry.cast_unsigned());
                let run = entry.cast_unsigned() >> 8 & 0xff;
                k += run;
                if k > 63 {
                    return ended(k, run);
                }
                let (slot, product) = dequantise(entry >> 16, steps[k as usize]);
                group[slot + lane] = product;
            }
            k += 1;
            if k as usize > LAST {
                return if LAST == 63 {
                    Ok(())
                } else {
                    skip(bits, ac, k)
                };
            }
            if entry == 0 {
                break;
            }
        }
    }
}

#[inline(always)]
fn ended(k: u32, run: u32) -> Result<(), Broken> {
    if run >= END_RUN {
        debug_assert!(k >= END_RUN, "past the last coefficient");
        Ok(())
    } else {
        Err(Broken::Run)
    }
}

/// A symbol whose bits do not fit the lookup, and its value; 31 bits must be ready.
pub(super) fn long(bits: &mut Bits<'_>, ac: &Table) -> Result<(u32, i32), Broken> {
    let (length, symbol) = ac.symbol(bits.peek(16)).ok_or(Broken::Code)?;
    bits.consume(length);
    let (run, size) = (symbol >> 4, symbol & 15);
    if size == 0 && symbol != ZERO_RUN {
        return Ok((END_RUN + run, 0));
    }
    Ok((run, extend(bits.take(size), size)))
}

/// Passes over the coefficients of a block from `k` on.
#[inline(always)]
fn skip(bits: &mut Bits<'_>, ac: &Table, mut k: u32) -> Result<(), Broken> {
    let skips = ac.skips();
    while k < 64 {
        bits.refill();
        for _ in 0..4 {
            let entry = u32::from(skips[bits.peek(SKIP_BITS) as usize]);
            let next = k + (entry >> 6);
            if next < 64 && entry != 0 {
                bits.consume(entry);
                k = next;
                continue;
            }
            // The block ends with the last of these symbols, or just before its
            // END: then all of them are its own.
            if next == 64 || next > END && next < END + 64 {
                bits.consume(entry);
                return Ok(());
            }
            // One symbol alone: it has a long code, or those after it are of the
            // next block.
            bits.refill();
            let (length, symbol) = ac.symbol(bits.peek(16)).ok_or(Broken::Code)?;
            let (run, size) = (symbol >> 4, symbol & 15);
            bits.consume(length + size);
            if size == 0 && symbol != ZERO_RUN {
                return Ok(());
            }
            k += run + 1;
            break;
        }
    }
    if k > 64 { Err(Broken::Run) } else { Ok(()) }
}
