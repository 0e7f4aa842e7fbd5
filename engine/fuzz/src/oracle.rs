//! What must hold of every file, however broken, and of two decoders' planes.
//!
//! Planes are compared by blocks, and only where no sample of either decoder is at
//! the end of its range: then the block's energy, hence each coefficient, is in the
//! range that an encoder can make, and nobody had to clamp on the way.

use std::{
    fs,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use edgepix_engine::{
    Coding, Damage, Header, Input,
    jpeg::{Decoder, Scale},
    probe,
};
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, options::DecoderOptions},
};

use crate::{memory::peak_of, panics, random::Random};

/// Files of more pixels are only looked at as far as their header.
const MOST_PIXELS: u64 = 1 << 19;

/// A decoding that takes longer hangs.
const LONGEST: Duration = Duration::from_secs(2);

/// Difference from the other decoder: at most, and in the mean of a plane.
const LEVELS: u8 = 3;
const MEAN_LEVELS: f64 = 0.5;

/// Difference from the definition where that is known, with its rounding.
const TRUE_LEVELS: f64 = 1.5;

/// What is wrong with our decoder.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) kind: &'static str,
    pub(crate) detail: String,
}

/// What two decoders made of a file.
pub(crate) struct Seen {
    pub(crate) ours: Result<(), String>,
    pub(crate) theirs: Result<(), String>,
    /// Blocks whose samples were compared.
    pub(crate) blocks: u64,
}

/// One plane, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Samples {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

/// What our decoder made of a file.
#[derive(Debug, PartialEq, Eq)]
struct Decoded {
    planes: Vec<Samples>,
    is_damaged: bool,
    end: Result<(), String>,
}

/// Tries everything on a file. `truth` is what it shows, if that is known.
pub(crate) fn check(
    file: &[u8],
    truth: Option<&[Vec<f64>]>,
    random: &mut Random,
) -> Result<Seen, Finding> {
    let probed = guarded("panic in probe", || probe(&mut Input::new(&mut &file[..])))?;
    let header = match probed {
        Ok(header) => header,
        Err(error) => {
            return Ok(Seen {
                ours: Err(reason(&error)),
                theirs: theirs(file).map(drop),
                blocks: 0,
            });
        }
    };
    let pixels = u64::from(header.dimensions.width) * u64::from(header.dimensions.height);
    if pixels > MOST_PIXELS {
        return Ok(Seen {
            ours: Err("too large to try".into()),
            theirs: Err("too large to try".into()),
            blocks: 0,
        });
    }
    let strict = Scale::ALL.map(|scale| decode(file, &header, scale, Damage::Refuse, None));
    let [eighth, quarter, half, full] = strict;
    let (eighth, full) = (eighth?, full?);
    let others = [quarter?, half?];
    let shown = Scale::ALL.map(|scale| decode(file, &header, scale, Damage::Show, None));
    for (shown, strict) in shown
        .into_iter()
        .zip([&eighth, &others[0], &others[1], &full])
    {
        same_where_sound(&shown?, strict)?;
    }
    let damage = random.of(&[Damage::Refuse, Damage::Show]);
    let scale = random.of(&Scale::ALL);
    let whole = decode(file, &header, scale, damage, None)?;
    let pieces = decode(file, &header, scale, damage, Some(random.clone()))?;
    if whole != pieces {
        return finding(
            "pieces",
            format!("{scale:?} {damage:?}: {:?}, {:?}", whole.end, pieces.end),
        );
    }
    let theirs = theirs(file);
    let mut blocks = 0;
    if full.end.is_ok() {
        for other in [&eighth, &others[0], &others[1]] {
            if let Err(error) = &other.end {
                return finding("accepted at full size alone", error.clone());
            }
        }
        means(&eighth, &others[0], 2)?;
        means(&eighth, &others[1], 4)?;
        means(&eighth, &full, 8)?;
        if let Some(truth) = truth {
            compare_truth(&full, truth)?;
        }
        if let Ok(theirs) = &theirs
            && are_read_alike(file, &header)
        {
            blocks = compare(&full.planes, theirs)?;
        }
    } else if truth.is_some() {
        return finding("sound file refused", format!("{:?}", full.end));
    }
    Ok(Seen {
        ours: full.end,
        theirs: theirs.map(drop),
        blocks,
    })
}

