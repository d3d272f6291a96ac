//! Where the log is written, and in which format.

use std::env;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::Path;

use super::journal::{JOURNAL_SOCKET, JournalSocket, is_journal_stream};
use super::log_format::{LineFormat, LogFormat};

/// Where the log is written, and in which format.
pub(super) struct LogOutput {
    pub(super) sink: Box<dyn Write + Send>,
    pub(super) format: LineFormat,
    /// Why the log does not go to the journal, although it should.
    pub(super) journal_error: Option<io::Error>,
}

impl LogOutput {
    /// Opens the log. Without a format, it goes to the journal if systemd has connected standard error with it.
    ///
    /// # Errors
    ///
    /// If the system has no further file descriptor.
    pub(super) fn open(format: Option<LogFormat>) -> io::Result<Self> {
        // Not by way of `io::stderr()`: its lock would be held while the log can't be written, and stop all who want to
        // print something.
        let standard_error = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        let stream = env::var("JOURNAL_STREAM").unwrap_or_default();
        let default = match is_journal_stream(&stream, &standard_error) {
            true => LogFormat::Journald,
            false => LogFormat::Text,
        };
        let format = format.unwrap_or(default);
        if format != LogFormat::Journald {
            return Ok(Self::standard_error(standard_error, format));
        }
        Ok(match JournalSocket::open(Path::new(JOURNAL_SOCKET)) {
            Ok(socket) => {
                let format = LineFormat { format, colours: false };
                Self { sink: Box::new(socket), format, journal_error: None }
            }
            Err(error) => {
                let output = Self::standard_error(standard_error, LogFormat::Text);
                Self { journal_error: Some(error), ..output }
            }
        })
    }

    fn standard_error(file: File, format: LogFormat) -> Self {
        let colours = file.is_terminal() && env::var_os("NO_COLOR").is_none();
        Self { sink: Box::new(file), format: LineFormat { format, colours }, journal_error: None }
    }
}
