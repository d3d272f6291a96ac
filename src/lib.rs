//! `dialscript`: a Script widget for your own PBX.
//!
//! A dialplan hands over a live call; a script file says what the caller hears and enters; a URL decides; the call goes
//! back to the dialplan at the place that the answer chose. One call, as the data lives it:
//!
//! ```text
//! accept ─▶ the switch's first words ─▶ Caller + script name ─▶ script::run, straight down the page:
//!   prompt and collect ─▶ fill in the request ─▶ trigger (cache ▸ one flight per key ▸ HTTP), music meanwhile
//!   ─▶ read the answer ─▶ pick the branch ─▶ sound / set / then ─▶ leave: variables, destination, close ─▶ one log line
//! ```
//!
//! One task owns one call, its socket and its state, from accept to close. The request under way is a task of its own,
//! since it outlives a caller who leaves.
//!
//! - [`cli`]: `serve`, `check`, `call`, `match`, `cache`, `sounds`, `demo`
//! - [`sound_server`]: listeners, limits, draining
//! - [`script`]: the widget; pure but for [`script::run_command`], which reads as a call goes
//! - [`channel`]: a live call as a script sees it; uses no other module
//! - [`wire`]: what the protocols of both switches have in common; uses no other module
//! - [`agi`]: Asterisk's driver
//! - [`esl`]: FreeSWITCH's driver
//! - [`trigger`]: the requests of scripts, and the answers that are kept
//! - [`voice`]: texts into sounds, sounds into the switch's format, speech into words
//! - [`web`]: the HTTP client, what it may reach, and what its time is spent on
//! - [`single_flight`]: one task for all who want the same
//! - [`control`]: how a running daemon is asked about its kept answers
//! - [`metrics`]: the daemon's counts, as Prometheus reads them
//! - [`http_server`]: HTTP that is served: who may connect, how many, for how long
//! - [`config`]: the daemon's file and the script files; every error with its place
//! - [`telemetry`]: the log, the line that ends a call, and its count
//! - [`fake`]: switches without a telephone, for `call`, `demo` and the tests
//!
//! Arrows run one way: `cli → server → script::run → channel`. A driver knows [`channel`] and no other driver; [`script`]
//! knows no driver and no HTTP client; [`fake`] knows nothing of ours; `tests/arrows.rs` holds them.

pub mod agi;
pub mod channel;
pub mod cli;
pub mod config;
pub mod control;
pub mod esl;
pub mod fake;
pub mod http_server;
pub mod metrics;
pub mod script;
pub mod server;
pub mod single_flight;
pub mod telemetry;
pub mod trigger;
pub mod voice;
pub mod web;
pub mod wire;
