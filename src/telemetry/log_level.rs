//! Which events are logged. The crate `tracing` asks once for each place in the code, and keeps the answer until the
//! level changes: an event that is not logged costs nothing.

use std::sync::Arc;

use parking_lot::RwLock;
use tracing::callsite::rebuild_interest_cache;
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// The level of the log, which can change while the daemon runs.
///
/// It applies to this crate only. Libraries log only warnings and errors: at lower levels they log URLs and headers,
/// which can contain input that a script declares as sensitive.
#[derive(Debug, Clone)]
pub(crate) struct LogLevel(Arc<RwLock<Level>>);

impl LogLevel {
    pub(super) fn new(level: Level) -> Self {
        Self(Arc::new(RwLock::new(level)))
    }

    pub(crate) fn set(&self, level: Level) {
        *self.0.write() = level;
        rebuild_interest_cache();
    }
}

impl<S: Subscriber> Layer<S> for LogLevel {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let level = match metadata.target().starts_with("dialscript") {
            true => *self.0.read(),
            false => Level::WARN,
        };
        *metadata.level() <= level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some((*self.0.read()).max(Level::WARN).into())
    }
}
