//! Records the log for a test.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;

/// The recorded lines.
#[derive(Clone, Default)]
pub(crate) struct LogLines(Arc<Mutex<Vec<u8>>>);

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl LogLines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Records the lines of this thread that pass the filter, until the guard is dropped. The filter `trace` accepts all
/// lines of all crates.
///
/// A subscriber that accepts everything is also installed for all threads. `tracing` caches for the whole process
/// whether any subscriber is interested in a line (`Interest`). Without that subscriber, another thread that reaches a
/// line first could turn it off.
pub(crate) fn record(filter: &str) -> (LogLines, DefaultGuard) {
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    let lines = LogLines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish()
        .with(filter.parse::<Targets>().unwrap());
    (lines, tracing::subscriber::set_default(subscriber))
}
