//! Latency and cost over the memory setting, and the memory to pay for.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Seen,
    cells::{Cell, Key, MODELLED_MB},
    pool::Pool,
    report::{Curve, Distribution, Fate, HEADLINE_MB, Line, Point, Recommendation, Source, Toll},
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
        source == Source::Emulated && cell.is_tried()
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
        tolls: tolls(seen),
    };
    let Some(least_mb) = least_mb(&curve.tolls) else {
        return curve;
    };
    curve.recommendations = (0..prices.offers.len())
        .filter_map(|offer| recommendation(&curve, least_mb, offer))
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
        tried: here.iter().filter(|(_, cell)| cell.is_tried()).count(),
        failed: here.iter().filter(|(_, cell)| cell.is_failed()).count(),
    })
}

/// Dollars for a million invocations of `billed_ms` each.
fn dollars(offer: &Offer, memory_mb: u32, billed_ms: f64) -> f64 {
    let gigabytes = f64::from(memory_mb) / 1024.0;
    offer.dollars_per_million + billed_ms / 1000.0 * gigabytes * offer.dollars_per_gb_second * 1e6
}

/// What failed under emulation.
fn tolls(seen: &Seen<'_>) -> Vec<Toll> {
    let mut tolls: BTreeMap<Place, Toll> = BTreeMap::new();
    let emulated = seen.cells.iter();
    let emulated = emulated.filter(|(key, _)| key.source == Source::Emulated);
    for (key, cell) in emulated.filter(|(_, cell)| cell.is_tried()) {
        let (rival, memory_mb) = (key.rival, key.memory_mb);
        let toll = tolls.entry((rival, memory_mb)).or_insert(Toll {
            rival,
            memory_mb,
            tried: 0,
            killed: 0,
            late: 0,
            failed: 0,
        });
        toll.tried += 1;
        match cell.fate() {
            Fate::Killed => toll.killed += 1,
            Fate::Late => toll.late += 1,
            Fate::Failed(_) => toll.failed += 1,
            Fate::Answered { .. } | Fate::Unknown => {}
        }
    }
    tolls.into_values().collect()
}

/// The least memory that may be recommended for edgepix: the least that emulation went well with,
/// above all that it failed with. Whether less is enough nobody knows, nor whether what lies between a
/// failure and the next success is. Any, if nothing was emulated; none, if it failed with
/// the most it was given.
fn least_mb(tolls: &[Toll]) -> Option<u32> {
    let ours = tolls.iter().filter(|toll| toll.rival == Rival::EDGEPIX);
    let mut least_mb = Some(0);
    // By rising memory. The first success after a failure, or after nothing, is the least.
    let mut was_good = false;
    for toll in ours {
        let is_good = toll.all() == 0;
        if !is_good {
            least_mb = None;
        } else if !was_good {
            least_mb = Some(toll.memory_mb);
        }
        was_good = is_good;
    }
    least_mb
}

/// The memory to pay for under an offer, by edgepix's modelled line from `least_mb` on.
fn recommendation(curve: &Curve, least_mb: u32, offer: usize) -> Option<Recommendation> {
    let is_ours = |line: &&Line| line.rival == Rival::EDGEPIX && line.source == Source::Model;
    let line = curve.lines.iter().find(is_ours)?;
    let points: Vec<&Point> = line
        .points
        .iter()
        .filter(|point| point.memory_mb >= least_mb)
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
            format!(
                "On {name}, give edgepix {}{rest}. There latency times cost is least, by the model; \
                 latencies are medians, costs of means.",
                told(balanced)
            )
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

    /// The cheapest memory that is recommended after a failure with some, and success with others.
    fn cheapest_mb(failed: &[u32], answered: &[u32]) -> Option<u32> {
        let mut history = fixture::history("a");
        answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 100.0);
        for &mb in answered {
            answer(&mut history, "a.jpg", Life::quota(Rival::EDGEPIX, mb), 9.0);
        }
        for &mb in failed {
            kill(&mut history, "a.jpg", Life::quota(Rival::EDGEPIX, mb));
        }
        let recommendations = fixture::report(&[history]).curve.recommendations;
        recommendations.first().map(|one| one.cheapest_mb)
    }

    #[test]
    fn without_emulation_any_memory_may_be_recommended() {
        assert_eq!(cheapest_mb(&[], &[]), Some(128));
    }

    #[test]
    fn what_lies_between_a_failure_and_the_next_success_is_not_recommended() {
        assert_eq!(cheapest_mb(&[128], &[384]), Some(384));
        assert_eq!(cheapest_mb(&[384], &[128, 1024]), Some(1024));
    }

    #[test]
    fn what_is_less_than_anything_that_was_tried_is_not_recommended() {
        assert_eq!(cheapest_mb(&[], &[256, 384]), Some(256));
    }

    #[test]
    fn nothing_is_recommended_after_a_failure_with_the_most_that_was_tried() {
        assert_eq!(cheapest_mb(&[384], &[128]), None);
    }

    #[test]
    fn failures_are_counted_among_all_cases_that_were_tried_there() {
        let mut history = fixture::history("a");
        answer(&mut history, "a.jpg", Life::full(Rival::EDGEPIX), 10.0);
        answer(&mut history, "a.jpg", Life::quota(Rival::EDGEPIX, 128), 9.0);
        for image in ["b.jpg", "c.jpg"] {
            kill(&mut history, image, Life::full(Rival::EDGEPIX));
            kill(&mut history, image, Life::quota(Rival::EDGEPIX, 128));
        }
        let curve = fixture::report(&[history]).curve;
        assert_eq!(curve.cases, 1);
        let point = &line(&curve, Source::Emulated, Rival::EDGEPIX).points[0];
        assert_eq!((point.failed, point.tried), (2, 3));
        let toll = curve.tolls[0];
        assert_eq!((toll.killed, toll.all(), toll.tried), (2, 2, 3));
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
             cheapest is 128 MB (1254 ms, $2.81 per million). There latency times cost is least, by the \
             model; latencies are medians, costs of means."
        );
    }

    #[test]
    fn a_distribution_has_at_most_101_quantiles_from_the_least_to_the_most() {
        assert_eq!(shares(1000).len(), 101);
        assert_eq!(shares(3), [0.0, 0.5, 1.0]);
        assert_eq!(shares(1), [0.0, 1.0]);
    }
}
