//! PNG files whose chunks are broken or lie.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::bomb::bomb;
use super::{Hostile, hostile};
use crate::write::{exif_orientation, png_chunk, png_with_orientation};
use crate::{synth, write};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Colour types.
const GREY: u8 = 0;
const RGB: u8 = 2;
const INDEXED: u8 = 3;

fn header(width: u32, height: u32, depth: u8, colour: u8) -> Vec<u8> {
    let mut payload = [width.to_be_bytes(), height.to_be_bytes()].concat();
    payload.extend([depth, colour, 0, 0, 0]);
    png_chunk(b"IHDR", &payload)
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::new(6));
    zlib.write_all(data)
        .and_then(|()| zlib.finish())
        .expect("memory takes every write")
}

fn data(lines: &[u8]) -> Vec<u8> {
    png_chunk(b"IDAT", &zlib(lines))
}

fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    [SIGNATURE, &chunks.concat(), &png_chunk(b"IEND", &[])].concat()
}

/// A sound 16 by 16 RGB picture between `before` and `after` its data.
fn around(before: &[Vec<u8>], after: &[Vec<u8>]) -> Vec<u8> {
    let lines = [0u8; 49].repeat(16);
    file(&[&[header(16, 16, 8, RGB)], before, &[data(&lines)], after].concat())
}

pub(super) fn files() -> Vec<Hostile> {
    [truncated(), headers(), pixels(), chunks()].concat()
}

fn truncated() -> Vec<Hostile> {
    let png = write::png(&synth::photo(64, 48, 1));
    let cut = |at: usize| png[..at].to_vec();
    let mut wrong_header = png.clone();
    wrong_header[30] ^= 0x55;
    let mut wrong_data = png.clone();
    let end_of_data = png.len() - 12;
    wrong_data[end_of_data - 2] ^= 0x55;
    vec![
        hostile("png-cut-in-header.png", "ends inside IHDR", cut(20)),
        hostile("png-cut-after-header.png", "ends after IHDR", cut(33)),
        hostile(
            "png-cut-in-data.png",
            "ends in the middle of the image data",
            cut(png.len() / 2),
        ),
        hostile(
            "png-cut-before-end.png",
            "all there but IEND",
            cut(end_of_data),
        ),
        hostile(
            "png-crc-header.png",
            "a wrong checksum on IHDR",
            wrong_header,
        ),
        hostile("png-crc-data.png", "a wrong checksum on IDAT", wrong_data),
        hostile(
            "png-junk-after.png",
            "100 KB of junk after the end; decodes",
            [png.clone(), synth::noise(1000, 100, 1, 8).samples].concat(),
        ),
    ]
}

fn headers() -> Vec<Hostile> {
    const MOST: u32 = 0x7fff_ffff;
    let only = |width, height, depth, colour| file(&[header(width, height, depth, colour)]);
    let with = |at: usize, value: u8| {
        let mut payload = header(16, 16, 8, RGB)[8..21].to_vec();
        payload[at] = value;
        file(&[png_chunk(b"IHDR", &payload), data(&[0; 784])])
    };
    vec![
        hostile(
            "png-50000-square.png",
            "claims 2.5 gigapixels and holds none",
            only(50_000, 50_000, 8, RGB),
        ),
        hostile(
            "png-largest.png",
            "the largest sides the format can state: 37 exabytes of RGBA",
            only(MOST, MOST, 16, 6),
        ),
        hostile(
            "png-wide.png",
            "one row of 2,147,483,647 pixels",
            only(MOST, 1, 8, RGB),
        ),
        hostile(
            "png-tall.png",
            "2,147,483,647 rows of one pixel",
            only(1, MOST, 8, RGB),
        ),
        hostile(
            "png-beyond-largest.png",
            "sides above the format's limit",
            only(u32::MAX, u32::MAX, 8, RGB),
        ),
        hostile(
            "png-width-0.png",
            "a picture without columns",
            only(0, 16, 8, RGB),
        ),
        hostile(
            "png-height-0.png",
            "a picture without rows",
            only(16, 0, 8, RGB),
        ),
        hostile("png-depth-3.png", "three bits per sample", with(8, 3)),
        hostile(
            "png-colour-type-1.png",
            "a colour type that does not exist",
            with(9, 1),
        ),
        hostile(
            "png-compression-1.png",
            "a compression method that does not exist",
            with(10, 1),
        ),
        hostile(
            "png-filter-method-1.png",
            "a filter method that does not exist",
            with(11, 1),
        ),
        hostile(
            "png-interlace-2.png",
            "an interlace method that does not exist",
            with(12, 2),
        ),
        hostile(
            "png-header-short.png",
            "an IHDR of four bytes",
            file(&[png_chunk(b"IHDR", &[0, 0, 0, 16])]),
        ),
        hostile(
            "png-header-twice.png",
            "a second IHDR of another size",
            around(&[header(9000, 9000, 8, RGB)], &[]),
        ),
        hostile(
            "png-header-late.png",
            "image data before IHDR",
            file(&[data(&[0; 784]), header(16, 16, 8, RGB)]),
        ),
    ]
}

