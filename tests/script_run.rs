//! Scripts as users write them, on a channel that a test plays: every path of a call, in milliseconds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "engines/fake.rs"]
mod fake;

mod script_run {
    mod answers;
    mod call;
    mod chains;
    mod endings;
    mod music;
    mod sounds;
    mod speech;
}
