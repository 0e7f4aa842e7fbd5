//! What clients say of themselves besides Accept: Client Hints (RFC 8942; HTML, "Client hints";
//! WICG, "Responsive Image Client Hints") and Save-Data (WICG, "Save Data API").
//!
//! Screens differ by hundredths, and each number would have an entry of its own in every cache:
//! so numbers are folded up to a few.

use edgepix_engine::Request;

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

    /// Fills in what a URL leaves unsaid: the pixels of a CSS pixel of a size, a width where
    /// there is no size, the quality. It never leads past a size that `policy` allows.
    pub(crate) fn fill(self, request: &mut Request, enabled: &Hints, policy: &Policy) {
        let has_side = request.width.or(request.height).is_some();
        #[expect(
            clippy::float_cmp,
            reason = "the default, to the bit: nothing was said"
        )]
        let (no_dpr, no_percent) = (request.dpr == 1.0, request.percent == 100.0);
        let is_unsized = !has_side && no_percent && no_dpr;
        if let Some(said) = self.dpr.filter(|_| enabled.dpr && has_side && no_dpr) {
            // Those up to what was said, the largest first.
            let known = Dpr::ALL.map(Dpr::times).into_iter().rev();
            let mut allowed =
                known.filter(|&times| times <= said.times() && is_allowed(request, times, policy));
            request.dpr = allowed.next().unwrap_or(1.0);
        }
        if let Some(said) = self.width.filter(|_| enabled.width && is_unsized) {
            let width = policy.side.map_or(said, |most| said.min(most));
            request.width = Some(width);
        }
        if self.saves_data && request.quality.is_none() {
            request.quality = enabled.save_data_quality;
        }
    }
}

/// Whether a size may be so many times as large.
fn is_allowed(request: &Request, times: f64, policy: &Policy) -> bool {
    let sides = [request.width, request.height];
    let sides = sides.map(|side| side.map(|side| f64::from(side) * times));
    let most = policy.side.map_or(f64::INFINITY, f64::from);
    #[expect(clippy::cast_precision_loss, reason = "a limit, far below 2^53")]
    let pixels = policy.pixels.map_or(f64::INFINITY, |most| most as f64);
    let fits = sides.into_iter().flatten().all(|side| side <= most);
    let [width, height] = sides;
    fits && width
        .zip(height)
        .is_none_or(|(width, height)| width * height <= pixels)
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
    fn filled(request: Request, headers: &[(&str, &str)], policy: &Policy) -> Request {
        let mut request = request;
        said(headers).fill(&mut request, &ALL, policy);
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
            let request = filled(wide(100), &[("sec-ch-dpr", text)], &Policy::default());
            assert_eq!(request.dpr, dpr, "{text}");
        }
        for (text, width) in [("1", 160), ("320", 320), ("321", 480), ("5000", 3840)] {
            let hints = [("sec-ch-width", text)];
            let request = filled(Request::default(), &hints, &Policy::default());
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
        let filled = |request| filled(request, &hints, &Policy::default());
        let explicit = Request {
            dpr: 3.0,
            quality: Some(90),
            ..wide(100)
        };
        assert_eq!(filled(explicit.clone()), explicit);
        let sized = filled(wide(100));
        assert_eq!(
            (sized.width, sized.dpr, sized.quality),
            (Some(100), 2.0, Some(40))
        );
        let unsized_ = filled(Request::default());
        assert_eq!((unsized_.width, unsized_.dpr), (Some(640), 1.0));
        let half = Request {
            percent: 50.0,
            ..Request::default()
        };
        assert_eq!(filled(half).width, None);
    }

    #[test]
    fn no_hint_leads_past_what_is_allowed() {
        let side = Policy {
            side: Some(500),
            ..Policy::default()
        };
        let pixels = Policy {
            pixels: Some(90_000),
            ..Policy::default()
        };
        let hints = [("sec-ch-dpr", "3")];
        assert_eq!(filled(wide(200), &hints, &side).dpr, 2.0);
        assert_eq!(filled(wide(600), &hints, &side).dpr, 1.0);
        let square = Request {
            height: Some(200),
            ..wide(200)
        };
        assert_eq!(filled(square, &hints, &pixels).dpr, 1.5);
        let hints = [("sec-ch-width", "1000")];
        assert_eq!(filled(Request::default(), &hints, &side).width, Some(500));
    }
}
