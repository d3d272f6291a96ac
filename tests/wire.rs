//! The protocols of both switches: parsing, commands, and the channels against fake switches and scripted peers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod wire {
    mod agi;
    mod agi_channel;
    mod caller_ids;
    mod channel;
    mod esl;
    mod esl_channel;
    mod fake_asterisk;
    mod fake_freeswitch;
    mod listener;
    mod messages;
    mod questions;
}
