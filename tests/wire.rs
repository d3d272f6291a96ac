//! The wire of both switches: what they say, what is sent to them, and the drivers against fakes and scripted peers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod wire {
    mod agi;
    mod agi_channel;
    mod esl;
    mod esl_channel;
    mod fake_asterisk;
    mod fake_freeswitch;
    mod leg;
    mod listener;
    mod messages;
    mod questions;
}
