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
    pub(crate) fn host(&self) -> &Host<String> {
        &self.host
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether `host` is the same host without a port, and so includes this entry.
    pub(crate) fn is_port_of_host(&self, host: &Self) -> bool {
        self.port.is_some() && host.port.is_none() && self.host == host.host
    }
}

/// The entry for a host and its port. An entry with a port wins over one without.
pub(crate) fn entry_for<T>(
    entries: &[(HostPort, T)],
    host: Host<String>,
    port: Option<u16>,
) -> Option<&(HostPort, T)> {
    let host = without_trailing_dot(host);
    let of_host = entries.iter().filter(|(of, _)| of.host == host);
    let matching = of_host.filter(|(of, _)| of.port.is_none() || of.port == port);
    matching.max_by_key(|(of, _)| of.port.is_some())
}

pub(crate) fn entry_for_url<'a, T>(
    entries: &'a [(HostPort, T)],
    url: &Url,
) -> Option<&'a (HostPort, T)> {
    entry_for(entries, url.host()?.to_owned(), url.port_or_known_default())
}

/// `shop.example.` is the same host as `shop.example`.
fn without_trailing_dot(host: Host<String>) -> Host<String> {
    match host {
        Host::Domain(name) => Host::Domain(name.trim_end_matches('.').to_owned()),
        address => address,
    }
}
