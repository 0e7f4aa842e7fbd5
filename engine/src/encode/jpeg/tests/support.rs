//! Images to encode, and a decoder that is not ours.

use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, options::DecoderOptions},
};

use crate::{
    decode::Source,
    encode::jpeg::encode,
    error::Result,
    header::probe,
    input::Input,
    pixels::{Dimensions, Plane, Rows},
    plan::{Plan, plan},
    request::{Chroma, OutputFormat, Request, Target},
};

/// A whole image, handed on in strips of the given rows.
pub(super) struct Strips<'a> {
    plan: &'a Plan,
    planes: &'a [Vec<u8>],
    /// Rows of each strip, the last for all that follow.
    heights: &'a [u32],
    next: usize,
    from: u32,
    to: u32,
}

impl<'a> Strips<'a> {
    pub(super) fn new(plan: &'a Plan, planes: &'a [Vec<u8>], heights: &'a [u32]) -> Self {
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
pub(super) enum Kind {
    Grey,
    Half,
    Full,
}

pub(super) const KINDS: [Kind; 3] = [Kind::Grey, Kind::Half, Kind::Full];

pub(super) fn planned(width: u32, height: u32, kind: Kind, quality: u8, progressive: bool) -> Plan {
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

pub(super) fn noise(seed: u64) -> impl FnMut() -> u8 {
    let mut state = seed * 0x9e37_79b9 + 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    }
}

/// Planes with slopes, edges and a little noise.
pub(super) fn picture(plan: &Plan) -> Vec<Vec<u8>> {
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

pub(super) fn planes_of(plan: &Plan, sample: impl Fn(usize, usize, u8) -> u8) -> Vec<Vec<u8>> {
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

pub(super) fn written(plan: &Plan, planes: &[Vec<u8>], heights: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(plan, &mut Strips::new(plan, planes, heights), &mut out).expect("a sound image");
    out
}

/// The planes that a file holds.
pub(super) fn read(file: &[u8]) -> (Dimensions, Vec<Vec<u8>>) {
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
pub(super) fn difference(a: &[Vec<u8>], b: &[Vec<u8>]) -> (f64, u8) {
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
