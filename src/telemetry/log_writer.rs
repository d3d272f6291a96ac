//! The thread that writes the log, so that nobody else waits for whoever reads it.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use tracing::Level;

use super::fields::{LogFields, LogValue};
use super::log_format::LineFormat;
use super::log_line::LogRecord;
use super::log_queue::{LogLoss, LogQueue};

/// The pause before the next attempt if the output can't take a line and does not block, such as a pipe that another
/// process has set to `O_NONBLOCK`.
const WOULD_BLOCK_PAUSE: Duration = Duration::from_millis(10);

/// Starts a thread that writes the lines of the queue, each with one `write` if the output takes it whole. The thread
/// ends when the queue is closed and empty.
///
/// # Errors
///
/// If the system has no further thread.
pub(super) fn spawn(
    queue: Arc<LogQueue>,
    format: LineFormat,
    mut output: impl Write + Send + 'static,
) -> io::Result<()> {
    let write_lines = move || {
        let mut is_broken_line = false;
        while let Some(line) = queue.take() {
            let text = match is_broken_line {
                true => Cow::from([b"\n", &*line.text].concat()),
                false => Cow::from(&line.text),
            };
            let result = write_line(&mut output, &text);
            is_broken_line = result.as_ref().is_err_and(|error| error.is_broken_line);
            let result = result.map_err(|error| error.error);
            queue.written(line, result, |loss| loss_line(format, loss));
        }
    };
    thread::Builder::new().name("log".to_owned()).spawn(write_lines).map(drop)
}

struct WriteLineError {
    error: io::Error,
    /// The beginning of the line was written.
    is_broken_line: bool,
}

fn write_line(output: &mut impl Write, line: &[u8]) -> Result<(), WriteLineError> {
    let mut rest = line;
    while !rest.is_empty() {
        let error = match output.write(rest) {
            Ok(0) => io::ErrorKind::WriteZero.into(),
            Ok(length) => {
                rest = &rest[length..];
                continue;
            }
            Err(error) => error,
        };
        match error.kind() {
            io::ErrorKind::Interrupted => {}
            io::ErrorKind::WouldBlock => thread::sleep(WOULD_BLOCK_PAUSE),
            _ => return Err(WriteLineError { error, is_broken_line: rest.len() < line.len() }),
        }
    }
    Ok(())
}

/// The line about lost lines. It does not depend on the level of the log.
fn loss_line(format: LineFormat, loss: &LogLoss) -> Vec<u8> {
    let lines = LogValue::Unsigned(loss.lines);
    let fields = vec![("lines", lines), ("reason", LogValue::Text(loss.reason.clone()))];
    let event = LogFields { message: "log lines were lost".to_owned(), fields };
    format.line(&LogRecord {
        time: SystemTime::now(),
        level: Level::WARN,
        event: &event,
        spans: Vec::new(),
    })
}
