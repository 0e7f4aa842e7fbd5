//! ICC profiles of a matrix and curves, of one grey curve, and of four inks (ICC.1:2022, and
//! ICC.1:2001 for version 2).

/// Red, green and blue of a colour space: X, Y and Z adapted to D50, in 1/65536
/// (s15Fixed16).
type Colorants = [[i32; 3]; 3];

const SRGB: Colorants = [
    [0x6fa2, 0x38f5, 0x0390],
    [0x6299, 0xb785, 0x18da],
    [0x24a0, 0x0f84, 0xb6cf],
];

/// As phones write them (SMPTE EG 432-1 with D65, adapted by Bradford's method).
const DISPLAY_P3: Colorants = [
    [0x83df, 0x3dbf, -0x45],
    [0x4abf, 0xb137, 0x0ab9],
    [0x2838, 0x110b, 0xc8b9],
];

const D50: [i32; 3] = [0xf6d6, 0x1_0000, 0xd32d];

/// sRGB's curve at 0, 1/25, 2/25 and so on, in 1/65535.
const SRGB_POINTS: [u16; 26] = [
    0, 203, 471, 879, 1441, 2170, 3078, 4176, 5474, 6982, 8708, 10_659, 12_844, 15_271, 17_946,
    20_876, 24_067, 27_527, 31_260, 35_273, 39_572, 44_161, 49_047, 54_235, 59_729, 65_535,
];

/// Bradford's adaptation of D65 to D50, row by row.
const D65_TO_D50: [i32; 9] = [
    0x1_0c42, 0x05de, -0xcd9, 0x0793, 0xfd90, -0x45b, -0x25d, 0x03dc, 0xc06e,
];

/// Returns an ICC profile (version 2, matrix and curves) that is sRGB with red and green
/// exchanged: whoever ignores the profile shows red where green should be.
pub fn icc_swapped() -> Vec<u8> {
    let [red, green, blue] = SRGB;
    // 2.2, close enough to sRGB's own curve.
    of_display(2, "Red and green", [green, red, blue], &gamma(0x0233))
}

/// Returns Display P3 as a phone writes it: version 4, a matrix and sRGB's curve.
pub fn icc_display_p3() -> Vec<u8> {
    of_display(4, "Display P3", DISPLAY_P3, &srgb_curve())
}

/// Returns sRGB with its own curve, version 4.
pub fn icc_srgb() -> Vec<u8> {
    of_display(4, "sRGB IEC61966-2.1", SRGB, &srgb_curve())
}

/// Returns sRGB as small as it gets: version 2, its curve by 26 points, as those who embed
/// it in every thumbnail do.
pub fn icc_srgb_tiny() -> Vec<u8> {
    let points = SRGB_POINTS
        .iter()
        .flat_map(|point| point.to_be_bytes())
        .collect();
    of_display(
        2,
        "c",
        SRGB,
        &[b"curv\0\0\0\0".to_vec(), number(26).to_vec(), points].concat(),
    )
}

/// Returns Display P3 by tables in place of a matrix (lut16Type, ICC.1:2022, 10.10): sRGB's
/// curve for each channel, and a grid of `side` points a side from linear light to XYZ.
///
/// # Panics
///
/// If `side` is below 2.
pub fn icc_display_p3_tables(side: u8) -> Vec<u8> {
    assert!(side >= 2, "a grid has corners");
    let last = i64::from(side) - 1;
    let mut grid = Vec::new();
    for point in 0..i64::from(side).pow(3) {
        let amounts = [
            point / (last + 1).pow(2),
            point / (last + 1) % (last + 1),
            point % (last + 1),
        ];
        for axis in 0..3 {
            let colorants = DISPLAY_P3.map(|colorant| i64::from(colorant[axis]));
            let sum: i64 = colorants.iter().zip(amounts).map(|(c, a)| c * a).sum();
            // From 1/65536 to 1/32768, as XYZ is stored (6.3.4.2).
            let value = u16::try_from((sum / last / 2).max(0)).expect("X, Y and Z are below 2");
            grid.extend(value.to_be_bytes());
        }
    }
    let identity: Vec<u8> = [1, 0, 0, 0, 1, 0, 0, 0, 1]
        .iter()
        .flat_map(|number: &i32| (number << 16).to_be_bytes())
        .collect();
    let curve: Vec<u8> = SRGB_POINTS
        .iter()
        .flat_map(|point| point.to_be_bytes())
        .collect();
    let tables = [
        b"mft2\0\0\0\0\x03\x03",
        &[side, 0][..],
        &identity,
        // Entries of the curves before and after the grid; those after do nothing.
        &26u16.to_be_bytes(),
        &2u16.to_be_bytes(),
        &curve.repeat(3),
        &grid,
        &[0, 0, 0xff, 0xff].repeat(3),
    ]
    .concat();
    let tags = [(*b"wtpt", xyz(D50)), (*b"A2B0", tables)];
    profile(2, *b"RGB ", "Display P3 by tables", &tags)
}

