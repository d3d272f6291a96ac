//! Addresses on loopback.

use std::net::{SocketAddr, TcpListener};

/// An address on which no process listens.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
