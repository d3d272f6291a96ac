//! The server that switches on other hosts fetch sounds from, over real sockets.

mod doors;
mod requests;
mod studio;
mod urls;
