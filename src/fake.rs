//! Switches without a telephone: they speak the real protocols to the real server, and a caller is played.
//!
//! - [`phone`]: the caller, and what is heard: the same on every switch
//! - [`dtmf`]: the keys that the caller presses, and when
//! - [`utterances`]: what the caller says, and when
//! - [`recording`]: a tone where the caller spoke, else silence
//! - [`sound`]: how long a sound is
//! - [`destinations`]: where a dialplan can go on
//! - [`asterisk`]: FastAGI as Asterisk 22 speaks it
//! - [`freeswitch`]: the outbound Event Socket as FreeSWITCH 1.11 speaks it
//!
//! A fake knows nothing of the drivers: it reads and writes its protocol in its own words, so that a mistake of one side
//! is not the other's as well. Its own judges are the transcripts of the real switch.

pub mod asterisk;
pub mod destinations;
pub mod dtmf;
pub mod freeswitch;
pub mod phone;
pub mod recording;
mod sleep;
pub mod sound;
pub mod utterances;
