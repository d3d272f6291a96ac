//! Script files and the daemon's file: what they mean, and what is wrong with them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod config {
    mod daemon;
    mod faulty;
    mod folder;
    mod payloads;
    mod sample;
    mod secrets;
    mod sounds;
    mod tables;
}
