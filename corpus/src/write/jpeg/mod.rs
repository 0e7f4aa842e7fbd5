//! A JPEG encoder whose bytes are the same on every machine.
//!
//! The encoder the engine uses was tried first: jpeg-encoder 0.7.1 writes other bytes with
//! its AVX2 code than without (769,939 against 769,941 for a 4.5 MP photograph, 4:2:0,
//! quality 85), and Cargo unites features, so what this crate wrote would have depended on
//! what it was built with. Writing our own also gives the tests files their subject did not
//! make, and progressive files with successive approximation, which jpeg-encoder lacks.

mod blocks;
mod huffman;
mod scan;
mod tables;

use serde::Deserialize;

use crate::synth::Picture;
use blocks::{Component, Plane};
use huffman::{BitWriter, Codes, Counts, OwnTable};
use scan::Scan;
use tables::{CHROMA_AC, CHROMA_DC, CHROMA_QUANT, LUMA_AC, LUMA_DC, LUMA_QUANT, Table, ZIGZAG};

/// How a JPEG is to be written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct JpegOptions {
    /// 1 to 100, on libjpeg's scale. Default: 85.
    pub quality: u8,
    /// How much chroma is averaged. Default: 4:2:0. Grey pictures ignore it.
    pub sampling: Sampling,
    /// Progressive with successive approximation and a Huffman code of its own for each
    /// scan, as libjpeg does it; otherwise one baseline scan with the standard's tables.
    /// Default: baseline.
    pub progressive: bool,
    /// MCUs between restart markers; 0 for none. Default: 0.
    pub restart_interval: u16,
}

impl Default for JpegOptions {
    fn default() -> Self {
        Self {
            quality: 85,
            sampling: Sampling::S420,
            progressive: false,
            restart_interval: 0,
        }
    }
}

/// How many luma samples share a chroma sample.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Sampling {
    /// One: full chroma.
    #[serde(rename = "4:4:4")]
    S444,
    /// Two side by side.
    #[serde(rename = "4:2:2")]
    S422,
    /// Two by two.
    #[serde(rename = "4:2:0")]
    S420,
    /// Two above one another: a 4:2:2 picture that was turned.
    #[serde(rename = "4:4:0")]
    S440,
    /// Four side by side.
    #[serde(rename = "4:1:1")]
    S411,
}

impl Sampling {
    fn factors(self) -> (usize, usize) {
        match self {
            Self::S444 => (1, 1),
            Self::S422 => (2, 1),
            Self::S420 => (2, 2),
            Self::S440 => (1, 2),
            Self::S411 => (4, 1),
        }
    }
}

/// How a four-component JPEG stores its inks. Both are inverted, as Adobe's programs do it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Inks {
    /// Cyan, magenta, yellow and key as they are.
    Cmyk,
    /// The first three as YCbCr.
    Ycck,
}

/// Writes a picture as YCbCr, or as grey if it has one or two channels. Alpha is dropped.
///
/// # Panics
///
/// If a side is 0 or above 65,535, or the quality is not 1 to 100.
pub fn jpeg(picture: &Picture, options: &JpegOptions) -> Vec<u8> {
    let components = if picture.channels < 3 {
        components(picture, &picture.grey(), [LUMA], options, |[v]| [v])
    } else {
        components(picture, &picture.rgb(), YCBCR, options, ycbcr)
    };
    write(picture, &components, options, None, Scans::Script)
}

/// Writes a baseline file with one scan for each component, which a decoder cannot turn
/// into pixels before it has read the last. Otherwise as [`jpeg`].
///
/// # Panics
///
/// As [`jpeg`], and if the options ask for a progressive file.
pub fn jpeg_by_component(picture: &Picture, options: &JpegOptions) -> Vec<u8> {
    assert!(!options.progressive, "a baseline file");
    let components = components(picture, &picture.rgb(), YCBCR, options, ycbcr);
    write(picture, &components, options, None, Scans::OnePerComponent)
}

