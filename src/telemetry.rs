//! What people see: the subscriber, and the line that ends a call, with its count.

pub mod call_counts;
pub mod event_layer;

use std::io::{self, IsTerminal};
use std::time::Duration;

use tracing::{Level, info};
use tracing_subscriber::EnvFilter;

use crate::channel::HandoverResult;
use crate::script::report::CallReport;
use crate::telemetry::call_counts::CallCounts;

/// How the log looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
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
pub fn init_logging(level: Level, format: LogFormat) {
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
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
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
    pub duration: Duration,
    /// What became of it.
    pub report: CallReport,
}

impl CallEnded<'_> {
    /// Counts it, and writes the line.
    pub fn record(&self, calls: &CallCounts) {
        let report = &self.report;
        calls.increment(self.switch, report.outcome);
        let spent = &report.timings;
        info!(
            call_id = self.call_id,
            switch = self.switch.as_str(),
            script = report.script,
            outcome = report.outcome.as_str(),
            code = report.code,
            digits = report.digit_count,
            said = report.speech_characters,
            total_ms = milliseconds(self.duration),
            asked_ms = milliseconds(report.prompt_time),
            trigger_ms = milliseconds(report.wait_time),
            queued_ms = nonzero_milliseconds(spent.queued),
            dns_ms = nonzero_milliseconds(spent.dns),
            connect_ms = nonzero_milliseconds(spent.connect),
            tls_ms = nonzero_milliseconds(spent.tls),
            answer_ms = nonzero_milliseconds(spent.answer),
            paused_ms = nonzero_milliseconds(spent.retry_pause),
            attempts = (spent.attempts > 1).then_some(spent.attempts),
            fallback = spent.used_fallback.then_some(true),
            joined = spent.joined_flight.then_some(true),
            cache = report.cache.as_str(),
            http_status = report.http_status,
            left = %hand_over_text(report),
            reason = report.reason,
            trouble = first_error(report),
            "call"
        );
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What took no time worth a word is left out.
fn nonzero_milliseconds(time: Duration) -> Option<u64> {
    Some(milliseconds(time)).filter(|milliseconds| *milliseconds > 0)
}

/// What went wrong first, where that is not the reason already.
fn first_error(report: &CallReport) -> Option<&str> {
    report.first_error.as_deref().filter(|trouble| report.reason.as_deref() != Some(trouble))
}

fn hand_over_text(report: &CallReport) -> &str {
    match report.handover {
        Some(HandoverResult::CallerHungUp) => "caller gone",
        Some(HandoverResult::ConnectionLost) => "switch lost",
        Some(HandoverResult::Completed) | None => &report.exit,
    }
}
