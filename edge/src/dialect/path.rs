//! `/img/150x200/photo.png`: the box of systems B and C, as a folder in the key of an image
//! that is not there. The image fits inside it, as `ImageMagick`'s `-resize WxH` has it.

use edgepix_engine::{Enlarge, Fit, Request};

use crate::key::Key;

use super::{
    Asked, Dialect, Format, Larger, Malformed,
    words::{SIDE, whole},
};

const DIALECT: Dialect = Dialect::Path;

/// Reads a key; `None` if it is not of this dialect.
pub(super) fn read(key: &Key) -> Result<Option<Asked>, Malformed> {
    let mut segments: Vec<&str> = key.as_str().split('/').collect();
    let Some((place, (across, down))) = first_box(&segments) else {
        return Ok(None);
    };
    let said = segments.remove(place);
    let Ok(source) = Key::new(segments.join("/")) else {
        return Ok(None);
    };
    let side = |digits| {
        let rule = "have two sides of 1 to 65535";
        whole(digits, SIDE).map_err(|_| Malformed::new(DIALECT, said, rule).of(&source))
    };
    let (width, height) = (side(across)?, side(down)?);
    Ok(Some(Asked {
        dialect: DIALECT,
        canonical: canonical(&source, width, height),
        source,
        request: Request {
            width: Some(width),
            height: Some(height),
            fit: Fit::Inside,
            enlarge: Enlarge::Allow,
            ..Request::default()
        },
        format: Format::Unsaid,
        larger: Larger::default(),
        unscaled_from: None,
        preset: None,
    }))
}

/// The first segment that is a box, and its sides. The last is the file's name.
fn first_box<'a>(segments: &[&'a str]) -> Option<(usize, (&'a str, &'a str))> {
    let (_, folders) = segments.split_last()?;
    let mut folders = folders.iter().enumerate();
    folders.find_map(|(place, segment)| Some((place, sides(segment)?)))
}

/// The digits of both sides, if a segment is a box.
fn sides(segment: &str) -> Option<(&str, &str)> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (across, down) = segment.split_once(['x', 'X'])?;
    (is_number(across) && is_number(down)).then_some((across, down))
}

/// The path with the box before the file's name, wherever it was; before a folder that
/// would be taken for it, if there is one.
fn canonical(source: &Key, width: u32, height: u32) -> String {
    let size = format!("{width}x{height}");
    let path = source.to_path();
    let mut segments: Vec<&str> = path.split('/').collect();
    let place = first_box(&segments).map_or(segments.len() - 1, |(place, _)| place);
    segments.insert(place, &size);
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use crate::{config::Config, dialect::of_missing};

    use super::*;

    fn of(name: &str) -> Result<Option<Asked>, String> {
        let key = Key::new(name).expect("a key");
        of_missing(&key, &Config::default()).map_err(|malformed| malformed.reason)
    }

    fn asked(name: &str) -> Asked {
        of(name).expect("well formed").expect("something is asked")
    }

    #[test]
    fn the_image_fits_inside_the_box_and_may_become_larger() {
        let asked = asked("img/150x200/AmazonS3.png");
        let wanted = Request {
            width: Some(150),
            height: Some(200),
            fit: Fit::Inside,
            enlarge: Enlarge::Allow,
            ..Request::default()
        };
        assert_eq!(asked.request, wanted);
        assert_eq!(asked.dialect, Dialect::Path);
        assert_eq!(asked.format, Format::Unsaid);
        assert_eq!(asked.source.as_str(), "img/AmazonS3.png");
    }

    #[test]
    fn the_box_may_be_any_folder_and_the_first_counts() {
        for (name, source) in [
            ("150x200/a.png", "a.png"),
            ("150x200/b/a.png", "b/a.png"),
            ("c/150x200/b/a.png", "c/b/a.png"),
            ("150x200/7x7/a.png", "7x7/a.png"),
            ("150x200/7x7", "7x7"),
        ] {
            let asked = asked(name);
            assert_eq!(asked.source.as_str(), source, "{name}");
            let request = asked.request;
            assert_eq!((request.width, request.height), (Some(150), Some(200)));
        }
    }

    #[test]
    fn what_is_no_box_is_a_folder_or_a_file() {
        for name in [
            "a.png",
            "150x200",
            "img/150x200",
            "150x/a.png",
            "x200/a.png",
            "1x2x3/a.png",
            "-1x2/a.png",
            "150x200px/a.png",
            "1.5x2/a.png",
            "٣x٣/a.png",
        ] {
            assert_eq!(of(name), Ok(None), "{name}");
        }
    }

    #[test]
    fn every_spelling_of_a_box_is_one() {
        let canonical = asked("img/150x200/a.png").canonical;
        assert_eq!(canonical, "/img/150x200/a.png");
        assert_eq!(asked("img/0150X200/a.png").canonical, canonical);
        assert_eq!(asked("150x200/img/a.png").canonical, canonical);
        let beside = asked("150x200/img/7x7/a b.png").canonical;
        assert_eq!(beside, "/img/150x200/7x7/a%20b.png");
    }

    #[test]
    fn a_side_of_nothing_or_too_much_is_malformed() {
        for size in ["0x100", "100x0", "65536x1", "1X99999999999999999999"] {
            let reason = format!("{size}: should have two sides of 1 to 65535");
            assert_eq!(of(&format!("img/{size}/a.png")), Err(reason), "{size}");
        }
    }
}
