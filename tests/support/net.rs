//! Addresses on loopback.

use std::net::{SocketAddr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that Linux gives to connections (`net.ipv4.ip_local_port_range`). With one of those, a connection of
/// another test could take the port before the tested program listens on it.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// An address on which no process listens. It is returned only once.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.end - PORTS.start;
    // Test programs that run at the same time begin at different ports.
    let first = (process::id() % 256) as u16 * (count / 256);
    for _ in 0..count {
        let offset = (first + NEXT.fetch_add(1, Ordering::Relaxed) % count) % count;
        let address = SocketAddr::from(([127, 0, 0, 1], PORTS.start + offset));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no free port");
}
