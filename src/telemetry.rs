//! The log: where it is written, and the line that ends each call.

pub(crate) mod call_counts;
pub(crate) mod event_layer;
mod switch;

use std::io::{self, IsTerminal};
use std::time::Duration;

use tracing::{Level, info};
use tracing_subscriber::EnvFilter;

use crate::channel::HandoverResult;
use crate::script::report::CallReport;
use crate::telemetry::call_counts::CallCounts;

pub use switch::Switch;

/// The format of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Writes the log to standard error, where systemd reads it.
///
/// The level applies to this crate only. Libraries log only warnings and errors: at lower levels they log URLs and
/// headers, which can contain input that a script declares as sensitive.
pub(crate) fn init_logging(level: Level, format: LogFormat) {
    let filter = EnvFilter::new(format!("warn,dialscript={level}"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        // If the log can't be written, the subscriber would report this by a panic, which would end a call.
        .log_internal_errors(false);
    // This fails if a test, or a program that embeds this crate, has installed a subscriber, which then stays in use.
    drop(match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    });
}

/// A finished call, for the log and the metrics.
#[derive(Debug)]
pub struct CallEnded<'a> {
    /// The switch of the call.
    pub switch: Switch,
    /// The switch's identifier of the call leg.
    pub call_id: &'a str,
    /// From accepting the connection to closing it.
    pub duration: Duration,
    /// What happened in the scripts of the call.
    pub report: CallReport,
}

impl CallEnded<'_> {
    /// Counts the call and writes its log line.
    pub fn record(&self, counts: &CallCounts) {
        let report = &self.report;
        counts.increment(self.switch, report.outcome);
        let timings = &report.timings;
        info!(
            call_id = self.call_id,
            switch = self.switch.as_str(),
            script = report.script,
            outcome = report.outcome.as_str(),
            code = report.code,
            digits = report.digit_count,
            speech_chars = report.speech_characters,
            duration_ms = milliseconds(self.duration),
            prompt_ms = milliseconds(report.prompt_time),
            trigger_ms = milliseconds(report.wait_time),
            queue_ms = nonzero_milliseconds(timings.queued),
            dns_ms = nonzero_milliseconds(timings.dns),
            connect_ms = nonzero_milliseconds(timings.connect),
            tls_ms = nonzero_milliseconds(timings.tls),
            answer_ms = nonzero_milliseconds(timings.answer),
            backoff_ms = nonzero_milliseconds(timings.retry_pause),
            attempts = (timings.attempts > 1).then_some(timings.attempts),
            fallback = timings.used_fallback.then_some(true),
            joined = timings.joined_flight.then_some(true),
            cache = report.cache.as_str(),
            http_status = report.http_status,
            exit = %exit_text(report),
            reason = report.reason,
            first_error = first_error(report),
            "call"
        );
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// `None` for zero, so that the field is left out of the line.
fn nonzero_milliseconds(time: Duration) -> Option<u64> {
    Some(milliseconds(time)).filter(|milliseconds| *milliseconds > 0)
}

/// The error of the first failed attempt, unless `reason` says the same or more.
fn first_error(report: &CallReport) -> Option<&str> {
    let reason = report.reason.as_deref().unwrap_or_default();
    report.first_error.as_deref().filter(|error| !reason.starts_with(error))
}

/// Where the call went after the script.
fn exit_text(report: &CallReport) -> &str {
    match report.handover {
        Some(HandoverResult::CallerHungUp) => "caller hung up",
        Some(HandoverResult::ConnectionLost) => "switch connection lost",
        Some(HandoverResult::Completed) | None => &report.exit,
    }
}
