//! Words, numbers and amounts as people write them, as the engine's types: one grammar
//! for the command line and the configuration. Each parser's error says what it takes.

mod bytes;
mod duration;

use edgepix_engine::{
    Accept, Background, Chroma, Crop, Filter, Fit, Flip, Focus, OutputFormat, Place, Rotate, Target,
};

pub(crate) use bytes::{Bytes, rounded};
pub(crate) use duration::Time;

/// Words and what they mean.
pub(crate) type Words<T> = &'static [(&'static str, T)];

/// `--fit`.
pub(crate) const FIT: Words<Fit> = &[
    ("inside", Fit::Inside),
    ("outside", Fit::Outside),
    ("cover", Fit::Cover),
    ("contain", Fit::Contain),
    ("fill", Fit::Fill),
];

/// `--rotate`.
pub(crate) const ROTATE: Words<Rotate> = &[
    ("0", Rotate::None),
    ("90", Rotate::Quarter),
    ("180", Rotate::Half),
    ("270", Rotate::ThreeQuarters),
];

/// `--flip`.
pub(crate) const FLIP: Words<Flip> = &[
    ("horizontal", Flip::Horizontal),
    ("vertical", Flip::Vertical),
    ("both", Flip::Both),
];

/// `--filter`.
pub(crate) const FILTER: Words<Filter> = &[
    ("lanczos3", Filter::Lanczos3),
    ("catmull-rom", Filter::CatmullRom),
    ("mitchell", Filter::Mitchell),
    ("bilinear", Filter::Bilinear),
    ("box", Filter::Box),
];

/// `--format`.
pub(crate) const FORMAT: Words<Target> = &[
    ("keep", Target::Keep),
    ("auto", Target::Auto(Accept::ANYTHING)),
    ("jpeg", Target::Format(OutputFormat::Jpeg)),
    ("jpg", Target::Format(OutputFormat::Jpeg)),
    ("png", Target::Format(OutputFormat::Png)),
    ("webp", Target::Format(OutputFormat::Webp)),
    ("avif", Target::Format(OutputFormat::Avif)),
];

/// `--chroma`.
pub(crate) const CHROMA: Words<Chroma> = &[("420", Chroma::Half), ("444", Chroma::Full)];

/// The nine places of `--focus` and `--overlay-position`.
const FOCUS: Words<Focus> = &[
    ("centre", Focus::CENTRE),
    ("center", Focus::CENTRE),
    ("top", Focus { x: 0.5, y: 0.0 }),
    ("top-right", Focus { x: 1.0, y: 0.0 }),
    ("right", Focus { x: 1.0, y: 0.5 }),
    ("bottom-right", Focus { x: 1.0, y: 1.0 }),
    ("bottom", Focus { x: 0.5, y: 1.0 }),
    ("bottom-left", Focus { x: 0.0, y: 1.0 }),
    ("left", Focus { x: 0.0, y: 0.5 }),
    ("top-left", Focus { x: 0.0, y: 0.0 }),
];

/// What `word` means.
pub(crate) fn meaning<T: Copy>(words: Words<T>, word: &str) -> Option<T> {
    let found = words.iter().find(|(name, _)| *name == word)?;
    Some(found.1)
}

/// The word for `meaning`; the first, if there are several.
pub(crate) fn word<T: PartialEq>(words: Words<T>, meaning: &T) -> Option<&'static str> {
    let found = words.iter().find(|(_, value)| value == meaning)?;
    Some(found.0)
}

/// Takes a side in pixels.
pub(crate) fn pixels(text: &str) -> Result<u32, &'static str> {
    match text.parse() {
        Ok(pixels @ 1..=65_535) => Ok(pixels),
        _ => Err("must be a whole number of pixels, 1 to 65535"),
    }
}

/// Takes a quality.
pub(crate) fn quality(text: &str) -> Result<u8, &'static str> {
    match text.parse() {
        Ok(quality @ 1..=100) => Ok(quality),
        _ => Err("must be 1 to 100"),
    }
}

/// Takes a share of a processor.
pub(crate) fn cpu_share(text: &str) -> Result<f64, &'static str> {
    match text.parse() {
        Ok(share) if (0.001..=1.0).contains(&share) => Ok(share),
        _ => Err("must be 0.001 to 1"),
    }
}

/// Takes an effort of any encoder.
pub(crate) fn effort(text: &str) -> Result<u8, &'static str> {
    match text.parse() {
        Ok(effort @ 0..=10) => Ok(effort),
        _ => Err("must be 0 to 10"),
    }
}

/// Takes a percentage.
pub(crate) fn percent(text: &str) -> Result<f64, &'static str> {
    let number = text.strip_suffix('%').unwrap_or(text);
    factor(number, 1000.0).ok_or("must be above 0 and at most 1000")
}

/// Takes a number of device pixels per CSS pixel.
pub(crate) fn dpr(text: &str) -> Result<f64, &'static str> {
    factor(text, 10.0).ok_or("must be above 0 and at most 10")
}

fn factor(text: &str, most: f64) -> Option<f64> {
    let number = text.parse().ok()?;
    (number > 0.0 && number <= most).then_some(number)
}

