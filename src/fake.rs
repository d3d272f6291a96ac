//! Fake switches that speak the real protocols to the real server, each with a simulated caller.
//!
//! - [`phone`]: the caller, and the events of the call; the same for both switches
//! - [`dtmf`]: when the caller presses which keys
//! - [`utterances`]: when the caller says what
//! - [`recording`]: recordings, with a tone where the caller spoke
//! - [`sound`]: lengths of sounds
//! - [`destinations`]: the destinations that exist in the dialplan
//! - [`asterisk`]: FastAGI, as in Asterisk 22
//! - [`freeswitch`]: the outbound Event Socket, as in FreeSWITCH 1.11
//!
//! A fake shares no code with the drivers: a mistake in one side's protocol code must not be hidden by the same mistake
//! in the other's. Tests compare the fakes with transcripts of real switches.

pub mod asterisk;
pub mod destinations;
pub mod dtmf;
pub mod freeswitch;
pub mod phone;
mod recording;
mod sleep;
pub mod sound;
pub mod utterances;
