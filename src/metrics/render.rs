//! Metrics as OpenMetrics text.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use super::snapshot::MetricsSnapshot;
use crate::circuit_breaker::BreakerState;
use crate::trigger::response_cache::ResponseCacheStats;
use crate::trigger::upstream::UpstreamState;

/// Writes the metrics as OpenMetrics text.
///
/// # Errors
///
/// If a value can't be formatted. This is not known to happen.
pub fn render(snapshot: MetricsSnapshot) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("dialscript");
    registry.register_collector(Box::new(MetricsCollector(MetricsSnapshot {
        upstreams: merge_by_name(snapshot.upstreams),
        ..snapshot
    })));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// Combines upstreams with the same name. All hosts that match a pattern of `allow_hosts` have the pattern as their
/// name, and a metric must not have two samples with the same labels.
fn merge_by_name(upstreams: Vec<UpstreamState>) -> Vec<UpstreamState> {
    let mut by_name: BTreeMap<String, UpstreamState> = BTreeMap::new();
    for upstream in upstreams {
        match by_name.get_mut(&upstream.name) {
            Some(sum) => add_upstream(sum, &upstream),
            None => drop(by_name.insert(upstream.name.clone(), upstream)),
        }
    }
    by_name.into_values().collect()
}

/// Adds the values of an upstream to `sum`. For the circuit breaker, the worse state of the two is used.
fn add_upstream(sum: &mut UpstreamState, more: &UpstreamState) {
    sum.breaker = sum.breaker.max(more.breaker);
    sum.times_opened += more.times_opened;
    sum.in_flight += more.in_flight;
    sum.replies_by_class.iter_mut().zip(more.replies_by_class).for_each(|(sum, more)| *sum += more);
    sum.failed_attempts += more.failed_attempts;
    sum.not_sent += more.not_sent;
    sum.total_time += more.total_time;
}

#[derive(Debug)]
struct MetricsCollector(MetricsSnapshot);

/// The names and values of one sample's labels.
type MetricLabels<'a, const N: usize> = [(&'static str, &'a str); N];

impl Collector for MetricsCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let into = &mut encoder;
        self.encode_calls(into)?;
        self.encode_answers(into)?;
        self.encode_requests(into)?;
        self.encode_cache(into)?;
        self.encode_log(into)
    }
}

impl MetricsCollector {
    fn encode_calls(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let calls = &self.0.ended_calls;
        let ended = calls.iter().map(|(switch, outcome, count)| {
            let labels = [("switch", switch.as_str()), ("outcome", outcome.as_str())];
            (labels, ConstCounter::new(*count))
        });
        encode_family(into, "calls", "Finished calls", None, ended)?;
        encode_gauge(into, "calls_under_way", "Calls in progress", self.0.active_calls)
    }

    fn encode_answers(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        const CLASSES: [&str; 6] = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];
        let answers = self.0.upstreams.iter().flat_map(|upstream| {
            let classes = CLASSES.into_iter().zip(upstream.replies_by_class);
            classes.filter(|(_, count)| *count > 0).map(|(class, count)| {
                let labels = [("upstream", upstream.name.as_str()), ("class", class)];
                (labels, ConstCounter::new(count))
            })
        });
        let help = "Complete answers, by HTTP status class";
        encode_family(into, "upstream_answers", help, None, answers)
    }

    fn encode_requests(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        type UpstreamCounter = fn(&UpstreamState) -> u64;
        let counters: [(&str, &str, UpstreamCounter); 3] = [
            ("upstream_failures", "Attempts without a complete answer", |upstream| {
                upstream.failed_attempts
            }),
            (
                "upstream_refused",
                "Requests not sent: circuit breaker open, or too many requests in progress",
                |upstream| upstream.not_sent,
            ),
            ("upstream_breaker_opened", "Times the circuit breaker opened", |upstream| {
                upstream.times_opened
            }),
        ];
        for (name, help, read) in counters {
            let samples = self.upstream_samples(|upstream| ConstCounter::new(read(upstream)));
            encode_family(into, name, help, None, samples)?;
        }
        let duration =
            self.upstream_samples(|upstream| ConstCounter::new(upstream.total_time.as_secs_f64()));
        let seconds = Some(&Unit::Seconds);
        encode_family(into, "upstream", "Total duration of all attempts", seconds, duration)?;
        let in_flight =
            self.upstream_samples(|upstream| ConstGauge::new(saturating_i64(upstream.in_flight)));
        encode_family(into, "upstream_under_way", "Requests in progress", None, in_flight)?;
        let breaker =
            self.upstream_samples(|upstream| ConstGauge::new(breaker_value(upstream.breaker)));
        let help = "Circuit breaker state: 0 closed, 1 half-open, 2 open";
        encode_family(into, "upstream_breaker", help, None, breaker)
    }

    fn upstream_samples<M>(
        &self,
        metric: impl Fn(&UpstreamState) -> M,
    ) -> impl Iterator<Item = (MetricLabels<'_, 1>, M)> {
        let upstreams = self.0.upstreams.iter();
        upstreams.map(move |upstream| ([("upstream", upstream.name.as_str())], metric(upstream)))
    }

    fn encode_cache(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        type StatsCounter = fn(&ResponseCacheStats) -> u64;
        encode_gauge(into, "cache_entries", "Cached answers", self.0.cache_entries)?;
        encode_gauge(into, "cache_bytes", "Size of the cached answers", self.0.cache_bytes)?;
        if let Some(up) = self.0.shared_cache_up {
            let help = "1 if the shared cache is available, else 0";
            encode_gauge(into, "shared_cache_up", help, usize::from(up))?;
        }
        let counters: [(&str, &str, StatsCounter); 4] = [
            ("cache_hits", "Calls served a fresh cached answer", |stats| stats.hits),
            ("cache_stale", "Calls served a stale answer", |stats| stats.stale),
            ("cache_misses", "Calls without a cached answer", |stats| stats.misses),
            ("cache_joined", "Cache misses that joined a request in progress", |stats| {
                stats.joined
            }),
        ];
        for (name, help, read) in counters {
            let scripts = self.0.cache_tallies.iter();
            let samples = scripts
                .map(|(script, stats)| ([("script", &**script)], ConstCounter::new(read(stats))));
            encode_family(into, name, help, None, samples)?;
        }
        Ok(())
    }

    fn encode_log(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let lost = ConstCounter::new(self.0.lost_log_lines);
        let help = "Log lines that could not be written";
        lost.encode(into.encode_descriptor("log_lines_lost", help, None, lost.metric_type())?)
    }
}

/// Writes one metric with a sample for each set of labels. The encoder appends `_total` to the name of a counter.
fn encode_family<'a, const N: usize, M: EncodeMetric>(
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

fn encode_gauge(
    into: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: usize,
) -> fmt::Result {
    let value = ConstGauge::new(saturating_i64(value));
    value.encode(into.encode_descriptor(name, help, None, value.metric_type())?)
}

fn saturating_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn breaker_value(breaker: BreakerState) -> i64 {
    match breaker {
        BreakerState::Closed => 0,
        BreakerState::HalfOpen => 1,
        BreakerState::Open => 2,
    }
}
