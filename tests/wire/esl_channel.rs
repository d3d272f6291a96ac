//! The FreeSWITCH driver against a peer that says what the real one was seen to say; the clock is paused.

mod language;
mod leaving;
mod opening;
mod questions;
mod recognition;
mod recording;
mod sounds;
mod switch;
mod waiting;
