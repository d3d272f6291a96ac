//! A host in the daemon's configuration, with or without a port.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// `shop.example`, `shop.example:8443`, `[2001:db8::1]:8443`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPort {
    host: Host<String>,
    port: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a host: write `shop.example` or `shop.example:8443`, without scheme or path")]
pub struct HostPortError;

impl FromStr for HostPort {
    type Err = HostPortError;

    fn from_str(text: &str) -> Result<Self, HostPortError> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
                (host, Some(port.parse().map_err(|_| HostPortError)?))
            }
            _ => (text, None),
        };
        match without_trailing_dot(Host::parse(host).map_err(|_| HostPortError)?) {
            Host::Domain(name) if name.is_empty() || name.contains('*') => Err(HostPortError),
            host => Ok(Self { host, port }),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.host)?;
        self.port.iter().try_for_each(|port| write!(f, ":{port}"))
    }
}

impl HostPort {
    /// Whether a URL has this host, and this port if one is given.
    pub(crate) fn matches_url(&self, url: &Url) -> bool {
        let port = url.port_or_known_default();
        url.host().is_some_and(|host| self.matches(host.to_owned(), port))
    }

    /// Whether this is the host, and the port if one is given.
    pub(crate) fn matches(&self, host: Host<String>, port: Option<u16>) -> bool {
        without_trailing_dot(host) == self.host && (self.port.is_none() || self.port == port)
    }

    pub(crate) fn host(&self) -> &Host<String> {
        &self.host
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether a port is given. An entry with a port wins over one without.
    pub(crate) fn has_port(&self) -> bool {
        self.port.is_some()
    }

    /// Whether `host` is the same host without a port, and so includes this entry.
    pub(crate) fn is_port_of_host(&self, host: &Self) -> bool {
        self.port.is_some() && host.port.is_none() && self.host == host.host
    }
}

/// `shop.example.` is the same host as `shop.example`.
fn without_trailing_dot(host: Host<String>) -> Host<String> {
    match host {
        Host::Domain(name) => Host::Domain(name.trim_end_matches('.').to_owned()),
        address => address,
    }
}
