//! Counts as text.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use super::MetricsSnapshot;
use crate::trigger::circuit_breaker::BreakerState;
use crate::trigger::response_cache::ResponseCacheStats;
use crate::trigger::upstream::UpstreamState;

/// The counts as Prometheus reads them.
///
/// # Errors
///
/// When the counts can't be written as text, which no count is known to do.
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

/// All places that a pattern of `allow_hosts` stands for count as one: a label is told once.
fn merge_by_name(upstreams: Vec<UpstreamState>) -> Vec<UpstreamState> {
    let mut known: BTreeMap<String, UpstreamState> = BTreeMap::new();
    for upstream in upstreams {
        match known.get_mut(&upstream.name) {
            Some(same) => add_upstream(same, &upstream),
            None => drop(known.insert(upstream.name.clone(), upstream)),
        }
    }
    known.into_values().collect()
}

/// The breaker is the worst of theirs.
fn add_upstream(to: &mut UpstreamState, more: &UpstreamState) {
    to.breaker = to.breaker.max(more.breaker);
    to.times_opened += more.times_opened;
    to.in_flight += more.in_flight;
    to.replies_by_class.iter_mut().zip(more.replies_by_class).for_each(|(to, more)| *to += more);
    to.failed_attempts += more.failed_attempts;
    to.not_sent += more.not_sent;
    to.total_time += more.total_time;
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
        self.encode_cache(into)
    }
}

impl MetricsCollector {
    fn encode_calls(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let calls = &self.0.ended_calls;
        let ended = calls.iter().map(|(switch, outcome, number)| {
            let labels = [("switch", switch.as_str()), ("outcome", outcome.as_str())];
            (labels, ConstCounter::new(*number))
        });
        encode_family(into, "calls", "Calls that have ended", None, ended)?;
        encode_gauge(into, "calls_under_way", "Calls now", self.0.active_calls)
    }

    fn encode_answers(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        const CLASSES: [&str; 6] = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];
        let answered = self.0.upstreams.iter().flat_map(|upstream| {
            let classes = CLASSES.into_iter().zip(upstream.replies_by_class);
            classes.filter(|(_, number)| *number > 0).map(|(class, number)| {
                let labels = [("upstream", upstream.name.as_str()), ("class", class)];
                (labels, ConstCounter::new(number))
            })
        });
        let help = "Complete replies, by the class of their HTTP status";
        encode_family(into, "upstream_answers", help, None, answered)
    }

    fn encode_requests(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        type UpstreamCounter = fn(&UpstreamState) -> u64;
        let counters: [(&str, &str, UpstreamCounter); 3] = [
            ("upstream_failures", "Attempts without a complete reply", |of| of.failed_attempts),
            ("upstream_refused", "Requests that were not sent, to spare it", |of| of.not_sent),
            ("upstream_breaker_opened", "How often it was left alone", |of| of.times_opened),
        ];
        for (name, help, count) in counters {
            let samples = self.upstream_samples(|of| ConstCounter::new(count(of)));
            encode_family(into, name, help, None, samples)?;
        }
        let took = self.upstream_samples(|of| ConstCounter::new(of.total_time.as_secs_f64()));
        let seconds = Some(&Unit::Seconds);
        encode_family(into, "upstream", "What all attempts together took", seconds, took)?;
        let under_way = self.upstream_samples(|of| ConstGauge::new(saturating_i64(of.in_flight)));
        encode_family(into, "upstream_under_way", "Requests now", None, under_way)?;
        let breaker = self.upstream_samples(|of| ConstGauge::new(breaker_value(of.breaker)));
        let help = "Its breaker: 0 closed, 1 half-open, 2 open";
        encode_family(into, "upstream_breaker", help, None, breaker)
    }

    fn upstream_samples<M>(
        &self,
        metric: impl Fn(&UpstreamState) -> M,
    ) -> impl Iterator<Item = (MetricLabels<'_, 1>, M)> {
        let upstreams = self.0.upstreams.iter();
        upstreams.map(move |of| ([("upstream", of.name.as_str())], metric(of)))
    }

    fn encode_cache(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        type TallyCounter = fn(&ResponseCacheStats) -> u64;
        encode_gauge(into, "cache_entries", "Answers that are kept", self.0.cache_entries)?;
        encode_gauge(into, "cache_bytes", "What they take", self.0.cache_bytes)?;
        if let Some(up) = self.0.shared_cache_up {
            let help = "Whether the shared cache answers: 0 when it is left alone";
            encode_gauge(into, "shared_cache_up", help, usize::from(up))?;
        }
        let counters: [(&str, &str, TallyCounter); 4] = [
            ("cache_hits", "Calls that were served a kept answer", |of| of.hits),
            ("cache_stale", "Calls that were served an old one", |of| of.stale),
            ("cache_misses", "Calls that nothing was kept for", |of| of.misses),
            ("cache_joined", "Of these, calls that joined a request under way", |of| of.joined),
        ];
        for (name, help, count) in counters {
            let scripts = self.0.cache_tallies.iter();
            let samples =
                scripts.map(|(script, of)| ([("script", &**script)], ConstCounter::new(count(of))));
            encode_family(into, name, help, None, samples)?;
        }
        Ok(())
    }
}

/// One metric of all that have it; `_total` stands behind a counter's name.
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
