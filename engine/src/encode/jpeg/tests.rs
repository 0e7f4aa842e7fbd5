//! What comes out is a file that a decoder which is not ours reads as what went in.

use std::io::{self, Write};

use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, options::DecoderOptions},
};

use super::{encode, peak};
use crate::{
    decode::Source,
    error::{Error, Result},
    header::probe,
    input::Input,
    pixels::{Dimensions, Plane, Rows},
    plan::{Plan, plan},
    request::{Chroma, OutputFormat, Request, Target},
    simd::Backend,
};

/// A whole image, handed on in strips of the given rows.
struct Strips<'a> {
    plan: &'a Plan,
    planes: &'a [Vec<u8>],
    /// Rows of each strip, the last for all that follow.
    heights: &'a [u32],
    next: usize,
    from: u32,
    to: u32,
}

impl<'a> Strips<'a> {
    fn new(plan: &'a Plan, planes: &'a [Vec<u8>], heights: &'a [u32]) -> Self {
        Self {
            plan,
            planes,
            heights,
            next: 0,
            from: 0,
            to: 0,
        }
    }
}

impl Source for Strips<'_> {
    fn advance(&mut self) -> Result<bool> {
        let height = self.heights[self.next.min(self.heights.len() - 1)];
        self.next += 1;
        self.from = self.to;
        self.to = (self.from + height).min(self.plan.output.height);
        Ok(self.from < self.to)
    }

    fn rows(&self) -> Rows<'_> {
        let shapes = &self.plan.encoded.planes;
        Rows::new(self.planes.iter().zip(shapes).map(|(plane, shape)| {
            let step = if shape.y_step > 1.0 { 2 } else { 1 };
            let [from, to] = [self.from, self.to].map(|row| row.div_ceil(step) as usize);
            let width = shape.width as usize;
            Plane {
                data: &plane[from * width..to * width],
                stride: width,
                row_bytes: width,
                height: to - from,
            }
        }))
    }
}

/// What an image is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Grey,
    Half,
    Full,
}

const KINDS: [Kind; 3] = [Kind::Grey, Kind::Half, Kind::Full];

fn planned(width: u32, height: u32, kind: Kind, quality: u8, progressive: bool) -> Plan {
    // As much of a PNG as planning reads: grey or RGB.
    let colour = if kind == Kind::Grey { 0 } else { 2 };
    let file = [
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[8, colour, 0, 0, 0],
        &[0; 8],
        b"IDAT",
    ]
    .concat();
    let header = probe(&mut Input::new(&mut &file[..])).expect("a sound header");
    let request = Request {
        format: Target::Format(OutputFormat::Jpeg),
        quality: Some(quality),
        chroma: if kind == Kind::Full {
            Chroma::Full
        } else {
            Chroma::Half
        },
        progressive,
        ..Request::default()
    };
    plan(&request, &header, &crate::Limits::default()).expect("a sound request")
}

fn noise(seed: u64) -> impl FnMut() -> u8 {
    let mut state = seed * 0x9e37_79b9 + 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    }
}

/// Planes with slopes, edges and a little noise.
fn picture(plan: &Plan) -> Vec<Vec<u8>> {
    planes_of(plan, |x, y, noise| {
        let slope = (2 * x + 3 * y) / 4 % 200;
        let edge = if x / 11 % 3 == 0 && y / 7 % 2 == 0 {
            30
        } else {
            0
        };
        u8::try_from(slope + edge).expect("small") + noise % 5
    })
}

fn planes_of(plan: &Plan, sample: impl Fn(usize, usize, u8) -> u8) -> Vec<Vec<u8>> {
    let mut noise = noise(1);
    let shapes = plan.encoded.planes.iter();
    shapes
        .map(|shape| {
            let width = shape.width as usize;
            (0..width * shape.height as usize)
                .map(|at| sample(at % width, at / width, noise()))
                .collect()
        })
        .collect()
}

fn written(plan: &Plan, planes: &[Vec<u8>], heights: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(plan, &mut Strips::new(plan, planes, heights), &mut out).expect("a sound image");
    out
}

