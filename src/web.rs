//! The HTTP client of all requests: what it may reach, who it is there, and what its time is spent on.

pub mod client;
pub mod egress;
pub mod host_port;
mod redirect;
pub mod stopwatch;
pub mod tls;
