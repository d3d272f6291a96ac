//! How long speech engines take, and how often they fail.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::histogram::{DurationHistograms, HistogramSamples};

/// The upper bounds of the buckets, in seconds. A local engine speaks in some hundredths of a second, a web service in
/// some tenths.
const BOUNDS: &[f64] = &[0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0];

/// The durations and errors of engines of one kind, by the name of the engine. The engines are fixed.
#[derive(Debug)]
pub(super) struct EngineStats {
    times: DurationHistograms<1>,
    errors: BTreeMap<Box<str>, AtomicU64>,
}

impl EngineStats {
    pub(super) fn new<'a>(engines: impl Iterator<Item = &'a str> + Clone) -> Self {
        Self {
            times: DurationHistograms::with_labels(BOUNDS, engines.clone().map(|name| [name])),
            errors: engines.map(|name| (name.into(), AtomicU64::new(0))).collect(),
        }
    }

    /// Counts a run of an engine, whether it was successful or not.
    pub(super) fn record_time(&self, engine: &str, duration: Duration) {
        self.times.observe([engine], duration);
    }

    pub(super) fn record_error(&self, engine: &str) {
        if let Some(errors) = self.errors.get(engine) {
            errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn snapshot(&self) -> EngineSnapshot {
        let errors = self.errors.iter();
        let errors = errors.map(|(name, count)| (name.clone(), count.load(Ordering::Relaxed)));
        EngineSnapshot { times: self.times.samples(), errors: errors.collect() }
    }
}

/// The durations and errors of engines of one kind at one moment.
#[derive(Debug, Clone, Default)]
pub struct EngineSnapshot {
    pub times: HistogramSamples<1>,
    pub errors: Vec<(Box<str>, u64)>,
}
