//! Files that are hardly files: empty, nothing but a signature, or another format than
//! their name says.

use super::{Hostile, hostile};
use crate::{synth, write};

pub(super) fn files() -> Vec<Hostile> {
    let png = write::png(&synth::arrow(64, 48));
    let jpeg = write::jpeg(&synth::arrow(64, 48), &write::JpegOptions::default());
    vec![
        hostile("empty.jpg", "no bytes at all", []),
        hostile("one-byte.jpg", "too short for any signature", [0xff]),
        hostile(
            "magic-only.jpg",
            "ends after the signature",
            *b"\xff\xd8\xff",
        ),
        hostile(
            "magic-only.png",
            "ends after the signature",
            *b"\x89PNG\r\n\x1a\n",
        ),
        hostile("magic-only.gif", "ends after the signature", *b"GIF89a"),
        hostile(
            "magic-only.webp",
            "ends after the signature",
            *b"RIFF\x04\0\0\0WEBP",
        ),
        hostile(
            "magic-only.avif",
            "ends after the file type",
            *b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
        ),
        hostile("magic-only.jxl", "ends after the signature", *b"\xff\x0a"),
        hostile("magic-only.bmp", "ends after the signature", *b"BM"),
        hostile("magic-only.tiff", "ends after the signature", *b"II*\0"),
        hostile(
            "magic-only.ico",
            "claims an icon and ends",
            *b"\0\0\x01\0\x01\0",
        ),
        hostile("zeros.jpg", "4 KB of zeros", [0; 4096]),
        hostile(
            "text.jpg",
            "a text file named like an image",
            *b"This is not an image.\n",
        ),
        hostile(
            "page.jpg",
            "an error page an origin served with status 200",
            *b"<!doctype html><html><head><title>404</title></head><body>Not found</body></html>\n",
        ),
        hostile(
            "drawing.png",
            "SVG with a script in it, named like a PNG",
            *b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>\n",
        ),
        hostile(
            "png-inside.jpg",
            "a good PNG named .jpg: the bytes decide, not the name",
            png,
        ),
        hostile(
            "jpeg-inside.png",
            "a good JPEG named .png: the bytes decide, not the name",
            jpeg,
        ),
    ]
}