/// Returns a profile of one grey curve: `gamma` in 1/256.
pub fn icc_grey(gamma_256ths: u16) -> Vec<u8> {
    let tags = [(*b"wtpt", xyz(D50)), (*b"kTRC", gamma(gamma_256ths))];
    profile(2, *b"GRAY", "Grey", &tags)
}

/// Returns a profile of one grey curve to lightness, L* of Lab, not to light.
pub fn icc_grey_lightness(gamma_256ths: u16) -> Vec<u8> {
    let mut profile = icc_grey(gamma_256ths);
    profile[20..24].copy_from_slice(b"Lab ");
    profile
}

/// Returns a profile of a press (lut16Type from four inks to XYZ) whose inks each take away
/// one of sRGB's primaries, and the key all three: of red there is `(1 - C) * (1 - K)`, in
/// linear light. A grid of two says all of that; `side` makes it larger.
///
/// # Panics
///
/// If `side` is below 2.
pub fn icc_press(side: u8) -> Vec<u8> {
    assert!(side >= 2, "a grid has corners");
    let last = i64::from(side) - 1;
    let mut grid = Vec::new();
    for point in 0..i64::from(side).pow(4) {
        let left = [3, 2, 1, 0].map(|place| last - point / (last + 1).pow(place) % (last + 1));
        let [c, m, y, key] = left;
        for axis in 0..3 {
            let colorants = SRGB.map(|colorant| i64::from(colorant[axis]));
            let sum: i64 = colorants
                .iter()
                .zip([c, m, y])
                .map(|(colorant, ink)| colorant * ink * key)
                .sum();
            // From 1/65536 to 1/32768, as XYZ is stored (6.3.4.2).
            let value = u16::try_from(sum / (last * last) / 2).expect("X, Y and Z are below 2");
            grid.extend(value.to_be_bytes());
        }
    }
    inks(*b"XYZ ", &lut16([4, side], &grid))
}

/// Returns a profile of a press that prints the key ink alone (lut8Type to Lab): of
/// lightness there is `1 - K`.
pub fn icc_press_in_black() -> Vec<u8> {
    // Lightness, and no hue: 128 is 0.
    let grid: Vec<u8> = (0..16)
        .flat_map(|point| [if point % 2 == 0 { 255 } else { 0 }, 128, 128])
        .collect();
    let ramp: Vec<u8> = (0..=255).collect();
    let tables = [
        b"mft1\0\0\0\0\x04\x03\x02\0",
        IDENTITY.map(u32::to_be_bytes).as_flattened(),
        &ramp.repeat(4),
        &grid,
        &ramp.repeat(3),
    ]
    .concat();
    inks(*b"Lab ", &tables)
}

/// Ones down the diagonal, in 1/65536.
const IDENTITY: [u32; 9] = [1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 16];

/// Tables of 16 bits whose curves do nothing, from so many channels, to a grid of a side.
fn lut16([channels, side]: [u8; 2], grid: &[u8]) -> Vec<u8> {
    [
        b"mft2\0\0\0\0",
        &[channels, 3, side, 0][..],
        IDENTITY.map(u32::to_be_bytes).as_flattened(),
        &2u16.to_be_bytes(),
        &2u16.to_be_bytes(),
        &[0, 0, 0xff, 0xff].repeat(channels.into()),
        grid,
        &[0, 0, 0xff, 0xff].repeat(3),
    ]
    .concat()
}

/// A profile of a printer with four inks.
fn inks(connection: [u8; 4], tables: &[u8]) -> Vec<u8> {
    let tags = [(*b"wtpt", xyz(D50)), (*b"A2B0", tables.to_vec())];
    let mut profile = profile(2, *b"CMYK", "A press", &tags);
    profile[12..16].copy_from_slice(b"prtr");
    profile[20..24].copy_from_slice(&connection);
    profile
}

