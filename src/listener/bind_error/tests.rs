#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn a_line_of_the_kernel_about_a_listening_socket_is_parsed() {
    let v4 = "   1: 0100007F:11DD 00000000:0000 0A 00000000:00000000 00:00000000 00000000   107        0 4711 1 0";
    let socket = ListeningSocket::parse(v4).unwrap();
    let wanted = "127.0.0.1:4573".parse().unwrap();
    assert_eq!(socket, ListeningSocket { address: wanted, user: 107, inode: 4711 });
    let v6 = v4.replace("0100007F", "00000000000000000000000000000000");
    assert_eq!(ListeningSocket::parse(&v6).unwrap().address, "[::]:4573".parse().unwrap());
    assert_eq!(ListeningSocket::parse(&v4.replace(" 0A ", " 01 ")), None);
    assert_eq!(ListeningSocket::parse("sl local_address rem_address st"), None);
}

#[test]
fn the_process_that_holds_a_port_is_named() {
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap();
    let Some(PortHolder::Process { id, .. }) = holder(address) else { panic!("no process") };
    assert_eq!(id, std::process::id());
    let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
    assert!(holder(everywhere).is_some(), "a socket on one address blocks one on all");
    drop(held);
}

#[test]
fn if_the_process_cannot_be_named_a_command_of_root_names_it() {
    let own = PortHolder::Process { name: "dialscript".to_owned(), id: 7 };
    assert_eq!(
        held_by(Some(own)),
        "the process 7 (`dialscript`) listens there: stop it, or write another port"
    );
    let ends = "stop it, or write another port; as root, `ss -ltnp` shows which one it is";
    let other = held_by(Some(PortHolder::User(0)));
    assert_eq!(other, format!("a process of the user with ID 0 listens there: {ends}"));
    assert_eq!(held_by(None), format!("another program listens there: {ends}"));
}
