//! The server that switches on other hosts fetch sounds from, over real sockets.

mod connections;
mod requests;
mod setup;
mod urls;
