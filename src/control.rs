//! The control socket. `dialscript cache` uses it to inspect and purge the response cache of a running daemon. Only
//! root and the daemon's user may connect.
//!
//! Each connection carries one [`ControlRequest`](protocol::ControlRequest), as one line of JSON, and the
//! [`ControlReply`](protocol::ControlReply)s to it, one per line.

pub mod client;
pub mod handler;
pub mod protocol;
pub mod serve;
pub mod socket;
