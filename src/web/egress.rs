//! Egress rules: which hosts and addresses a request may go to when a value decides its host.
//!
//! A value is whatever a script inserts into a URL, such as digits or a variable of the switch. A host that the script
//! itself names may have any address. A host that a value or a redirect decides must match `allow_hosts`, and its
//! address must be public or in `allow_networks`. Names are resolved and checked in one step, so that the address that
//! was checked is the one that is connected to. The resolver is not called for literal IP addresses: those are checked
//! before the request is sent.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use tower_service::Service;
use url::{Host, Url};

use super::stopwatch;

/// An entry of `allow_hosts`: `shop.example`, `*.shop.example` (subdomains of any depth, not the domain itself) or an
/// IP address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    subdomains_only: bool,
    host: Host<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a host: write `shop.example`, `*.shop.example` or an IP address, without scheme, port or path"
)]
pub struct HostPatternError;

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, HostPatternError> {
        let (subdomains_only, name) =
            text.strip_prefix("*.").map_or((false, text), |name| (true, name));
        let name = name.strip_suffix('.').unwrap_or(name);
        let host = match name.parse() {
            Ok(address) => Host::Ipv6(address),
            Err(_) => Host::parse(name).map_err(|_| HostPatternError)?,
        };
        let is_valid = match &host {
            Host::Domain(name) => !name.contains('*'),
            _ => !subdomains_only,
        };
        if is_valid { Ok(Self { subdomains_only, host }) } else { Err(HostPatternError) }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.subdomains_only { "*." } else { "" }, self.host)
    }
}

impl HostPattern {
    fn matches(&self, host: &Host<&str>) -> bool {
        match (&self.host, host) {
            (Host::Domain(domain), Host::Domain(host)) => {
                let host = host.strip_suffix('.').unwrap_or(host);
                let prefix = host.strip_suffix(domain.as_str());
                prefix.is_some_and(|prefix| match self.subdomains_only {
                    true => prefix.len() > 1 && prefix.ends_with('.'),
                    false => prefix.is_empty(),
                })
            }
            (Host::Ipv4(address), Host::Ipv4(host)) => address == host,
            (Host::Ipv6(address), Host::Ipv6(host)) => address == host,
            _ => false,
        }
    }
}

/// `allow_hosts` and `allow_networks`. The default allows no host.
#[derive(Debug, Clone, Default)]
pub struct EgressRules(Arc<EgressRulesInner>);

#[derive(Debug, Default)]
struct EgressRulesInner {
    hosts: Vec<HostPattern>,
    networks: Vec<IpNet>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EgressDenied {
    #[error("a value decides its host, and the host is not in `allow_hosts`")]
    Host,
    #[error("its host has a private or special-purpose address, which is not in `allow_networks`")]
    Address,
}

impl EgressRules {
    pub fn new(hosts: Vec<HostPattern>, networks: Vec<IpNet>) -> Self {
        Self(Arc::new(EgressRulesInner { hosts, networks }))
    }

    /// Checks the host of a URL. If the host is a literal IP address, checks the address too.
    pub fn check(&self, url: &Url) -> Result<(), EgressDenied> {
        self.matching_pattern(url).ok_or(EgressDenied::Host)?;
        let host = url.host().ok_or(EgressDenied::Host)?;
        let address = match host {
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address),
            Host::Domain(_) => return Ok(()),
        };
        if self.allows_address(address) { Ok(()) } else { Err(EgressDenied::Address) }
    }

    /// The entry of `allow_hosts` that matches a URL's host.
    pub(crate) fn matching_pattern(&self, url: &Url) -> Option<&HostPattern> {
        let host = url.host()?;
        self.0.hosts.iter().find(|pattern| pattern.matches(&host))
    }

    /// Whether an address is public, or in `allow_networks`.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        let unwrapped = unwrap_ipv4(address);
        // The prefix of an ISATAP address decides where its packets go first.
        let has_public_prefix = match address {
            IpAddr::V6(v6) if is_isatap(v6) => is_public(address),
            _ => true,
        };
        let networks = &self.0.networks;
        let lists = |address| networks.iter().any(|network| network.contains(&address));
        lists(address) || (has_public_prefix && (is_public(unwrapped) || lists(unwrapped)))
    }
}

