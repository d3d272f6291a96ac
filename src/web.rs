//! The HTTP client: egress rules, TLS identities, redirects, and the timing of each exchange.
//!
//! Requests and replies are those of reqwest. They are sent by the connection pool of hyper-util, the one that reqwest
//! uses itself, and not by `reqwest::Client`: a request may have to be sent once more ([`transport`]), and reqwest hides
//! which connection a request met and what was read on it.

pub mod client;
mod connector;
mod content_encoding;
pub mod egress;
pub(crate) mod error_chain;
pub mod host_port;
mod observed_stream;
pub(crate) mod probe;
mod redirect;
pub(crate) mod stopwatch;
pub(crate) mod tls;
mod transport;
mod transport_error;