/// Takes a rectangle.
pub(crate) fn crop(text: &str) -> Result<Crop, &'static str> {
    const RULE: &str = "must be LEFT,TOP,WIDTH,HEIGHT in whole pixels, such as 100,0,640,480";
    let numbers: Vec<u32> = text
        .split(',')
        .map(|number| number.trim().parse().map_err(|_| RULE))
        .collect::<Result<_, _>>()?;
    match numbers[..] {
        [_, _, 0, _] | [_, _, _, 0] => Err("must be at least 1 pixel wide and high"),
        [left, top, width, height] => Ok(Crop {
            left,
            top,
            width,
            height,
        }),
        _ => Err(RULE),
    }
}

/// Takes a place or a point.
pub(crate) fn focus(text: &str) -> Result<Focus, &'static str> {
    if let Some(place) = meaning(FOCUS, text) {
        return Ok(place);
    }
    let fraction = |text: &str| {
        let number = text.trim().parse().ok()?;
        (0.0..=1.0).contains(&number).then_some(number)
    };
    text.split_once(',')
        .and_then(|(x, y)| {
            Some(Focus {
                x: fraction(x)?,
                y: fraction(y)?,
            })
        })
        .ok_or(
            "must be centre, top, top-right, right, bottom-right, bottom, bottom-left, left, \
             top-left or a point X,Y of fractions from 0 to 1",
        )
}

/// Takes a place or a point, as [`focus`].
pub(crate) fn place(text: &str) -> Result<Place, &'static str> {
    focus(text).map(|Focus { x, y }| Place { x, y })
}

/// The word for a place, if it has one.
pub(crate) fn place_word(Place { x, y }: Place) -> Option<&'static str> {
    word(FOCUS, &Focus { x, y })
}

/// Takes a margin.
pub(crate) fn margin(text: &str) -> Result<f64, &'static str> {
    fraction(text, |number| (0.0..0.5).contains(&number)).ok_or("must be at least 0 and below 0.5")
}

/// Takes a part of something that cannot be nothing.
pub(crate) fn share(text: &str) -> Result<f64, &'static str> {
    factor(text, 1.0).ok_or("must be above 0 and at most 1")
}

/// Takes an opacity.
pub(crate) fn opacity(text: &str) -> Result<f64, &'static str> {
    fraction(text, |number| (0.0..=1.0).contains(&number)).ok_or("must be 0 to 1")
}

fn fraction(text: &str, is_right: impl Fn(f64) -> bool) -> Option<f64> {
    let number = text.parse().ok()?;
    is_right(number).then_some(number)
}

/// Takes a colour, with or without the `#` that a shell may take for a comment.
pub(crate) fn background(text: &str) -> Result<Background, &'static str> {
    let digits = match text {
        "white" => "ffffff",
        "black" => "000000",
        _ => text.strip_prefix('#').unwrap_or(text),
    };
    let nibbles: Option<Vec<u8>> = digits
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    match nibbles.as_deref() {
        Some(&[red, green, blue]) => Ok(Background {
            red: red * 17,
            green: green * 17,
            blue: blue * 17,
        }),
        Some(&[r1, r0, g1, g0, b1, b0]) => Ok(Background {
            red: r1 << 4 | r0,
            green: g1 << 4 | g0,
            blue: b1 << 4 | b0,
        }),
        _ => Err("must be white, black, #rgb or #rrggbb"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_with_and_without_its_hash() {
        let teal = Background {
            red: 0,
            green: 0x88,
            blue: 0x99,
        };
        for text in ["#089", "089", "#008899", "008899"] {
            assert_eq!(background(text), Ok(teal), "{text}");
        }
        for text in ["", "#", "#08", "#08899", "teal", "#00889é"] {
            assert!(background(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_focus_is_a_place_or_a_point_of_fractions() {
        assert_eq!(focus("top-left"), Ok(Focus { x: 0.0, y: 0.0 }));
        assert_eq!(focus("0.25,1"), Ok(Focus { x: 0.25, y: 1.0 }));
        for text in ["middle", "0.5", "0.5,1.1", "-1,0", "NaN,0"] {
            assert!(focus(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_crop_has_four_numbers_and_an_area() {
        let crop_of = |left, top, width, height| Crop {
            left,
            top,
            width,
            height,
        };
        assert_eq!(crop("1,2,3,4"), Ok(crop_of(1, 2, 3, 4)));
        for text in ["1,2,3", "1,2,3,4,5", "1,2,0,4", "-1,2,3,4", "a,b,c,d"] {
            assert!(crop(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        assert!(pixels("0").is_err() && pixels("4294967296").is_err());
        assert!(quality("0").is_err() && quality("101").is_err());
        assert!(percent("0").is_err() && percent("1001").is_err());
        assert!(dpr("NaN").is_err() && dpr("inf").is_err());
        assert_eq!(percent("50%"), Ok(50.0));
        assert!(margin("0.5").is_err() && margin("-0").is_ok());
        assert!(share("0").is_err() && share("1").is_ok());
        assert!(opacity("1.01").is_err() && opacity("0").is_ok());
    }

    #[test]
    fn every_word_has_its_own_meaning() {
        for (name, fit) in FIT {
            assert_eq!(word(FIT, fit), Some(*name));
        }
    }
}
