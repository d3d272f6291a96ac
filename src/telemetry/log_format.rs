//! The formats of the log.

use super::journal::journal_entry;
use super::log_line::LogRecord;

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
    /// Entries with fields, by the native protocol of systemd's journal.
    Journald,
}

/// How lines are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineFormat {
    pub(super) format: LogFormat,
    /// Whether text lines have terminal colours.
    pub(super) colours: bool,
}

impl LineFormat {
    /// The line, with its line break, or the entry of the journal.
    pub(super) fn line(self, record: &LogRecord<'_>) -> Vec<u8> {
        match self.format {
            LogFormat::Text => record.text_line(self.colours).into_bytes(),
            LogFormat::Json => record.json_line().into_bytes(),
            LogFormat::Journald => journal_entry(record),
        }
    }
}
