//! The settings of all requests, and the setup errors.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use url::{Position, Url};

use super::response_cache::ResponseCacheLimits;
use super::shared_cache::{SharedCacheSettings, SharedCacheSetupError};
use super::upstream::UpstreamLimits;
use crate::web::client::HttpClientSetupError;
use crate::web::egress::HostPattern;
use crate::web::host_port::HostPort;
use crate::web::tls::TlsIdentity;

/// Settings of all requests. `Debug` shows no password of a proxy and no key of an identity.
#[derive(Clone, PartialEq, Eq)]
pub struct TriggerSettings {
    /// The timeout for opening a connection, including the TLS handshake. The request's own timeouts apply as well.
    pub connect_timeout: Duration,
    /// The proxy of all requests; the `*_proxy` environment variables are ignored. The proxy resolves host names, so
    /// the egress rules then check only host names and literal IP addresses.
    pub proxy: Option<Url>,
    /// Limit on concurrent requests for which calls wait, and a separate limit of the same size on background requests.
    /// Further requests are not sent.
    pub max_requests: usize,
    pub upstream_limits: UpstreamLimits,
    /// Whether requests have the header `traceparent`.
    pub traceparent: bool,
    pub cache: ResponseCacheLimits,
    pub shared_cache: Option<SharedCacheSettings>,
    /// The hosts that are allowed if a value decides the host: see [`egress`](crate::web::egress).
    pub allow_hosts: Vec<HostPattern>,
    /// Private and special-purpose networks in which the addresses of such hosts may be.
    pub allow_networks: Vec<IpNet>,
    /// CA certificates and client certificates for single hosts.
    pub tls_identities: Vec<(HostPort, Arc<TlsIdentity>)>,
}

impl Default for TriggerSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            proxy: None,
            max_requests: 1000,
            upstream_limits: UpstreamLimits::default(),
            traceparent: true,
            cache: ResponseCacheLimits::default(),
            shared_cache: None,
            allow_hosts: Vec::new(),
            allow_networks: Vec::new(),
            tls_identities: Vec::new(),
        }
    }
}

impl fmt::Debug for TriggerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let without_user = |url: &Url| {
            format!("{}://{}", url.scheme(), &url[Position::BeforeHost..Position::AfterPort])
        };
        f.debug_struct("TriggerSettings")
            .field("connect_timeout", &self.connect_timeout)
            .field("proxy", &self.proxy.as_ref().map(without_user))
            .field("max_requests", &self.max_requests)
            .field("upstream_limits", &self.upstream_limits)
            .field("traceparent", &self.traceparent)
            .field("cache", &self.cache)
            .field("shared_cache", &self.shared_cache)
            .field("allow_hosts", &self.allow_hosts)
            .field("allow_networks", &self.allow_networks)
            .field("tls_identities", &self.tls_identities)
            .finish()
    }
}

/// Why the trigger client can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum TriggerSetupError {
    #[error(transparent)]
    Client(#[from] HttpClientSetupError),
    #[error(transparent)]
    SharedCache(#[from] SharedCacheSetupError),
    #[error("the system provides no random numbers")]
    NoRandomNumbers,
}
