//! Latency and cost over the memory setting, and the memory to pay for.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Seen,
    cells::{Cell, Key, MODELLED_MB},
    pool::Pool,
    report::{Curve, Distribution, HEADLINE_MB, Line, Point, Recommendation, Source},
    shared_cases::shared_cases,
    words,
};
use crate::{
    case::{Case, Rival},
    format::Format,
    prices::{Offer, Prices},
};

/// A point of a line.
type Place = (Rival, u32);

/// The curve. All its points are of the same cases, so that lines can be laid over one another: those
/// that every rival answers at full speed, and of them those that were emulated, if any were. A
/// point that failed in one of them is left out, and told as a doubt: a median over what survived
/// would flatter it. Only the start differs behind the launcher, so it has no line.
pub(crate) fn curve(seen: &Seen<'_>, prices: &Prices) -> Curve {
    let answered = sets(seen, |source, cell| {
        source == Source::Model && cell.is_answered()
    });
    let (modelled, mut cases) = shared_cases(&answered);
    let tried = sets(seen, |source, cell| {
        source == Source::Emulated && (cell.is_answered() || cell.is_failed())
    });
    let (emulated, shared_tried) = shared_cases(&tried);
    let in_both: BTreeSet<&Case> = shared_tried.intersection(&cases).copied().collect();
    let mut sources = vec![(Source::Model, modelled)];
    if cases.is_empty() {
        cases = shared_tried;
        sources.push((Source::Emulated, emulated));
    } else if !in_both.is_empty() {
        cases = in_both;
        sources.push((Source::Emulated, emulated));
    }
    let mut lines = Vec::new();
    for (source, places) in sources {
        let rivals: BTreeSet<Rival> = places.iter().map(|(rival, _)| *rival).collect();
        let line = |rival| Line {
            rival,
            source,
            points: places
                .iter()
                .filter(|(other, _)| *other == rival)
                .filter_map(|&place| point(seen, source, place, &cases, &prices.offers))
                .collect(),
        };
        let lines_of_source = rivals.into_iter().map(line);
        lines.extend(lines_of_source.filter(|line| !line.points.is_empty()));
    }
    let mut curve = Curve {
        lines,
        offers: prices.offers.clone(),
        recommendations: Vec::new(),
        cases: cases.len(),
    };
    curve.recommendations = (0..prices.offers.len())
        .filter_map(|offer| recommendation(&curve, &failed_mb(seen), offer))
        .collect();
    curve
}

/// Which cases each point has, of those that count.
fn sets<'a>(
    seen: &Seen<'a>,
    counts: impl Fn(Source, &Cell) -> bool,
) -> BTreeMap<Place, BTreeSet<&'a Case>> {
    let mut sets: BTreeMap<Place, BTreeSet<&Case>> = BTreeMap::new();
    for (key, cell) in &seen.cells {
        if key.rival != Rival::EDGEPIX_AT_EDGE && counts(key.source, cell) {
            let set = sets.entry((key.rival, key.memory_mb)).or_default();
            set.insert(key.case);
        }
    }
    sets
}

