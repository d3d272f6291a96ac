//! The metrics that all programs have, with the names of all client libraries of Prometheus.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use super::sample::encode_metric;
use crate::metrics::process::ProcessSnapshot;

#[derive(Debug)]
pub(super) struct ProcessCollector(pub(super) ProcessSnapshot);

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let ProcessSnapshot { cpu_time, threads, started_at, open_fds, .. } = self.0;
        let ProcessSnapshot { resident_bytes, virtual_bytes, max_fds, .. } = self.0;
        let into = &mut encoder;
        if let Some(time) = cpu_time {
            let (time, help) = (ConstCounter::new(time.as_secs_f64()), "User and system CPU time");
            encode_metric(into, "cpu", help, Some(&Unit::Seconds), &time)?;
        }
        if let Some(started_at) = started_at {
            let (started_at, help) = (ConstGauge::new(started_at), "Start of the process");
            encode_metric(into, "start_time", help, Some(&Unit::Seconds), &started_at)?;
        }
        let resident = resident_bytes.map(ConstGauge::new);
        encode_if_known(into, "resident_memory", "Memory in use", Some(&Unit::Bytes), resident)?;
        let virtual_memory = virtual_bytes.map(ConstGauge::new);
        let help = "Address space in use";
        encode_if_known(into, "virtual_memory", help, Some(&Unit::Bytes), virtual_memory)?;
        let open = open_fds.map(|count| ConstGauge::new(count as u64));
        encode_if_known(into, "open_fds", "Open file descriptors", None, open)?;
        let max = max_fds.map(ConstGauge::new);
        encode_if_known(into, "max_fds", "The most open file descriptors", None, max)?;
        encode_if_known(into, "threads", "Threads", None, threads.map(ConstGauge::new))
    }
}

fn encode_if_known<N: fmt::Debug>(
    into: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    value: Option<ConstGauge<N>>,
) -> fmt::Result
where
    ConstGauge<N>: prometheus_client::encoding::EncodeMetric,
{
    value.map_or(Ok(()), |value| encode_metric(into, name, help, unit, &value))
}
