//! Asterisk's FastAGI, from its bytes up.
//!
//! - [`parse`]: what a line says; pure, nom and its own types only
//! - [`text`]: bytes of Asterisk that are meant as text, decoded late
//! - [`environment`]: the first words of a call
//! - [`answer_file`]: what Asterisk answers to a command
//! - [`command`]: what we send, with the one quoting function in [`quote`]
//! - [`channel`]: the driver, a [`Channel`](crate::channel::Channel) over all of them
//! - [`link`]: one command at a time, and its reply
//! - [`codec`]: bytes to messages, with its caps; [`error`] says whose fault it is
//!
//! Names of functions are those of `res/res_agi.c` in Asterisk 22 unless another file is given; Asterisk 16 has the
//! same ones.

pub mod channel;
pub mod codec;
pub mod command;
pub mod connection;
pub mod environment;
pub mod error;
pub mod parse;
pub mod quote;
pub mod reply;
