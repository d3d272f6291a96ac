//! FreeSWITCH's driver: the outbound Event Socket protocol, and a [`Channel`](crate::channel::Channel) on top of it.
//!
//! - [`channel`]: the driver
//! - [`connection`]: sends commands, and waits for the end of the applications that they start
//! - [`execution`]: matches replies and events to commands and applications
//! - [`command`]: the commands that we send
//! - [`quote`]: what a command and a variable may contain; [`variable`]: the ways to set a variable
//! - [`channel_data`]: what FreeSWITCH sends when a call begins
//! - [`event`]: the events that FreeSWITCH sends
//! - [`headers`]: a block of headers, decoded only on request; `header_index`: where they are
//! - [`asr_result`]: the words in a recognition result
//! - [`codec`]: splits the received bytes into messages, within limits; [`error`] has its errors
//! - `parse`: the grammar of header values
//!
//! Comments name functions of FreeSWITCH 1.11 (cc93a683), in
//! `src/mod/event_handlers/mod_event_socket/mod_event_socket.c` unless they name another file.

pub mod asr_result;
pub mod channel;
pub mod channel_data;
pub mod codec;
pub mod command;
pub mod connection;
pub mod error;
pub mod event;
pub mod execution;
mod header_index;
mod header_value;
mod headers;
mod parse;
pub mod quote;
pub mod variable;
