//! Finds lines in a buffer that grows as data is received.

use std::ops::Range;

use memchr::memchr;

/// Finds the lines of one message. The search continues where it stopped, so no byte is searched twice, however the
/// message is split.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineScanner {
    /// No newline has been found between `line_start` and here.
    scanned: usize,
    line_start: usize,
}

/// What was found in the buffer.
pub(crate) enum ScannedLine {
    /// The next line, without its newline.
    Complete(Range<usize>),
    /// The line's newline has not been received yet.
    Partial,
    /// The message is longer than the limit.
    TooLong,
}

impl LineScanner {
    /// Looks for the end of the next line. The message, up to and including that newline, may have at most `max_bytes`.
    pub(crate) fn next_line(&mut self, buffer: &[u8], max_bytes: usize) -> ScannedLine {
        let newline = memchr(b'\n', &buffer[self.scanned..]);
        let end = newline.map_or(buffer.len(), |at| self.scanned + at);
        if end >= max_bytes {
            return ScannedLine::TooLong;
        }
        self.scanned = end;
        if newline.is_none() {
            return ScannedLine::Partial;
        }
        self.scanned += 1;
        ScannedLine::Complete(std::mem::replace(&mut self.line_start, self.scanned)..end)
    }

    /// Whether the search has not begun.
    pub(crate) fn is_at_start(&self) -> bool {
        self.scanned == 0
    }

    /// Number of bytes of all complete lines, including their newlines.
    pub(crate) fn complete_bytes(&self) -> usize {
        self.line_start
    }
}
