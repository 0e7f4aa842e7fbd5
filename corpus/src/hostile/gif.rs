//! GIF files whose blocks are broken or lie.

use super::{Hostile, hostile};
use crate::{
    synth,
    write::{self, Gif, GifFrame},
};

const COLOURS: [[u8; 3]; 4] = [[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]];

/// A frame of one colour.
fn frame(width: u16, height: u16) -> GifFrame {
    GifFrame {
        width,
        height,
        indices: vec![1; usize::from(width) * usize::from(height)],
        ..GifFrame::default()
    }
}

fn file(width: u16, height: u16, frames: Vec<GifFrame>) -> Vec<u8> {
    Gif {
        width,
        height,
        palette: COLOURS.into(),
        repeats: None,
        frames,
    }
    .bytes()
}

pub(super) fn files() -> Vec<Hostile> {
    let still = write::gif(&synth::photo(64, 48, 1));
    let animated = write::gif_animation(&[1, 2, 3].map(|seed| synth::photo(64, 48, seed)), 10);
    // In a file of one frame and 4 colours: 6 width, 8 height, 10 flags, 13 colours, 25 a
    // control of 8 bytes, 33 the image, 38 its width, 40 its height, 43 code size, 44 data.
    let plain = file(16, 16, vec![frame(16, 16)]);
    let patched = |at: usize, bytes: &[u8]| {
        let mut file = plain.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    vec![
        hostile(
            "gif-cut.gif",
            "ends in the middle of its image",
            &still[..still.len() / 2],
        ),
        hostile(
            "gif-cut-in-palette.gif",
            "ends inside the colour table",
            &still[..100],
        ),
        hostile(
            "gif-no-trailer.gif",
            "lacks its last byte, as many files do: browsers show it",
            &still[..still.len() - 1],
        ),
        hostile(
            "gif-animation-cut.gif",
            "an animation that ends in the middle of its third frame",
            &animated[..animated.len() - 400],
        ),
        hostile(
            "gif-junk-after.gif",
            "a kilobyte of zeros after its image",
            {
                let mut file = still[..still.len() - 1].to_vec();
                file.extend([0; 1024]);
                file
            },
        ),
        hostile(
            "gif-no-image.gif",
            "a screen and a trailer without an image",
            [&plain[..25], &[0x3b]].concat(),
        ),
        hostile(
            "gif-no-palette.gif",
            "neither the screen nor the image has colours",
            [&patched(10, &[0])[..13], &plain[25..]].concat(),
        ),
        hostile(
            "gif-width-0.gif",
            "an image without columns",
            patched(38, &[0, 0]),
        ),
        hostile(
            "gif-height-0.gif",
            "an image without rows",
            patched(40, &[0, 0]),
        ),
        hostile(
            "gif-screen-0.gif",
            "a screen of no size: browsers show the image",
            patched(6, &[0; 4]),
        ),
        hostile(
            "gif-screen-65535-square.gif",
            "a screen of 4.3 gigapixels under an image of 256",
            patched(6, &[0xff; 4]),
        ),
        hostile(
            "gif-image-65535-square.gif",
            "an image that claims 4.3 gigapixels and holds 256",
            patched(38, &[0xff; 4]),
        ),
        hostile(
            "gif-image-outside.gif",
            "an image outside its screen, which browsers enlarge",
            patched(34, &[200, 0, 100, 0]),
        ),
        hostile(
            "gif-code-size-0.gif",
            "indices of no bits",
            patched(43, &[0]),
        ),
        hostile(
            "gif-code-size-12.gif",
            "indices of 12 bits",
            patched(43, &[12]),
        ),
        hostile(
            "gif-lzw-garbage.gif",
            "codes that were never defined",
            [&plain[..44], &[8], &[0xff; 8], &[0, 0x3b]].concat(),
        ),
        hostile(
            "gif-no-data.gif",
            "an image of no data",
            [&plain[..44], &[0, 0x3b]].concat(),
        ),
        hostile(
            "gif-data-short.gif",
            "an image whose data end after a few pixels",
            {
                let mut short = frame(16, 16);
                short.indices.truncate(20);
                file(16, 16, vec![short])
            },
        ),
        hostile(
            "gif-data-long.gif",
            "an image with more data than pixels",
            {
                let mut long = frame(16, 16);
                long.indices.resize(1 << 16, 2);
                file(16, 16, vec![long])
            },
        ),
        hostile(
            "gif-lzw-bomb.gif",
            "4 megapixels of one colour in a few kilobytes",
            file(2048, 2048, vec![frame(2048, 2048)]),
        ),
        hostile(
            "gif-80000-frames.gif",
            "80,000 frames of one pixel",
            file(1, 1, vec![frame(1, 1); 80_000]),
        ),
        hostile(
            "gif-frames-bomb.gif",
            "1,000 frames of one pixel on a screen of a megapixel",
            file(1024, 1024, vec![frame(1, 1); 1000]),
        ),
        hostile(
            "gif-many-extensions.gif",
            "100,000 comments before the image",
            [
                &plain[..25],
                &b"\x21\xfe\x01a\x00".repeat(100_000),
                &plain[25..],
            ]
            .concat(),
        ),
        hostile(
            "gif-endless-comment.gif",
            "a megabyte of comment and no image",
            [&plain[..25], b"\x21\xfe", &[255; 1 << 20]].concat(),
        ),
    ]
}
