//! Client Hints in steps: few enough to be cached (W3C, Responsive Image Client Hints; RFC 8942;
//! Save-Data API).

use crate::config;

use super::Viewer;

/// The header that says how many pixels of the screen a CSS pixel has.
pub const SEC_CH_DPR: &str = "sec-ch-dpr";

/// The header that says how many pixels of the screen an image is wide.
pub const SEC_CH_WIDTH: &str = "sec-ch-width";

/// The header of who wants fewer bytes.
pub const SAVE_DATA: &str = "save-data";

const DPRS: [&str; 4] = ["1", "1.5", "2", "3"];

const WIDTHS: [&str; 11] = [
    "160", "320", "480", "640", "800", "960", "1280", "1600", "1920", "2560", "3840",
];

/// Hints that are read; the others are left as they are, outside of the cache's key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InUse {
    /// `Sec-CH-DPR`.
    pub dpr: bool,
    /// `Sec-CH-Width`.
    pub width: bool,
    /// Save-Data.
    pub save_data: bool,
}

impl InUse {
    pub(super) fn of(config: &config::Hints) -> Self {
        Self {
            dpr: config.dpr,
            width: config.width,
            save_data: config.save_data_quality.is_some(),
        }
    }
}

/// What hints came to; none of a hint that is not in use, not sent, or not well formed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hints {
    /// 1.5, 2 or 3: no less than was said, as far as there is one; none for 1.
    pub dpr: Option<&'static str>,
    /// Pixels, from 160 to 3840, likewise.
    pub width: Option<&'static str>,
    /// `on`.
    pub save_data: Option<&'static str>,
}

impl Hints {
    pub(super) fn of(viewer: &Viewer<'_>, in_use: InUse) -> Self {
        let dpr = viewer.dpr.filter(|_| in_use.dpr);
        let width = viewer.width.filter(|_| in_use.width);
        let save_data = viewer.save_data.filter(|_| in_use.save_data);
        Self {
            dpr: dpr
                .and_then(|said| up_to(&DPRS, decimal(said)?))
                // One is what is unsaid.
                .filter(|&dpr| dpr != "1"),
            width: width.and_then(|said| up_to(&WIDTHS, whole(said, 5)?)),
            save_data: save_data
                .filter(|said| said.eq_ignore_ascii_case("on"))
                .map(|_| "on"),
        }
    }

    /// The headers that say it, by their names.
    pub fn headers(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        [
            (SEC_CH_DPR, self.dpr),
            (SEC_CH_WIDTH, self.width),
            (SAVE_DATA, self.save_data),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

/// The first step that is no less than `number`, else the last; none for zero.
fn up_to(steps: &[&'static str], number: f64) -> Option<&'static str> {
    if number <= 0.0 {
        return None;
    }
    let enough = |step: &&&str| step.parse().is_ok_and(|step: f64| step >= number);
    steps.iter().find(enough).or(steps.last()).copied()
}

/// A decimal of at most two digits before the point and three after it.
fn decimal(text: &str) -> Option<f64> {
    let (before, after) = text.split_once('.').unwrap_or((text, "0"));
    whole(before, 2)?;
    whole(after, 3)?;
    text.parse().ok()
}

/// A number of at most this many digits.
fn whole(text: &str, most: usize) -> Option<f64> {
    let is_right = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_right)
}