/// The planes that a file holds.
fn read(file: &[u8]) -> (Dimensions, Vec<Vec<u8>>) {
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().expect("a sound file");
    let (width, height) = decoder.dimensions().expect("after the headers");
    let mut raw = decoder.raw_output();
    let count = raw.num_components().expect("after the headers");
    let layout = raw.layout().expect("after the headers");
    let layout = &layout[..count];
    let mut buffers: Vec<_> = layout
        .iter()
        .map(|plane| vec![0; plane.byte_size])
        .collect();
    let mut planes: Vec<_> = buffers.iter_mut().map(Vec::as_mut_slice).collect();
    raw.decode_into_planes(&mut planes).expect("a sound file");
    let size = Dimensions {
        width: u32::try_from(width).expect("16 bits"),
        height: u32::try_from(height).expect("16 bits"),
    };
    let cut = |(plane, buffer): (&zune_jpeg::PlaneInfo, Vec<u8>)| {
        let rows = buffer.chunks(plane.stride).take(plane.height);
        rows.flat_map(|row| row[..plane.width].to_vec()).collect()
    };
    (size, layout.iter().zip(buffers).map(cut).collect())
}

/// The mean and the largest difference of samples.
fn difference(a: &[Vec<u8>], b: &[Vec<u8>]) -> (f64, u8) {
    assert_eq!(a.len(), b.len(), "planes");
    let (mut sum, mut count, mut largest) = (0, 0, 0);
    for (a, b) in a.iter().zip(b) {
        assert_eq!(a.len(), b.len(), "samples");
        for (a, b) in a.iter().zip(b) {
            sum += u64::from(a.abs_diff(*b));
            largest = largest.max(a.abs_diff(*b));
            count += 1;
        }
    }
    (sum as f64 / f64::from(count), largest)
}

fn assert_is_read_back(plan: &Plan, planes: &[Vec<u8>], most: (f64, u8)) -> Vec<u8> {
    let file = written(plan, planes, &[16]);
    let (size, read) = read(&file);
    assert_eq!(size, plan.output);
    let (mean, largest) = difference(planes, &read);
    let what = format!(
        "{} {} planes, progressive: {}",
        plan.output,
        planes.len(),
        plan.progressive
    );
    assert!(
        mean <= most.0 && largest <= most.1,
        "{what}: {mean} {largest}"
    );
    file
}

#[test]
fn every_size_up_to_some_mcus_is_read_back() {
    for kind in KINDS {
        for (width, height) in (1..=35)
            .flat_map(|width| [1, 2, 8, 9, 15, 16, 17, 31, 33].map(|height| (width, height)))
        {
            for progressive in [false, true] {
                let plan = planned(width, height, kind, 100, progressive);
                assert_is_read_back(&plan, &picture(&plan), (1.0, 4));
            }
        }
    }
}

#[test]
fn qualities_are_read_back_as_well_as_they_promise() {
    for kind in KINDS {
        for (quality, mean) in [(1, 40.0), (50, 8.0), (80, 5.0), (95, 2.0), (100, 0.7)] {
            let plan = planned(203, 131, kind, quality, false);
            assert_is_read_back(&plan, &picture(&plan), (mean, 255));
        }
    }
}

#[test]
fn a_progressive_file_holds_the_same_coefficients() {
    for kind in KINDS {
        for (width, height) in [(1, 1), (7, 9), (130, 97), (257, 40)] {
            for quality in [1, 30, 80, 100] {
                let [baseline, progressive] = [false, true].map(|progressive| {
                    let plan = planned(width, height, kind, quality, progressive);
                    read(&written(&plan, &picture(&plan), &[16]))
                });
                assert!(
                    baseline == progressive,
                    "{width}x{height} {kind:?} {quality}"
                );
            }
        }
    }
}

#[test]
fn noise_of_the_hardest_contrast_is_read_back_in_both_codings() {
    for kind in KINDS {
        for quality in [75, 100] {
            let [baseline, progressive] = [false, true].map(|progressive| {
                let plan = planned(200, 120, kind, quality, progressive);
                let planes = planes_of(&plan, |_, _, noise| if noise > 127 { 255 } else { 0 });
                read(&assert_is_read_back(&plan, &planes, (24.0, 255)))
            });
            assert!(baseline == progressive, "{kind:?} {quality}");
        }
    }
}

#[test]
fn an_image_of_more_tokens_than_are_kept_is_right() {
    // Flat at first, so that the noise below it comes as a surprise to the tables.
    let plan = planned(1024, 512, Kind::Full, 100, false);
    let planes = planes_of(&plan, |_, y, noise| if y < 200 { 90 } else { noise });
    let file = assert_is_read_back(&plan, &planes, (0.6, 3));
    assert!(file.len() > 1_000_000, "{} bytes", file.len());
}

