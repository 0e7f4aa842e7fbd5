//! Writes AVIF containers by hand, in any of the ways the standards allow, around an AV1
//! stream that is there already.

use std::ops::Range;

/// How a file is laid out.
#[derive(Clone)]
pub(crate) struct Container<'a> {
    /// AV1, as it is in an item.
    pub(crate) stream: &'a [u8],
    /// Width and height that the item says it has.
    pub(crate) size: (u32, u32),
    /// More properties: whole boxes, and whether they are essential.
    pub(crate) properties: Vec<(Vec<u8>, bool)>,
    pub(crate) place: Place,
    /// Pieces that the stream is cut into.
    pub(crate) pieces: usize,
    /// Whether numbers are as long as they may be.
    pub(crate) is_long: bool,
    /// Whether the last box says that it lasts to the file's end.
    pub(crate) is_open: bool,
    pub(crate) brands: Vec<&'a [u8; 4]>,
    pub(crate) handler: &'a [u8; 4],
    pub(crate) kind: &'a [u8; 4],
}

/// Where the stream lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Behind,
    Before,
    Inside,
}

impl<'a> Container<'a> {
    pub(crate) fn new(stream: &'a [u8], size: (u32, u32)) -> Self {
        Self {
            stream,
            size,
            properties: Vec::new(),
            place: Place::Behind,
            pieces: 1,
            is_long: false,
            is_open: false,
            brands: vec![b"avif", b"mif1"],
            handler: b"pict",
            kind: b"av01",
        }
    }

    /// The file.
    pub(crate) fn write(&self) -> Vec<u8> {
        let [major, others @ ..] = &self.brands[..] else {
            panic!("a major brand");
        };
        let mut brands = [&major[..], &[0; 4], &major[..]].concat();
        for brand in others {
            brands.extend(*brand);
        }
        let mut file = boxed(b"ftyp", &brands);
        match self.place {
            Place::Inside => {
                file.extend(self.meta(0));
                return file;
            }
            Place::Before => {
                let data = self.data(false);
                let start = file.len() + data.len() - self.stream.len();
                file.extend(data);
                file.extend(self.meta(start));
            }
            Place::Behind => {
                let data = self.data(self.is_open);
                let head = data.len() - self.stream.len();
                // Its length does not depend on what it says.
                let start = file.len() + self.meta(0).len() + head;
                file.extend(self.meta(start));
                file.extend(data);
            }
        }
        file
    }

    fn data(&self, is_open: bool) -> Vec<u8> {
        let length = u64::try_from(self.stream.len()).expect("small");
        let head = match (is_open, self.is_long) {
            (true, _) => b"\0\0\0\0mdat".to_vec(),
            (_, true) => [&b"\0\0\0\x01mdat"[..], &(length + 16).to_be_bytes()].concat(),
            _ => return boxed(b"mdat", self.stream),
        };
        [&head, self.stream].concat()
    }

    fn meta(&self, start: usize) -> Vec<u8> {
        let mut handler = vec![0; 8];
        handler.extend(self.handler);
        handler.extend([0; 13]);
        let mut fields = vec![0; 4];
        fields.extend(boxed(b"hdlr", &handler));
        if self.is_long {
            fields.extend(boxed(b"pitm", b"\x01\0\0\0\0\x01\0\x01"));
            let entry = [b"\x03\0\0\0\0\x01\0\x01\0\0", &self.kind[..], b"\0"].concat();
            let entries = [b"\x01\0\0\0\0\0\0\x01", &boxed(b"infe", &entry)[..]].concat();
            fields.extend(boxed(b"iinf", &entries));
        } else {
            fields.extend(boxed(b"pitm", b"\0\0\0\0\0\x01"));
            let entry = [b"\x02\0\0\0\0\x01\0\0", &self.kind[..], b"\0"].concat();
            let entries = [b"\0\0\0\0\0\x01", &boxed(b"infe", &entry)[..]].concat();
            fields.extend(boxed(b"iinf", &entries));
        }
        fields.extend(boxed(b"iloc", &self.location(start)));
        fields.extend(boxed(b"iprp", &self.item_properties()));
        if self.place == Place::Inside {
            fields.extend(boxed(b"idat", self.stream));
        }
        boxed(b"meta", &fields)
    }

