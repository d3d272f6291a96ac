//! Cache entries and scripts as the control protocol describes them.

use std::time::Duration;

use tokio::time::Instant;

use super::lookup::KeyedCacheEntry;
use crate::control::protocol::{ControlEntry, ScriptCachePolicy, ScriptCacheReport, ServingPhase};
use crate::script::definition::{ResponseCachePolicy, Script};
use crate::trigger::HttpTriggerClient;
use crate::trigger::response_cache::ResponseCacheEntry;

/// Describes an entry. `script` is the script that it belongs to; `None` if a reload has removed the script.
pub(super) fn describe_entry(
    keyed: &KeyedCacheEntry,
    script: Option<&Script>,
    now: Instant,
) -> ControlEntry {
    let entry = &keyed.entry.entry;
    let age = now.saturating_duration_since(entry.stored_at);
    let policy = script.and_then(|script| script.trigger.as_ref()?.cache_policy.as_ref());
    ControlEntry {
        key: keyed.hex_key.clone(),
        script: entry.script.to_string(),
        request: entry.request_label.to_string(),
        status: entry.answer.status,
        age_ms: milliseconds(age),
        bytes: keyed.entry.bytes,
        phases: policy.map(|policy| serving_phases(entry, policy, age)).unwrap_or_default(),
    }
}

pub(super) fn describe_script(triggers: &HttpTriggerClient, script: &Script) -> ScriptCacheReport {
    let mut stats = triggers.cache().script_stats().into_iter();
    let stats = stats.find(|(name, _)| **name == *script.name).map(|(_, stats)| stats);
    let upstreams = script.trigger.as_ref().map(|trigger| triggers.upstream_states_for(trigger));
    ScriptCacheReport {
        script: script.name.clone(),
        policy: cache_policy(script),
        stats: stats.unwrap_or_default(),
        upstreams: upstreams.unwrap_or_default().into_iter().map(Into::into).collect(),
    }
}

fn cache_policy(script: &Script) -> ScriptCachePolicy {
    let Some(trigger) = &script.trigger else { return ScriptCachePolicy::NoTrigger };
    match &trigger.cache_policy {
        _ if trigger.background => ScriptCachePolicy::Background,
        None => ScriptCachePolicy::Disabled,
        Some(policy) => ScriptCachePolicy::Enabled {
            fresh_ms: milliseconds(policy.fresh),
            stale_ms: milliseconds(policy.stale),
            stale_if_error_ms: milliseconds(policy.stale_if_error),
            key_values: policy
                .key
                .as_ref()
                .map(|key| key.template.placeholders().map(ToString::to_string).collect()),
        },
    }
}

/// How an entry of this age will be served from now on. Phases that are over or empty are left out.
fn serving_phases(
    entry: &ResponseCacheEntry,
    policy: &ResponseCachePolicy,
    age: Duration,
) -> Vec<ServingPhase> {
    let mut start = age;
    let mut phases = Vec::new();
    for (serves, end) in entry.max_ages(policy) {
        if end > start {
            start = end;
            phases.push(ServingPhase { serves, until_ms: milliseconds(end - age) });
        }
    }
    phases
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
