//! What clients say of themselves besides Accept: Client Hints (RFC 8942; HTML, "Client hints";
//! WICG, "Responsive Image Client Hints") and Save-Data (WICG, "Save Data API").
//!
//! Screens differ by hundredths, and each number would have an entry of its own in every cache:
//! so numbers are folded up to a few.

use edgepix_engine::{Dimensions, Request};

use crate::{
    config::{Hints, Policy},
    value,
};

/// Widths that images are made for, in pixels; what is between two is the larger, and what is
/// above all the largest.
const WIDTHS: [u32; 11] = [160, 320, 480, 640, 800, 960, 1280, 1600, 1920, 2560, 3840];

const DPR: &str = "sec-ch-dpr";
const WIDTH: &str = "sec-ch-width";
const SAVE_DATA: &str = "save-data";

/// What a client says, folded; only of what the installation minds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Said {
    dpr: Option<Dpr>,
    /// Pixels, not CSS pixels.
    width: Option<u32>,
    saves_data: bool,
}

/// Pixels of a CSS pixel that images are made for besides one, folded to as widths are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Dpr {
    OneAndHalf,
    Two,
    Three,
}

impl Said {
    /// Reads a request's headers, of which `header` says the value by their names in lower
    /// case, as far as `enabled` says. What makes no sense says nothing.
    #[must_use]
    pub fn read(header: impl Fn(&'static str) -> Option<String>, enabled: &Hints) -> Self {
        let mut said = Self::default();
        if enabled.dpr {
            let dpr = header(DPR).and_then(|text| value::dpr(text.trim()).ok());
            // One is what is unsaid.
            said.dpr = dpr.filter(|&dpr| dpr > 1.0).map(folded_dpr);
        }
        if enabled.width {
            let width = header(WIDTH).and_then(|text| value::pixels(text.trim()).ok());
            said.width = width.map(folded_width);
        }
        if enabled.save_data_quality.is_some() {
            said.saves_data = header(SAVE_DATA).is_some_and(|text| {
                let word = text.split([';', ',']).next().unwrap_or_default();
                word.trim().eq_ignore_ascii_case("on")
            });
        }
        said
    }

    /// Fills in the size that a URL leaves unsaid: the pixels of a CSS pixel of one that it
    /// says, a width where it says none.
    pub(crate) fn fill(self, request: &mut Request, enabled: &Hints) {
        let has_side = request.width.or(request.height).is_some();
        #[expect(
            clippy::float_cmp,
            reason = "the default, to the bit: nothing was said"
        )]
        let (no_dpr, no_percent) = (request.dpr == 1.0, request.percent == 100.0);
        let is_unsized = !has_side && no_percent && no_dpr;
        if let Some(dpr) = self.dpr.filter(|_| enabled.dpr && has_side && no_dpr) {
            request.dpr = dpr.times();
        }
        if let Some(width) = self.width.filter(|_| enabled.width && is_unsized) {
            request.width = Some(width);
        }
    }

    /// The quality of what the URL gives none, if the client wants another than usual.
    pub(crate) fn quality(self, enabled: &Hints) -> Option<u8> {
        enabled.save_data_quality.filter(|_| self.saves_data)
    }
}

/// Whether a result may become as large as this for no other reason than a hint: else whose
/// screen is fine would be refused what all others get.
pub(crate) fn may_lead_to(output: Dimensions, policy: &Policy) -> bool {
    let Dimensions { width, height } = output;
    let pixels = u64::from(width) * u64::from(height);
    policy.side.is_none_or(|most| width.max(height) <= most)
        && policy.pixels.is_none_or(|most| pixels <= most)
}

impl Dpr {
    const ALL: [Self; 3] = [Self::OneAndHalf, Self::Two, Self::Three];

    const fn times(self) -> f64 {
        match self {
            Self::OneAndHalf => 1.5,
            Self::Two => 2.0,
            Self::Three => 3.0,
        }
    }
}

fn folded_dpr(said: f64) -> Dpr {
    let mut known = Dpr::ALL.into_iter();
    known.find(|dpr| dpr.times() >= said).unwrap_or(Dpr::Three)
}

fn folded_width(said: u32) -> u32 {
    let [.., widest] = WIDTHS;
    let mut known = WIDTHS.into_iter();
    known.find(|&width| width >= said).unwrap_or(widest)
}

/// The headers that an answer depends on where these hints are enabled, for Vary.
pub fn names(enabled: Hints) -> impl Iterator<Item = &'static str> {
    let dpr = enabled.dpr.then_some("Sec-CH-DPR");
    let width = enabled.width.then_some("Sec-CH-Width");
    let save_data = enabled.save_data_quality.map(|_| "Save-Data");
    dpr.into_iter().chain(width).chain(save_data)
}

