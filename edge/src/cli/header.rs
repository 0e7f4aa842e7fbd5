//! What a header says, in words.

use edgepix_engine::{AvifCoding, Colour, Dimensions, Header, JpegCoding};

/// The source's size as its camera was held.
pub(super) fn upright(header: &Header) -> Dimensions {
    if header.orientation.transpose {
        header.dimensions.transposed()
    } else {
        header.dimensions
    }
}

/// The name of a colour model.
pub(super) fn colour_name(colour: Colour) -> &'static str {
    match colour {
        Colour::Grey => "grey",
        Colour::Rgb => "rgb",
        Colour::Ycbcr => "ycbcr",
        Colour::Cmyk => "cmyk",
        Colour::Ycck => "ycck",
    }
}

/// A JPEG's chroma sampling in the usual notation where there is one, else the
/// factors of its components. `None` if there is no chroma.
pub(super) fn sampling(coding: &JpegCoding) -> Option<String> {
    let [first, others @ ..] = &coding.components[..] else {
        return None;
    };
    let last = others.last()?;
    let alike = others
        .iter()
        .all(|other| (other.horizontal, other.vertical) == (last.horizontal, last.vertical));
    let usual = (alike && others.len() == 2)
        .then_some((
            first.horizontal * 10 / last.horizontal.max(1),
            first.vertical * 10 / last.vertical.max(1),
        ))
        .and_then(|ratio| match ratio {
            (10, 10) => Some("4:4:4"),
            (20, 10) => Some("4:2:2"),
            (20, 20) => Some("4:2:0"),
            (10, 20) => Some("4:4:0"),
            (40, 10) => Some("4:1:1"),
            (40, 20) => Some("4:1:0"),
            _ => None,
        });
    Some(usual.map_or_else(
        || {
            let factors = coding
                .components
                .iter()
                .map(|component| format!("{}x{}", component.horizontal, component.vertical));
            factors.collect::<Vec<_>>().join(",")
        },
        Into::into,
    ))
}

/// An AVIF's chroma sampling in the usual notation. `None` if there is no chroma.
pub(super) fn avif_sampling(coding: &AvifCoding) -> Option<&'static str> {
    Some(match coding.chroma? {
        (1, _) => "4:4:4",
        (_, 1) => "4:2:2",
        _ => "4:2:0",
    })
}