fn pixels() -> Vec<Hostile> {
    let holding = |idat: Vec<u8>| file(&[header(16, 16, 8, RGB), idat]);
    vec![
        hostile(
            "png-no-data.png",
            "no IDAT at all",
            file(&[header(16, 16, 8, RGB)]),
        ),
        hostile(
            "png-data-empty.png",
            "an empty IDAT",
            holding(png_chunk(b"IDAT", &[])),
        ),
        hostile(
            "png-zlib-garbage.png",
            "image data that is no zlib stream",
            holding(png_chunk(b"IDAT", &[0x5a; 200])),
        ),
        hostile(
            "png-zlib-header-only.png",
            "a zlib stream of two bytes",
            holding(png_chunk(b"IDAT", b"\x78\x9c")),
        ),
        hostile(
            "png-data-short.png",
            "half the rows it claims",
            holding(data(&[0; 392])),
        ),
        hostile(
            "png-data-long.png",
            "16 MB of image data behind a picture of 784 bytes",
            holding(png_chunk(b"IDAT", &bomb(0, 16 << 20))),
        ),
        hostile(
            "png-zlib-checksum.png",
            "a zlib stream with a wrong checksum",
            {
                let mut stream = zlib(&[0; 784]);
                let last = stream.len() - 1;
                stream[last] ^= 0x55;
                holding(png_chunk(b"IDAT", &stream))
            },
        ),
        hostile("png-filter-9.png", "a row filter that does not exist", {
            let mut lines = [0u8; 49].repeat(16);
            lines[49] = 9;
            holding(data(&lines))
        }),
        hostile(
            "png-bomb.png",
            "100 megapixels of one bit in 80 KB: sound, 300 MB once it is RGB",
            {
                let lines = vec![0; 10_000 * 1251];
                file(&[header(10_000, 10_000, 1, GREY), data(&lines)])
            },
        ),
        hostile(
            "png-no-palette.png",
            "a palette picture without a palette",
            file(&[header(16, 16, 8, INDEXED), data(&[0; 272])]),
        ),
        hostile(
            "png-palette-index-out.png",
            "indices beyond a palette of two colours",
            {
                let palette = png_chunk(b"PLTE", &[0, 0, 0, 255, 255, 255]);
                let line = [[0u8].as_slice(), &[200; 16]].concat();
                file(&[header(16, 16, 8, INDEXED), palette, data(&line.repeat(16))])
            },
        ),
        hostile(
            "png-palette-not-thirds.png",
            "a palette of seven bytes",
            around(&[png_chunk(b"PLTE", &[1; 7])], &[]),
        ),
        hostile(
            "png-palette-too-long.png",
            "a palette of 300 colours",
            around(&[png_chunk(b"PLTE", &[1; 900])], &[]),
        ),
        hostile(
            "png-transparency-too-long.png",
            "more alphas than colours",
            {
                let palette = png_chunk(b"PLTE", &[0, 0, 0, 255, 255, 255]);
                let alphas = png_chunk(b"tRNS", &[128; 200]);
                file(&[header(16, 16, 8, INDEXED), palette, alphas, data(&[0; 272])])
            },
        ),
    ]
}

