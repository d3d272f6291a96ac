//! Metrics as OpenMetrics text.

mod caches;
mod calls;
mod daemon;
mod process;
mod sample;
mod upstreams;

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::snapshot::MetricsSnapshot;
use process::ProcessCollector;

/// Writes the metrics as OpenMetrics text.
///
/// # Errors
///
/// If a value can't be formatted. This is not known to happen.
pub fn render(snapshot: MetricsSnapshot) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    let process = ProcessCollector(snapshot.process);
    let own = registry.sub_registry_with_prefix("dialscript");
    own.register_collector(Box::new(MetricsCollector(snapshot)));
    registry.sub_registry_with_prefix("process").register_collector(Box::new(process));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct MetricsCollector(MetricsSnapshot);

impl Collector for MetricsCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (into, snapshot) = (&mut encoder, &self.0);
        calls::encode_calls(into, snapshot)?;
        upstreams::encode_upstreams(into, snapshot)?;
        caches::encode_caches(into, snapshot)?;
        calls::encode_voice(into, snapshot)?;
        daemon::encode_daemon(into, snapshot)
    }
}
