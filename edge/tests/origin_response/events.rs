//! The sample events of `edge/events`: buckets with OAC and with OAI, a custom origin.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::shelf::{Only, Shelf};
use edgepix::{
    clock::SystemClock,
    config::Config,
    event::cloudfront::{Event, Origin},
    origin_response::{RESPONSE_BYTES, Room, answer},
    store::Place,
};
use edgepix_corpus::{synth, write};
use edgepix_engine::Speed;
use serde_json::Value;

fn sample(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("events")
        .join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The samples of the edge; the others are a Region's.
fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names
        .filter(|name| sample(name).pointer("/Records/0/cf").is_some())
        .collect();
    names.sort();
    assert!(names.len() >= 4);
    names
}

#[test]
fn an_event_is_kept_to_the_letter() {
    for name in names() {
        let before = sample(&name);
        let event: Event = serde_json::from_value(before.clone()).unwrap();
        assert_eq!(serde_json::to_value(&event).unwrap(), before, "{name}");
    }
}

#[test]
fn every_sample_is_answered() {
    let photo = write::png(&synth::photo(800, 600, 1));
    for (name, key, media_type, width) in [
        ("query.json", "bridge.jpg", "image/webp", 555),
        ("variant.json", "calla.png", "image/png", 640),
        ("at.json", "sunset.jpg", "image/webp", 267),
        ("native.json", "lake.jpg", "image/avif", 400),
    ] {
        let event: Event = serde_json::from_value(sample(name)).unwrap();
        let room = Room {
            memory_bytes: 100 << 20,
            cpu_share: 1.0,
            deadline: Some(Instant::now() + Duration::from_secs(60)),
            response_bytes: Some(RESPONSE_BYTES),
            speed: Speed::REFERENCE,
        };
        let shelf = Arc::new(Shelf::with(key, photo.clone(), "image/png"));
        let exchange = &event.records[0].cf;
        let answered = answer(
            exchange,
            &room,
            &Only(shelf),
            &Config::default(),
            &SystemClock,
        );
        assert_eq!(
            answered.response.headers.get("content-type"),
            Some(media_type),
            "{name}"
        );
        assert_eq!(answered.record.plan.unwrap().output.width, width, "{name}");
    }
}

#[test]
fn samples_lead_to_their_stores() {
    let place = |name: &str| {
        let event: Event = serde_json::from_value(sample(name)).unwrap();
        let origin: Origin = event.records[0].cf.request.origin.clone().unwrap();
        Place::of_origin(&origin, &Config::default().store).unwrap()
    };
    for name in ["query.json", "variant.json", "at.json"] {
        let bucket = Place::S3 {
            bucket: "my-photos".into(),
            region: "eu-west-1".into(),
            endpoint: None,
            prefix: String::new(),
        };
        assert_eq!(place(name), bucket, "{name}");
    }
    let server = Place::Http {
        base: "https://images.example.org".into(),
    };
    assert_eq!(place("native.json"), server);
}