/// A profile of a display.
fn of_display(version: u8, name: &str, colorants: Colorants, curve: &[u8]) -> Vec<u8> {
    let [red, green, blue] = colorants.map(xyz);
    let mut tags = vec![
        (*b"wtpt", xyz(D50)),
        (*b"rXYZ", red),
        (*b"gXYZ", green),
        (*b"bXYZ", blue),
        (*b"rTRC", curve.to_vec()),
        (*b"gTRC", curve.to_vec()),
        (*b"bTRC", curve.to_vec()),
    ];
    if version == 4 {
        let numbers = D65_TO_D50.iter().flat_map(|number| number.to_be_bytes());
        tags.push((
            *b"chad",
            b"sf32\0\0\0\0".iter().copied().chain(numbers).collect(),
        ));
    }
    profile(version, *b"RGB ", name, &tags)
}

fn xyz(numbers: [i32; 3]) -> Vec<u8> {
    let numbers = numbers.into_iter().flat_map(i32::to_be_bytes);
    b"XYZ \0\0\0\0".iter().copied().chain(numbers).collect()
}

/// A single number is a gamma, in 1/256.
fn gamma(gamma_256ths: u16) -> Vec<u8> {
    [b"curv\0\0\0\0", &number(1)[..], &gamma_256ths.to_be_bytes()].concat()
}

/// IEC 61966-2-1 as a parametric curve of type 3: g, a, b, c, d in 1/65536.
fn srgb_curve() -> Vec<u8> {
    let numbers: [u32; 5] = [0x2_6666, 0xf2a7, 0x0d59, 0x13d0, 0x0a5b];
    let numbers = numbers.iter().flat_map(|number| number.to_be_bytes());
    b"para\0\0\0\0\0\x03\0\0"
        .iter()
        .copied()
        .chain(numbers)
        .collect()
}

/// A text of the kind that a version has for descriptions.
fn text(version: u8, text: &str) -> Vec<u8> {
    if version == 2 {
        return [
            b"desc\0\0\0\0",
            &number(text.len() + 1)[..],
            text.as_bytes(),
            // Its end, no Unicode, no Macintosh script.
            &[0; 1 + 78],
        ]
        .concat();
    }
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let (length, start) = (number(utf16.len()), number(28));
    [
        b"mluc\0\0\0\0\0\0\0\x01\0\0\0\x0cenUS",
        &length[..],
        &start,
        &utf16,
    ]
    .concat()
}

/// Header, table of tags, and the tags, alike ones stored once.
fn profile(version: u8, space: [u8; 4], name: &str, tags: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let copyright = match version {
        2 => b"text\0\0\0\0Public domain\0".to_vec(),
        _ => text(version, "Public domain"),
    };
    let texts = [(*b"desc", text(version, name)), (*b"cprt", copyright)];
    let tags: Vec<_> = texts.iter().chain(tags).collect();
    let mut table = number(tags.len()).to_vec();
    let mut body = Vec::new();
    let start = 128 + 4 + 12 * tags.len();
    let mut places: Vec<(&Vec<u8>, usize)> = Vec::new();
    for (tag, value) in tags {
        let known = places.iter().find(|(other, _)| *other == value);
        let place = known.map_or(start + body.len(), |(_, place)| *place);
        if known.is_none() {
            places.push((value, place));
            body.extend(value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        table.extend(tag);
        table.extend(number(place));
        table.extend(number(value.len()));
    }
    let mut header = vec![0; 128];
    header[0..4].copy_from_slice(&number(start + body.len()));
    header[8] = version;
    header[9] = if version == 2 { 0x10 } else { 0 };
    header[12..16].copy_from_slice(b"mntr");
    header[16..20].copy_from_slice(&space);
    header[20..24].copy_from_slice(b"XYZ ");
    // 1 January 2026, then the signature every profile carries.
    header[24..36].copy_from_slice(&[7, 0xea, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    header[36..40].copy_from_slice(b"acsp");
    header[68..80].copy_from_slice(&xyz(D50)[8..]);
    [header, table, body].concat()
}

fn number(value: usize) -> [u8; 4] {
    let value = u32::try_from(value).expect("a profile of half a kilobyte");
    value.to_be_bytes()
}
