//! The commands of the built program, its control socket and its metrics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod cli {
    mod cache;
    mod call;
    mod check;
    mod control;
    mod doctor;
    mod engine_processes;
    mod faulty_scripts;
    mod file_modes;
    mod health;
    mod matching;
    mod measured_calls;
    mod metrics;
    mod new;
    #[cfg(feature = "otlp")]
    mod otlp;
    mod package;
    mod plain_words;
    mod reload;
    mod sensitive_output;
    mod serve;
    mod slow_readers;
    mod sounds;
    mod status;
    mod systemd;
    mod traceparent;
    mod two_daemons;
}
