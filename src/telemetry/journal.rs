//! Entries of systemd's journal, in its native protocol: one datagram for each entry.
//!
//! The layer of the crate `tracing-journald` would send it from the task of the call, and wait there while the journal
//! takes nothing. The entries of this module go through the queue of the log.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use tracing::Level;

use super::fields::LogValue;
use super::log_line::LogRecord;

/// Where the journal listens (systemd-journald.service(8)).
pub(super) const JOURNAL_SOCKET: &str = "/run/systemd/journal/socket";
/// The maximum length of an entry, in bytes. The journal takes datagrams only below the size of a socket's send buffer,
/// which is 208 KiB by default. Longer entries would have to be handed over as a file.
const MAX_ENTRY_BYTES: usize = 64 << 10;
/// Begins the name of each field of this program.
const PREFIX: &str = "DIALSCRIPT_";

/// The entry of a record. `MESSAGE` is its text line without time and level. Each field is also a field of the entry,
/// and `DIALSCRIPT_EVENT` has the message alone. Fields for which there is no room are only in `MESSAGE`.
pub(super) fn journal_entry(record: &LogRecord<'_>) -> Vec<u8> {
    let mut entry = Vec::new();
    let mut message = String::new();
    record.push_text(&mut message);
    push_field(&mut entry, "MESSAGE", &message);
    push_field(&mut entry, "PRIORITY", priority(record.level));
    push_field(&mut entry, "SYSLOG_IDENTIFIER", "dialscript");
    push_own_field(&mut entry, "event", &record.event.message);
    for (name, value) in record.fields() {
        let end = entry.len();
        match value {
            LogValue::Text(text) => push_own_field(&mut entry, name, text),
            other => push_own_field(&mut entry, name, &other.to_string()),
        }
        if entry.len() > MAX_ENTRY_BYTES {
            entry.truncate(end);
        }
    }
    entry
}

fn push_field(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend(name.as_bytes());
    push_value(entry, value);
}

/// Appends a field of this program. The journal takes upper-case letters, digits and underscores in names.
fn push_own_field(entry: &mut Vec<u8>, name: &str, value: &str) {
    let upper = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => byte.to_ascii_uppercase(),
        false => b'_',
    };
    entry.extend(PREFIX.bytes().chain(name.bytes().map(upper)));
    push_value(entry, value);
}

/// Appends the value of a field. One with line breaks comes after its length, so that it can't add fields of its own.
fn push_value(entry: &mut Vec<u8>, value: &str) {
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend((value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend(value.as_bytes());
    entry.push(b'\n');
}

/// The priorities of syslog(3): error, warning, information, debug.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

/// Whether `file` is the stream of the journal that the variable `JOURNAL_STREAM` names by its device and inode
/// (systemd.exec(5)). Processes inherit the variable even if their output goes elsewhere.
pub(super) fn is_journal_stream(stream: &str, file: &File) -> bool {
    file.metadata().is_ok_and(|file| stream == format!("{}:{}", file.dev(), file.ino()))
}

/// The socket of the journal. A write sends one entry, and waits while the journal takes nothing.
pub(super) struct JournalSocket {
    socket: UnixDatagram,
    path: PathBuf,
}

impl JournalSocket {
    /// # Errors
    ///
    /// If no journal listens there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        UnixDatagram::unbound()?.connect(path)?;
        // Not connected, so that it also finds a journal that was started again.
        Ok(Self { socket: UnixDatagram::unbound()?, path: path.to_owned() })
    }
}

impl Write for JournalSocket {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        self.socket.send_to(entry, &self.path)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
