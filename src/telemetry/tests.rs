#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{self, Write};
use std::panic;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tracing::{Level, debug, info, info_span};
use tracing_subscriber::layer::SubscriberExt;

use super::fields::{CUT_MARK, LogFields, MAX_VALUE_BYTES};
use super::log_format::{LineFormat, LogFormat};
use super::log_layer::LogLayer;
use super::log_level::LogLevel;
use super::log_line::LogRecord;
use super::log_queue::{LogQueue, MAX_BYTES, MAX_LINES};
use super::log_writer;
use super::panics;

const TEXT: LineFormat = LineFormat { format: LogFormat::Text, colours: false };
const JSON: LineFormat = LineFormat { format: LogFormat::Json, colours: false };
const SECONDS: Duration = Duration::from_secs(20);

/// The lines that `log` writes, without their timestamps.
fn lines(format: LineFormat, log: impl FnOnce()) -> Vec<String> {
    let queue = Arc::new(LogQueue::default());
    let layer = LogLayer { format, queue: queue.clone() };
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
    queue.close(Duration::ZERO);
    let lines = std::iter::from_fn(|| queue.take());
    let lines = lines.map(|line| String::from_utf8(line.text).unwrap());
    let rest = |line: String| {
        line.split_once(if format.format == TEXT.format { ' ' } else { ',' }).unwrap().1.to_owned()
    };
    lines.map(rest).collect()
}

fn only_line(format: LineFormat, log: impl FnOnce()) -> String {
    let lines = lines(format, log);
    assert_eq!(lines.len(), 1);
    lines.into_iter().next().unwrap()
}

#[test]
fn a_text_line_has_text_in_quotes_and_numbers_without() {
    let line = only_line(TEXT, || {
        let reason = "no such place = \"a\"\n\u{1b}[2J";
        info!(call_id = "1.7", count = 4, fallback = true, reason = %reason, left_out = None::<u8>, "call");
    });
    let reason = r#""no such place = \"a\"\n\u{1b}[2J""#;
    assert_eq!(line, format!(" INFO call call_id=\"1.7\" count=4 fallback=true reason={reason}\n"));
}

#[test]
fn a_text_line_inside_a_call_ends_with_the_fields_of_the_call_that_it_does_not_have() {
    let line = only_line(TEXT, || {
        let _entered = info_span!("call", call_id = "1.7", script = "order").entered();
        debug!(script = "other", "answer");
    });
    assert_eq!(line, "DEBUG answer script=\"other\" call_id=\"1.7\"\n");
}

#[test]
fn a_json_line_is_one_object_with_the_fields_of_the_call_in_span() {
    let line = only_line(JSON, || {
        let _entered = info_span!("call", call_id = "1.7", script = "order").entered();
        info!(code = "a\n\u{9b}2J", digits = 4, "call");
    });
    let span = r#"{"call_id":"1.7","name":"call","script":"order"}"#;
    let code = r#""a\n\u009b2J""#;
    let expected = format!(
        "\"level\":\"INFO\",\"message\":\"call\",\"code\":{code},\"digits\":4,\"span\":{span},\"spans\":[{span}]}}\n"
    );
    assert_eq!(line, expected);
}

#[test]
fn a_long_value_is_cut_and_a_line_has_a_bounded_length() {
    let long = "é".repeat(1 << 19);
    let escapes = "\u{1b}".repeat(1 << 19);
    for format in [TEXT, JSON] {
        let line = only_line(format, || info!(long, "event"));
        assert!(line.contains(&"é".repeat(MAX_VALUE_BYTES / 2)) && line.contains(CUT_MARK));
        assert!(line.len() < MAX_VALUE_BYTES + 100, "{}", line.len());
        let line = only_line(format, || {
            info!(a = long, b = long, c = long, d = escapes, e = long, end = 1, "event");
        });
        assert!(line.len() < 16 << 10, "{}", line.len());
        let end = line.trim_end().trim_end_matches('}');
        assert!(
            end.ends_with("2") && line.contains("fields_left_out") && line.contains("end"),
            "{end}"
        );
    }
}

