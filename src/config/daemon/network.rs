//! `listen` and `allow`: addresses of listeners, and the networks that may connect.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::Range;

use ipnet::IpNet;

use crate::config::file::TomlFile;
use crate::config::value::{FromText, ParsedText, SpannedList, parsed_items};

/// The value of `allow`.
pub(crate) type NetworkList = SpannedList<ParsedText<IpNet>>;

/// The networks that may connect; by default only this host. `client` says in the help who connects, such as "the
/// switch".
pub(crate) fn allowed_networks(
    file: &TomlFile,
    allow: Option<&NetworkList>,
    client: &str,
) -> Vec<IpNet> {
    // A list whose items are all invalid is not empty: each of them is reported already.
    let is_empty =
        |allow: &&NetworkList| allow.get_ref().is_empty() && !file.has_error_in(&allow.span());
    if let Some(allow) = allow.filter(is_empty) {
        let help = format!("add the address of {client}, such as \"10.0.0.7\"");
        file.error_with_help(allow.span(), "`allow` is empty: nobody could connect", help);
    }
    warn_of_host_bits(file, allow);
    parsed_items(allow).unwrap_or_else(loopback)
}

/// Warns of an address with a prefix length that is a part of a larger network: `10.0.0.5/8` opens all of `10.0.0.0/8`.
pub(crate) fn warn_of_host_bits(file: &TomlFile, networks: Option<&NetworkList>) {
    for network in networks.into_iter().flat_map(|list| list.get_ref()) {
        let given = network.get_ref().0;
        let opened = given.trunc();
        if given != opened {
            let message = format!("`{given}` is the whole network `{opened}`");
            let one = IpNet::from(given.addr());
            let help = format!(
                "write \"{opened}\" if you mean the network, or \"{one}\" for the one address"
            );
            file.warn(network.span(), message, help);
        }
    }
}

/// Requires `allow` if other hosts can reach the address. `table` is the position of the table.
pub(crate) fn check_allow_present(
    file: &TomlFile,
    table: Range<usize>,
    listen: SocketAddr,
    allow: Option<&NetworkList>,
    client: &str,
) {
    if allow.is_none() && !listen.ip().is_loopback() {
        let message = "`allow` is missing: it is required unless `listen` is a loopback address";
        let help = format!("add `allow = [...]` with the address of {client}");
        file.error_with_help(table, message, help);
    }
}

fn loopback() -> Vec<IpNet> {
    let v4 = IpNet::new_assert(IpAddr::from([127, 0, 0, 0]), 8);
    let v6 = IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST));
    vec![v4, v6]
}

impl FromText for SocketAddr {
    const EXPECTED: &'static str =
        "an IP address with its port, such as \"127.0.0.1:4573\" or \"[::1]:4573\"";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn suggestion(text: &str) -> Option<String> {
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        let port: u16 = port.parse().ok()?;
        match host {
            "localhost" => Some(format!("write \"127.0.0.1:{port}\"")),
            "" | "*" => {
                Some(format!("write \"127.0.0.1:{port}\", or \"0.0.0.0:{port}\" for all addresses"))
            }
            _ => None,
        }
    }
}

impl FromText for IpNet {
    const EXPECTED: &'static str = "a network such as \"10.0.0.0/8\", or an IP address";

    fn from_text(text: &str) -> Option<Self> {
        let network = text.parse().ok();
        network.or_else(|| text.parse::<IpAddr>().ok().map(Self::from))
    }
}
