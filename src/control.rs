//! The control socket, by which `dialscript status`, `calls` and `cache` ask a running daemon. Only root and the daemon's
//! user may connect. Requests about the daemon itself are answered in `cli/serve/`.
//!
//! Each connection carries one [`ControlRequest`](protocol::ControlRequest), as one line of JSON, and the
//! [`ControlReply`](protocol::ControlReply)s to it, one per line.

pub mod client;
pub mod handler;
pub mod protocol;
pub mod serve;
pub mod socket;
