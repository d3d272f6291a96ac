//! The fake FreeSWITCH, judged by what the real one was seen to do: its transcripts are played again with a paused clock;
//! and by the real driver.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "fake_freeswitch/calls.rs"]
mod calls;
#[path = "fake_freeswitch/driver.rs"]
mod driver;
#[path = "fake_freeswitch/framing.rs"]
mod framing;
#[path = "fake_freeswitch/replay.rs"]
mod replay;
#[path = "fake_freeswitch/session.rs"]
mod session;
#[path = "fake_freeswitch/speech.rs"]
mod speech;
#[allow(dead_code)]
#[path = "esl/transcript.rs"]
mod transcript;
