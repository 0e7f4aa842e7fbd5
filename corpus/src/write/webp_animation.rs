//! Animated WebP, put together from still ones.

/// One frame of an animated WebP.
#[derive(Clone, Debug)]
pub struct WebpFrame {
    /// A still WebP: [`webp_lossless`](super::webp_lossless) or
    /// [`webp_lossy`](super::webp_lossy).
    pub still: Vec<u8>,
    /// Its columns.
    pub width: u32,
    /// Its rows.
    pub height: u32,
    /// Columns left of it: even.
    pub left: u32,
    /// Rows above it: even.
    pub top: u32,
    /// How long it is seen.
    pub milliseconds: u32,
    /// Whether it replaces what is under it; else it is laid over that.
    pub replaces: bool,
    /// Whether its rectangle becomes transparent afterwards.
    pub clears: bool,
}

/// Writes an animation on a canvas, shown `loops` times, 0 for ever. `background` is blue,
/// green, red and alpha.
pub fn webp_animation(
    (width, height): (u32, u32),
    loops: u16,
    background: [u8; 4],
    frames: &[WebpFrame],
) -> Vec<u8> {
    let mut chunks = Vec::new();
    let size = [three(width - 1), three(height - 1)].concat();
    // Animation and alpha.
    put(
        &mut chunks,
        b"VP8X",
        &[&[0x12, 0, 0, 0][..], &size].concat(),
    );
    put(
        &mut chunks,
        b"ANIM",
        &[&background[..], &loops.to_le_bytes()].concat(),
    );
    for frame in frames {
        let numbers = [
            frame.left / 2,
            frame.top / 2,
            frame.width - 1,
            frame.height - 1,
            frame.milliseconds,
        ];
        let mut body = numbers.map(three).concat();
        body.push(u8::from(frame.replaces) << 1 | u8::from(frame.clears));
        let picture = &frame.still[12..];
        // A frame has no extended header of its own: 8 bytes and 10.
        let extended = picture.starts_with(b"VP8X");
        body.extend(&picture[if extended { 18 } else { 0 }..]);
        put(&mut chunks, b"ANMF", &body);
    }
    let mut file = b"RIFF".to_vec();
    file.extend(length(chunks.len() + 4));
    file.extend(b"WEBP");
    file.extend(chunks);
    file
}

fn three(number: u32) -> [u8; 3] {
    let [low, middle, high, _] = number.to_le_bytes();
    [low, middle, high]
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("far below 4 GiB").to_le_bytes()
}

fn put(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    out.extend(name);
    out.extend(length(data.len()));
    out.extend(data);
    if data.len() % 2 == 1 {
        out.push(0);
    }
}
