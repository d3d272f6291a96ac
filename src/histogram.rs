//! Histograms of durations in seconds, by labels. The metrics show them; the modules that measure hold them.

use std::time::Duration;

use parking_lot::RwLock;
pub use prometheus_client::metrics::histogram::Histogram;

/// The most sets of labels of one metric. Prometheus keeps a time series for each bucket of each of them.
pub const MAX_LABEL_SETS: usize = 1024;
/// The value of all labels for durations beyond [`MAX_LABEL_SETS`].
pub const OTHER: &str = "other";

/// The histograms of one metric with the values of their labels, in the order of the values.
pub type HistogramSamples<const N: usize> = Vec<([Box<str>; N], Histogram)>;

/// The histograms of one metric, which has `N` labels.
#[derive(Debug)]
pub struct DurationHistograms<const N: usize> {
    /// The upper bounds of the buckets, in seconds.
    bounds: &'static [f64],
    /// Sorted by labels, so that a lookup needs no copy of them.
    samples: RwLock<HistogramSamples<N>>,
}

impl<const N: usize> DurationHistograms<N> {
    /// Creates a metric without histograms. `bounds` are the upper bounds of the buckets, in seconds.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, samples: RwLock::default() }
    }

    /// Creates a metric with an empty histogram for each of these labels.
    pub fn with_labels<'a>(
        bounds: &'static [f64],
        labels: impl IntoIterator<Item = [&'a str; N]>,
    ) -> Self {
        let histograms = Self::new(bounds);
        for labels in labels {
            histograms.ensure(labels);
        }
        histograms
    }

    /// Adds an empty histogram with these labels, if there is none.
    pub fn ensure(&self, labels: [&str; N]) {
        self.add(labels);
    }

    /// Counts a duration.
    pub fn observe(&self, labels: [&str; N], duration: Duration) {
        let seconds = duration.as_secs_f64();
        let samples = self.samples.read();
        let found = match position(&samples, labels) {
            Err(_) if samples.len() >= MAX_LABEL_SETS => position(&samples, [OTHER; N]),
            found => found,
        };
        if let Ok(index) = found {
            samples[index].1.observe(seconds);
            return;
        }
        drop(samples);
        self.add(labels).observe(seconds);
    }

    /// The histograms. They go on counting.
    pub fn samples(&self) -> HistogramSamples<N> {
        self.samples.read().clone()
    }

    /// Removes the histograms with labels that are not used any more. The one with [`OTHER`] stays.
    pub fn retain(&self, is_used: impl Fn(&[Box<str>; N]) -> bool) {
        let stays = |labels: &[Box<str>; N]| {
            labels.iter().all(|value| &**value == OTHER) || is_used(labels)
        };
        // Calls wait for a writer, so there is none if there is nothing to remove.
        if self.samples.read().iter().all(|(labels, _)| stays(labels)) {
            return;
        }
        self.samples.write().retain(|(labels, _)| stays(labels));
    }

    /// The histogram with these labels, which is created if it does not exist and there is room for it.
    fn add(&self, labels: [&str; N]) -> Histogram {
        let mut samples = self.samples.write();
        let labels = match position(&samples, labels) {
            Err(_) if samples.len() >= MAX_LABEL_SETS => [OTHER; N],
            _ => labels,
        };
        match position(&samples, labels) {
            Ok(index) => samples[index].1.clone(),
            Err(index) => {
                let histogram = Histogram::new(self.bounds.iter().copied());
                samples.insert(index, (labels.map(Box::from), histogram.clone()));
                histogram
            }
        }
    }
}

/// The index of these labels; without them, the index where they belong.
fn position<const N: usize>(
    samples: &HistogramSamples<N>,
    labels: [&str; N],
) -> Result<usize, usize> {
    samples.binary_search_by(|(known, _)| {
        let known = known.iter().map(|value| &**value);
        known.cmp(labels.iter().copied())
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DurationHistograms, MAX_LABEL_SETS, OTHER};

    #[test]
    fn labels_beyond_the_limit_are_counted_together() {
        let histograms = DurationHistograms::<2>::new(&[1.0]);
        for number in 0..MAX_LABEL_SETS + 10 {
            histograms.observe(["script", &format!("{number:05}")], Duration::from_secs(1));
        }
        let labels: Vec<_> = histograms.samples().into_iter().map(|(labels, _)| labels).collect();
        assert_eq!(labels.len(), MAX_LABEL_SETS + 1);
        assert_eq!(
            labels.iter().filter(|labels| **labels == [OTHER, OTHER].map(Box::from)).count(),
            1
        );
        assert!(labels.is_sorted());
    }

    #[test]
    fn unused_labels_are_removed() {
        let histograms = DurationHistograms::with_labels(&[1.0], [["one"], ["two"]]);
        histograms.retain(|[script]| &**script == "two");
        assert_eq!(histograms.samples().len(), 1);
    }
}