/// Display P3 followed by nothing, which all of its tags claim.
fn overlapping_profile() -> Vec<u8> {
    const SIZE: u32 = (4 << 20) - 16;
    const TAGS: usize = 132;
    let mut profile = write::icc_display_p3();
    profile.resize(SIZE as usize, 0);
    profile[..4].copy_from_slice(&SIZE.to_be_bytes());
    let count = usize::from(profile[TAGS - 1]);
    for entry in profile[TAGS..]
        .as_chunks_mut::<12>()
        .0
        .iter_mut()
        .take(count)
    {
        let start = u32::from_be_bytes([entry[4], entry[5], entry[6], entry[7]]);
        entry[8..].copy_from_slice(&(SIZE - start).to_be_bytes());
    }
    profile
}

fn chunks() -> Vec<Hostile> {
    let length = |length: u32| {
        let mut chunk = png_chunk(b"tEXt", b"Comment\0short");
        chunk[..4].copy_from_slice(&length.to_be_bytes());
        around(&[chunk], &[])
    };
    let text = [b"Comment\0".as_slice(), &vec![b'x'; 1_500_000]].concat();
    let long_text = [b"Comment\0\0".as_slice(), &bomb(b'x', 16 << 20)].concat();
    let profile = [b"icc\0\0".as_slice(), &bomb(0, 16 << 20)].concat();
    let woven = [b"icc\0\0".as_slice(), &zlib(&overlapping_profile())].concat();
    vec![
        hostile(
            "png-text-huge.png",
            "1.5 MB of text before the picture",
            around(&[png_chunk(b"tEXt", &text)], &[]),
        ),
        hostile(
            "png-text-bomb.png",
            "compressed text that inflates to 16 MB",
            around(&[png_chunk(b"zTXt", &long_text)], &[]),
        ),
        hostile(
            "png-profile-bomb.png",
            "an ICC profile that inflates to 16 MB",
            around(&[png_chunk(b"iCCP", &profile)], &[]),
        ),
        hostile(
            "png-profile-overlapping.png",
            "an ICC profile of 4 MB whose every tag reaches to its end",
            around(&[png_chunk(b"iCCP", &woven)], &[]),
        ),
        hostile(
            "png-many-chunks.png",
            "50,000 empty chunks before the picture",
            around(&vec![png_chunk(b"tEXt", b"k\0"); 50_000], &[]),
        ),
        hostile(
            "png-chunk-length-largest.png",
            "a chunk of 2,147,483,647 bytes",
            length(0x7fff_ffff),
        ),
        hostile(
            "png-chunk-length-beyond.png",
            "a chunk of 4,294,967,295 bytes",
            length(u32::MAX),
        ),
        hostile(
            "png-unknown-critical.png",
            "an unknown chunk that must not be ignored",
            around(&[png_chunk(b"QQQQ", b"?")], &[]),
        ),
        hostile(
            "png-chunk-name.png",
            "a chunk whose name is no letters",
            around(&[png_chunk(b"\0\xff\n!", b"?")], &[]),
        ),
        hostile(
            "png-data-interrupted.png",
            "image data with another chunk in its middle",
            {
                let stream = zlib(&[0; 784]);
                let (first, second) = stream.split_at(stream.len() / 2);
                let parts = [
                    png_chunk(b"IDAT", first),
                    png_chunk(b"tEXt", b"k\0v"),
                    png_chunk(b"IDAT", second),
                ];
                file(&[&[header(16, 16, 8, RGB)], &parts[..]].concat())
            },
        ),
        hostile("png-orientation-9.png", "an EXIF orientation of 9", {
            png_with_orientation(&write::png(&synth::arrow(64, 48)), 9)
        }),
        hostile(
            "png-exif-late.png",
            "an EXIF orientation after the image data",
            around(&[], &[png_chunk(b"eXIf", &exif_orientation(6))]),
        ),
        hostile(
            "png-animation-0-frames.png",
            "an animation of no frames",
            around(&[png_chunk(b"acTL", &[0; 8])], &[]),
        ),
        hostile(
            "png-animation-frame-outside.png",
            "an animation whose frame lies outside the picture",
            {
                let frames = [1u32, 0].map(u32::to_be_bytes).concat();
                let frame = [0u32, 9000, 9000, 70_000, 70_000]
                    .map(u32::to_be_bytes)
                    .concat();
                let control = [frame, vec![0, 1, 0, 10, 0, 0]].concat();
                around(
                    &[png_chunk(b"acTL", &frames), png_chunk(b"fcTL", &control)],
                    &[],
                )
            },
        ),
    ]
}
