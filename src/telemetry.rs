//! What people see: the subscriber, and the line that ends a call, with its count.

pub mod calls;
pub mod overheard;

use std::io::{self, IsTerminal};
use std::time::Duration;

use tracing::{Level, info};
use tracing_subscriber::EnvFilter;

use crate::channel::Left;
use crate::script::report::Report;
use crate::telemetry::calls::Calls;

/// How the log looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// Sends the log to standard error, where systemd takes it.
///
/// The level is for this crate alone. What libraries log of a connection or a header would show what a script declares
/// sensitive, so they never get below warnings.
pub fn start(level: Level, format: Format) {
    let filter = EnvFilter::new(format!("warn,dialscript={level}"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        // A log that can't be written must not end a call: the subscriber's own word for it is a panic.
        .log_internal_errors(false);
    // A second subscriber is refused: the first one stays, which is what a test or an embedding program wants.
    drop(match format {
        Format::Text => log.try_init(),
        Format::Json => log.json().flatten_event(true).try_init(),
    });
}

/// Which switch a call is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Asterisk, by FastAGI.
    Asterisk,
    /// FreeSWITCH, by the outbound Event Socket.
    FreeSwitch,
}

impl Switch {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Asterisk, Self::FreeSwitch];

    /// As in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asterisk => "asterisk",
            Self::FreeSwitch => "freeswitch",
        }
    }
}

/// A call has ended: one line, and all that an operator asks of it later.
#[derive(Debug)]
pub struct CallEnded<'a> {
    /// Where it was.
    pub switch: Switch,
    /// The switch's identifier of the call leg.
    pub call_id: &'a str,
    /// From accept to close.
    pub took: Duration,
    /// What became of it.
    pub report: Report,
}

impl CallEnded<'_> {
    /// Counts it, and writes the line.
    pub fn tell(&self, calls: &Calls) {
        let report = &self.report;
        calls.count(self.switch, report.outcome);
        let spent = &report.spent;
        info!(
            call_id = self.call_id,
            switch = self.switch.as_str(),
            script = report.script,
            outcome = report.outcome.as_str(),
            code = report.code,
            digits = report.digits,
            said = report.said,
            total_ms = milliseconds(self.took),
            asked_ms = milliseconds(report.asked),
            trigger_ms = milliseconds(report.waited),
            queued_ms = some(spent.queued),
            dns_ms = some(spent.dns),
            connect_ms = some(spent.connect),
            tls_ms = some(spent.tls),
            answer_ms = some(spent.answer),
            paused_ms = some(spent.paused),
            attempts = (spent.attempts > 1).then_some(spent.attempts),
            fallback = spent.fallback.then_some(true),
            joined = spent.joined.then_some(true),
            cache = report.cache.as_str(),
            http_status = report.http_status,
            left = %left(report),
            reason = report.reason,
            trouble = trouble(report),
            "call"
        );
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What took no time worth a word is left out.
fn some(time: Duration) -> Option<u64> {
    Some(milliseconds(time)).filter(|milliseconds| *milliseconds > 0)
}

/// What went wrong first, where that is not the reason already.
fn trouble(report: &Report) -> Option<&str> {
    report.trouble.as_deref().filter(|trouble| report.reason.as_deref() != Some(trouble))
}

fn left(report: &Report) -> &str {
    match report.left {
        Some(Left::CallerGone) => "caller gone",
        Some(Left::SwitchLost) => "switch lost",
        Some(Left::AsAsked) | None => &report.exit,
    }
}
