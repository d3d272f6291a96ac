//! The metrics of the response cache and the shared cache.

use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::ConstCounter;

use super::sample::{encode_family, encode_gauge};
use crate::metrics::snapshot::MetricsSnapshot;
use crate::trigger::response_cache::ResponseCacheStats;

pub(super) fn encode_caches(
    into: &mut DescriptorEncoder<'_>,
    snapshot: &MetricsSnapshot,
) -> fmt::Result {
    type StatsCounter = fn(&ResponseCacheStats) -> u64;
    encode_gauge(into, "cache_entries", "Cached answers", snapshot.cache_entries)?;
    encode_gauge(into, "cache_bytes", "Size of the cached answers", snapshot.cache_bytes)?;
    if let Some(up) = snapshot.shared_cache_up {
        let help = "1 if the shared cache is available, else 0";
        encode_gauge(into, "shared_cache_up", help, usize::from(up))?;
    }
    let counters: [(&str, &str, StatsCounter); 4] = [
        ("cache_hits", "Calls served a fresh cached answer", |stats| stats.hits),
        ("cache_stale", "Calls served a stale answer", |stats| stats.stale),
        ("cache_misses", "Calls without a cached answer", |stats| stats.misses),
        ("cache_joined", "Cache misses that joined a request in progress", |stats| stats.joined),
    ];
    for (name, help, read) in counters {
        let scripts = snapshot.cache_stats.iter();
        let samples = scripts
            .map(|(script, stats)| ([("script", &**script)], ConstCounter::new(read(stats))));
        encode_family(into, name, help, None, samples)?;
    }
    Ok(())
}