/// Writes planes as they are, whatever their sampling factors and in whatever scans, which
/// makes files that no camera does. All use the tables of luma, so that each is the grey
/// [`jpeg`] of its plane. A progressive file comes in the usual scans instead.
///
/// # Panics
///
/// As [`jpeg`], and if a plane is not grey and of the size that its factors give it.
pub fn jpeg_of_planes(
    (width, height): (u32, u32),
    planes: &[(Picture, (u8, u8))],
    scans: &[&[usize]],
    options: &JpegOptions,
) -> Vec<u8> {
    let factors = |&(_, (across, down)): &(_, (u8, u8))| (usize::from(across), usize::from(down));
    let most = planes
        .iter()
        .map(factors)
        .fold((1, 1), |most, of| (most.0.max(of.0), most.1.max(of.1)));
    let size = (width as usize, height as usize);
    let components: Vec<_> = planes
        .iter()
        .map(|plane| {
            let (across, down) = factors(plane);
            let (width, height) = (plane.0.width as usize, plane.0.height as usize);
            assert!(
                plane.0.channels == 1
                    && width == (size.0 * across).div_ceil(most.0)
                    && height == (size.1 * down).div_ceil(most.1),
                "a plane is of the size that its factors give it"
            );
            let samples = plane.0.samples.clone();
            let plane = Plane {
                width,
                height,
                samples,
            };
            let quant = &quant_tables(options.quality)[LUMA];
            Component::new(&plane, (across, down), mcus(size, most), LUMA, quant)
        })
        .collect();
    let picture = Picture {
        width,
        height,
        channels: 1,
        samples: Vec::new(),
    };
    let scans = Scans::Each(scans);
    write(&picture, &components, options, None, scans)
}

/// Writes a picture as a four-component Adobe JPEG, all grey moved into the key ink.
///
/// # Panics
///
/// As [`jpeg`].
pub fn jpeg_inks(picture: &Picture, inks: Inks, options: &JpegOptions) -> Vec<u8> {
    let rgb = picture.rgb();
    let (components, transform) = match inks {
        Inks::Cmyk => (
            components(picture, &rgb, [LUMA; 4], options, inverted_inks),
            0,
        ),
        Inks::Ycck => {
            let ycck = |pixel| {
                let [c, m, y, key] = inverted_inks(pixel);
                let [luma, blue, red] = ycbcr([255 - c, 255 - m, 255 - y]);
                [luma, blue, red, key]
            };
            (
                components(picture, &rgb, [LUMA, CHROMA, CHROMA, LUMA], options, ycck),
                2,
            )
        }
    };
    write(
        picture,
        &components,
        options,
        Some(transform),
        Scans::Script,
    )
}

/// Whether a component is averaged and which tables it uses.
type Role = usize;
const LUMA: Role = 0;
const CHROMA: Role = 1;
const YCBCR: [Role; 3] = [LUMA, CHROMA, CHROMA];

/// How the components are spread over scans.
#[derive(Clone, Copy)]
enum Scans<'a> {
    /// One scan, or the progressive script.
    Script,
    OnePerComponent,
    /// Scans of these components; the script if the file is progressive.
    Each(&'a [&'a [usize]]),
}

/// Luma and chroma of a pixel, full range (JFIF).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the rows of the matrix add up to 1 or 0, so a level stays a level"
)]
fn ycbcr([r, g, b]: [u8; 3]) -> [u8; 3] {
    let (r, g, b) = (i32::from(r), i32::from(g), i32::from(b));
    let luma = 19_595 * r + 38_470 * g + 7_471 * b;
    let blue = -11_059 * r - 21_709 * g + 32_768 * b + (128 << 16);
    let red = 32_768 * r - 27_439 * g - 5_329 * b + (128 << 16);
    [luma, blue, red].map(|value| ((value + 0x7fff) >> 16) as u8)
}

