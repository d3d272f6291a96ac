//! FreeSWITCH's outbound Event Socket, from its bytes up.
//!
//! - [`channel`]: the driver, a [`Channel`](crate::channel::Channel) over all of them
//! - [`link`]: commands, what they start, and what comes unasked
//! - [`parse`]: what a header line says; pure, nom and its own types only
//! - [`text`]: values of FreeSWITCH, decoded late
//! - [`headers`]: a block of headers, in which one is found when it is asked for
//! - [`channel_data`]: the first words of a call
//! - [`event`]: what FreeSWITCH tells unasked
//! - [`command`]: what we send
//! - [`quote`]: what can't be sent, and what a variable may hold; [`variable`]: the ways to set one
//! - [`asr_result`]: the words in what an engine recognised; pure
//! - [`execution`]: which message answers which command, and ends which application; pure
//! - [`codec`]: bytes to messages and back, with its caps; [`error`] says whose fault it is
//!
//! Names of functions are those of FreeSWITCH 1.11 (cc93a683), in
//! `src/mod/event_handlers/mod_event_socket/mod_event_socket.c` unless another file is given.

pub mod asr_result;
pub mod channel;
pub mod channel_data;
pub mod codec;
pub mod command;
pub mod connection;
pub mod error;
pub mod event;
pub mod execution;
mod header_value;
pub mod headers;
pub mod parse;
pub mod quote;
pub mod variable;
