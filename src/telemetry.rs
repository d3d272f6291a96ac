//! The log, and what is counted and measured about calls and reloads.

pub(crate) mod call_counts;
pub(crate) mod call_span;
pub(crate) mod call_times;
pub(crate) mod event_layer;
mod fields;
mod journal;
mod log_format;
mod log_layer;
mod log_level;
mod log_line;
mod log_output;
mod log_queue;
mod log_writer;
mod panics;
pub mod phase;
pub mod refused_calls;
pub mod reload_counts;
mod switch;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tracing::{Level, info, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::channel::HandoverResult;
use crate::script::report::CallReport;
use crate::telemetry::call_counts::CallCounts;
use crate::telemetry::call_times::CallTimes;
use crate::trace::TraceId;
use log_layer::LogLayer;
use log_output::LogOutput;
use log_queue::LogQueue;

pub use log_format::LogFormat;
pub(crate) use log_level::LogLevel;
pub use switch::Switch;

/// How long the end of the daemon may wait for a slow reader of the log.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The log of the daemon. When this is dropped, it is written to its end, unless its reader is too slow.
#[derive(Debug)]
pub(crate) struct DaemonLog {
    queue: Arc<LogQueue>,
    level: LogLevel,
}

impl DaemonLog {
    pub(crate) fn lost_lines(&self) -> LostLogLines {
        LostLogLines(self.queue.clone())
    }

    pub(crate) fn level(&self) -> LogLevel {
        self.level.clone()
    }
}

impl Drop for DaemonLog {
    fn drop(&mut self) {
        self.queue.close(CLOSE_TIMEOUT);
    }
}

/// The lines that were lost because the log was not read in time, or could not be written.
#[derive(Debug, Clone)]
pub(crate) struct LostLogLines(Arc<LogQueue>);

impl LostLogLines {
    pub(crate) fn count(&self) -> u64 {
        self.0.lost_lines()
    }
}

/// Writes the log to the journal of systemd if it has started the daemon, otherwise to standard error; `format` can
/// decide otherwise. A thread of its own does this, so that no call ever waits for whoever reads the log. Messages about
/// panics become lines of the log, for the same reason.
///
/// # Errors
///
/// If the system has no further file descriptor or thread.
pub(crate) fn init_logging(level: Level, format: Option<LogFormat>) -> io::Result<DaemonLog> {
    let LogOutput { sink, format, journal_error } = LogOutput::open(format)?;
    let queue = Arc::new(LogQueue::default());
    log_writer::spawn(queue.clone(), format, sink)?;
    let level = LogLevel::new(level);
    let layer = LogLayer { format, queue: queue.clone() };
    // This fails if a program that embeds this crate has installed a subscriber, which then stays in use.
    drop(tracing_subscriber::registry().with(level.clone()).with(layer).try_init());
    panics::log_panics();
    if let Some(error) = journal_error {
        warn!(%error, "can't reach the journal: the log is text on standard error");
    }
    Ok(DaemonLog { queue, level })
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
    /// The trace of the call, if it has one.
    pub trace: Option<TraceId>,
    /// What happened in the scripts of the call.
    pub report: CallReport,
}

impl CallEnded<'_> {
    /// Counts the call and writes its log line.
    pub fn record(&self, counts: &CallCounts, times: &CallTimes) {
        let report = &self.report;
        counts.increment(self.switch, report.outcome);
        times.observe(self.switch, self.duration, report);
        let timings = &report.timings;
        info!(
            call_id = self.call_id,
            switch = self.switch.as_str(),
            script = report.script,
            version = %report.version,
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
            empty = empty_placeholders(report),
            reason = report.reason,
            first_error = first_error(report),
            trace = self.trace.map(tracing::field::display),
            "call"
        );
    }
}

/// Whole milliseconds, as in the log and in the replies of the control socket.
pub(crate) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// `None` for zero, so that the field is left out of the line.
fn nonzero_milliseconds(time: Duration) -> Option<u64> {
    Some(milliseconds(time)).filter(|milliseconds| *milliseconds > 0)
}

/// The placeholders that had no value; `None` if there are none.
fn empty_placeholders(report: &CallReport) -> Option<String> {
    let empty = &report.empty_placeholders;
    (!empty.is_empty()).then(|| empty.to_string())
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
