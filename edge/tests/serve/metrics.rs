//! What Prometheus collects.

use std::collections::{BTreeMap, BTreeSet};

use edgepix::server::Settings;

use super::{
    served::{Answer, Running, receive, send},
    shelf, with_photo,
};

fn settings() -> Settings {
    Settings {
        metrics: true,
        ..Settings::default()
    }
}

/// Samples by their names and labels.
type Samples = BTreeMap<String, f64>;

/// Reads the text as `OpenMetrics` has it (1.0, "Text format"): every sample of a family that was
/// described, no family in two places, no sample twice, and an end.
fn samples(server: &Running) -> Samples {
    let answer = server.get("/metrics");
    assert_eq!(answer.status, 200);
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.header("content-type"), Some(media_type));
    let text = answer.text();
    let body = text.strip_suffix("# EOF\n").expect("an end");
    let (mut families, mut samples) = (BTreeSet::new(), Samples::new());
    let mut family = String::new();
    for line in body.lines() {
        if let Some(described) = line.strip_prefix("# ") {
            let mut words = described.splitn(3, ' ');
            let (kind, name) = (words.next().unwrap(), words.next().unwrap());
            assert!(["HELP", "TYPE", "UNIT"].contains(&kind), "{line}");
            assert!(words.next().is_some_and(|rest| !rest.is_empty()), "{line}");
            if family != name {
                assert!(families.insert(name.to_owned()), "{name} is in two places");
                family = name.to_owned();
            }
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').expect(line);
        assert!(sample.starts_with(&family), "{line} is none of {family}");
        assert!(sample.starts_with("edgepix_"), "{line}");
        let labels = sample.split_once('{').map(|(_, labels)| labels);
        for label in labels
            .map_or("", |labels| labels.strip_suffix('}').unwrap())
            .split(',')
        {
            let value = label.split_once('=').map_or("\"\"", |(_, value)| value);
            assert!(value.starts_with('"') && value.ends_with('"'), "{line}");
        }
        let value: f64 = value.parse().expect(line);
        assert!(
            samples.insert(sample.to_owned(), value).is_none(),
            "{line} is there twice"
        );
    }
    samples
}

#[track_caller]
fn assert_samples(samples: &Samples, expected: &[(&str, f64)]) {
    for (name, value) in expected {
        assert_eq!(samples.get(*name), Some(value), "{name} of {samples:#?}");
    }
}

#[test]
fn what_was_answered_is_counted() {
    let settings = Settings {
        memory_bytes: 300 << 20,
        ..settings()
    };
    let server = Running::new(&with_photo(), settings);
    let mut bytes = 0;
    for (path, status) in [
        ("/photo.jpg?w=40", 200),
        ("/photo.jpg?w=40", 200),
        ("/photo.jpg?w=41&f=png", 200),
        ("/photo.jpg?w=0", 400),
        ("/nothing.jpg@9w", 404),
        ("/health", 200),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, status, "{path}");
        bytes += answer.body.len();
    }
    // Its length is said, and not sent.
    server.ask("HEAD", "/photo.jpg?w=40", "");
    let samples = samples(&server);
    #[expect(clippy::cast_precision_loss, reason = "some thousand bytes")]
    let bytes = bytes as f64;
    assert_samples(
        &samples,
        &[
            ("edgepix_requests_total{status=\"2xx\",cache=\"miss\"}", 2.0),
            ("edgepix_requests_total{status=\"2xx\",cache=\"hit\"}", 2.0),
            ("edgepix_requests_total{status=\"2xx\",cache=\"none\"}", 1.0),
            ("edgepix_requests_total{status=\"4xx\",cache=\"miss\"}", 2.0),
            ("edgepix_answer_seconds_count", 7.0),
            ("edgepix_answer_seconds_bucket{le=\"+Inf\"}", 7.0),
            ("edgepix_images_total{format=\"jpeg\"}", 1.0),
            ("edgepix_images_total{format=\"png\"}", 1.0),
            ("edgepix_passthroughs_total{reason=\"missing\"}", 1.0),
            ("edgepix_refused_total", 0.0),
            ("edgepix_bodies_bytes_total", bytes),
            ("edgepix_cache_entries", 4.0),
            ("edgepix_working_requests", 0.0),
            ("edgepix_waiting_requests", 0.0),
            ("edgepix_memory_budget_bytes", f64::from(300 << 20)),
        ],
    );
    let build = format!(
        "edgepix_build_info{{version=\"{}\"}}",
        env!("CARGO_PKG_VERSION")
    );
    assert_samples(&samples, &[(&build, 1.0)]);
    assert!(samples["edgepix_answer_seconds_sum"] > 0.0);
    let cached = samples["edgepix_cache_bytes"];
    assert!(cached > 0.0 && cached < 65_536.0, "{cached}");
    // Times are counted from the least end up.
    let ends = samples
        .iter()
        .filter(|(name, _)| name.contains("seconds_bucket"));
    assert!(ends.clone().count() > 10);
    assert!(ends.into_iter().all(|(_, count)| *count <= 7.0));
}

#[test]
fn who_works_and_who_waits_is_seen_and_who_is_refused_counted() {
    let shelf = with_photo();
    let settings = Settings {
        workers: 1,
        waiting: 1,
        ..settings()
    };
    let server = Running::new(&shelf, settings);
    shelf.close();
    let ask = |path: &str| {
        let mut stream = server.connect();
        send(&mut stream, "GET", path, "");
        stream
    };
    let first = ask("/photo.jpg?w=10");
    shelf.wait_until_asked(1);
    let second = ask("/photo.jpg?w=11");
    let busy = loop {
        let samples = samples(&server);
        if samples["edgepix_waiting_requests"] > 0.0 {
            break samples;
        }
    };
    assert_samples(
        &busy,
        &[
            ("edgepix_working_requests", 1.0),
            ("edgepix_waiting_requests", 1.0),
            ("edgepix_refused_total", 0.0),
        ],
    );
    assert_eq!(server.get("/photo.jpg?w=12").status, 429);
    assert_samples(&samples(&server), &[("edgepix_refused_total", 1.0)]);
    shelf.open_gate();
    let answers: Vec<Answer> = [first, second].into_iter().map(receive).collect();
    assert!(answers.iter().all(|answer| answer.status == 200));
}

#[test]
fn no_path_and_no_key_is_in_a_label() {
    let server = Running::new(&with_photo(), settings());
    for path in [
        "/photo.jpg?w=40",
        "/secret-name.jpg?w=3",
        "/secret-name.jpg@3w",
    ] {
        server.get(path);
    }
    let samples = samples(&server);
    let named = |name: &&String| name.contains("photo") || name.contains("secret");
    assert_eq!(samples.keys().find(named), None);
}

#[test]
fn there_are_no_metrics_unless_they_are_asked_for() {
    let server = Running::new(&shelf(), Settings::default());
    assert_eq!(server.get("/metrics").status, 404);
}