/// Cyan, magenta, yellow and key of a pixel, 255 for no ink. The key takes all the darkness
/// the three have in common, so each colour is ink times key again.
#[expect(clippy::cast_possible_truncation, reason = "no value exceeds the key")]
fn inverted_inks(pixel: [u8; 3]) -> [u8; 4] {
    let key = pixel.into_iter().max().unwrap_or(0);
    let [c, m, y] = pixel.map(|value| match u16::from(key) {
        0 => 255,
        light => ((u16::from(value) * 255 + light / 2) / light) as u8,
    });
    [c, m, y, key]
}

fn components<const M: usize, const N: usize>(
    picture: &Picture,
    source: &Picture,
    roles: [Role; N],
    options: &JpegOptions,
    convert: impl Fn([u8; M]) -> [u8; N],
) -> Vec<Component> {
    assert!(
        (1..=65_535).contains(&picture.width) && (1..=65_535).contains(&picture.height),
        "a side JPEG can state"
    );
    let (width, height) = (picture.width as usize, picture.height as usize);
    let stride = usize::from(source.channels);
    let mut planes: [Vec<u8>; N] = std::array::from_fn(|_| Vec::with_capacity(width * height));
    for pixel in source.samples.chunks_exact(stride) {
        let values = convert(std::array::from_fn(|n| pixel[n]));
        for (plane, value) in planes.iter_mut().zip(values) {
            plane.push(value);
        }
    }
    // Without chroma there is nothing to average, and an MCU is a single block.
    let most = if roles.contains(&CHROMA) {
        options.sampling.factors()
    } else {
        (1, 1)
    };
    let tables = quant_tables(options.quality);
    let mcus = mcus((width, height), most);
    planes
        .into_iter()
        .zip(roles)
        .map(|(samples, role)| {
            let factors = if role == CHROMA { (1, 1) } else { most };
            let plane = Plane {
                width,
                height,
                samples,
            };
            let plane = plane.shrunk(most.0 / factors.0, most.1 / factors.1);
            Component::new(&plane, factors, mcus, role, &tables[role])
        })
        .collect()
}

/// MCUs of a picture across and down, if its component with the most blocks has `most`.
fn mcus(size: (usize, usize), most: (usize, usize)) -> (usize, usize) {
    (size.0.div_ceil(8 * most.0), size.1.div_ceil(8 * most.1))
}

/// The standard's tables scaled to `quality` as libjpeg does it.
fn quant_tables(quality: u8) -> [[u8; 64]; 2] {
    assert!((1..=100).contains(&quality), "a quality of 1 to 100");
    let quality = u32::from(quality);
    let percent = if quality < 50 {
        5000 / quality
    } else {
        200 - quality * 2
    };
    [LUMA_QUANT, CHROMA_QUANT]
        .map(|table| table.map(|step| ((u32::from(step) * percent + 50) / 100).clamp(1, 255) as u8))
}

