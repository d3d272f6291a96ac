//! The commands of the built program, its control socket and its metrics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod cli {
    mod cache;
    mod call;
    mod check;
    mod control;
    mod engine_processes;
    mod faulty_scripts;
    mod health;
    mod matching;
    mod measured_calls;
    mod metrics;
    mod new;
    mod plain_words;
    mod reload;
    mod sensitive_output;
    mod serve;
    mod slow_readers;
    mod sounds;
    mod status;
    mod systemd;
    mod two_daemons;
}