fn point(
    seen: &Seen<'_>,
    source: Source,
    (rival, memory_mb): Place,
    cases: &BTreeSet<&Case>,
    offers: &[Offer],
) -> Option<Point> {
    let here: Vec<(&Key<'_>, &Cell)> = seen
        .cells
        .iter()
        .filter(|(key, _)| (key.source, key.rival, key.memory_mb) == (source, rival, memory_mb))
        .collect();
    let pooled = || {
        let pooled = here.iter().filter(|(key, _)| cases.contains(key.case));
        pooled.map(|(_, cell)| *cell)
    };
    if !cases.iter().all(|case| {
        here.iter()
            .any(|(key, cell)| key.case == *case && cell.is_answered())
    }) {
        return None;
    }
    let warm = Pool::of(pooled().map(|cell| cell.warm_ms.as_slice()));
    let billed: Vec<Vec<f64>> = pooled()
        .map(|cell| cell.warm_ms.iter().map(|ms| ms.ceil()).collect())
        .collect();
    let billed_ms = Pool::of(billed.iter().map(Vec::as_slice)).mean()?;
    Some(Point {
        memory_mb,
        warm: warm.summary()?,
        mean_ms: warm.mean()?,
        cold_ms: Pool::of(pooled().map(|cell| cell.cold_ms.as_slice())).median(),
        costs: offers
            .iter()
            .map(|offer| dollars(offer, memory_mb, billed_ms))
            .collect(),
        failed: match source {
            Source::Model => 0,
            Source::Emulated => here.iter().filter(|(_, cell)| cell.is_failed()).count(),
        },
    })
}

/// Dollars for a million invocations of `billed_ms` each.
fn dollars(offer: &Offer, memory_mb: u32, billed_ms: f64) -> f64 {
    let gigabytes = f64::from(memory_mb) / 1024.0;
    offer.dollars_per_million + billed_ms / 1000.0 * gigabytes * offer.dollars_per_gb_second * 1e6
}

/// Emulated settings of edgepix, and whether a case failed there.
fn failed_mb(seen: &Seen<'_>) -> BTreeMap<u32, bool> {
    let mut failed = BTreeMap::new();
    for (key, cell) in &seen.cells {
        if key.source == Source::Emulated && key.rival == Rival::EDGEPIX {
            *failed.entry(key.memory_mb).or_default() |= cell.is_failed();
        }
    }
    failed
}

/// The memory to pay for under an offer, by edgepix's modelled line. A setting where something
/// failed is none to pay for, and neither is one below it that nobody tried.
fn recommendation(
    curve: &Curve,
    failed: &BTreeMap<u32, bool>,
    offer: usize,
) -> Option<Recommendation> {
    let is_ours = |line: &&Line| line.rival == Rival::EDGEPIX && line.source == Source::Model;
    let line = curve.lines.iter().find(is_ours)?;
    let is_safe = |memory_mb: u32| {
        let next = failed.range(memory_mb..).next();
        next.is_none_or(|(_, is_failed)| !is_failed)
    };
    let points: Vec<&Point> = line
        .points
        .iter()
        .filter(|point| is_safe(point.memory_mb))
        .collect();
    // Of two that are alike, the smaller.
    let least = |value: &dyn Fn(&Point) -> f64| {
        let points = points.iter().copied();
        points.min_by(|a, b| value(a).total_cmp(&value(b)))
    };
    let cost = |point: &Point| point.costs.get(offer).copied().unwrap_or(f64::INFINITY);
    let cheapest = least(&cost)?;
    let fastest = least(&|point| point.warm.p50_ms)?;
    let balanced = least(&|point| point.warm.p50_ms * cost(point))?;
    let told = |point: &Point| {
        format!(
            "{} MB ({}, ${:.2} per million)",
            point.memory_mb,
            words::ms(point.warm.p50_ms),
            cost(point)
        )
    };
    Some(Recommendation {
        offer,
        cheapest_mb: cheapest.memory_mb,
        fastest_mb: fastest.memory_mb,
        balanced_mb: balanced.memory_mb,
        sentence: {
            let name = &curve.offers.get(offer)?.name;
            let others = [("cheapest", cheapest), ("fastest", fastest)];
            let (same, apart): (Vec<_>, Vec<_>) = others
                .into_iter()
                .partition(|(_, other)| other.memory_mb == balanced.memory_mb);
            let same = same.iter().map(|(what, _)| format!(", the {what}"));
            let apart = apart
                .iter()
                .map(|(what, other)| format!("; the {what} is {}", told(other)));
            let rest: String = same.chain(apart).collect();
            format!("On {name}, give edgepix {}{rest}.", told(balanced))
        },
    })
}

/// Warm misses by format. Rivals in one setting are shown for the same cases, as in the curve.
pub(crate) fn distributions(seen: &Seen<'_>) -> Vec<Distribution> {
    let mut settings: BTreeMap<(Format, Source, u32), BTreeMap<Rival, BTreeSet<&Case>>> =
        BTreeMap::new();
    for (key, cell) in &seen.cells {
        if cell.is_answered() && HEADLINE_MB.contains(&key.memory_mb) {
            let setting = (key.case.format, key.source, key.memory_mb);
            let rivals = settings.entry(setting).or_default();
            rivals.entry(key.rival).or_default().insert(key.case);
        }
    }
    let mut distributions = Vec::new();
    for ((format, source, memory_mb), rivals) in settings {
        let (rivals, cases) = shared_cases(&rivals);
        distributions.extend(rivals.into_iter().filter_map(|rival| {
            let cells = cases.iter().filter_map(|&case| {
                seen.cells.get(&Key {
                    case,
                    rival,
                    source,
                    memory_mb,
                })
            });
            let pool = Pool::of(cells.map(|cell| cell.warm_ms.as_slice()));
            Some(Distribution {
                format,
                rival,
                source,
                memory_mb,
                summary: pool.summary()?,
                quantiles_ms: pool.quantiles(&shares(pool.len())),
            })
        }));
    }
    distributions
}

/// Evenly spaced shares from 0 to 1: as many as there are samples, at least 2 and at most 101.
fn shares(samples: usize) -> Vec<f64> {
    let steps = u32::try_from(samples.clamp(2, 101) - 1).unwrap_or(100);
    (0..=steps)
        .map(|step| f64::from(step) / f64::from(steps))
        .collect()
}

/// Whether the model speaks of a setting.
pub(crate) fn is_modelled(memory_mb: u32) -> bool {
    MODELLED_MB.contains(&memory_mb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::{self, Life, answer, kill};

    fn line(curve: &Curve, source: Source, rival: Rival) -> &Line {
        let mut lines = curve.lines.iter();
        let line = lines.find(|line| line.source == source && line.rival == rival);
        line.expect("there is such a line")
    }

    #[test]
    fn a_million_requests_cost_their_price_and_their_seconds() {
        let offer = Offer {
            name: "Lambda".to_owned(),
            dollars_per_million: 0.2,
            dollars_per_gb_second: 0.00002,
        };
        // A tenth of a second of half a GB: 0.05 GB-seconds, a millionth dollar each.
        assert!((dollars(&offer, 512, 100.0) - 1.2).abs() < 1e-9);
    }

    #[test]
    fn begun_milliseconds_are_paid_for() {
        let mut history = fixture::history("a");
        let mut life = Life::quota(Rival::EDGEPIX, 128);
        life.warm = 1;
        answer(&mut history, "a.jpg", life, 99.5);
        let curve = fixture::report(&[history]).curve;
        let point = &line(&curve, Source::Emulated, Rival::EDGEPIX).points[0];
        assert_eq!(point.mean_ms, 99.5);
        assert_eq!(point.costs[0], dollars(&curve.offers[0], 128, 100.0));
    }

    #[test]
    fn a_point_that_failed_in_a_case_has_no_median_over_the_others() {
        let mut history = fixture::history("a");
        for (image, ms) in [("a.jpg", 10.0), ("b.jpg", 1000.0)] {
            answer(&mut history, image, Life::full(Rival::EDGEPIX), ms);
            answer(&mut history, image, Life::quota(Rival::EDGEPIX, 128), ms);
        }
        answer(&mut history, "a.jpg", Life::quota(Rival::SHARP, 128), 10.0);
        kill(&mut history, "b.jpg", Life::quota(Rival::SHARP, 128));
        let curve = fixture::report(&[history]).curve;
        assert_eq!(curve.cases, 2);
        let ours = line(&curve, Source::Emulated, Rival::EDGEPIX);
        assert_eq!(ours.points.len(), 1);
        let is_theirs = |line: &Line| line.rival == Rival::SHARP;
        assert!(!curve.lines.iter().any(is_theirs), "{:?}", curve.lines);
    }

    #[test]
    fn all_points_are_of_the_cases_that_were_emulated_too() {
        let mut history = fixture::history("a");
        for (image, ms) in [("a.jpg", 10.0), ("b.jpg", 1000.0)] {
            answer(&mut history, image, Life::full(Rival::EDGEPIX), ms);
        }
        answer(
            &mut history,
            "a.jpg",
            Life::quota(Rival::EDGEPIX, 128),
            138.0,
        );
        let curve = fixture::report(&[history]).curve;
        assert_eq!(curve.cases, 1);
        let model = line(&curve, Source::Model, Rival::EDGEPIX);
        assert_eq!(model.points[5].warm.p50_ms, 10.0);
    }

    #[test]
    fn a_setting_in_which_a_case_was_killed_is_not_recommended() {
        let mut history = fixture::history("a");
        for image in ["a.jpg", "b.jpg"] {
            answer(&mut history, image, Life::full(Rival::EDGEPIX), 100.0);
            answer(&mut history, image, Life::quota(Rival::EDGEPIX, 384), 500.0);
        }
        let cheapest = |history| {
            let recommendations = fixture::report(&[history]).curve.recommendations;
            recommendations[0].cheapest_mb
        };
        assert_eq!(cheapest(history.clone()), 128);
        kill(&mut history, "b.jpg", Life::quota(Rival::EDGEPIX, 384));
        assert_eq!(cheapest(history), 512);
    }

    #[test]
    fn a_recommendation_says_what_to_set_and_what_else_there_is() {
        let mut history = fixture::history("a");
        answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 100.0);
        let one = fixture::report(&[history])
            .curve
            .recommendations
            .swap_remove(1);
        assert_eq!(
            one.sentence,
            "On Lambda, x86_64, give edgepix 1769 MB (100 ms, $3.09 per million), the fastest; the \
             cheapest is 128 MB (1254 ms, $2.81 per million)."
        );
    }

    #[test]
    fn a_distribution_has_at_most_101_quantiles_from_the_least_to_the_most() {
        assert_eq!(shares(1000).len(), 101);
        assert_eq!(shares(3), [0.0, 0.5, 1.0]);
        assert_eq!(shares(1), [0.0, 1.0]);
    }
}
