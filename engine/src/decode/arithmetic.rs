//! Arithmetic-coded JPEG by planes, one MCU row at a time, through zune-jpeg.
//!
//! It reads through a cursor that it may move back, so the compressed file is
//! held whole. Where components come in scans of their own, so are all
//! coefficients; a progressive file's are held twice (zune-jpeg keeps a copy of
//! the scan before, to resume from).

use zune_jpeg::{
    JpegDecoder, RawImcuRowStatus,
    errors::DecodeErrors,
    zune_core::{bytestream::ZCursor, options::DecoderOptions},
};

use super::{Source, jpeg::Scale};
use crate::{
    budget::zeroed,
    cost::Nanoseconds,
    error::{Error, Result},
    header::{Coding, Header, JpegCoding},
    input::Input,
    peak::Part,
    pixels::{Layout, Plane, Rows},
    stages::{Clock, Stage},
};

/// Decodes a JPEG strip by strip.
pub(super) struct Decoder {
    zune: JpegDecoder<ZCursor<Vec<u8>>>,
    layout: Layout,
    planes: Vec<Vec<u8>>,
    strides: Vec<usize>,
    heights: Vec<usize>,
    clock: Clock,
}

impl Decoder {
    pub(super) fn new(
        header: &Header,
        input: Input<'_>,
        allowed: u64,
        clock: &Clock,
    ) -> Result<Self> {
        let bytes = input.into_whole(allowed)?;
        let Coding::Jpeg(coding) = &header.coding else {
            return Err(Error::Unsupported("it is not a JPEG"));
        };
        check_scans(&bytes, header.metadata_bytes, coding)?;
        let _timed = clock.enter(Stage::Decode);
        let options = DecoderOptions::default()
            .set_strict_mode(false)
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX));
        let mut zune = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        zune.decode_headers()
            .map_err(|error| broken(&mut zune, &error))?;
        let layout = super::layout(header, &[Scale::Full; 4]);
        let strides: Vec<_> = layout
            .planes
            .iter()
            .map(|plane| plane.row_bytes().next_multiple_of(8))
            .collect();
        let strip = strip_rows(header, coding) as usize;
        let planes = strides
            .iter()
            .map(|stride| zeroed(stride * strip))
            .collect::<Result<_>>()?;
        Ok(Self {
            zune,
            heights: vec![0; layout.planes.len()],
            layout,
            planes,
            strides,
            clock: clock.clone(),
        })
    }
}

impl Source for Decoder {
    fn advance(&mut self) -> Result<bool> {
        let _timed = self.clock.enter(Stage::Decode);
        let count = self.planes.len();
        let mut planes = [&mut [][..], &mut [], &mut [], &mut []];
        for (slot, plane) in planes.iter_mut().zip(&mut self.planes) {
            *slot = plane;
        }
        let status = self
            .zune
            .raw_output()
            .decode_next_imcu_row(&mut planes[..count], &self.strides);
        match status {
            Ok(RawImcuRowStatus::RowReady { rows_written }) => {
                self.heights.copy_from_slice(&rows_written[..count]);
                Ok(true)
            }
            Ok(RawImcuRowStatus::Complete) => Ok(false),
            Ok(_) => Err(cut(&mut self.zune)),
            Err(error) if error.is_recoverable_eof() => Err(cut(&mut self.zune)),
            Err(error) => Err(broken(&mut self.zune, &error)),
        }
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new((0..self.planes.len()).map(|i| Plane {
            data: &self.planes[i],
            stride: self.strides[i],
            row_bytes: self.layout.planes[i].row_bytes(),
            height: self.heights[i],
        }))
    }
}

/// Refuses a sequential image with a scan of several components but not all:
/// zune-jpeg 0.5.16-rc3 decodes those to wrong colours without an error.
fn check_scans(bytes: &[u8], first_scan: u64, coding: &JpegCoding) -> Result<()> {
    const START_OF_SCAN: [u8; 2] = [0xff, 0xda];
    if coding.progressive || coding.interleaved {
        return Ok(());
    }
    let all = coding.components.len();
    let rest = usize::try_from(first_scan).map_or(&[][..], |at| bytes.get(at..).unwrap_or(&[]));
    let later = rest
        .windows(5)
        .filter(|window| window.starts_with(&START_OF_SCAN))
        .map(|window| usize::from(window[4]));
    if later
        .chain([usize::from(coding.first_scan)])
        .any(|components| components > 1 && components < all)
    {
        return Err(Error::Unsupported(
            "it is a JPEG with a scan of some of its components",
        ));
    }
    Ok(())
}

