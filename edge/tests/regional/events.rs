//! The sample events of `edge/events` that come over HTTP.

use std::{fs, path::Path};

use edgepix::event::http::Call;
use edgepix_corpus::{synth, write};
use edgepix_engine::SourceFormat;
use serde_json::Value;

use super::{Scene, header, image, shelf::Shelf};

fn sample(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    let text = fs::read_to_string(folder.join(name)).expect("it is there");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn every_sample_is_answered() {
    for (name, key, format, width) in [
        ("rest-api.json", "bridge.jpg", SourceFormat::Jpeg, 150),
        (
            "mapping-template.json",
            "bridge.jpg",
            SourceFormat::Jpeg,
            150,
        ),
        ("http-api.json", "sunset.jpg", SourceFormat::Webp, 267),
        ("function-url.json", "bridge.jpg", SourceFormat::Avif, 400),
    ] {
        let call = Call::of_event(&sample(name)).expect(name).expect(name);
        let mut scene = Scene::new();
        let photo = write::jpeg(&synth::photo(800, 600, 1), &write::JpegOptions::default());
        scene.originals = Shelf::with(key, photo, "image/jpeg");
        let reply = scene.reply(&call);
        assert_eq!(
            reply.status,
            200,
            "{name}: {:?}",
            header(&reply, "x-edgepix")
        );
        let (made, made_width, _) = image(reply);
        assert_eq!((made, made_width), (format, width), "{name}");
    }
}
