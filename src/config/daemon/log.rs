//! `[log]`: level and format of the log.

use std::str::FromStr;

use serde_spanned::Spanned;

use crate::config::table_reader::TableReader;
use crate::config::value::{FromText, ParsedText};
use crate::telemetry::LogFormat;

#[derive(Debug, Default)]
pub(crate) struct LogTable {
    level: Option<Spanned<ParsedText<tracing::Level>>>,
    format: Option<Spanned<ParsedText<LogFormat>>>,
}

/// Level and format of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// The least severe level that is logged.
    pub level: tracing::Level,
    /// `None` is the journal if systemd has started the daemon, otherwise text.
    pub format: Option<LogFormat>,
}

impl LogTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        let help = "the log goes to systemd's journal, or else to standard error, which the shell can redirect";
        table.explain(&["file", "path", "output", "destination", "syslog"], help);
        Self { level: table.take("level"), format: table.take("format") }
    }

    pub(crate) fn settings(&self) -> LogSettings {
        LogSettings {
            level: self.level.as_ref().map_or(tracing::Level::INFO, |level| level.get_ref().0),
            format: self.format.as_ref().map(|format| format.get_ref().0),
        }
    }
}

impl FromText for tracing::Level {
    const EXPECTED: &'static str = "\"error\", \"warn\", \"info\", \"debug\" or \"trace\"";

    fn from_text(text: &str) -> Option<Self> {
        text.bytes().all(|b| b.is_ascii_lowercase()).then(|| Self::from_str(text).ok()).flatten()
    }
}

impl FromText for LogFormat {
    const EXPECTED: &'static str = "\"text\", \"json\" or \"journald\"";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            "journald" => Some(Self::Journald),
            _ => None,
        }
    }
}
