//! The HTTP client: egress rules, TLS identities, redirects, and the timing of each exchange.

pub mod client;
mod connector;
mod content_encoding;
pub mod egress;
mod error_chain;
pub mod host_port;
pub mod http_request;
pub(crate) mod multipart;
mod observed_stream;
mod redirect;
pub(crate) mod stopwatch;
pub(crate) mod tls;
mod transport;
