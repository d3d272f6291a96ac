//! The URL of the shared cache's server, with its login.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};
use url::{Host, Position, Url};

use crate::web::host_port::{HostPort, entry_for};
use crate::web::tls::TlsIdentity;

/// A URL with `redis://`, `rediss://` (TLS) or `unix://`. `Display` and `Debug` leave out the password.
#[derive(Clone)]
pub struct RedisAddress {
    url: Url,
    endpoint: RedisEndpoint,
    login: RedisConnectionInfo,
}

#[derive(Debug, Clone)]
pub(super) enum RedisEndpoint {
    Tcp { host: String, port: u16, tls: bool },
    Unix(PathBuf),
}

/// Why a text is not a [`RedisAddress`]. The error contains no part of the text, which may include a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedisAddressError {
    /// Not a URL, or one with another scheme.
    #[error("not the address of a Redis or Valkey server")]
    NotRedis,
    #[error("the database must be a number")]
    InvalidDatabase,
    /// A query or fragment. The client library would take options from there, such as `#insecure`.
    #[error("nothing may follow the database number")]
    TrailingParts,
}

impl FromStr for RedisAddress {
    type Err = RedisAddressError;

    fn from_str(text: &str) -> Result<Self, RedisAddressError> {
        let url = Url::parse(text).map_err(|_| RedisAddressError::NotRedis)?;
        check_trailing_parts(&url)?;
        let (tls, plain) = match url.scheme() {
            "redis" => (false, url.clone()),
            "rediss" => (true, without_tls(&url)?),
            "unix" => (false, url.clone()),
            _ => return Err(RedisAddressError::NotRedis),
        };
        let info = plain.into_connection_info().map_err(|_| RedisAddressError::NotRedis)?;
        let endpoint = RedisEndpoint::from_connection_info(&info, tls)?;
        // `CLIENT SETINFO` is an error on servers older than Redis 7.2.
        let login = info.redis_settings().clone().set_skip_set_lib_name();
        if login.db() < 0 {
            return Err(RedisAddressError::InvalidDatabase);
        }
        Ok(Self { url, endpoint, login })
    }
}

/// Returns the same URL without TLS, for the client library to parse. We open the connection ourselves, TLS included,
/// because the library's own connections read without a limit.
fn without_tls(url: &Url) -> Result<Url, RedisAddressError> {
    let rest = &url.as_str()[url.scheme().len()..];
    Url::parse(&format!("redis{rest}")).map_err(|_| RedisAddressError::NotRedis)
}

fn check_trailing_parts(url: &Url) -> Result<(), RedisAddressError> {
    let is_unix = url.scheme() == "unix";
    if !is_unix && url.path().trim_matches('/').bytes().any(|b| !b.is_ascii_digit()) {
        return Err(RedisAddressError::InvalidDatabase);
    }
    let is_known = |key: &str| is_unix && ["db", "user", "pass"].contains(&key);
    if url.fragment().is_some() || url.query_pairs().any(|(key, _)| !is_known(&key)) {
        return Err(RedisAddressError::TrailingParts);
    }
    Ok(())
}

impl RedisEndpoint {
    fn from_connection_info(info: &ConnectionInfo, tls: bool) -> Result<Self, RedisAddressError> {
        match info.addr() {
            ConnectionAddr::Tcp(host, port) if !host.is_empty() => {
                Ok(Self::Tcp { host: host.clone(), port: *port, tls })
            }
            ConnectionAddr::Unix(path) => Ok(Self::Unix(path.clone())),
            _ => Err(RedisAddressError::NotRedis),
        }
    }
}

impl RedisAddress {
    pub(super) fn endpoint(&self) -> &RedisEndpoint {
        &self.endpoint
    }

    /// `None` for a Unix socket.
    pub(crate) fn host_and_port(&self) -> Option<(Host<String>, u16)> {
        match &self.endpoint {
            RedisEndpoint::Tcp { host, port, .. } => Some((parsed_host(host), *port)),
            RedisEndpoint::Unix(_) => None,
        }
    }

    /// The identity of an `[upstream]` table of the server's host, else the default one.
    pub(crate) fn tls_identity(
        &self,
        identities: &[(HostPort, Arc<TlsIdentity>)],
    ) -> Arc<TlsIdentity> {
        let host_and_port = self.host_and_port();
        let own = host_and_port.and_then(|(host, port)| entry_for(identities, host, Some(port)));
        own.map(|(_, identity)| identity.clone()).unwrap_or_default()
    }

    pub(crate) fn has_tls(&self) -> bool {
        matches!(self.endpoint, RedisEndpoint::Tcp { tls: true, .. })
    }

    /// `None` unless it is a Unix socket.
    pub(crate) fn socket_path(&self) -> Option<&Path> {
        match &self.endpoint {
            RedisEndpoint::Unix(path) => Some(path),
            RedisEndpoint::Tcp { .. } => None,
        }
    }

    pub(super) fn login(&self) -> &RedisConnectionInfo {
        &self.login
    }
}

/// The library gives an IPv6 address without brackets.
fn parsed_host(host: &str) -> Host<String> {
    match host.parse() {
        Ok(address) => Host::Ipv6(address),
        Err(_) => Host::parse(host).unwrap_or_else(|_| Host::Domain(host.to_owned())),
    }
}

impl PartialEq for RedisAddress {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

impl Eq for RedisAddress {}

/// Without user name, password and query.
impl fmt::Display for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host_and_path = &self.url[Position::BeforeHost..Position::AfterPath];
        write!(f, "{}://{host_and_path}", self.url.scheme())
    }
}

impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