/// A component alone may come in strips as tall as factors that mean nothing say.
fn strip_rows(header: &Header, coding: &JpegCoding) -> u32 {
    match &coding.components[..] {
        [_] => 4 * 8,
        _ => super::strip_rows(header),
    }
}

fn position(zune: &mut JpegDecoder<ZCursor<Vec<u8>>>) -> u64 {
    zune.inner_reader().position().unwrap_or(0)
}

fn cut(zune: &mut JpegDecoder<ZCursor<Vec<u8>>>) -> Error {
    Error::Malformed {
        offset: position(zune),
        rule: "the scan data lasts to the end of the image",
    }
}

fn broken(zune: &mut JpegDecoder<ZCursor<Vec<u8>>>, error: &DecodeErrors) -> Error {
    let offset = position(zune);
    let rule = match error {
        DecodeErrors::FormatStatic(rule) => rule,
        DecodeErrors::Unsupported(_) | DecodeErrors::TooSmallOutput(..) => {
            return Error::Unsupported("it uses a rare variant of JPEG");
        }
        DecodeErrors::DqtError(_) => "a quantisation table is as T.81 B.2.4.1 says",
        DecodeErrors::SosError(_) => "a scan header is as T.81 B.2.3 says",
        DecodeErrors::SofError(_) => "a frame header is as T.81 B.2.2 says",
        DecodeErrors::HuffmanDecode(_) => "a Huffman table is as T.81 B.2.4.2 says",
        DecodeErrors::MCUError(_) => "the scan data decodes to whole blocks",
        DecodeErrors::ExhaustedData => "the scan data lasts to the end of the image",
        _ => "its segments are as T.81 says",
    };
    Error::Malformed { offset, rule }
}

pub(super) fn peak(header: &Header, coding: &JpegCoding) -> Vec<Part> {
    let layout = super::layout(header, &[Scale::Full; 4]);
    let strip = u64::from(strip_rows(header, coding));
    let row_bytes: u64 = layout
        .planes
        .iter()
        .map(|plane| plane.row_bytes().next_multiple_of(8) as u64)
        .sum();
    let subsampled = coding.components.len() > 1 && coding.max_sampling() != (1, 1);
    let copies = if subsampled { 5 } else { 3 };
    let mut parts = vec![
        Part::new(
            "source file",
            header.length.unwrap_or(0).max(2 * header.head_bytes),
        ),
        // zune-jpeg keeps copies of profiles and descriptions.
        Part::new("metadata", header.metadata_bytes),
        Part::new("decoded strip", row_bytes * strip),
        Part::new("JPEG decoder", ZUNE_BYTES + row_bytes * strip * copies),
    ];
    if coding.progressive || !coding.interleaved {
        let (across, down) = coding.max_sampling();
        let (across, down) = (u32::from(across), u32::from(down));
        let size = header.dimensions;
        let units =
            u64::from(size.width.div_ceil(8 * across)) * u64::from(size.height.div_ceil(8 * down));
        let blocks: u64 = coding
            .components
            .iter()
            .map(|component| units * u64::from(component.horizontal * component.vertical))
            .sum();
        // Two bytes each; a progressive image's are held twice.
        let copies = if coding.progressive { 2 } else { 1 };
        parts.push(Part::new("coefficients", blocks * 64 * 2 * copies));
    }
    parts
}

/// zune-jpeg's tables and state, beside its coefficients and samples of a strip
/// (3 copies of it, 5 where it sets up for upsampling). Measured.
const ZUNE_BYTES: u64 = 256 << 10;

/// Bits are decoded one by one.
pub(super) fn cost(header: &Header) -> Nanoseconds {
    Nanoseconds::fixed(50.0)
        .and(super::coded_bytes(header), 120.0)
        .and(header.dimensions.pixels(), 6.0)
}
