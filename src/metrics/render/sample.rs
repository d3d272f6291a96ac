//! Writes the samples of one metric.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use crate::histogram::HistogramSamples;

/// The names and values of one sample's labels.
pub(super) type MetricLabels<'a, const N: usize> = [(&'static str, &'a str); N];

/// Writes one metric with a sample for each set of labels. The encoder appends the unit to the name, and `_total` to
/// the name of a counter.
pub(super) fn encode_family<'a, const N: usize, M: EncodeMetric>(
    into: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    samples: impl Iterator<Item = (MetricLabels<'a, N>, M)>,
) -> fmt::Result {
    let mut samples = samples.peekable();
    let Some((_, first)) = samples.peek() else { return Ok(()) };
    let mut metric = into.encode_descriptor(name, help, unit, first.metric_type())?;
    samples.try_for_each(|(labels, sample)| sample.encode(metric.encode_family(&labels)?))
}

/// Writes histograms of seconds.
pub(super) fn encode_histograms<const N: usize>(
    into: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label_names: [&'static str; N],
    samples: &HistogramSamples<N>,
) -> fmt::Result {
    let samples = samples.iter().map(|(values, histogram)| {
        let labels: MetricLabels<'_, N> =
            std::array::from_fn(|index| (label_names[index], &*values[index]));
        (labels, histogram.clone())
    });
    encode_family(into, name, help, Some(&Unit::Seconds), samples)
}

pub(super) fn encode_gauge(
    into: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: usize,
) -> fmt::Result {
    encode_metric(into, name, help, None, &ConstGauge::new(saturating_i64(value)))
}

pub(super) fn encode_counter(
    into: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: u64,
) -> fmt::Result {
    encode_metric(into, name, help, None, &ConstCounter::new(value))
}

/// Writes one metric without labels.
pub(super) fn encode_metric(
    into: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    metric: &impl EncodeMetric,
) -> fmt::Result {
    metric.encode(into.encode_descriptor(name, help, unit, metric.metric_type())?)
}

pub(super) fn saturating_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
