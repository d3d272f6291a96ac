//! The control socket: its file, its requests, and peers that do not follow the protocol.

mod conversations;
mod handler;
mod socket;
