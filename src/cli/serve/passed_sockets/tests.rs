#![allow(clippy::unwrap_used)]

use std::net::TcpListener;

use super::{PassedSockets, PassedTcpListener};

fn passed(address: &str) -> PassedTcpListener {
    let socket = TcpListener::bind(address).unwrap();
    let address = socket.local_addr().unwrap();
    PassedTcpListener { socket, address, name: "dialscript.socket".to_owned() }
}

fn stored(address: &str) -> PassedTcpListener {
    PassedTcpListener { name: "listen-address".to_owned(), ..passed(address) }
}

#[test]
fn a_socket_serves_its_own_address_and_one_for_both_families_also_all_of_ipv4() {
    let local = passed("127.0.0.1:0");
    let port = local.address.port();
    assert!(local.serves(local.address));
    assert!(!local.serves(([127, 0, 0, 1], port ^ 1).into()));
    assert!(!local.serves(([0, 0, 0, 0], port).into()));
    let both = passed("[::]:0");
    let port = both.address.port();
    assert!(both.serves(([0, 0, 0, 0], port).into()));
    assert!(!both.serves(([127, 0, 0, 1], port).into()));
}

#[test]
fn a_stored_socket_for_both_families_does_not_serve_ipv4_alone() {
    let both = stored("[::]:0");
    assert!(both.serves(both.address));
    assert!(!both.serves(([0, 0, 0, 0], both.address.port()).into()));
}

#[test]
fn each_socket_is_taken_once() {
    let local = passed("127.0.0.1:0");
    let address = local.address;
    let mut sockets = PassedSockets { tcp: vec![local], ..PassedSockets::default() };
    assert!(sockets.take_tcp(address).is_some());
    assert!(sockets.take_tcp(address).is_none());
}
