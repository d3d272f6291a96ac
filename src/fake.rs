//! Fake switches for tests and simulations. They speak the real protocols, and each has a simulated caller.
//!
//! - [`phone`]: the caller, and the events of the call; the same for both switches
//! - [`dtmf`]: which keys the caller presses, and when
//! - [`utterances`]: what the caller says, and when
//! - [`recording`]: recordings, with a tone where the caller spoke
//! - [`sound`]: lengths of sounds
//! - [`destinations`]: the destinations that exist in the dialplan
//! - [`asterisk`]: FastAGI, as in Asterisk 22
//! - [`freeswitch`]: the outbound Event Socket, as in FreeSWITCH 1.11
//!
//! The fakes share no protocol code with the server. Otherwise, both sides would have the same mistakes, and no test
//! could find them. Tests compare the fakes with transcripts of real switches.

pub mod asterisk;
pub mod destinations;
pub mod dtmf;
pub mod freeswitch;
pub mod phone;
mod recording;
mod sleep;
pub mod sound;
pub mod utterances;
