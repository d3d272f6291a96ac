//! Addresses on loopback.

use std::net::{SocketAddr, TcpListener};

/// An address that nobody listens on.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