fn finding<T>(kind: &'static str, detail: String) -> Result<T, Finding> {
    Err(Finding { kind, detail })
}

/// Runs our code; a panic is a finding.
fn guarded<T>(kind: &'static str, work: impl FnOnce() -> T) -> Result<T, Finding> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Finding {
        kind,
        detail: panics::last(),
    })
}

/// An error without its numbers, to count by.
fn reason(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let text: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    text.chars().take(100).collect()
}

/// Decodes with ours, within time and memory.
fn decode(
    file: &[u8],
    header: &Header,
    scale: Scale,
    damage: Damage,
    pieces: Option<Random>,
) -> Result<Decoded, Finding> {
    let mut taken = Duration::ZERO;
    // Where only the wall's clock is to be had the processor may have been busy with
    // something else; not three times.
    for _ in 0..3 {
        let clock = Clock::start();
        let mut reader = Pieces {
            file,
            random: pieces.clone(),
        };
        let decode = || peak_of(|| planes(&mut reader, scale, damage));
        let (decoded, peak) = guarded("panic", decode)?;
        let allowed = most_bytes(file, header);
        if peak > allowed {
            return finding("memory", format!("{peak} bytes, {allowed} allowed"));
        }
        taken = clock.elapsed();
        if taken < LONGEST {
            return Ok(decoded);
        }
    }
    finding("time", format!("{taken:?} at {scale:?}"))
}

/// Time that this thread had on a processor if the system tells (Linux does), else
/// time.
struct Clock {
    wall: Instant,
    processor: Option<Duration>,
}

impl Clock {
    fn start() -> Self {
        Self {
            wall: Instant::now(),
            processor: Self::processor(),
        }
    }

    fn elapsed(&self) -> Duration {
        match (self.processor, Self::processor()) {
            (Some(before), Some(now)) if now > before => now - before,
            _ => self.wall.elapsed(),
        }
    }

    fn processor() -> Option<Duration> {
        let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        let nanoseconds = text.split(' ').next()?.parse().ok()?;
        Some(Duration::from_nanos(nanoseconds))
    }
}

/// Memory that no decoding needs: the planes here and there, coefficients of two
/// bytes and a bit more, blocks padded to sixteen MCUs; and what does not depend on
/// the image.
fn most_bytes(file: &[u8], header: &Header) -> u64 {
    let Coding::Jpeg(coding) = &header.coding else {
        return 0;
    };
    let (most_across, most_down) = coding.max_sampling();
    let units = |length: u32, most: u8| u64::from(length.div_ceil(8 * u32::from(most)));
    let across = units(header.dimensions.width, most_across).next_multiple_of(16);
    let down = units(header.dimensions.height, most_down);
    let blocks: u64 = coding
        .components
        .iter()
        .map(|component| u64::from(component.horizontal) * u64::from(component.vertical))
        .sum();
    across * down * blocks * 64 * 6 + 3 * file.len() as u64 + (1 << 20)
}

fn planes(reader: &mut Pieces<'_>, scale: Scale, damage: Damage) -> Decoded {
    let mut decoder = match Decoder::open(Input::new(reader), [scale; 4], damage) {
        Ok(decoder) => decoder,
        Err(error) => {
            return Decoded {
                planes: Vec::new(),
                is_damaged: false,
                end: Err(reason(&error)),
            };
        }
    };
    let sizes = decoder.plane_sizes();
    let mut planes: Vec<_> = sizes
        .iter()
        .map(|&(width, height)| Samples {
            width: width as usize,
            height: height as usize,
            data: Vec::new(),
        })
        .collect();
    let end = loop {
        match decoder.advance() {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err(reason(&error)),
        }
        let rows = decoder.rows();
        assert_eq!(rows.planes().len(), planes.len(), "a plane a component");
        for (plane, samples) in rows.planes().iter().zip(&mut planes) {
            for row in plane.data.chunks(plane.stride).take(plane.height) {
                samples.data.extend_from_slice(&row[..samples.width]);
            }
        }
    };
    for plane in &planes {
        let whole = plane.width * plane.height;
        assert!(
            end.is_err() || plane.data.len() == whole,
            "whole planes: {} of {whole}",
            plane.data.len()
        );
    }
    Decoded {
        planes,
        is_damaged: decoder.is_damaged(),
        end,
    }
}

