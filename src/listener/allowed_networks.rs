//! The networks whose peers may connect.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use parking_lot::RwLock;

/// The networks whose peers may connect. Clones share them, so they can change while a listener is open.
#[derive(Debug, Clone, Default)]
pub struct AllowedNetworks(Arc<RwLock<Vec<IpNet>>>);

impl From<Vec<IpNet>> for AllowedNetworks {
    fn from(networks: Vec<IpNet>) -> Self {
        Self(Arc::new(RwLock::new(networks)))
    }
}

impl AllowedNetworks {
    /// Replaces the networks for new connections. Open connections stay open.
    pub fn replace(&self, networks: Vec<IpNet>) {
        *self.0.write() = networks;
    }

    /// The networks at this moment.
    pub fn list(&self) -> Vec<IpNet> {
        self.0.read().clone()
    }

    /// Whether a peer may connect. On a socket for both IPv4 and IPv6, an IPv4 peer has the address `::ffff:a.b.c.d`.
    pub fn contains(&self, peer: IpAddr) -> bool {
        self.0.read().iter().any(|network| network.contains(&peer.to_canonical()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ipnet::IpNet;

    use crate::listener::allowed_networks::AllowedNetworks;

    #[test]
    fn replaced_networks_apply_to_all_clones() {
        let networks = |text: &str| vec![text.parse::<IpNet>().unwrap()];
        let allow = AllowedNetworks::from(networks("10.0.0.0/8"));
        let of_listener = allow.clone();
        let (switch, other) = ("10.0.0.5".parse().unwrap(), "192.0.2.1".parse().unwrap());
        assert!(of_listener.contains(switch) && !of_listener.contains(other));
        allow.replace(networks("192.0.2.1/32"));
        assert!(!of_listener.contains(switch) && of_listener.contains(other));
    }
}
