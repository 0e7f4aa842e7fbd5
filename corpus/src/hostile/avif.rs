//! AVIF: boxes that lie about lengths, places and counts, and streams that are not as
//! their items say. No pixels are in them.

use super::{Hostile, hostile};

/// What one file says, sound but for what is changed.
struct Lie {
    /// Width and height of the item, and of the stream.
    item: (u32, u32),
    stream: (u32, u32),
    kind: &'static [u8; 4],
    /// Fields of `iloc` after its version; `None` for the truth.
    places: Option<Vec<u8>>,
    /// Fields of `ipma` after its version.
    associations: Vec<u8>,
    /// More boxes in `meta`.
    more: Vec<u8>,
    /// What follows the sequence header.
    frame: &'static [u8],
}

fn sound() -> Lie {
    Lie {
        item: (64, 48),
        stream: (64, 48),
        kind: b"av01",
        places: None,
        associations: b"\0\0\0\x01\0\x01\x02\x01\x82".to_vec(),
        more: Vec::new(),
        frame: b"\x32\x04\x10\0\0\0",
    }
}

fn boxed(kind: &[u8; 4], fields: &[u8]) -> Vec<u8> {
    let length = u32::try_from(8 + fields.len()).expect("small");
    [&length.to_be_bytes(), &kind[..], fields].concat()
}

fn versioned(kind: &[u8; 4], fields: &[u8]) -> Vec<u8> {
    boxed(kind, &[&[0; 4], fields].concat())
}

impl Lie {
    fn file(&self) -> Vec<u8> {
        let mut file = boxed(b"ftyp", b"avif\0\0\0\0avifmif1");
        // Its length does not depend on where it says that the stream is.
        let start = file.len() + self.meta(0).len() + 8;
        file.extend(self.meta(u32::try_from(start).expect("small")));
        file.extend(boxed(b"mdat", &self.data()));
        file
    }

    fn data(&self) -> Vec<u8> {
        [&sequence_header(self.stream)[..], self.frame].concat()
    }

    fn meta(&self, start: u32) -> Vec<u8> {
        let (width, height) = self.item;
        let length = u32::try_from(self.data().len()).expect("small");
        let true_places = [
            &b"\x44\0\0\x01\0\x01\0\0\0\x01"[..],
            &start.to_be_bytes(),
            &length.to_be_bytes(),
        ];
        let entry = [b"\x02\0\0\0\0\x01\0\0", &self.kind[..], b"\0"].concat();
        let properties = [
            versioned(
                b"ispe",
                &[width.to_be_bytes(), height.to_be_bytes()].concat(),
            ),
            boxed(b"av1C", &[0x81, 0, 0, 0]),
        ];
        let fields = [
            versioned(b"hdlr", b"\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            versioned(b"pitm", b"\0\x01"),
            versioned(b"iinf", &[&b"\0\x01"[..], &boxed(b"infe", &entry)].concat()),
            versioned(
                b"iloc",
                &self.places.clone().unwrap_or(true_places.concat()),
            ),
            boxed(
                b"iprp",
                &[
                    boxed(b"ipco", &properties.concat()),
                    versioned(b"ipma", &self.associations),
                ]
                .concat(),
            ),
            self.more.clone(),
        ];
        versioned(b"meta", &fields.concat())
    }
}

/// The sequence header of a grey still of 8 bits (AV1 specification, 5.5).
fn sequence_header((width, height): (u32, u32)) -> Vec<u8> {
    let (width, height) = (u64::from(width - 1), u64::from(height - 1));
    // Profile 0, a still with the reduced header, level 31, sides of 16 bits; no tools,
    // grey, no description, full range, no grain, and the bit that ends it.
    let first = 0x7fff;
    let last = 0b01_0101;
    let bits = first << 44 | width << 28 | height << 12 | last;
    // 62 bits.
    [&[0x0a, 8][..], &(bits << 2).to_be_bytes()].concat()
}

pub(super) fn files() -> Vec<Hostile> {
    let many_places = [
        // No bytes for offsets and lengths: an extent takes no room.
        &b"\0\0\xff\xff"[..],
        &b"\0\x01\0\0\xff\xff".repeat(2000),
    ];
    let tiles = [
        // 256 by 256 of one item.
        &b"\0\x01\xff\xff"[..],
        &b"\0\x01".repeat(65_535),
    ];
    let lie = |name, reason, lie: Lie| hostile(name, reason, lie.file());
    vec![
        lie(
            "avif-50000-square.avif",
            "claims 2,500 megapixels in 300 bytes",
            Lie {
                item: (50_000, 50_000),
                stream: (50_000, 50_000),
                ..sound()
            },
        ),
        lie(
            "avif-stream-larger.avif",
            "a small item whose stream says that it is 65536 pixels wide",
            Lie {
                stream: (65_536, 65_536),
                ..sound()
            },
        ),
        lie(
            "avif-stream-smaller.avif",
            "an item of 10,000 pixels a side whose stream is small",
            Lie {
                item: (10_000, 10_000),
                ..sound()
            },
        ),
        lie(
            "avif-frame-garbage.avif",
            "a sound header before a frame of zeros",
            sound(),
        ),
        lie(
            "avif-no-frame.avif",
            "a stream that is a sequence header alone",
            Lie {
                frame: b"",
                ..sound()
            },
        ),
        lie(
            "avif-frames-1000.avif",
            "a still of a thousand frames",
            Lie {
                frame: &[0x32; 1000],
                ..sound()
            },
        ),
        lie(
            "avif-item-past-end.avif",
            "the image lies 4 GB behind the file's end",
            Lie {
                places: Some(b"\x44\0\0\x01\0\x01\0\0\0\x01\xff\xff\xff\xf0\0\0\xff\xff".to_vec()),
                ..sound()
            },
        ),
        lie(
            "avif-item-overflows.avif",
            "the image's place and length add up to more than 2^64",
            Lie {
                places: Some([&b"\x88\0\0\x01\0\x01\0\0\0\x01"[..], &[0xff; 16]].concat()),
                ..sound()
            },
        ),
        lie(
            "avif-extents-without-bytes.avif",
            "130 million extents that take no room in the file",
            Lie {
                places: Some(many_places.concat()),
                ..sound()
            },
        ),
        lie(
            "avif-associations-4294967295.avif",
            "says that it has four thousand million lists of properties",
            Lie {
                associations: b"\xff\xff\xff\xff\0\x01\x02\x01\x82".to_vec(),
                ..sound()
            },
        ),
        lie(
            "avif-property-missing.avif",
            "names a property that is not there",
            Lie {
                associations: b"\0\0\0\x01\0\x01\x03\x01\x82\x7f".to_vec(),
                ..sound()
            },
        ),
        lie(
            "avif-grid-of-itself.avif",
            "a grid of 65,535 tiles, each the grid itself",
            Lie {
                kind: b"grid",
                more: versioned(b"iref", &boxed(b"dimg", &tiles.concat())),
                ..sound()
            },
        ),
        hostile(
            "avif-box-length-largest.avif",
            "a box of 2^64 bytes before the one that matters",
            [
                &boxed(b"ftyp", b"avif\0\0\0\0avif")[..],
                b"\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff",
            ]
            .concat(),
        ),
        hostile(
            "avif-box-length-7.avif",
            "a box that is shorter than its own head",
            [&boxed(b"ftyp", b"avif\0\0\0\0avif")[..], b"\0\0\0\x07meta"].concat(),
        ),
    ]
}
