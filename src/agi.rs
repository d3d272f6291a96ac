//! Asterisk's driver: the FastAGI protocol, and a [`Channel`](crate::channel::Channel) on top of it.
//!
//! - [`channel`]: the driver
//! - [`connection`]: sends one command at a time and reads its reply
//! - [`command`]: the commands that we send; [`quote`] has the only function that quotes their arguments
//! - [`environment`]: what Asterisk sends when a call begins
//! - [`peers`]: what is known about each Asterisk
//! - [`reply`]: what Asterisk replies to a command
//! - [`codec`]: splits the received bytes into messages, within limits; [`error`] has its errors
//! - `parse`: the grammar of a message
//!
//! Comments name functions of `res/res_agi.c` in Asterisk 22 unless they name another file. Asterisk 16 has the same
//! functions.

mod aborted_command;
pub mod channel;
pub mod codec;
pub mod command;
pub mod connection;
pub mod environment;
pub mod error;
mod parse;
pub mod peers;
pub mod quote;
pub mod reply;