#[test]
fn the_longest_sides_are_read_back() {
    for (width, height) in [(65_535, 1), (1, 65_535), (65_535, 17)] {
        for progressive in [false, true] {
            let plan = planned(width, height, Kind::Half, 90, progressive);
            assert_is_read_back(&plan, &picture(&plan), (3.0, 255));
        }
    }
}

#[test]
fn every_backend_writes_the_same_bytes() {
    for kind in KINDS {
        for progressive in [false, true] {
            let mut plan = planned(301, 77, kind, 85, progressive);
            let planes = picture(&plan);
            let expected = written(&plan, &planes, &[16]);
            for backend in Backend::available() {
                plan.backend = backend;
                assert!(
                    written(&plan, &planes, &[16]) == expected,
                    "{}",
                    backend.name()
                );
            }
        }
    }
}

#[test]
fn strips_cut_anywhere_give_the_same_bytes() {
    for kind in KINDS {
        for width in [32, 77] {
            let plan = planned(width, 53, kind, 85, false);
            let planes = picture(&plan);
            let expected = written(&plan, &planes, &[53]);
            for first in 1..53 {
                for then in [1, 2, 5, 8, 16, 24] {
                    let actual = written(&plan, &planes, &[first, then]);
                    assert!(actual == expected, "{kind:?} {width} {first} {then}");
                }
            }
        }
    }
}

#[test]
fn a_grey_file_has_one_component_and_a_coloured_one_says_how_its_chroma_lies() {
    for (kind, factors) in [
        (Kind::Grey, &[0x11][..]),
        (Kind::Half, &[0x22, 0x11, 0x11]),
        (Kind::Full, &[0x11, 0x11, 0x11]),
    ] {
        for (progressive, marker) in [(false, 0xc0), (true, 0xc2)] {
            let plan = planned(40, 30, kind, 80, progressive);
            let file = written(&plan, &picture(&plan), &[16]);
            assert!(file.starts_with(b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"));
            assert!(file.ends_with(b"\xff\xd9"));
            let frame = file.windows(2).position(|pair| pair == [0xff, marker]);
            let frame = &file[frame.expect("a frame") + 4..];
            assert_eq!(
                frame[..6],
                [8, 0, 30, 0, 40, factors.len().to_le_bytes()[0]]
            );
            let components = frame[6..].chunks(3).take(factors.len());
            assert!(components.map(|component| &component[1]).eq(factors));
        }
    }
}

#[test]
fn a_source_that_ends_early_is_an_error() {
    let plan = planned(40, 40, Kind::Half, 80, false);
    let planes = picture(&plan);
    let mut short = Strips::new(&plan, &planes, &[16, 0]);
    let done = encode(&plan, &mut short, &mut Vec::new());
    assert!(
        matches!(done, Err(Error::Encoder { codec: "JPEG", .. })),
        "{done:?}"
    );
}

/// Takes some bytes and no more.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.0);
        self.0 -= count;
        match count {
            0 => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(count),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_is_full_is_an_error_of_writing_wherever_it_ends() {
    for progressive in [false, true] {
        let plan = planned(40, 30, Kind::Half, 80, progressive);
        let planes = picture(&plan);
        let file = written(&plan, &planes, &[16]);
        for room in 0..file.len() {
            let mut strips = Strips::new(&plan, &planes, &[16]);
            let done = encode(&plan, &mut strips, &mut Full(room));
            assert!(
                matches!(done, Err(Error::Write(_))),
                "{room} bytes of {}",
                file.len()
            );
        }
    }
}

#[test]
fn baseline_memory_stays_small_and_progressive_memory_is_that_of_all_coefficients() {
    let bytes = |side, progressive| {
        let plan = planned(side, side, Kind::Half, 80, progressive);
        peak(&plan).iter().map(|part| part.bytes).sum::<u64>()
    };
    assert!(bytes(1, false) < 100 << 10);
    assert!(bytes(8000, false) < 5 << 19);
    let coefficients = 1600 * 1600 * 3 / 2 * 2;
    let progressive = bytes(1600, true);
    assert!(
        (coefficients..coefficients * 9 / 8).contains(&progressive),
        "{progressive}"
    );
}
