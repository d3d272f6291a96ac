//! The FreeSWITCH driver against a peer that says what the real one was seen to say; the clock is paused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "esl_channel/leaving.rs"]
mod leaving;
#[path = "esl_channel/opening.rs"]
mod opening;
#[path = "esl_channel/questions.rs"]
mod questions;
#[path = "esl_channel/recognition.rs"]
mod recognition;
#[path = "esl_channel/recording.rs"]
mod recording;
#[path = "esl_channel/sounds.rs"]
mod sounds;
#[path = "esl_channel/switch.rs"]
mod switch;
#[path = "esl_channel/waiting.rs"]
mod waiting;
