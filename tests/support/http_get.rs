//! A plain HTTP client for the daemon's own listeners.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::program::DaemonProcess;

/// A response.
#[derive(Debug)]
pub(crate) struct PlainResponse {
    pub(crate) status: u16,
    /// The status line and the headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends a request as soon as somebody listens, and reads the response.
pub(crate) fn request(method: &str, address: SocketAddr, path: &str) -> PlainResponse {
    exchange(DaemonProcess::connect(address), method, path)
}

fn exchange(mut stream: TcpStream, method: &str, path: &str) -> PlainResponse {
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).expect("a status").parse().unwrap();
    PlainResponse { status, head: head.to_lowercase(), body: body.to_owned() }
}
