#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tracing::{debug, error, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt;

use super::{JournalSocket, is_journal_stream};
use crate::telemetry::fields::MAX_VALUE_BYTES;
use crate::telemetry::log_format::{LineFormat, LogFormat};
use crate::telemetry::log_layer::LogLayer;
use crate::telemetry::log_queue::{LogQueue, MAX_LINES};
use crate::telemetry::log_writer;

const JOURNALD: LineFormat = LineFormat { format: LogFormat::Journald, colours: false };
const SECONDS: Duration = Duration::from_secs(20);

/// A journal that reads when the test asks for an entry, and a log that writes to it.
struct TestJournal {
    socket: UnixDatagram,
    queue: Arc<LogQueue>,
    path: PathBuf,
    _folder: TempDir,
}

impl TestJournal {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(SECONDS)).unwrap();
        let queue = Arc::new(LogQueue::default());
        log_writer::spawn(queue.clone(), JOURNALD, JournalSocket::open(&path).unwrap()).unwrap();
        Self { socket, queue, path, _folder: folder }
    }

    fn log(&self, events: impl FnOnce()) {
        let layer = LogLayer { format: JOURNALD, queue: self.queue.clone() };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), events);
    }

    /// The fields of the next entry.
    fn next(&self) -> BTreeMap<String, String> {
        let mut datagram = vec![0; 1 << 20];
        let length = self.socket.recv(&mut datagram).unwrap();
        fields(&datagram[..length])
    }
}

/// Reads an entry as systemd's documentation describes it ("Native Journal Protocol").
fn fields(mut entry: &[u8]) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    while !entry.is_empty() {
        let end = entry.iter().position(|byte| matches!(byte, b'=' | b'\n')).unwrap();
        let (name, rest) = entry.split_at(end);
        let (value, rest) = match rest[0] {
            b'=' => rest[1..].split_at(rest.iter().position(|byte| *byte == b'\n').unwrap() - 1),
            _ => {
                let (length, rest) = rest[1..].split_at(8);
                rest.split_at(u64::from_le_bytes(length.try_into().unwrap()) as usize)
            }
        };
        entry = rest.strip_prefix(b"\n").unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert!(fields.insert(text(name), text(value)).is_none(), "{name:?} is there twice");
    }
    fields
}

#[test]
fn an_entry_has_the_text_line_and_each_field() {
    let journal = TestJournal::new();
    journal.log(|| {
        let _entered = info_span!("call", call_id = "1.7", script = "order").entered();
        info!(code = "200", duration_ms = 12, fallback = true, script = "other", "call");
    });
    let expected = [
        ("DIALSCRIPT_CALL_ID", "1.7"),
        ("DIALSCRIPT_CODE", "200"),
        ("DIALSCRIPT_DURATION_MS", "12"),
        ("DIALSCRIPT_EVENT", "call"),
        ("DIALSCRIPT_FALLBACK", "true"),
        ("DIALSCRIPT_SCRIPT", "other"),
        ("MESSAGE", r#"call code="200" duration_ms=12 fallback=true script="other" call_id="1.7""#),
        ("PRIORITY", "6"),
        ("SYSLOG_IDENTIFIER", "dialscript"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(journal.next(), BTreeMap::from(expected));
}

#[test]
fn the_priority_is_that_of_the_level() {
    let journal = TestJournal::new();
    journal.log(|| {
        error!("event");
        warn!("event");
        info!("event");
        debug!("event");
    });
    let priorities: Vec<_> = (0..4).map(|_| journal.next()["PRIORITY"].clone()).collect();
    assert_eq!(priorities, ["3", "4", "6", "7"]);
}

#[test]
fn a_value_with_line_breaks_adds_no_field() {
    let journal = TestJournal::new();
    let code = "1\nPRIORITY=0\nDIALSCRIPT_OUTCOME=matched";
    journal.log(|| info!(code, outcome = "error", "call"));
    let entry = journal.next();
    assert_eq!((&*entry["DIALSCRIPT_CODE"], &*entry["DIALSCRIPT_OUTCOME"]), (code, "error"));
    assert_eq!(entry["PRIORITY"], "6");
    let line = r#"call code="1\nPRIORITY=0\nDIALSCRIPT_OUTCOME=matched" outcome="error""#;
    assert_eq!(entry["MESSAGE"], line);
}

#[test]
fn an_entry_has_a_bounded_length() {
    let journal = TestJournal::new();
    let long = "x".repeat(MAX_VALUE_BYTES);
    let long = long.as_str();
    let span = |parent: &tracing::Span| info_span!(parent: parent, "s", a = long, b = long, c = long, d = long, e = long);
    journal.log(|| {
        let root = info_span!("s", f = long, g = long, h = long, i = long, j = long, k = long);
        let _entered = span(&root).entered();
        info!(l = long, m = long, n = long, o = long, p = long, q = long, r = long, "event");
    });
    let entry = journal.next();
    let length: usize = entry.values().map(String::len).sum();
    assert!(length < 70 << 10, "{length}");
    assert!(entry["MESSAGE"].contains("fields_left_out="), "{}", entry["MESSAGE"]);
}

#[test]
fn a_stuck_journal_stops_nobody_and_the_lost_lines_are_reported_when_it_reads_again() {
    let journal = TestJournal::new();
    journal.log(|| (0..2 * MAX_LINES).for_each(|number| info!(number, "event")));
    let lost = journal.queue.lost_lines();
    assert!(lost > 0);
    let report = std::iter::from_fn(|| Some(journal.next()))
        .find(|entry| entry["DIALSCRIPT_EVENT"] == "log lines were lost")
        .unwrap();
    assert_eq!((&*report["PRIORITY"], &*report["DIALSCRIPT_LINES"]), ("4", &*lost.to_string()));
}

#[test]
fn a_journal_that_was_started_again_gets_the_next_entry() {
    let mut journal = TestJournal::new();
    journal.log(|| info!("first"));
    assert_eq!(journal.next()["MESSAGE"], "first");
    std::fs::remove_file(&journal.path).unwrap();
    journal.socket = UnixDatagram::bind(&journal.path).unwrap();
    journal.socket.set_read_timeout(Some(SECONDS)).unwrap();
    journal.log(|| info!("second"));
    assert_eq!(journal.next()["MESSAGE"], "second");
}

#[test]
fn the_stream_of_the_journal_is_known_by_its_device_and_inode() {
    let folder = tempfile::tempdir().unwrap();
    let file = File::create(folder.path().join("stream")).unwrap();
    let metadata = file.metadata().unwrap();
    let stream = format!("{}:{}", metadata.dev(), metadata.ino());
    assert!(is_journal_stream(&stream, &file));
    for other in [format!("{}:{}", metadata.dev(), metadata.ino() + 1), String::new()] {
        assert!(!is_journal_stream(&other, &file), "{other}");
    }
}
