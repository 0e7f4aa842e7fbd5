//! Servers that an event names, and those it must not lead to.

use std::sync::Arc;

use edgepix::{
    config::Config,
    event::cloudfront::{Origin, OriginServer},
    origin_response::Stores,
    store::{Get, Store, StoreError, connection::Connection, opened::Opened},
};

use crate::{
    FACTS, PATIENCE, key, runtime,
    scripted::{Scripted, answer},
};

/// The event's origin that `name`, in place of its address, makes of a server.
fn origin(server: &Scripted, name: &str) -> Origin {
    let (_, port) = server.url.rsplit_once(':').unwrap();
    Origin::Custom(OriginServer {
        domain_name: name.into(),
        protocol: Some("http".into()),
        port: port.parse().ok(),
        ..OriginServer::default()
    })
}

fn private(allowed: bool) -> Config {
    let mut config = Config::default();
    config.policy.private_origins = allowed;
    config
}

/// What is said of an object at an event's origin.
fn ask(origin: &Origin, config: &Config) -> Result<u64, StoreError> {
    let runtime = runtime();
    let opened = Opened::new(runtime.handle().clone(), None, Connection::new());
    let opened = opened.with_patience(PATIENCE);
    let store: Arc<dyn Store> = opened.of_origin(origin, config).unwrap();
    let facts = store.facts(&key("a.jpg"), &Get::default())?;
    Ok(facts.bytes)
}

fn with_an_object() -> Scripted {
    Scripted::start(|_, _| vec![answer(200, FACTS, 10, b"")])
}

#[test]
fn an_event_does_not_lead_to_this_machine_however_it_is_spelt() {
    let server = with_an_object();
    for name in ["127.0.0.1", "localhost", "127.1", "2130706433", "[::1]"] {
        let refusal = ask(&origin(&server, name), &private(false)).expect_err(name);
        assert_eq!(refusal.word(), "store", "{name}");
        let refusal = refusal.to_string();
        assert!(refusal.contains("not of the internet"), "{refusal}");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn an_installation_may_have_origins_inside() {
    let server = with_an_object();
    for name in ["127.0.0.1", "localhost"] {
        let bytes = ask(&origin(&server, name), &private(true)).unwrap();
        assert_eq!(bytes, 10, "{name}");
    }
}

#[test]
fn what_was_opened_for_one_configuration_is_not_lent_to_another() {
    let server = with_an_object();
    let origin = origin(&server, "127.0.0.1");
    let runtime = runtime();
    let opened = Opened::new(runtime.handle().clone(), None, Connection::new());
    for (allowed, word) in [(true, "fine"), (false, "store"), (true, "fine")] {
        let store = opened.of_origin(&origin, &private(allowed)).unwrap();
        let facts = store.facts(&key("a.jpg"), &Get::default());
        assert_eq!(crate::word(facts), word);
    }
}

#[test]
fn an_s3_server_that_the_configuration_names_may_be_anywhere() {
    let server = with_an_object();
    let mut config = private(false);
    config.store.endpoint = Some(server.url.clone());
    let bucket = Origin::S3(OriginServer {
        domain_name: "photos.s3.eu-west-1.amazonaws.com".into(),
        ..OriginServer::default()
    });
    assert_eq!(ask(&bucket, &config).unwrap(), 10);
    assert_eq!(server.asked()[0].line, "HEAD /photos/a.jpg");
}

#[test]
fn no_redirect_is_followed() {
    let inside = with_an_object();
    let target = format!("location: {}/a.jpg\r\n", inside.url);
    for status in [301, 302, 303, 307, 308] {
        let target = target.clone();
        let outside = Scripted::start(move |_, _| vec![answer(status, &target, 0, b"")]);
        let error = ask(&origin(&outside, "127.0.0.1"), &private(true)).unwrap_err();
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        assert_eq!(outside.asked().len(), 1, "{status}");
    }
    assert_eq!(inside.connections(), 0);
}

#[test]
fn an_origin_that_is_not_named_is_refused_before_anything_is_asked() {
    let server = with_an_object();
    let runtime = runtime();
    let opened = Opened::new(runtime.handle().clone(), None, Connection::new());
    let mut config = private(true);
    config.policy.origins = vec!["localhost".into(), "*.s3.eu-west-1.amazonaws.com".into()];
    let refusal = opened.of_origin(&origin(&server, "127.0.0.1"), &config);
    let refusal = refusal.err().expect("it is not named");
    assert!(
        refusal.contains("127.0.0.1 is none of policy.origins"),
        "{refusal}"
    );
    assert!(
        opened
            .of_origin(&origin(&server, "localhost"), &config)
            .is_ok()
    );
    assert_eq!(server.connections(), 0);
}