    fn location(&self, start: usize) -> Vec<u8> {
        let pieces: Vec<Range<usize>> = (0..self.pieces)
            .map(|i| {
                let cut = |i| self.stream.len() * i / self.pieces;
                cut(i)..cut(i + 1)
            })
            .collect();
        let count = u16::try_from(pieces.len()).expect("few");
        let inside = u8::from(self.place == Place::Inside);
        let mut fields = if self.is_long {
            // Offsets, lengths and bases of 8 bytes, indices of 4.
            let mut fields = b"\x02\0\0\0\x88\x84\0\0\0\x01\0\x01\0\x01\0".to_vec();
            fields.extend([inside, 0, 0]);
            fields.extend(u64::try_from(start).expect("small").to_be_bytes());
            fields
        } else {
            let mut fields = b"\x01\0\0\0\x44\0\0\x01\0\x01\0".to_vec();
            fields.extend([inside, 0, 0]);
            fields
        };
        fields.extend(count.to_be_bytes());
        for piece in pieces {
            let length = piece.len();
            if self.is_long {
                fields.extend([0; 4]);
                for number in [piece.start, length] {
                    fields.extend(u64::try_from(number).expect("small").to_be_bytes());
                }
            } else {
                for number in [start + piece.start, length] {
                    fields.extend(u32::try_from(number).expect("small").to_be_bytes());
                }
            }
        }
        fields
    }

    fn item_properties(&self) -> Vec<u8> {
        let (width, height) = self.size;
        let size = [&[0; 4], &width.to_be_bytes()[..], &height.to_be_bytes()].concat();
        let mut all = vec![
            (boxed(b"ispe", &size), false),
            (boxed(b"av1C", &[0x81, 0, 0, 0]), true),
        ];
        all.extend(self.properties.clone());
        let boxes: Vec<u8> = all.iter().flat_map(|(whole, _)| whole.clone()).collect();
        let count = u8::try_from(all.len()).expect("few");
        let mut list = if self.is_long {
            b"\x01\0\0\x01\0\0\0\x01\0\x01\0\x01".to_vec()
        } else {
            b"\0\0\0\0\0\0\0\x01\0\x01".to_vec()
        };
        list.push(count);
        for (number, (_, is_essential)) in (1..).zip(&all) {
            let essential = u8::from(*is_essential) << 7;
            if self.is_long {
                list.extend([essential, number]);
            } else {
                list.push(essential | number);
            }
        }
        [boxed(b"ipco", &boxes), boxed(b"ipma", &list)].concat()
    }
}

/// A box.
pub(crate) fn boxed(kind: &[u8; 4], fields: &[u8]) -> Vec<u8> {
    let length = u32::try_from(8 + fields.len()).expect("small");
    [&length.to_be_bytes(), &kind[..], fields].concat()
}

/// The fields of a file's last box, which is `mdat`.
pub(crate) fn stream(file: &[u8]) -> &[u8] {
    let mut rest = file;
    loop {
        let (length, after) = rest.split_first_chunk::<4>().expect("a box");
        let length = usize::try_from(u32::from_be_bytes(*length)).expect("small");
        if after.starts_with(b"mdat") {
            return &rest[8..length];
        }
        rest = &rest[length..];
    }
}

/// A sequence header of a still of 8 bits, grey (AV1 specification, 5.5), and the first
/// bytes of a frame.
pub(crate) fn claimed_stream(width: u32, height: u32) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |value: u32, count: u32| {
        bits.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
    };
    put(0, 3); // profile
    put(0b11, 2); // a still, with the reduced header
    put(31, 5);
    put(15, 4);
    put(15, 4);
    put(width - 1, 16);
    put(height - 1, 16);
    put(0, 6); // tools
    put(0, 1); // 8 bits
    put(1, 1); // grey
    put(0, 1); // no description
    put(1, 1); // full range
    put(0, 1); // no grain
    put(1, 1); // the bit that ends it
    let body: Vec<u8> = bits
        .chunks(8)
        .map(|byte| (0..8).fold(0, |sum, i| sum << 1 | u8::from(byte.get(i) == Some(&true))))
        .collect();
    let length = u8::try_from(body.len()).expect("few");
    [&[0x0a, length][..], &body, b"\x32\x04\x10\0\0\0"].concat()
}