/// What clients must be asked for, for Accept-CH; Save-Data comes unasked.
pub fn wanted(enabled: Hints) -> impl Iterator<Item = &'static str> {
    names(enabled).filter(|name| *name != "Save-Data")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Config,
        viewer_request::{Folding, Viewer, fold},
    };

    const ALL: Hints = Hints {
        dpr: true,
        width: true,
        save_data_quality: Some(40),
    };

    fn said(headers: &[(&str, &str)]) -> Said {
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Said::read(header, &ALL)
    }

    /// What a request becomes for a client that says this much.
    fn filled(mut request: Request, headers: &[(&str, &str)]) -> Request {
        said(headers).fill(&mut request, &ALL);
        request
    }

    fn wide(width: u32) -> Request {
        Request {
            width: Some(width),
            ..Request::default()
        }
    }

    #[test]
    fn numbers_are_folded_up_to_a_few() {
        for (text, dpr) in [
            ("1", 1.0),
            ("0.75", 1.0),
            ("1.0", 1.0),
            ("1.1", 1.5),
            ("1.5", 1.5),
            ("2", 2.0),
            ("2.625", 3.0),
            ("4", 3.0),
        ] {
            let request = filled(wide(100), &[("sec-ch-dpr", text)]);
            assert_eq!(request.dpr, dpr, "{text}");
        }
        for (text, width) in [("1", 160), ("320", 320), ("321", 480), ("5000", 3840)] {
            let hints = [("sec-ch-width", text)];
            let request = filled(Request::default(), &hints);
            assert_eq!(request.width, Some(width), "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_says_nothing() {
        for (name, value) in [
            ("sec-ch-dpr", ""),
            ("sec-ch-dpr", "0"),
            ("sec-ch-dpr", "NaN"),
            ("sec-ch-dpr", "2, 3"),
            ("sec-ch-dpr", "1e9"),
            ("sec-ch-width", "0"),
            ("sec-ch-width", "-1"),
            ("sec-ch-width", "1.5"),
            ("sec-ch-width", "99999999999"),
            ("save-data", "off"),
            ("save-data", "?1"),
        ] {
            assert_eq!(said(&[(name, value)]), Said::default(), "{name}: {value}");
        }
        assert_ne!(said(&[("save-data", "ON; a=1")]), Said::default());
    }

    #[test]
    fn what_is_not_enabled_is_not_read() {
        let everything = |_| Some("2".to_owned());
        assert_eq!(Said::read(everything, &Hints::default()), Said::default());
    }

    #[test]
    fn what_the_cache_in_front_has_folded_says_the_same() {
        let folding = Folding::of(&Config {
            hints: ALL,
            ..Config::default()
        });
        for (dpr, width) in [("1.7", "700"), ("1", "1"), ("2.625", "3841"), ("3", "960")] {
            let sent = [
                ("sec-ch-dpr", dpr),
                ("sec-ch-width", width),
                ("save-data", "on"),
            ];
            let viewer = Viewer {
                path: "/photo.jpg",
                dpr: Some(dpr),
                width: Some(width),
                save_data: Some("on"),
                ..Viewer::default()
            };
            let folded: Vec<_> = fold(&viewer, &folding).hints.headers().collect();
            assert_eq!(said(&folded), said(&sent), "{dpr} {width}");
        }
    }

    #[test]
    fn the_url_goes_before_the_client() {
        let hints = [
            ("sec-ch-dpr", "2"),
            ("sec-ch-width", "640"),
            ("save-data", "on"),
        ];
        let filled = |request| filled(request, &hints);
        let explicit = Request {
            dpr: 3.0,
            ..wide(100)
        };
        assert_eq!(filled(explicit.clone()), explicit);
        let sized = filled(wide(100));
        assert_eq!((sized.width, sized.dpr), (Some(100), 2.0));
        let unsaid = filled(Request::default());
        assert_eq!((unsaid.width, unsaid.dpr), (Some(640), 1.0));
        let half = Request {
            percent: 50.0,
            ..Request::default()
        };
        assert_eq!(filled(half).width, None);
    }

    #[test]
    fn a_hint_leads_to_what_is_allowed_and_not_past_it() {
        let limits = Policy {
            side: Some(500),
            pixels: Some(90_000),
            ..Policy::default()
        };
        for (width, height, expected) in [
            (500, 180, true),
            (501, 1, false),
            (1, 501, false),
            (300, 300, true),
            (301, 300, false),
        ] {
            let output = Dimensions { width, height };
            assert_eq!(may_lead_to(output, &limits), expected, "{output:?}");
            assert!(may_lead_to(output, &Policy::default()));
        }
    }
}
