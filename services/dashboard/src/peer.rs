//! Who asks, as the services behind are told: they count attempts by address,
//! and without this everybody would share the dashboard's own.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use crate::upstream::Upstream;

/// The header in which addresses are passed on.
pub(crate) const FORWARDED_FOR: &str = "x-forwarded-for";

/// The value of `X-Forwarded-For` for the services: the peer's address, after
/// those that a trusted proxy in front of the dashboard has told.
#[derive(Clone, Debug)]
pub(crate) struct ForwardedFor(pub(crate) Option<HeaderValue>);

impl FromRequestParts<Upstream> for ForwardedFor {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        upstream: &Upstream,
    ) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let told = peer.map(|info| chain(info.0.ip(), &parts.headers, &upstream.trusted_proxies));
        Ok(Self(
            told.and_then(|told| HeaderValue::from_str(&told).ok()),
        ))
    }
}

fn chain(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> String {
    let peer = peer.to_canonical();
    let mut hops: Vec<&str> = Vec::new();
    if trusted.contains(&peer) {
        let told = headers.get_all(FORWARDED_FOR).iter();
        hops.extend(told.filter_map(|value| value.to_str().ok()));
    }
    let peer = peer.to_string();
    hops.push(&peer);
    hops.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(peer: &str, trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, HeaderValue::from_static("192.0.2.7"));
        let trusted: Vec<IpAddr> = trusted.iter().map(|one| one.parse().unwrap()).collect();
        chain(peer.parse().unwrap(), &headers, &trusted)
    }

    #[test]
    fn what_a_client_writes_itself_is_not_passed_on() {
        assert_eq!(told("198.51.100.1", &[]), "198.51.100.1");
        assert_eq!(told("::ffff:198.51.100.1", &["10.0.0.1"]), "198.51.100.1");
    }

    #[test]
    fn what_a_trusted_proxy_tells_is_kept_and_the_proxy_added() {
        assert_eq!(told("10.0.0.1", &["10.0.0.1"]), "192.0.2.7, 10.0.0.1");
    }
}
