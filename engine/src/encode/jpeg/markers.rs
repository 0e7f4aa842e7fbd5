//! The segments of a file between its markers, T.81 Annex B.

use super::{
    frame::{Component, Frame},
    huffman::Table,
};
use crate::{copyright::Copyright, zigzag::ZIGZAG};

/// Start of image, end of image.
const SOI: u8 = 0xd8;
pub(super) const EOI: [u8; 2] = [0xff, 0xd9];
/// Frames: baseline and progressive.
const SOF0: u8 = 0xc0;
const SOF2: u8 = 0xc2;
/// Quantisation tables, Huffman tables, start of scan.
const DQT: u8 = 0xdb;
const DHT: u8 = 0xc4;
const SOS: u8 = 0xda;
/// JFIF 1.01, pixels as wide as they are high, no thumbnail (T.871 10.1).
const APP0: u8 = 0xe0;
const JFIF: [u8; 14] = *b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

/// Exif (Exif 2.32, 4.7.2).
const APP1: u8 = 0xe1;

/// One scan: which components, which coefficients, which of their bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan {
    /// The only component, or all of them.
    pub(super) component: Option<usize>,
    /// The first and the last coefficient.
    pub(super) first: u8,
    pub(super) last: u8,
    /// The bit that was sent last, or 0 if none was, and the one that is sent now.
    pub(super) high: u8,
    pub(super) low: u8,
}

/// How a frame is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Baseline,
    Progressive,
}

/// Everything before the first Huffman table.
pub(super) fn head(
    frame: &Frame,
    coding: Coding,
    steps: &[[u8; 64]; 2],
    copyright: &Copyright,
) -> Vec<u8> {
    let mut out = vec![0xff, SOI];
    segment(&mut out, APP0, &JFIF);
    if let Some(exif) = copyright.exif() {
        segment(&mut out, APP1, &[b"Exif\0\0", &exif[..]].concat());
    }
    let tables = if frame.components.len() > 1 { 2 } else { 1 };
    let mut body = Vec::new();
    for (i, steps) in (0..).zip(&steps[..tables]) {
        body.push(i);
        body.extend(ZIGZAG.map(|at| steps[at]));
    }
    segment(&mut out, DQT, &body);
    let side = |length: u32| {
        let length = u16::try_from(length).expect("planned to fit 16 bits");
        length.to_be_bytes()
    };
    body.clear();
    body.push(8);
    body.extend(side(frame.size.height));
    body.extend(side(frame.size.width));
    body.push(count(&frame.components));
    for (id, component) in (1..).zip(&frame.components) {
        let factors = component.mcu_width << 4 | component.mcu_height;
        let factors = u8::try_from(factors).expect("1 or 2 each way");
        body.extend([id, factors, component.is_chroma.into()]);
    }
    let marker = match coding {
        Coding::Baseline => SOF0,
        Coding::Progressive => SOF2,
    };
    segment(&mut out, marker, &body);
    out
}

/// Huffman tables for DC (class 0) and AC (class 1), each with its number.
pub(super) fn huffman<'a>(tables: impl Iterator<Item = (u8, u8, &'a Table)>) -> Vec<u8> {
    let mut body = Vec::new();
    for (class, number, table) in tables {
        body.push(class << 4 | number);
        body.extend(table.lengths);
        body.extend(&table.symbols);
    }
    let mut out = Vec::new();
    if !body.is_empty() {
        segment(&mut out, DHT, &body);
    }
    out
}

/// The header of a scan. Luma takes tables 0 and chroma tables 1, if they take any.
pub(super) fn scan(frame: &Frame, scan: Scan) -> Vec<u8> {
    let which = match scan.component {
        Some(only) => only..only + 1,
        None => 0..frame.components.len(),
    };
    let components = &frame.components[which.clone()];
    let mut body = vec![count(components)];
    for (id, component) in (1..)
        .zip(&frame.components)
        .skip(which.start)
        .take(which.len())
    {
        let number = u8::from(component.is_chroma);
        // A table that is not used is named 0.
        let dc = if scan.first == 0 && scan.high == 0 {
            number
        } else {
            0
        };
        let ac = if scan.last > 0 { number } else { 0 };
        body.extend([id, dc << 4 | ac]);
    }
    body.extend([scan.first, scan.last, scan.high << 4 | scan.low]);
    let mut out = Vec::new();
    segment(&mut out, SOS, &body);
    out
}

fn count(components: &[Component]) -> u8 {
    u8::try_from(components.len()).expect("at most 3")
}

fn segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    let length =
        u16::try_from(body.len() + 2).expect("four Huffman tables or a short text at most");
    out.extend([0xff, marker]);
    out.extend(length.to_be_bytes());
    out.extend(body);
}