/// A file that comes whole, or a few bytes at a time.
struct Pieces<'a> {
    file: &'a [u8],
    random: Option<Random>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = match &mut self.random {
            Some(random) => random.of(&[1, 2, 5, 100, 4000]),
            None => self.file.len(),
        };
        let (piece, rest) = self
            .file
            .split_at(most.min(self.file.len()).min(buffer.len()));
        buffer[..piece.len()].copy_from_slice(piece);
        self.file = rest;
        Ok(piece.len())
    }
}

/// Showing damage changes nothing where there is none, and else shows as much.
fn same_where_sound(shown: &Decoded, strict: &Decoded) -> Result<(), Finding> {
    let rule = match &strict.end {
        Ok(()) if shown != strict => "a sound file is the same when damage is shown",
        Err(_) if shown.end.is_ok() && !shown.is_damaged => "damage is noted",
        _ => return Ok(()),
    };
    finding(
        "damage",
        format!("{rule}: {:?}, {:?}", strict.end, shown.end),
    )
}

/// A block at 1/8 is the mean of the same block at another scale, unless some of
/// its samples are at the end of their range.
fn means(eighth: &Decoded, larger: &Decoded, side: usize) -> Result<(), Finding> {
    for (plane, (small, large)) in eighth.planes.iter().zip(&larger.planes).enumerate() {
        for by in 0..large.height / side {
            for bx in 0..large.width / side {
                let rows = large.data[by * side * large.width..].chunks(large.width);
                let block = rows.take(side).flat_map(|row| &row[bx * side..][..side]);
                if block.clone().any(is_clipped) {
                    continue;
                }
                let sum: f64 = block.copied().map(f64::from).sum();
                let count = f64::from(u32::try_from(side * side).expect("at most 64"));
                let mean = f64::from(small.data[by * small.width + bx]);
                if (sum / count - mean).abs() > 1.0 {
                    let what = format!(
                        "plane {plane} block {bx},{by}: {mean} at 1/8, mean {} at {side}/8",
                        sum / count
                    );
                    return finding("mean of a block", what);
                }
            }
        }
    }
    Ok(())
}

fn is_clipped(sample: &u8) -> bool {
    matches!(sample, 0 | 255)
}

fn compare_truth(full: &Decoded, truth: &[Vec<f64>]) -> Result<(), Finding> {
    for (plane, (samples, exact)) in full.planes.iter().zip(truth).enumerate() {
        for (at, (&sample, &exact)) in samples.data.iter().zip(exact).enumerate() {
            let difference = f64::from(sample) - exact.clamp(0.0, 255.0);
            if difference.abs() > TRUE_LEVELS {
                let (x, y) = (at % samples.width, at / samples.width);
                let what = format!("plane {plane} at {x},{y}: {sample}, exactly {exact}");
                return finding("difference from the definition", what);
            }
        }
    }
    Ok(())
}

/// Whether zune-jpeg 0.5.16-rc3 can be relied on: where it was seen to accept a file
/// and to show something else than libjpeg, it cannot. That is so where scans bring
/// the same twice or a bit before the one above it; where data is left over before a
/// restart marker, which only a whole decoder could tell from other restarts; where a
/// marker that stands alone lies between segments, which it takes for one; and, of
/// sequential images, where a scan is of several components but not all.
fn are_read_alike(file: &[u8], header: &Header) -> bool {
    let Coding::Jpeg(coding) = &header.coding else {
        return false;
    };
    let has_others = file
        .windows(2)
        .any(|pair| pair[0] == 0xff && matches!(pair[1], 0x01 | 0xd0..=0xd7 | 0xdd));
    let starts = file
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| *pair == [0xff, 0xda]);
    let mut scans = starts.filter_map(|(at, _)| file.get(at + 4..));
    let mut bits = [[None; 64]; 256];
    let all = coding.components.len();
    !has_others
        && scans.all(|scan| {
            let count = scan.first().copied().map_or(0, usize::from);
            are_next(&mut bits, scan) && (coding.progressive || !(2..all).contains(&count))
        })
}

