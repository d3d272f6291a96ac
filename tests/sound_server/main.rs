//! The server that switches on other hosts fetch sounds from, over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod doors;
mod requests;
mod studio;
mod urls;
