//! How a running daemon is asked about its kept answers: by a Unix socket that only its own user and root may use.
//!
//! One connection carries one [`Request`](protocol::Request), a line of JSON, and the
//! [`Answer`](protocol::Answer)s to it, a line each.

pub mod client;
pub mod handler;
pub mod protocol;
pub mod serve;
pub mod socket;
