//! Origins that are not to be read: the viewer gets what CloudFront got, and the log says why.

use edgepix::{
    clock::SystemClock,
    config::Config,
    event::cloudfront::{Exchange, Origin, OriginServer},
    origin_response::{Answered, answer},
    store::{Connection, Opened},
};
use tokio::runtime::Builder;

use super::{asked, header, room};

fn of(name: &str) -> Exchange {
    let mut exchange = asked("/photo.jpg", "w=320");
    exchange.request.origin = Some(Origin::Custom(OriginServer {
        domain_name: name.into(),
        protocol: Some("http".into()),
        port: Some(80),
        ..OriginServer::default()
    }));
    exchange
}

fn answered(exchange: &Exchange, config: &Config) -> Answered {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let opened = Opened::new(runtime.handle().clone(), None, Connection::new());
    answer(exchange, &room(), &opened, config, &SystemClock)
}

#[test]
fn an_origin_that_the_policy_does_not_name_is_not_read() {
    let mut config = Config::default();
    config.policy.origins = vec!["*.example.com".into()];
    for exchange in [
        of("example.com"),
        of("img.example.org"),
        asked("/photo.jpg", "w=9"),
    ] {
        let Answered { response, record } = answered(&exchange, &config);
        assert_eq!(header(&response, "x-edgepix"), "passthrough; reason=store");
        assert_eq!((&*response.status, &response.body), ("200", &None));
        let detail = record.detail.unwrap();
        assert!(detail.contains("none of policy.origins"), "{detail}");
    }
}

#[test]
fn an_origin_inside_a_network_is_not_read() {
    for name in [
        "169.254.169.254",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "localhost",
        "127.1",
    ] {
        let Answered { response, record } = answered(&of(name), &Config::default());
        assert_eq!(header(&response, "x-edgepix"), "passthrough; reason=store");
        let detail = record.detail.unwrap();
        assert!(detail.contains("which is not of the internet"), "{detail}");
        let told = serde_json::to_string(&response).unwrap();
        assert!(!told.contains("internet"), "a viewer is not told: {told}");
    }
}
