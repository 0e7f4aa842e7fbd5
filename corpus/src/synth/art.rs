//! Drawn pictures, each of which makes one kind of fault visible.

use super::glyphs::{ADVANCE, HEIGHT, is_ink, word_is_ink};
use super::noise::pick;
use super::{Picture, level};

/// Returns smooth ramps in all three channels, in RGB: banding, a wrong range or a lost
/// bit shows at once.
///
/// Red rises to the right, green rises downwards, blue falls along the diagonal.
pub fn gradient(width: u32, height: u32) -> Picture {
    let (right, foot) = (width.max(2) - 1, height.max(2) - 1);
    Picture::from_fn(width, height, |x, y| {
        let (red, green) = (ramp(x, right), ramp(y, foot));
        [red, green, 255 - ramp(x + y, right + foot)]
    })
}

/// Returns `at` of `end` as a level, rounded.
fn ramp(at: u32, end: u32) -> u8 {
    level((i64::from(at) * 510 + i64::from(end)) / (i64::from(end) * 2))
}

const WHITE: [u8; 3] = [255, 255, 255];
const BLACK: [u8; 3] = [0, 0, 0];

/// Ink and paper of the text blocks: black and white both ways, then coloured pairs whose
/// luma is close, which chroma subsampling smears.
const INKS: [([u8; 3], [u8; 3]); 6] = [
    (BLACK, WHITE),
    (WHITE, BLACK),
    ([220, 0, 0], WHITE),
    ([0, 0, 210], [255, 240, 0]),
    ([255, 0, 0], [0, 120, 255]),
    ([0, 150, 0], [240, 0, 240]),
];

/// Returns text-like art in RGB: letters with one-pixel strokes, letters with three-pixel
/// strokes, and blocks of hairlines, diagonals and a one-pixel chequerboard.
pub fn text(width: u32, height: u32) -> Picture {
    const BLOCK: u32 = 96;
    Picture::from_fn(width, height, |x, y| {
        let (column, row) = (x / BLOCK, y / BLOCK);
        let (x, y) = (x % BLOCK, y % BLOCK);
        let (ink, paper) = INKS[((column + row * 2) % 6) as usize];
        let is_ink = match (column * 3 + row) % 5 {
            0 | 1 => writing(x, y, 1, column + 31 * row),
            2 => writing(x, y, 3, column + 31 * row),
            3 => hairlines(x, y),
            _ => (x + y).is_multiple_of(16) || x.abs_diff(y).is_multiple_of(24),
        };
        if is_ink { ink } else { paper }
    })
}

/// Random words, `scale` pixels to a stroke, three strokes between the lines.
fn writing(x: u32, y: u32, scale: u32, seed: u32) -> bool {
    let (x, y) = (x / scale, y / scale);
    let (cell, line) = (x / ADVANCE, y / (HEIGHT + 3));
    let letter = pick(u64::from(seed), u64::from(line * 64 + cell), 32);
    let letter = u8::try_from(letter).unwrap_or(0);
    // Six of 32 are blank, so words are five letters long on average.
    is_ink(b'A' + letter, x % ADVANCE, y % (HEIGHT + 3))
}

/// Four patches: lines every second and every fourth pixel, both ways, and a chequerboard.
fn hairlines(x: u32, y: u32) -> bool {
    match (x / 32, y / 32) {
        (0, 0) => x.is_multiple_of(2),
        (1, 0) => y.is_multiple_of(2),
        (2, 0) => (x + y).is_multiple_of(2),
        (0, 1) => x.is_multiple_of(4),
        (1, 1) => y.is_multiple_of(4),
        (2, 1) => (x / 2 + y / 2).is_multiple_of(2),
        (0, 2) => x.is_multiple_of(8) || y.is_multiple_of(8),
        (1, 2) => x.is_multiple_of(7),
        _ => y.is_multiple_of(7),
    }
}

/// Returns a sprite in RGBA: soft-edged coloured discs on full transparency, over a band in
/// which alpha creeps from 0 to 32.
///
/// Transparent pixels hide magenta and green stripes. A resizer that forgets to weigh
/// colour by alpha drags them into the edges.
pub fn sprite(width: u32, height: u32) -> Picture {
    const DISCS: [(i64, i64, i64, [u8; 3]); 5] = [
        (30, 30, 24, [250, 210, 20]),
        (70, 26, 18, [30, 90, 230]),
        (62, 62, 26, [230, 40, 40]),
        (22, 70, 16, [255, 255, 255]),
        (46, 46, 12, [16, 16, 16]),
    ];
    let unit = i64::from(width.min(height).max(1));
    let band = height - height / 8;
    Picture::from_fn(width, height, |x, y| {
        if y >= band {
            return [0, 200, 255, level(i64::from(x) * 33 / i64::from(width))];
        }
        let (x, y) = (i64::from(x), i64::from(y));
        // The last disc that covers the pixel wins: no blending, so the expected value of
        // every pixel can be read off.
        let hidden = if (x / 4 + y / 4) % 2 == 0 {
            [255, 0, 255, 0]
        } else {
            [0, 255, 0, 0]
        };
        DISCS
            .iter()
            .fold(hidden, |under, &(cx, cy, radius, [r, g, b])| {
                let (dx, dy) = (
                    x * 100 - cx * i64::from(width),
                    y * 100 - cy * i64::from(height),
                );
                let distance = (dx * dx + dy * dy).isqrt();
                // The edge is a tenth of the radius wide.
                let reach = radius * unit;
                let alpha = level((reach - distance) * 2550 / reach.max(1));
                if alpha > 0 && alpha >= under[3] {
                    [r, g, b, alpha]
                } else {
                    under
                }
            })
    })
}

/// Returns a sign that can only be read one way round, in RGB: an arrow up, the word TOP
/// over it, an F beside it, and corners in red, green, blue and yellow (upper left, upper
/// right, lower left, lower right).
pub fn arrow(width: u32, height: u32) -> Picture {
    let unit = width.min(height).max(16);
    let corner = unit / 6;
    let scale = (unit / 40).max(1);
    let middle = width / 2;
    let word = (middle.saturating_sub(scale * 9), height / 20);
    let (head, foot) = (height / 4, height * 9 / 10);
    let letter = (width * 7 / 10, height * 55 / 100);
    Picture::from_fn(width, height, |x, y| {
        let (at_left, at_right) = (x < corner, x >= width - corner.min(width));
        let (at_top, at_foot) = (y < corner, y >= height - corner.min(height));
        match (at_left, at_right, at_top, at_foot) {
            (true, _, true, _) => return [230, 20, 20],
            (_, true, true, _) => return [20, 170, 40],
            (true, _, _, true) => return [20, 60, 220],
            (_, true, _, true) => return [250, 210, 20],
            _ => {}
        }
        let from_middle = x.abs_diff(middle);
        let in_head = y >= head && y < head + unit / 4 && from_middle <= (y - head) * 7 / 10;
        let in_shaft = y >= head + unit / 4 && y < foot && from_middle < unit / 16;
        let in_word = word_is_ink(b"TOP", word, scale, (x, y))
            || word_is_ink(b"F", letter, scale * 2, (x, y));
        if in_head || in_shaft || in_word {
            [16, 16, 16]
        } else {
            [240, 236, 226]
        }
    })
}
