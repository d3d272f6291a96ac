//! A place that the operator names in the daemon's file: a host, or one port of it.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// `shop.example`, `shop.example:8443`, `[2001:db8::1]:8443`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    host: Host<String>,
    port: Option<u16>,
}

/// No host, and no host with a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no host: write `shop.example` or `shop.example:8443`, without scheme and path")]
pub struct BadPlace;

impl FromStr for Place {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, BadPlace> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
                (host, Some(port.parse().map_err(|_| BadPlace)?))
            }
            _ => (text, None),
        };
        match rooted(Host::parse(host).map_err(|_| BadPlace)?) {
            Host::Domain(name) if name.is_empty() || name.contains('*') => Err(BadPlace),
            host => Ok(Self { host, port }),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.host)?;
        self.port.iter().try_for_each(|port| write!(f, ":{port}"))
    }
}

impl Place {
    /// Whether a URL leads there.
    pub fn is_at(&self, url: &Url) -> bool {
        let host = url.host().is_some_and(|host| rooted(host.to_owned()) == self.host);
        host && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }

    /// Whether it is only one port: that is more than a host.
    pub fn names_a_port(&self) -> bool {
        self.port.is_some()
    }

    /// Whether it is one port of what is the whole host.
    pub fn is_a_port_of(&self, host: &Self) -> bool {
        self.port.is_some() && host.port.is_none() && self.host == host.host
    }
}

/// `shop.example.` is the same host as `shop.example`.
fn rooted(host: Host<String>) -> Host<String> {
    match host {
        Host::Domain(name) => Host::Domain(name.trim_end_matches('.').to_owned()),
        address => address,
    }
}
