//! The fake Asterisk, judged by what the real one was seen to do: its transcripts are played again with a paused clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "fake_asterisk/driver.rs"]
mod driver;
#[path = "fake_asterisk/phone.rs"]
mod phone;
#[path = "fake_asterisk/replay.rs"]
mod replay;
#[path = "fake_asterisk/session.rs"]
mod session;
#[path = "fake_asterisk/sound.rs"]
mod sound;
#[path = "fake_asterisk/speech.rs"]
mod speech;
