//! The way to a server, closed where its address is not of the internet. The addresses that
//! are looked at are those that are connected to, so that a name cannot mean one thing to
//! the guard and another a moment later.

use std::{
    error::Error,
    fmt,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use http::Uri;
use hyper_util::client::legacy::connect::{HttpConnector, dns::Name};
use tower_service::Service;

use super::address::is_of_the_internet;

/// How far connections may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reach {
    /// Anywhere, as whoever named the server wants it.
    Anywhere,
    /// To the internet and nowhere else.
    Internet,
}

/// A server that is at no address it may be at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutOfReach {
    host: String,
    address: IpAddr,
}

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, address } = self;
        write!(
            f,
            "the origin {host} is at {address}, which is not of the internet; policy.private_origins \
             would allow it"
        )
    }
}

impl Error for OutOfReach {}

/// What every part of a connection may end with.
type Failure = Box<dyn Error + Send + Sync>;

type Eventually<T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send>>;

/// Finds addresses by `R`, and keeps those within reach.
#[derive(Clone, Debug)]
pub(super) struct Judging<R> {
    pub(super) resolver: R,
    pub(super) reach: Reach,
}

impl<R> Service<Name> for Judging<R>
where
    R: Service<Name, Future: Send + 'static, Error: Into<Failure>>,
    R::Response: Iterator<Item = SocketAddr>,
{
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Failure;
    type Future = Eventually<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.resolver.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (host, reach) = (name.as_str().to_owned(), self.reach);
        let found = self.resolver.call(name);
        Box::pin(async move {
            let mut addresses: Vec<_> = found.await.map_err(Into::into)?.collect();
            let Some(first) = addresses.first().map(SocketAddr::ip) else {
                return Ok(vec![].into_iter());
            };
            addresses.retain(|address| reach.covers(address.ip()));
            if addresses.is_empty() {
                let address = first;
                return Err(OutOfReach { host, address }.into());
            }
            Ok(addresses.into_iter())
        })
    }
}

impl Reach {
    fn covers(self, address: IpAddr) -> bool {
        self == Self::Anywhere || is_of_the_internet(address)
    }
}

/// Connects to where it may. What is an address already needs no resolver, and is looked
/// at here.
#[derive(Clone, Debug)]
pub(super) struct Guarded<R> {
    tcp: HttpConnector<Judging<R>>,
    reach: Reach,
}

impl<R: Clone> Guarded<R> {
    /// Finds addresses by `resolver`; `set` says how to connect.
    pub(super) fn new(
        resolver: R,
        reach: Reach,
        set: impl FnOnce(&mut HttpConnector<Judging<R>>),
    ) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Judging { resolver, reach });
        set(&mut tcp);
        Self { tcp, reach }
    }
}

impl<R> Service<Uri> for Guarded<R>
where
    HttpConnector<Judging<R>>: Service<Uri, Future: Send + 'static, Error: Into<Failure>>,
{
    type Response = <HttpConnector<Judging<R>> as Service<Uri>>::Response;
    type Error = Failure;
    type Future = Eventually<Self::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let host = uri.host().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let address = bare.parse().ok();
        if let Some(address) = address.filter(|&address| !self.reach.covers(address)) {
            let host = host.to_owned();
            return Box::pin(async move { Err(OutOfReach { host, address }.into()) });
        }
        let connecting = self.tcp.call(uri);
        Box::pin(async { connecting.await.map_err(Into::into) })
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, ready};

    use hyper_util::client::legacy::connect::dns::GaiResolver;
    use tokio::runtime::{Builder, Runtime};

    use super::*;

    /// Says the same addresses of every name.
    #[derive(Clone)]
    struct Always(&'static [&'static str]);

    impl Service<Name> for Always {
        type Response = vec::IntoIter<SocketAddr>;
        type Error = Failure;
        type Future = Ready<Result<Self::Response, Failure>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Name) -> Self::Future {
            let address = |text: &&str| SocketAddr::new(text.parse().expect("an address"), 0);
            let found: Vec<_> = self.0.iter().map(address).collect();
            ready(Ok(found.into_iter()))
        }
    }

    fn runtime() -> Runtime {
        Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("threads")
    }

    /// What is left of what a resolver says of a name.
    fn left<R>(resolver: R, reach: Reach, name: &str) -> Result<Vec<String>, String>
    where
        Judging<R>: Service<Name, Response = vec::IntoIter<SocketAddr>, Error = Failure>,
    {
        let name = name.parse().expect("a name");
        // The system's resolver wants to be asked from inside.
        let found = async { Judging { resolver, reach }.call(name).await };
        match runtime().block_on(found) {
            Ok(addresses) => Ok(addresses.map(|address| address.ip().to_string()).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn of_a_names_addresses_those_of_the_internet_are_left() {
        let mixed = Always(&["10.0.0.1", "8.8.8.8", "::1", "2600:1f18::1"]);
        let left = |reach| left(mixed.clone(), reach, "img.example.com");
        assert_eq!(
            left(Reach::Internet),
            Ok(vec!["8.8.8.8".to_owned(), "2600:1f18::1".to_owned()])
        );
        assert_eq!(left(Reach::Anywhere).map(|left| left.len()), Ok(4));
    }

    #[test]
    fn a_name_that_is_only_elsewhere_is_refused_with_its_address() {
        for (address, name) in [
            (&["127.0.0.1"], "2130706433"),
            (&["127.0.0.1"], "0177.0.0.1"),
            (&["127.0.0.1"], "0x7f.1"),
            (&["169.254.169.254"], "metadata.example.com"),
            (&["::ffff:169.254.169.254"], "mapped.example.com"),
        ] {
            let refusal = left(Always(address), Reach::Internet, name).expect_err(name);
            assert!(refusal.contains(name), "{refusal}");
            assert!(
                refusal.contains(&format!("is at {}", address[0])),
                "{refusal}"
            );
            assert!(refusal.contains("policy.private_origins"), "{refusal}");
        }
    }

    #[test]
    fn a_name_that_is_nowhere_is_left_to_the_connector() {
        assert_eq!(left(Always(&[]), Reach::Internet, "nowhere"), Ok(vec![]));
    }

    // These need no network: the C library reads them as addresses, or has them in a file.
    #[test]
    fn spellings_of_this_machine_that_the_system_understands_are_refused() {
        for name in [
            "localhost",
            "127.1",
            "2130706433",
            "0177.0.0.1",
            "0x7f000001",
        ] {
            let free = left(GaiResolver::new(), Reach::Anywhere, name).expect(name);
            assert!(!free.is_empty(), "{name}");
            let refusal = left(GaiResolver::new(), Reach::Internet, name).expect_err(name);
            assert!(refusal.contains("not of the internet"), "{refusal}");
        }
    }

    #[test]
    fn an_address_in_place_of_a_name_is_looked_at_too() {
        for uri in [
            "http://127.0.0.1:9",
            "http://[::1]:9",
            "http://[::ffff:127.0.0.1]:9",
            "https://169.254.169.254/latest/meta-data",
        ] {
            let mut guarded = Guarded::new(Always(&[]), Reach::Internet, |_| ());
            let refused = runtime().block_on(guarded.call(Uri::from_static(uri)));
            let refused = refused.map(drop).expect_err(uri);
            assert!(refused.is::<OutOfReach>(), "{uri}: {refused}");
        }
    }
}
