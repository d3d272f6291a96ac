//! Where requests may go whose host a value decides.
//!
//! A host that stands in a script is the operator's word and may be at any address. Any other must be on the operator's
//! list, and the address really connected to must be a public one unless the operator named its network. reqwest asks
//! its resolver for names alone, so literal addresses are judged before a request is sent.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::stopwatch;

/// A host that a value may decide: `shop.example`, `*.shop.example` (any depth below, not itself), or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    subdomains_only: bool,
    host: Host<String>,
}

/// No host, and no `*.` with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "no host: write `shop.example`, `*.shop.example` or an address, without scheme, port and path"
)]
pub struct HostPatternError;

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, HostPatternError> {
        let (below, name) = text.strip_prefix("*.").map_or((false, text), |name| (true, name));
        let name = name.strip_suffix('.').unwrap_or(name);
        let bare = match name.parse() {
            Ok(address) => Host::Ipv6(address),
            Err(_) => Host::parse(name).map_err(|_| HostPatternError)?,
        };
        let fits = match &bare {
            Host::Domain(name) => !name.contains('*'),
            _ => !below,
        };
        if fits { Ok(Self { subdomains_only: below, host: bare }) } else { Err(HostPatternError) }
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
            (Host::Domain(named), Host::Domain(host)) => {
                let host = host.strip_suffix('.').unwrap_or(host);
                let above = host.strip_suffix(named.as_str());
                above.is_some_and(|above| match self.subdomains_only {
                    true => above.len() > 1 && above.ends_with('.'),
                    false => above.is_empty(),
                })
            }
            (Host::Ipv4(named), Host::Ipv4(host)) => named == host,
            (Host::Ipv6(named), Host::Ipv6(host)) => named == host,
            _ => false,
        }
    }
}

/// The operator's rules.
#[derive(Debug, Clone, Default)]
pub struct EgressRules(Arc<EgressRulesInner>);

#[derive(Debug, Default)]
struct EgressRulesInner {
    hosts: Vec<HostPattern>,
    networks: Vec<IpNet>,
}

/// Why a place may not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EgressDenied {
    /// The host is not on the list.
    #[error("a value decides its host, and `allow_hosts` does not name it")]
    Host,
    /// The address is private or otherwise special.
    #[error("its host is at a private or special address, and `allow_networks` does not name it")]
    Address,
}

impl EgressRules {
    /// Rules of hosts and networks.
    pub fn new(hosts: Vec<HostPattern>, networks: Vec<IpNet>) -> Self {
        Self(Arc::new(EgressRulesInner { hosts, networks }))
    }

    /// Judges a URL whose host a value decided: the host, and its address where that stands in the URL.
    ///
    /// # Errors
    ///
    /// When it may not be reached.
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

    /// The pattern that a URL's host is on.
    pub fn matching_pattern(&self, url: &Url) -> Option<&HostPattern> {
        let host = url.host()?;
        self.0.hosts.iter().find(|pattern| pattern.matches(&host))
    }

    /// Whether an address may be connected to: a public one, or one of a named network.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        let meant = unwrap_ipv4(address);
        let is_named = |net: &IpNet| net.contains(&meant) || net.contains(&address);
        is_public(meant) || self.0.networks.iter().any(is_named)
    }
}

/// The IPv4 address that an IPv6 one only wraps (IPv4-mapped, NAT64), else itself.
fn unwrap_ipv4(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [.., a, b, c, d] = v6.octets();
    if v6.to_ipv4_mapped().is_some() || NAT64.contains(&v6) {
        return IpAddr::from([a, b, c, d]);
    }
    address
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

/// IANA's IPv4 special-purpose registry, and multicast.
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

/// All that IANA gives out; loopback, mapped, local and multicast addresses lie outside.
const GLOBAL_V6: Ipv6Net = ipv6_net(0x2000, 0, 3);

/// Protocol assignments with Teredo, documentation, 6to4, documentation again.
const SPECIAL_V6: [Ipv6Net; 4] = [
    ipv6_net(0x2001, 0, 23),
    ipv6_net(0x2001, 0xdb8, 32),
    ipv6_net(0x2002, 0, 16),
    ipv6_net(0x3fff, 0, 20),
];

const NAT64: Ipv6Net = ipv6_net(0x64, 0xff9b, 96);

/// Resolves names; with a guard to those of their addresses that may be connected to, which are the ones then connected
/// to.
#[derive(Debug)]
pub(super) struct EgressResolver {
    pub(super) egress: Option<EgressRules>,
}

impl Resolve for EgressResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.egress.clone();
        Box::pin(async move {
            let look_up = tokio::net::lookup_host((name.as_str(), 0));
            let found = stopwatch::time_dns_lookup(look_up).await?;
            let Some(egress) = guard else {
                return Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs);
            };
            let allowed: Vec<SocketAddr> =
                found.filter(|at| egress.allows_address(at.ip())).collect();
            if allowed.is_empty() {
                return Err(EgressDenied::Address.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
