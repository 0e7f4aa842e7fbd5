//! Files made from pictures: one function per kind of file, the same bytes on every machine.
//!
//! Nothing here can fail on a picture the crate made; a size the format cannot hold is a
//! mistake of the caller and panics.

mod gif;
mod jpeg;
mod metadata;
mod png;
mod profile;
mod webp;
mod webp_animation;

pub use gif::{Gif, GifFrame, gif, gif_animation};
pub use jpeg::{Inks, JpegOptions, Sampling, jpeg, jpeg_by_component, jpeg_inks, jpeg_of_planes};
pub(crate) use metadata::{app_segment, exif_orientation, png_chunk};
pub use metadata::{
    as_by_phone, png_with_chunk, png_with_icc, png_with_orientation, with_exif_orientation,
    with_icc,
};
pub use png::{png, png_interlaced, png_palette, png_sixteen_bit};
pub use profile::{
    icc_display_p3, icc_display_p3_tables, icc_grey, icc_grey_lightness, icc_press,
    icc_press_in_black, icc_srgb, icc_srgb_tiny, icc_swapped,
};
pub use webp::{
    webp_lossless, webp_lossy, webp_with_alpha, webp_with_exif, webp_with_icc,
    webp_with_orientation,
};
pub use webp_animation::{WebpFrame, webp_animation};