#[test]
fn a_panic_is_a_line_of_the_log_and_shows_only_constant_messages() {
    let lines = lines(TEXT, || {
        let hook = panic::take_hook();
        panics::log_panics();
        let pin = "4711".to_owned();
        let results = [
            panic::catch_unwind(|| panic!("constant")),
            panic::catch_unwind(|| panic!("the PIN is {pin}")),
        ];
        panic::set_hook(hook);
        assert!(results.iter().all(Result::is_err));
    });
    let begins = "ERROR a task panicked: this is a bug location=\"src/telemetry/tests.rs:";
    assert!(lines.iter().all(|line| line.starts_with(begins)), "{lines:?}");
    assert!(lines[0].contains(" panic=\"constant\" thread="), "{lines:?}");
    assert!(!lines[1].contains("panic=") && !lines[1].contains("4711"), "{lines:?}");
}

#[test]
fn the_level_can_change_and_applies_to_this_crate_only() {
    let queue = Arc::new(LogQueue::default());
    let (level, layer) =
        (LogLevel::new(Level::INFO), LogLayer { format: TEXT, queue: queue.clone() });
    let subscriber = tracing_subscriber::registry().with(level.clone()).with(layer);
    tracing::subscriber::with_default(subscriber, || {
        for message in ["one", "two"] {
            debug!("{message}");
            info!(target: "hyper", "{message} of a library");
            level.set(Level::DEBUG);
        }
    });
    queue.close(Duration::ZERO);
    let lines: Vec<_> = std::iter::from_fn(|| queue.take()).collect();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].text.ends_with(b"DEBUG two\n"), "{lines:?}");
}

fn line_of(event: &str) -> String {
    let event = LogFields { message: event.to_owned(), fields: Vec::new() };
    let line = TEXT.line(&LogRecord {
        time: SystemTime::UNIX_EPOCH,
        level: Level::INFO,
        event: &event,
        spans: Vec::new(),
    });
    String::from_utf8(line).unwrap()
}

/// An output that a test controls: each write waits for its result.
struct GatedOutput {
    results: Receiver<io::Result<usize>>,
    written: Sender<String>,
}

impl Write for GatedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.results.recv().unwrap_or(Ok(usize::MAX))?.min(bytes.len());
        self.written.send(String::from_utf8(bytes[..length].to_vec()).unwrap()).unwrap();
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A queue with its thread, the gate of its output, and what was written.
struct GatedLog {
    queue: Arc<LogQueue>,
    gate: Sender<io::Result<usize>>,
    written: Receiver<String>,
}

impl GatedLog {
    fn new() -> Self {
        let queue = Arc::new(LogQueue::default());
        let ((gate, results), (sender, written)) = (channel(), channel());
        log_writer::spawn(queue.clone(), TEXT, GatedOutput { results, written: sender }).unwrap();
        Self { queue, gate, written }
    }

    /// Adds a line and waits until the thread writes it.
    fn push_and_write(&self, line: &str, results: impl IntoIterator<Item = io::Result<usize>>) {
        self.queue.push(line.to_owned());
        results.into_iter().for_each(|result| self.gate.send(result).unwrap());
    }

    fn next(&self) -> String {
        self.written.recv_timeout(SECONDS).unwrap()
    }

    /// All further writes succeed. Returns what was written until the end.
    fn rest(self) -> String {
        drop(self.gate);
        self.queue.close(SECONDS);
        self.written.try_iter().collect()
    }
}

#[test]
fn lines_that_a_stuck_reader_does_not_take_are_counted_and_the_gap_is_reported_in_its_place() {
    let log = GatedLog::new();
    log.push_and_write("first\n", []);
    let (added, lost) = (MAX_LINES + 1000, 7);
    (0..added).for_each(|number| log.queue.push(format!("{number}\n")));
    let room = added as u64 - log.queue.lost_lines();
    // The thread may have taken the first line, or not yet.
    assert!((MAX_LINES as u64 - 1..=MAX_LINES as u64).contains(&room), "{room}");
    let before = log.queue.lost_lines();
    (0..lost).for_each(|_| log.queue.push("dropped\n".to_owned()));
    assert_eq!(log.queue.lost_lines(), before + lost);
    let queue = log.queue.clone();
    let text = log.rest();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len() as u64, 1 + room + 1);
    assert!(
        lines[1..=room as usize]
            .iter()
            .enumerate()
            .all(|(number, line)| *line == number.to_string())
    );
    let report = format!(
        " WARN log lines were lost lines={} reason=\"the log was not read in time\"",
        before + lost
    );
    assert!(lines.last().unwrap().ends_with(&report), "{lines:?}");
    assert_eq!(queue.lost_lines(), before + lost);
}

