//! `dialscript`: external call control for Asterisk and FreeSWITCH.
//!
//! A dialplan hands a live call to the daemon. A script file says what the caller hears and what input is collected.
//! The daemon sends the input to a web application over HTTP. The answer decides where in the dialplan the call
//! continues.
//!
//! The course of a call:
//!
//! ```text
//! accept ─▶ handshake with the switch ─▶ caller, script and arguments ─▶ script::run, from top to bottom:
//!   prompt, and collect input ─▶ request (response cache, single flight, HTTP), with music on hold
//!   ─▶ answer ─▶ branch ─▶ sound, variables, next action ─▶ hand-over ─▶ one log line
//! ```
//!
//! One task owns a call, its socket and its state, from accept to close. The HTTP request runs in a separate task,
//! because it continues when the caller hangs up.
//!
//! - [`cli`]: the subcommands `serve`, `check`, `call`, `match`, `cache`, `sounds`, `doctor` and `demo`
//! - [`server`]: accepting, limiting, refusing and draining calls
//! - [`script`]: what a script is and does. Only [`script::run`] is asynchronous: start reading there
//! - [`channel`]: what a script can do with a call, as a trait. The drivers implement it
//! - [`wire`]: what the protocols of both switches have in common
//! - [`agi`]: the driver for Asterisk (FastAGI)
//! - [`esl`]: the driver for FreeSWITCH (outbound Event Socket)
//! - [`trigger`]: the requests of scripts: retries, circuit breaker, response cache, shared cache
//! - [`voice`]: text-to-speech, speech recognition, audio conversion, and the sound server
//! - [`web`]: the HTTP client: egress rules, TLS, timings
//! - [`circuit_breaker`]: after several failures in a row, no requests are sent to a service for some time
//! - [`concurrency_limit`]: limits on concurrent work that can change while work is in progress
//! - [`single_flight`]: calls that need the same result at the same time share one task
//! - [`file_access`]: who can read the files that the daemon and the switch share
//! - [`listener`]: the accept loop of all sockets, the allowed addresses, and the limit of connections
//! - [`http_server`]: the HTTP server of sounds and metrics
//! - [`control`]: the control socket, for `dialscript status`, `calls` and `cache`
//! - [`histogram`]: histograms of durations, for the metrics
//! - [`metrics`]: metrics for Prometheus, and the state of the daemon for load balancers
//! - [`telemetry`]: the log, the log line at the end of each call, the counts and durations of calls
//! - [`otlp`]: the export of traces to a collector, with the cargo feature `otlp`
//! - [`trace`]: traces of calls: their identifiers, the header `traceparent`, spans
//! - [`config`]: the configuration file and the script files: parsing, checks, diagnostics
//! - [`fake`]: simulated switches for `call`, `demo` and the tests
//!
//! Imports go one way: `cli → server → script::run → channel`. A driver imports [`channel`] and no other driver.
//! [`script`] imports no driver and no HTTP client. [`fake`] imports no other module. `tests/structure.rs` enforces
//! this.

pub mod agi;
pub mod channel;
pub mod circuit_breaker;
pub mod cli;
mod concurrency_limit;
pub mod config;
pub mod control;
pub mod esl;
pub mod fake;
mod file_access;
pub mod histogram;
mod http_server;
pub mod listener;
pub mod metrics;
pub mod otlp;
pub mod script;
mod server;
mod single_flight;
pub mod telemetry;
pub mod trace;
pub mod trigger;
pub mod voice;
pub mod web;
pub mod wire;

/// The commit that this program was built from, with `-modified` if the sources were changed since. Empty in a debug
/// build, and if the sources were not in a Git repository. The build script `src/build.rs` finds it.
pub const BUILD_COMMIT: &str = env!("DIALSCRIPT_COMMIT");
