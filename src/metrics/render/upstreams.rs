//! The metrics of web applications.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use super::sample::{MetricLabels, encode_family, encode_histograms, saturating_i64};
use crate::circuit_breaker::BreakerState;
use crate::metrics::snapshot::MetricsSnapshot;
use crate::trigger::upstream::UpstreamState;

pub(super) fn encode_upstreams(
    into: &mut DescriptorEncoder<'_>,
    snapshot: &MetricsSnapshot,
) -> fmt::Result {
    let upstreams = merge_by_name(&snapshot.upstreams);
    let help = "How long calls waited for the answer to a request, with all attempts";
    let labels = ["script", "upstream"];
    encode_histograms(into, "trigger", help, labels, &snapshot.trigger_waits)?;
    encode_answers(into, &upstreams)?;
    encode_requests(into, &upstreams)
}

/// Combines upstreams with the same name. All hosts that match a pattern of `allow_hosts` have the pattern as their
/// name, and a metric must not have two samples with the same labels.
fn merge_by_name(upstreams: &[UpstreamState]) -> Vec<UpstreamState> {
    let mut by_name: BTreeMap<String, UpstreamState> = BTreeMap::new();
    for upstream in upstreams {
        match by_name.get_mut(&upstream.name) {
            Some(sum) => add_upstream(sum, upstream),
            None => drop(by_name.insert(upstream.name.clone(), upstream.clone())),
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

fn encode_answers(into: &mut DescriptorEncoder<'_>, upstreams: &[UpstreamState]) -> fmt::Result {
    const CLASSES: [&str; 6] = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];
    let answers = upstreams.iter().flat_map(|upstream| {
        let classes = CLASSES.into_iter().zip(upstream.replies_by_class);
        classes.filter(|(_, count)| *count > 0).map(|(class, count)| {
            let labels = [("upstream", upstream.name.as_str()), ("class", class)];
            (labels, ConstCounter::new(count))
        })
    });
    let help = "Complete answers, by HTTP status class";
    encode_family(into, "upstream_answers", help, None, answers)
}

fn encode_requests(into: &mut DescriptorEncoder<'_>, upstreams: &[UpstreamState]) -> fmt::Result {
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
        let samples = upstream_samples(upstreams, |upstream| ConstCounter::new(read(upstream)));
        encode_family(into, name, help, None, samples)?;
    }
    let duration = upstream_samples(upstreams, |upstream| {
        ConstCounter::new(upstream.total_time.as_secs_f64())
    });
    let seconds = Some(&Unit::Seconds);
    encode_family(into, "upstream", "Total duration of all attempts", seconds, duration)?;
    let in_flight =
        upstream_samples(upstreams, |upstream| ConstGauge::new(saturating_i64(upstream.in_flight)));
    encode_family(into, "upstream_under_way", "Requests in progress", None, in_flight)?;
    let breaker =
        upstream_samples(upstreams, |upstream| ConstGauge::new(breaker_value(upstream.breaker)));
    let help = "Circuit breaker state: 0 closed, 1 half-open, 2 open";
    encode_family(into, "upstream_breaker", help, None, breaker)
}

fn upstream_samples<'a, M>(
    upstreams: &'a [UpstreamState],
    metric: impl Fn(&UpstreamState) -> M + 'a,
) -> impl Iterator<Item = (MetricLabels<'a, 1>, M)> {
    upstreams.iter().map(move |upstream| ([("upstream", upstream.name.as_str())], metric(upstream)))
}

fn breaker_value(breaker: BreakerState) -> i64 {
    match breaker {
        BreakerState::Closed => 0,
        BreakerState::HalfOpen => 1,
        BreakerState::Open => 2,
    }
}