/// Whether a scan's header brings the next bits of each coefficient, of which the
/// last are noted by component.
fn are_next(bits: &mut [[Option<u8>; 64]; 256], scan: &[u8]) -> bool {
    let [count, rest @ ..] = scan else {
        return true;
    };
    let length = 2 * usize::from(*count);
    let (Some(components), Some(&[first, last, high_low])) =
        (rest.get(..length), rest.get(length..length + 3))
    else {
        return true;
    };
    let band = usize::from(first)..=usize::from(last.min(63));
    components.chunks(2).all(|pair| {
        band.clone().all(|k| {
            let before = bits[usize::from(pair[0])][k].replace(high_low & 15);
            match before {
                None => high_low >> 4 == 0,
                Some(before) => before > 0 && high_low >> 4 == before,
            }
        })
    })
}

fn theirs(file: &[u8]) -> Result<Vec<Samples>, String> {
    catch_unwind(|| their_planes(file)).unwrap_or_else(|_| Err("panic".into()))
}

fn their_planes(file: &[u8]) -> Result<Vec<Samples>, String> {
    let text = |error| reason(&format!("{error:?}"));
    let options = DecoderOptions::default().set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(text)?;
    let mut raw = decoder.raw_output();
    let (Some(count), Some(layout)) = (raw.num_components(), raw.layout()) else {
        return Err("no layout".into());
    };
    let layout = &layout[..count];
    if layout.iter().map(|plane| plane.byte_size).sum::<usize>() > 16 << 20 {
        return Err("too large to try".into());
    }
    let mut buffers: Vec<_> = layout
        .iter()
        .map(|plane| vec![0; plane.byte_size])
        .collect();
    let mut planes: Vec<_> = buffers.iter_mut().map(Vec::as_mut_slice).collect();
    raw.decode_into_planes(&mut planes).map_err(text)?;
    let samples = layout.iter().zip(buffers).map(|(plane, buffer)| Samples {
        width: plane.width,
        height: plane.height,
        data: buffer
            .chunks(plane.stride)
            .take(plane.height)
            .flat_map(|row| &row[..plane.width])
            .copied()
            .collect(),
    });
    Ok(samples.collect())
}

/// Compares the blocks that neither decoder clipped; returns how many.
fn compare(ours: &[Samples], theirs: &[Samples]) -> Result<u64, Finding> {
    let sizes = |planes: &[Samples]| -> Vec<_> {
        planes
            .iter()
            .map(|plane| (plane.width, plane.height))
            .collect()
    };
    if sizes(ours) != sizes(theirs) {
        let what = format!("{:?}, theirs {:?}", sizes(ours), sizes(theirs));
        return finding("sizes of planes", what);
    }
    let mut blocks = 0;
    for (plane, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let width = ours.width;
        let (mut sum, mut count) = (0.0, 0.0);
        for top in (0..ours.height).step_by(8) {
            for left in (0..ours.width).step_by(8) {
                let (ours, theirs) = (block(ours, left, top), block(theirs, left, top));
                if ours.clone().chain(theirs.clone()).any(is_clipped) {
                    continue;
                }
                blocks += 1;
                for (at, (&ours, &theirs)) in ours.zip(theirs).enumerate() {
                    let difference = ours.abs_diff(theirs);
                    sum += f64::from(difference);
                    count += 1.0;
                    if difference > LEVELS {
                        let side = (width - left).min(8);
                        let (x, y) = (left + at % side, top + at / side);
                        let what = format!("plane {plane} at {x},{y}: {ours}, theirs {theirs}");
                        return finding("difference", what);
                    }
                }
            }
        }
        // A mean of few samples says little more than the largest.
        if count >= 256.0 && sum / count > MEAN_LEVELS {
            return finding("mean difference", format!("plane {plane}: {}", sum / count));
        }
    }
    Ok(blocks)
}

/// The samples of a block, those that are in the plane.
fn block(plane: &Samples, left: usize, top: usize) -> impl Iterator<Item = &u8> + Clone {
    let right = (left + 8).min(plane.width);
    let rows = plane.data[top * plane.width..].chunks(plane.width).take(8);
    rows.flat_map(move |row| &row[left..right])
}