fn write(
    picture: &Picture,
    components: &[Component],
    options: &JpegOptions,
    adobe_transform: Option<u8>,
    scans: Scans<'_>,
) -> Vec<u8> {
    let mut out = vec![0xff, 0xd8];
    match adobe_transform {
        None => segment(&mut out, 0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
        Some(transform) => segment(
            &mut out,
            0xee,
            &[b"Adobe\0\x64\0\0\0\0", &[transform][..]].concat(),
        ),
    }
    let tables = quant_tables(options.quality);
    let has_chroma = components.iter().any(|component| component.table == CHROMA);
    for (number, table) in (0u8..).zip(&tables[..=usize::from(has_chroma)]) {
        let steps = ZIGZAG.map(|at| table[usize::from(at)]);
        segment(&mut out, 0xdb, &[&[number], &steps[..]].concat());
    }
    frame_header(&mut out, picture, components, options.progressive);
    if options.restart_interval > 0 {
        segment(&mut out, 0xdd, &options.restart_interval.to_be_bytes());
    }
    let script = match scans {
        Scans::OnePerComponent => (0..components.len())
            .map(|n| Scan::sequential(vec![n]))
            .collect(),
        _ if options.progressive => Scan::progressive(components.len()),
        Scans::Each(scans) => scans
            .iter()
            .map(|scan| Scan::sequential(scan.to_vec()))
            .collect(),
        Scans::Script => vec![Scan::sequential((0..components.len()).collect())],
    };
    if !options.progressive {
        huffman_segments(
            &mut out,
            [
                [Some(LUMA_DC), has_chroma.then_some(CHROMA_DC)],
                [Some(LUMA_AC), has_chroma.then_some(CHROMA_AC)],
            ],
        );
    }
    for scan in &script {
        write_scan(&mut out, scan, components, options);
    }
    out.extend([0xff, 0xd9]);
    out
}

fn segment(out: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    out.extend([0xff, marker]);
    let length = u16::try_from(payload.len() + 2).expect("tables are short");
    out.extend(length.to_be_bytes());
    out.extend(payload);
}

/// Counts and numbers in headers: at most four of anything.
fn byte(value: usize) -> u8 {
    u8::try_from(value).expect("a small number")
}

fn frame_header(
    out: &mut Vec<u8>,
    picture: &Picture,
    components: &[Component],
    is_progressive: bool,
) {
    let mut payload = vec![8];
    for side in [picture.height, picture.width] {
        let side = u16::try_from(side).expect("checked with the components");
        payload.extend(side.to_be_bytes());
    }
    payload.push(byte(components.len()));
    for (id, component) in (1u8..).zip(components) {
        payload.extend([
            id,
            byte(component.across << 4 | component.down),
            byte(component.table),
        ]);
    }
    segment(out, if is_progressive { 0xc2 } else { 0xc0 }, &payload);
}

/// Writes each table there is, by class and number.
fn huffman_segments(out: &mut Vec<u8>, tables: [[Option<Table<'_>>; 2]; 2]) {
    for (class, tables) in (0u8..).zip(tables) {
        for (number, table) in (0u8..).zip(tables) {
            if let Some(table) = table {
                segment(
                    out,
                    0xc4,
                    &[&[class << 4 | number], &table.lengths[..], table.symbols].concat(),
                );
            }
        }
    }
}

fn write_scan(out: &mut Vec<u8>, scan: &Scan, components: &[Component], options: &JpegOptions) {
    let own;
    let tables = if options.progressive {
        let mut counts = Counts([[[0; 256]; 2]; 2]);
        scan.send(components, options.restart_interval, &mut counts);
        own = counts.0.map(|class| {
            class.map(|counts| {
                counts
                    .iter()
                    .any(|&n| n > 0)
                    .then(|| OwnTable::shortest(&counts))
            })
        });
        let used = own.each_ref().map(|class| {
            class
                .each_ref()
                .map(|table| table.as_ref().map(OwnTable::as_table))
        });
        huffman_segments(out, used);
        used
    } else {
        [
            [Some(LUMA_DC), Some(CHROMA_DC)],
            [Some(LUMA_AC), Some(CHROMA_AC)],
        ]
    };

    let mut header = vec![byte(scan.components.len())];
    for &n in &scan.components {
        let table = byte(components[n].table);
        // A scan names no table of a class it does not use.
        let dc = if scan.band.0 == 0 { table } else { 0 };
        let ac = if scan.band.1 > 0 { table } else { 0 };
        header.extend([byte(n) + 1, dc << 4 | ac]);
    }
    header.extend([scan.band.0, scan.band.1, scan.high << 4 | scan.low]);
    segment(out, 0xda, &header);

    const NONE: Table<'_> = Table {
        lengths: &[0; 16],
        symbols: &[],
    };
    let codes = tables.map(|class| class.map(|table| Codes::new(table.unwrap_or(NONE))));
    let mut writer = BitWriter {
        codes,
        out,
        pending: 0,
        count: 0,
    };
    scan.send(components, options.restart_interval, &mut writer);
    writer.finish();
}