/// Returns the IPv4 address inside an IPv4-mapped, NAT64 or ISATAP address, and any other address unchanged.
fn unwrap_ipv4(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [.., a, b, c, d] = v6.octets();
    if v6.to_ipv4_mapped().is_some() || NAT64.contains(&v6) || is_isatap(v6) {
        return IpAddr::from([a, b, c, d]);
    }
    address
}

/// Whether the last 64 bits are an ISATAP interface identifier: `0000:5efe` or `0200:5efe`, then the IPv4 address (RFC
/// 5214, section 6.1). A router of such a network delivers packets to that IPv4 address. The `2` is the universal bit;
/// the group bit beside it is ignored too.
fn is_isatap(address: Ipv6Addr) -> bool {
    let [.., marker_high, marker_low, _, _] = address.segments();
    marker_high & 0xfcff == 0 && marker_low == 0x5efe
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !SPECIAL_V4.iter().any(|net| net.contains(&v4)),
        IpAddr::V6(v6) => {
            GLOBAL_V6.contains(&v6) && !SPECIAL_V6.iter().any(|net| net.contains(&v6))
        }
    }
}

const fn ipv4_net(a: u8, b: u8, c: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(a, b, c, 0), length)
}

const fn ipv6_net(a: u16, b: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), length)
}

/// The networks of IANA's IPv4 Special-Purpose Address Registry, and multicast.
const SPECIAL_V4: [Ipv4Net; 15] = [
    ipv4_net(0, 0, 0, 8),
    ipv4_net(10, 0, 0, 8),
    ipv4_net(100, 64, 0, 10),
    ipv4_net(127, 0, 0, 8),
    ipv4_net(169, 254, 0, 16),
    ipv4_net(172, 16, 0, 12),
    ipv4_net(192, 0, 0, 24),
    ipv4_net(192, 0, 2, 24),
    ipv4_net(192, 88, 99, 24),
    ipv4_net(192, 168, 0, 16),
    ipv4_net(198, 18, 0, 15),
    ipv4_net(198, 51, 100, 24),
    ipv4_net(203, 0, 113, 24),
    ipv4_net(224, 0, 0, 4),
    ipv4_net(240, 0, 0, 4),
];

/// The range from which IANA allocates global unicast addresses. Loopback, IPv4-mapped, link-local, unique local and
/// multicast addresses lie outside.
const GLOBAL_V6: Ipv6Net = ipv6_net(0x2000, 0, 3);

/// The special networks in [`GLOBAL_V6`], in this order: protocol assignments including Teredo, documentation, 6to4,
/// documentation.
const SPECIAL_V6: [Ipv6Net; 4] = [
    ipv6_net(0x2001, 0, 23),
    ipv6_net(0x2001, 0xdb8, 32),
    ipv6_net(0x2002, 0, 16),
    ipv6_net(0x3fff, 0, 20),
];

const NAT64: Ipv6Net = ipv6_net(0x64, 0xff9b, 96);

/// The DNS resolver of an HTTP client. With egress rules it returns only the addresses that they allow.
#[derive(Debug, Clone)]
pub(super) struct EgressResolver {
    pub(super) egress: Option<EgressRules>,
}

type ResolverError = Box<dyn Error + Send + Sync>;

impl Service<Name> for EgressResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = ResolverError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ResolverError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ResolverError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let egress = self.egress.clone();
        Box::pin(async move {
            let lookup = tokio::net::lookup_host((name.as_str(), 0));
            let addresses = stopwatch::time_dns_lookup(lookup).await?;
            let Some(egress) = egress else {
                return Ok(addresses.collect::<Vec<_>>().into_iter());
            };
            let allowed: Vec<SocketAddr> =
                addresses.filter(|address| egress.allows_address(address.ip())).collect();
            if allowed.is_empty() {
                return Err(EgressDenied::Address.into());
            }
            Ok(allowed.into_iter())
        })
    }
}
