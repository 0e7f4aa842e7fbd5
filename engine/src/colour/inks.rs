//! Four inks without a profile, and how a JPEG stores them.
//!
//! A JPEG of four components holds light and not ink: 255 for none, as Photoshop
//! has always written it. An Adobe segment need not say so: Chrome (Skia), libvips
//! and Pillow take every such file that way, and so do we.

/// Multiplies the light that each of three inks leaves by that of the key ink,
/// rounded: red is `255 * (1 - C) * (1 - K)`. So browsers show inks of no profile;
/// libvips has a profile of its own for them, of a press, and is duller.
pub(super) fn multiply(colours: [&mut [u8]; 3], key: &[u8]) {
    for channel in colours {
        for (sample, &key) in channel.iter_mut().zip(key) {
            let product = u32::from(*sample) * u32::from(key);
            #[expect(clippy::cast_possible_truncation, reason = "at most 255")]
            let byte = ((product + 127) / 255) as u8;
            *sample = byte;
        }
    }
}

/// Light for ink and ink for light, in place.
pub(super) fn invert(channel: &mut [u8]) {
    for sample in channel {
        *sample = !*sample;
    }
}
