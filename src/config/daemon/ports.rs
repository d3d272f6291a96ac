//! Checks that no two listeners use the same port.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::Range;

use crate::config::file::TomlFile;

/// An address in `listen`.
#[derive(Debug, Clone)]
pub(crate) struct ListenAddress {
    /// The table, such as `[metrics]`.
    pub(crate) table: &'static str,
    pub(crate) address: SocketAddr,
    /// The position in the file; `None` for a default.
    pub(crate) span: Option<Range<usize>>,
}

/// Reports addresses on which the kernel would not let both listeners listen.
pub(crate) fn check(file: &TomlFile, addresses: &[ListenAddress]) {
    for (number, later) in addresses.iter().enumerate() {
        let mut earlier = addresses[..number].iter();
        if let Some(earlier) = earlier.find(|earlier| overlap(earlier.address, later.address)) {
            report(file, earlier, later);
        }
    }
}

/// Whether two listeners cannot be open at the same time. A listener on `0.0.0.0` takes the port of every IPv4 address;
/// one on `[::]` that of every address (unless `net.ipv6.bindv6only` is set, which is rare). Port 0 is a free port.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let all = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let takes = |one: IpAddr, other: IpAddr| {
        one == all || (one.is_unspecified() && other.is_ipv4()) || one == other
    };
    let ips = (one.ip().to_canonical(), other.ip().to_canonical());
    one.port() == other.port() && one.port() != 0 && (takes(ips.0, ips.1) || takes(ips.1, ips.0))
}

fn report(file: &TomlFile, earlier: &ListenAddress, later: &ListenAddress) {
    let message = match earlier.table == later.table {
        true if earlier.address == later.address => "this address is listed twice".to_owned(),
        true => format!("{} already includes this port", earlier.address),
        false => format!("{} and {} cannot use the same port", earlier.table, later.table),
    };
    let help = "write another port, or remove one of the two addresses";
    match (&earlier.span, &later.span) {
        (Some(first), Some(second)) => {
            let label = Some((first.clone(), "first listed here".to_owned()));
            file.report(second.clone(), message, Some(help.to_owned()), label);
        }
        (Some(span), None) | (None, Some(span)) => {
            let default = if earlier.span.is_none() { earlier } else { later };
            let help = format!(
                "write another port: {} is what {} listens on by default",
                default.address, default.table
            );
            file.error_with_help(span.clone(), message, help);
        }
        (None, None) => {}
    }
}
