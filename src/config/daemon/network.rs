//! Addresses to listen on, and networks that may connect.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use crate::config::value::FromText;

/// Who may connect where the file does not say it: this host.
pub(crate) fn loopback() -> Vec<IpNet> {
    let v4 = IpNet::new_assert(IpAddr::from([127, 0, 0, 0]), 8);
    let v6 = IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST));
    vec![v4, v6]
}

impl FromText for SocketAddr {
    const EXPECTED: &'static str =
        "an address with its port, such as \"127.0.0.1:4573\" or \"[::1]:4573\"";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromText for IpNet {
    const EXPECTED: &'static str = "a network such as \"10.0.0.0/8\", or an address";

    fn from_text(text: &str) -> Option<Self> {
        let network = text.parse().ok();
        network.or_else(|| text.parse::<IpAddr>().ok().map(Self::from))
    }
}
