//! How long speech engines take, and how often they fail.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;

use crate::histogram::{DurationHistograms, HistogramSamples};

/// The upper bounds of the buckets, in seconds. A local engine speaks in some hundredths of a second, a web service in
/// some tenths.
const BOUNDS: &[f64] = &[0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0];

/// The durations and errors of engines of one kind, by the name of the engine.
#[derive(Debug)]
pub(super) struct EngineStats {
    times: DurationHistograms<1>,
    errors: RwLock<BTreeMap<Box<str>, AtomicU64>>,
}

impl EngineStats {
    pub(super) fn new<'a>(engines: impl IntoIterator<Item = &'a str>) -> Self {
        let stats = Self { times: DurationHistograms::new(BOUNDS), errors: RwLock::default() };
        stats.set_engines(engines);
        stats
    }

    /// Replaces the engines. Those that stay keep their numbers.
    pub(super) fn set_engines<'a>(&self, engines: impl IntoIterator<Item = &'a str>) {
        let mut errors = self.errors.write();
        let mut before = std::mem::take(&mut *errors);
        for name in engines {
            let count = before.remove(name).unwrap_or_default();
            errors.insert(name.into(), count);
            self.times.ensure([name]);
        }
        self.times.retain(|[name]| errors.contains_key(name));
    }

    /// Counts the time of an engine's work, whether it was successful or not. An engine that was removed meanwhile does
    /// not count.
    pub(super) fn record_time(&self, engine: &str, duration: Duration) {
        if self.errors.read().contains_key(engine) {
            self.times.observe([engine], duration);
        }
    }

    pub(super) fn record_error(&self, engine: &str) {
        if let Some(errors) = self.errors.read().get(engine) {
            errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn snapshot(&self) -> EngineSnapshot {
        let errors = self.errors.read();
        let errors = errors
            .iter()
            .map(|(name, count)| (name.clone(), count.load(Ordering::Relaxed)))
            .collect();
        EngineSnapshot { times: self.times.samples(), errors }
    }
}

/// The durations and errors of engines of one kind at one moment.
#[derive(Debug, Clone, Default)]
pub struct EngineSnapshot {
    pub times: HistogramSamples<1>,
    pub errors: Vec<(Box<str>, u64)>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::voice::engine_stats::EngineStats;

    #[test]
    fn an_engine_that_was_removed_does_not_come_back_with_its_last_sound() {
        let stats = EngineStats::new(["before"]);
        stats.set_engines(["after"]);
        stats.record_time("before", Duration::from_secs(1));
        stats.record_error("before");
        let snapshot = stats.snapshot();
        let timed: Vec<_> = snapshot.times.iter().map(|([engine], _)| &**engine).collect();
        assert_eq!(timed, ["after"]);
        assert_eq!(snapshot.errors.len(), 1);
    }
}
