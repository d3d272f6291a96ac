//! The lines that wait to be written. Adding a line never waits: if there is no room, the line is lost and counted.
//!
//! What remains is a line about each gap, in its place: while the queue has no room, all lines are dropped. They are
//! accepted again from the line on that says how many were lost.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

/// The maximum number of lines that wait.
pub(super) const MAX_LINES: usize = 16_384;
/// The maximum length of all lines that wait, in bytes.
pub(super) const MAX_BYTES: usize = 4 << 20;

/// How long the first line after a pause may wait for others. Waking the writer costs more than a line, and a busy daemon
/// logs thousands of lines in a second. A process that is killed loses the lines that wait.
const COLLECTING_TIME: Duration = Duration::from_millis(2);

/// The lines that wait to be written.
#[derive(Debug, Default)]
pub(super) struct LogQueue {
    state: Mutex<QueueState>,
    /// A line was added or written, or no more lines will be added.
    changed: Condvar,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct QueueState {
    lines: VecDeque<QueuedLine>,
    /// The length of all `lines`.
    bytes: usize,
    /// All lines are dropped, until the loss is reported.
    is_dropping: bool,
    /// Lost lines that no line has reported yet.
    unreported: Option<LogLoss>,
    /// A line was taken and is being written.
    is_writing: bool,
    is_closed: bool,
}

/// A line that waits, with its line break, or an entry of the journal.
#[derive(Debug)]
pub(super) struct QueuedLine {
    pub(super) text: Vec<u8>,
    /// The loss that the line reports.
    loss: Option<LogLoss>,
}

/// Lines that were lost one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogLoss {
    pub(super) lines: u64,
    /// Why the first of them was lost.
    pub(super) reason: String,
}

impl LogQueue {
    /// Adds a line, or counts it as lost.
    pub(super) fn push(&self, line: impl Into<Vec<u8>>) {
        let line = line.into();
        let mut state = self.state.lock();
        state.is_dropping |= !state.has_room(line.len(), 1);
        if state.is_dropping {
            self.count_loss(&mut state, || "the log was not read in time".to_owned());
            return;
        }
        state.add(QueuedLine { text: line, loss: None });
        self.changed.notify_all();
    }

    /// The number of lines that were lost.
    pub(super) fn lost_lines(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits for the next line; `None` if there will be none. It must be followed by [`Self::written`].
    pub(super) fn take(&self) -> Option<QueuedLine> {
        let mut state = self.state.lock();
        loop {
            if let Some(line) = state.lines.pop_front() {
                state.bytes -= line.text.len();
                state.is_writing = true;
                return Some(line);
            }
            if state.is_closed {
                return None;
            }
            self.changed.wait(&mut state);
            if !state.is_closed {
                MutexGuard::unlocked(&mut state, || thread::sleep(COLLECTING_TIME));
            }
        }
    }

    /// Ends the writing of a line. If it was successful, and lines were lost, the line about this is added, provided
    /// that half of the queue is free: a reader that is a little too slow must not get such a line after every line.
    pub(super) fn written(
        &self,
        line: QueuedLine,
        result: io::Result<()>,
        report: impl Fn(&LogLoss) -> Vec<u8>,
    ) {
        let mut state = self.state.lock();
        state.is_writing = false;
        let is_half_free = state.has_room(0, 2);
        match result {
            Ok(()) if is_half_free => {
                state.is_dropping = false;
                if let Some(loss) = state.unreported.take() {
                    state.add(QueuedLine { text: report(&loss), loss: Some(loss) });
                }
            }
            Ok(()) => {}
            Err(error) => {
                state.is_dropping &= !is_half_free;
                match line.loss {
                    // These lines are already counted.
                    Some(loss) => state.report_again(loss),
                    None => self.count_loss(&mut state, || error.to_string()),
                }
            }
        }
        self.changed.notify_all();
    }

    /// Waits until all lines are written, at most for this time. Lines that are added afterwards may be lost.
    pub(super) fn close(&self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        let mut state = self.state.lock();
        state.is_closed = true;
        self.changed.notify_all();
        while state.is_writing || !state.lines.is_empty() {
            if self.changed.wait_until(&mut state, deadline).timed_out() {
                return;
            }
        }
    }

    fn count_loss(&self, state: &mut QueueState, reason: impl Fn() -> String) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        match &mut state.unreported {
            Some(loss) => loss.lines += 1,
            None => state.unreported = Some(LogLoss { lines: 1, reason: reason() }),
        }
    }
}

impl QueueState {
    /// Whether there is room for so many bytes in one `part`th of the queue.
    fn has_room(&self, bytes: usize, part: usize) -> bool {
        self.lines.len() < MAX_LINES / part && self.bytes + bytes <= MAX_BYTES / part
    }

    fn add(&mut self, line: QueuedLine) {
        self.bytes += line.text.len();
        self.lines.push_back(line);
    }

    /// Takes back a loss whose report could not be written.
    fn report_again(&mut self, loss: LogLoss) {
        match &mut self.unreported {
            Some(later) => later.lines += loss.lines,
            None => self.unreported = Some(loss),
        }
    }
}
