//! As much of AVIF as says what a decoder will make of a file: the boxes (ISO/IEC 23008-12)
//! and the AV1 sequence headers (AV1 specification, 5.5). No AVIF decoder is linked.

/// What an AVIF says of itself.
#[derive(Debug, Default)]
pub(crate) struct Avif {
    pub(crate) brand: Vec<u8>,
    /// Width and height, once for each `ispe`.
    pub(crate) sizes: Vec<(u32, u32)>,
    /// Bits of each channel, once for each `pixi`.
    pub(crate) depths: Vec<Vec<u8>>,
    /// The four fixed bytes of each `av1C`.
    pub(crate) configs: Vec<[u8; 4]>,
    /// The payload of `colr`; without it readers assume sRGB primaries and curve, BT.601
    /// and full range (MIAF, ISO/IEC 23000-22, 7.3.6.4).
    pub(crate) colour: Option<Vec<u8>>,
    /// Whether an auxiliary item is declared to be alpha.
    pub(crate) has_alpha: bool,
    /// The sequence header of each coded image, in the file's order: alpha first.
    pub(crate) sequences: Vec<Sequence>,
}

/// What an AV1 sequence header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) is_monochrome: bool,
    /// Primaries, transfer and matrix (CICP, ITU-T H.273), if stated.
    pub(crate) description: Option<[u32; 3]>,
    pub(crate) is_full_range: bool,
}

/// Reads an AVIF.
pub(crate) fn read(file: &[u8]) -> Avif {
    let mut avif = Avif::default();
    avif.walk(file);
    avif
}

impl Avif {
    fn walk(&mut self, mut rest: &[u8]) {
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            let (kind, body) = (&after[..4], &after[4..length - 4]);
            match kind {
                b"ftyp" => self.brand = body[..4].to_vec(),
                b"meta" => self.walk(&body[4..]),
                b"iprp" | b"ipco" => self.walk(body),
                b"ispe" => self.sizes.push((long(&body[4..]), long(&body[8..]))),
                b"pixi" => self.depths.push(body[5..][..usize::from(body[4])].to_vec()),
                b"av1C" => self.configs.push([body[0], body[1], body[2], body[3]]),
                b"colr" => self.colour = Some(body.to_vec()),
                b"auxC" => self.has_alpha |= body[4..].ends_with(b":alpha\0"),
                b"mdat" => self.units(body),
                _ => {}
            }
            rest = &rest[length..];
        }
    }

    /// Finds the sequence headers among the units (OBUs) of the coded images.
    fn units(&mut self, mut rest: &[u8]) {
        while let Some((&head, after)) = rest.split_first() {
            assert!(head & 2 != 0, "a unit that states its size");
            let after = &after[usize::from(head >> 2 & 1)..];
            let count = after.iter().take_while(|&byte| byte & 0x80 != 0).count() + 1;
            let size = after[..count]
                .iter()
                .rev()
                .fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f));
            let (body, next) = after[count..].split_at(size);
            if head >> 3 & 15 == 1 {
                self.sequences.push(sequence(body));
            }
            rest = next;
        }
    }
}

fn long(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(*bytes.first_chunk().expect("four bytes"))
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> u32 {
        (0..count).fold(0, |value, _| {
            let bit = self.bytes[self.at / 8] >> (7 - self.at % 8) & 1;
            self.at += 1;
            value << 1 | u32::from(bit)
        })
    }

    fn flag(&mut self) -> bool {
        self.take(1) == 1
    }
}

/// Reads a sequence header without timing information (AV1 specification, 5.5.1).
fn sequence(bytes: &[u8]) -> Sequence {
    let mut bits = Bits { bytes, at: 0 };
    let profile = bits.take(3);
    assert_eq!(profile, 0, "8 bits, 4:2:0 or monochrome");
    assert!(bits.flag(), "a still picture");
    let is_reduced = bits.flag();
    if is_reduced {
        bits.take(5);
    } else {
        assert!(!bits.flag(), "no timing information");
        assert!(!bits.flag(), "no display delay");
        assert_eq!(bits.take(5), 0, "one operating point");
        bits.take(12);
        if bits.take(5) > 7 {
            bits.take(1);
        }
    }
    let (width_bits, height_bits) = (bits.take(4) + 1, bits.take(4) + 1);
    let (width, height) = (bits.take(width_bits) + 1, bits.take(height_bits) + 1);
    if !is_reduced {
        assert!(!bits.flag(), "no frame numbers");
    }
    bits.take(3);
    if !is_reduced {
        skip_inter_tools(&mut bits);
    }
    bits.take(3);
    assert!(!bits.flag(), "8 bits");
    let is_monochrome = bits.flag();
    let description = bits
        .flag()
        .then(|| [bits.take(8), bits.take(8), bits.take(8)]);
    Sequence {
        width,
        height,
        is_monochrome,
        description,
        is_full_range: bits.flag(),
    }
}

fn skip_inter_tools(bits: &mut Bits<'_>) {
    bits.take(4);
    let has_order = bits.flag();
    if has_order {
        bits.take(2);
    }
    let forces_tools = bits.flag() || bits.flag();
    if forces_tools && !bits.flag() {
        bits.take(1);
    }
    if has_order {
        bits.take(3);
    }
}
