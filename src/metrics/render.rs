//! Counts as text.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use super::Snapshot;
use crate::trigger::breaker::Standing;
use crate::trigger::cache::Tally;
use crate::trigger::upstream::UpstreamState;

/// The counts as Prometheus reads them.
///
/// # Errors
///
/// When the counts can't be written as text, which no count is known to do.
pub fn render(snapshot: Snapshot) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("dialscript");
    registry.register_collector(Box::new(Counts(Snapshot {
        upstreams: by_name(snapshot.upstreams),
        ..snapshot
    })));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// All places that a pattern of `allow_hosts` stands for count as one: a label is told once.
fn by_name(upstreams: Vec<UpstreamState>) -> Vec<UpstreamState> {
    let mut known: BTreeMap<String, UpstreamState> = BTreeMap::new();
    for upstream in upstreams {
        match known.get_mut(&upstream.name) {
            Some(same) => add(same, &upstream),
            None => drop(known.insert(upstream.name.clone(), upstream)),
        }
    }
    known.into_values().collect()
}

/// The breaker is the worst of theirs.
fn add(to: &mut UpstreamState, more: &UpstreamState) {
    to.breaker = to.breaker.max(more.breaker);
    to.opened += more.opened;
    to.under_way += more.under_way;
    to.answered.iter_mut().zip(more.answered).for_each(|(to, more)| *to += more);
    to.failed += more.failed;
    to.refused += more.refused;
    to.took += more.took;
}

#[derive(Debug)]
struct Counts(Snapshot);

/// The names and values of one sample's labels.
type Labels<'a, const N: usize> = [(&'static str, &'a str); N];

impl Collector for Counts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let into = &mut encoder;
        self.calls(into)?;
        self.answers(into)?;
        self.requests(into)?;
        self.cache(into)
    }
}

impl Counts {
    fn calls(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let calls = &self.0.calls;
        let ended = calls.iter().map(|(switch, outcome, number)| {
            let labels = [("switch", switch.as_str()), ("outcome", outcome.as_str())];
            (labels, ConstCounter::new(*number))
        });
        family(into, "calls", "Calls that have ended", None, ended)?;
        gauge(into, "calls_under_way", "Calls now", self.0.calls_under_way)
    }

    fn answers(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        const CLASSES: [&str; 6] = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];
        let answered = self.0.upstreams.iter().flat_map(|upstream| {
            let classes = CLASSES.into_iter().zip(upstream.answered);
            classes.filter(|(_, number)| *number > 0).map(|(class, number)| {
                let labels = [("upstream", upstream.name.as_str()), ("class", class)];
                (labels, ConstCounter::new(number))
            })
        });
        let help = "Complete replies, by the class of their HTTP status";
        family(into, "upstream_answers", help, None, answered)
    }

    fn requests(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        type Count = fn(&UpstreamState) -> u64;
        let counters: [(&str, &str, Count); 3] = [
            ("upstream_failures", "Attempts without a complete reply", |of| of.failed),
            ("upstream_refused", "Requests that were not sent, to spare it", |of| of.refused),
            ("upstream_breaker_opened", "How often it was left alone", |of| of.opened),
        ];
        for (name, help, count) in counters {
            let samples = self.upstreams(|of| ConstCounter::new(count(of)));
            family(into, name, help, None, samples)?;
        }
        let took = self.upstreams(|of| ConstCounter::new(of.took.as_secs_f64()));
        let seconds = Some(&Unit::Seconds);
        family(into, "upstream", "What all attempts together took", seconds, took)?;
        let under_way = self.upstreams(|of| ConstGauge::new(whole(of.under_way)));
        family(into, "upstream_under_way", "Requests now", None, under_way)?;
        let breaker = self.upstreams(|of| ConstGauge::new(number(of.breaker)));
        let help = "Its breaker: 0 closed, 1 half-open, 2 open";
        family(into, "upstream_breaker", help, None, breaker)
    }

    fn upstreams<M>(
        &self,
        metric: impl Fn(&UpstreamState) -> M,
    ) -> impl Iterator<Item = (Labels<'_, 1>, M)> {
        let upstreams = self.0.upstreams.iter();
        upstreams.map(move |of| ([("upstream", of.name.as_str())], metric(of)))
    }

    fn cache(&self, into: &mut DescriptorEncoder<'_>) -> fmt::Result {
        type Count = fn(&Tally) -> u64;
        gauge(into, "cache_entries", "Answers that are kept", self.0.cache_entries)?;
        gauge(into, "cache_bytes", "What they take", self.0.cache_bytes)?;
        if let Some(up) = self.0.shared_cache_up {
            let help = "Whether the shared cache answers: 0 when it is left alone";
            gauge(into, "shared_cache_up", help, usize::from(up))?;
        }
        let counters: [(&str, &str, Count); 4] = [
            ("cache_hits", "Calls that were served a kept answer", |of| of.hits),
            ("cache_stale", "Calls that were served an old one", |of| of.stale),
            ("cache_misses", "Calls that nothing was kept for", |of| of.misses),
            ("cache_joined", "Of these, calls that joined a request under way", |of| of.joined),
        ];
        for (name, help, count) in counters {
            let scripts = self.0.scripts.iter();
            let samples =
                scripts.map(|(script, of)| ([("script", &**script)], ConstCounter::new(count(of))));
            family(into, name, help, None, samples)?;
        }
        Ok(())
    }
}

/// One metric of all that have it; `_total` stands behind a counter's name.
fn family<'a, const N: usize, M: EncodeMetric>(
    into: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    samples: impl Iterator<Item = (Labels<'a, N>, M)>,
) -> fmt::Result {
    let mut samples = samples.peekable();
    let Some((_, first)) = samples.peek() else { return Ok(()) };
    let mut metric = into.encode_descriptor(name, help, unit, first.metric_type())?;
    samples.try_for_each(|(labels, sample)| sample.encode(metric.encode_family(&labels)?))
}

fn gauge(into: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: usize) -> fmt::Result {
    let value = ConstGauge::new(whole(value));
    value.encode(into.encode_descriptor(name, help, None, value.metric_type())?)
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn number(breaker: Standing) -> i64 {
    match breaker {
        Standing::Closed => 0,
        Standing::HalfOpen => 1,
        Standing::Open => 2,
    }
}
