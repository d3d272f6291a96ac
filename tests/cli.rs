//! The built program, run as a user runs it, and its control socket and metrics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod cli {
    mod cache;
    mod call;
    mod control;
    mod matching;
    mod metrics;
    mod serve;
    mod sounds;
}
