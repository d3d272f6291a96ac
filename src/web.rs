//! The HTTP client: egress rules, TLS identities, redirects, and the timing of each exchange.

pub mod client;
pub mod egress;
pub mod host_port;
pub(crate) mod probe;
mod redirect;
pub(crate) mod stopwatch;
pub(crate) mod tls;