#[test]
fn the_queue_is_bounded_in_bytes() {
    let queue = LogQueue::default();
    let line = "x".repeat(MAX_BYTES / 16);
    (0..17).for_each(|_| queue.push(line.clone()));
    assert_eq!(queue.lost_lines(), 1);
}

#[test]
fn a_failed_write_is_reported_when_the_next_one_succeeds() {
    let log = GatedLog::new();
    let full = || Err(io::ErrorKind::StorageFull.into());
    log.push_and_write("lost\n", [full()]);
    log.push_and_write("broken\n", [Ok(3), full()]);
    log.push_and_write("good\n", [Ok(100)]);
    assert_eq!(log.next(), "bro");
    assert_eq!(log.next(), "\ngood\n", "a new line begins");
    assert_eq!(log.queue.lost_lines(), 2);
    let report = log.rest();
    assert!(
        report.ends_with(" WARN log lines were lost lines=2 reason=\"no storage space\"\n"),
        "{report}"
    );
}

#[test]
fn a_loss_whose_report_cannot_be_written_is_reported_later() {
    let log = GatedLog::new();
    let full = || Err(io::ErrorKind::StorageFull.into());
    log.push_and_write("lost\n", []);
    log.push_and_write("lost too\n", []);
    log.push_and_write("written\n", []);
    // The last result is that of the report.
    log.push_and_write("good\n", [full(), full(), Ok(100), Ok(100), full()]);
    assert_eq!((log.next(), log.next()), ("written\n".to_owned(), "good\n".to_owned()));
    log.push_and_write("last\n", []);
    let queue = log.queue.clone();
    let rest = log.rest();
    assert!(rest.starts_with("last\n") && rest.contains(" lines=2 "), "{rest}");
    assert_eq!(queue.lost_lines(), 2);
}

#[test]
fn a_write_that_takes_a_part_or_would_block_is_continued() {
    let log = GatedLog::new();
    let would_block = || Err(io::ErrorKind::WouldBlock.into());
    log.push_and_write(
        "complete\n",
        [Ok(3), would_block(), Err(io::ErrorKind::Interrupted.into()), Ok(100)],
    );
    assert_eq!((log.next(), log.next()), ("com".to_owned(), "plete\n".to_owned()));
    assert_eq!(log.queue.lost_lines(), 0);
}

#[test]
fn the_end_does_not_wait_for_a_stuck_reader() {
    let log = GatedLog::new();
    log.push_and_write("never written\n", []);
    let started_at = std::time::Instant::now();
    log.queue.close(Duration::from_millis(50));
    assert!(started_at.elapsed() < SECONDS);
    assert!(log.written.try_recv().is_err());
}

#[test]
fn a_json_log_reports_a_gap_as_json() {
    let queue = Arc::new(LogQueue::default());
    let (sender, written) = channel();
    let (gate, results) = channel();
    gate.send(Err(io::ErrorKind::BrokenPipe.into())).unwrap();
    drop(gate);
    log_writer::spawn(queue.clone(), JSON, GatedOutput { results, written: sender }).unwrap();
    queue.push(line_of("lost"));
    queue.push(line_of("written"));
    assert_eq!(written.recv_timeout(SECONDS).unwrap(), line_of("written"));
    let report: Value = serde_json::from_str(&written.recv_timeout(SECONDS).unwrap()).unwrap();
    assert_eq!((&report["message"], &report["lines"]), (&"log lines were lost".into(), &1.into()));
}
