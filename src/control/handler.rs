//! Requests answered from what the daemon has.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use super::protocol::{
    CacheTotals, ControlEntry, ControlReply, ControlRequest, ControlUpstream, PurgeTarget,
    ScriptCachePolicy, ScriptCacheReport, ServingPhase,
};
use crate::script::definition::{ResponseCachePolicy, Script, ScriptLibrary};
use crate::script::request::CacheKey;
use crate::trigger::HttpTriggerClient;
use crate::trigger::response_cache::{ListedCacheEntry, ResponseCacheEntry, ResponseCacheLimits};
use crate::trigger::shared_cache::SharedCache;
use crate::trigger::upstream::UpstreamState;

/// Most answers in a list: the newest.
const MAX_LISTED: usize = 10_000;
/// Fewest digits that stand for a key.
const MIN_KEY_DIGITS: usize = 4;
/// Most names in a fault.
const MAX_LISTED_NAMES: usize = 30;

/// Answers a request, and throws away what it says.
pub async fn handle_request(
    request: &ControlRequest,
    triggers: &HttpTriggerClient,
    library: &ScriptLibrary,
) -> Vec<ControlReply> {
    let desk = ControlHandler { triggers, library, now: Instant::now() };
    let answered = match request {
        ControlRequest::List { script } => desk.list(script.as_deref()),
        ControlRequest::Explain { what } => desk.explain(what),
        ControlRequest::Purge(which) => desk.purge(which).await,
    };
    answered.unwrap_or_else(|fault| vec![ControlReply::Fault(fault)])
}

/// A kept answer, with its key as people write it.
struct KeyedCacheEntry {
    hex_key: String,
    entry: ListedCacheEntry,
}

struct ControlHandler<'a> {
    triggers: &'a HttpTriggerClient,
    library: &'a ScriptLibrary,
    now: Instant,
}

impl ControlHandler<'_> {
    fn list(&self, script: Option<&str>) -> Result<Vec<ControlReply>, String> {
        let all = self.cached_entries();
        let kept = match script {
            Some(script) => self.entries_of_script(script, &all)?,
            None => all.iter().collect(),
        };
        let mut answers = self.entry_replies(&kept);
        let left_off = kept.len() - answers.len();
        answers.push(ControlReply::Sum(cache_totals(
            &all,
            self.triggers.cache().limits(),
            left_off,
        )));
        Ok(answers)
    }

    fn explain(&self, what: &str) -> Result<Vec<ControlReply>, String> {
        let all = self.cached_entries();
        let Some(script) = self.library.scripts.get(what) else {
            return Ok(self.entry_replies(&[self.entry_by_prefix(what, &all)?]));
        };
        let mut answers = vec![ControlReply::Script(Box::new(self.describe_script(script)))];
        answers.extend(self.entry_replies(&self.entries_of_script(what, &all)?));
        Ok(answers)
    }

    async fn purge(&self, which: &PurgeTarget) -> Result<Vec<ControlReply>, String> {
        let (all, cache) = (self.cached_entries(), self.triggers.cache());
        let purged = match which {
            PurgeTarget::All => cache.purge(|_, _| true),
            PurgeTarget::Script(script) => {
                self.entries_of_script(script, &all)?;
                cache.purge(|_, entry| *entry.script == **script)
            }
            PurgeTarget::Keys(keys) => {
                let meant = keys.iter().map(|key| Ok(self.entry_by_prefix(key, &all)?.entry.key));
                let meant = meant.collect::<Result<HashSet<CacheKey>, String>>()?;
                cache.purge(|key, _| meant.contains(&key))
            }
        };
        let mut answers = vec![ControlReply::Purged(purged.len())];
        if let Some(shared) = self.triggers.shared_cache() {
            answers.push(ControlReply::Shared(purge_shared(shared, which, &purged).await));
        }
        Ok(answers)
    }

    /// All kept answers, the newest first.
    fn cached_entries(&self) -> Vec<KeyedCacheEntry> {
        let mut kept = self.triggers.cache().list(self.now);
        kept.sort_by_key(|listed| Reverse(listed.entry.stored_at));
        kept.into_iter()
            .map(|listed| KeyedCacheEntry { hex_key: hex(listed.key), entry: listed })
            .collect()
    }

    /// Those of a script, which may be gone meanwhile.
    fn entries_of_script<'f>(
        &self,
        script: &str,
        all: &'f [KeyedCacheEntry],
    ) -> Result<Vec<&'f KeyedCacheEntry>, String> {
        let kept: Vec<_> =
            all.iter().filter(|found| *found.entry.entry.script == *script).collect();
        if kept.is_empty() && !self.library.scripts.contains_key(script) {
            return Err(format!("there is no script {script:?}; {}", self.script_names()));
        }
        Ok(kept)
    }

    /// The one answer that the beginning of a key means.
    fn entry_by_prefix<'f>(
        &self,
        beginning: &str,
        all: &'f [KeyedCacheEntry],
    ) -> Result<&'f KeyedCacheEntry, String> {
        let digits = beginning.to_ascii_lowercase();
        if digits.len() < MIN_KEY_DIGITS || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(format!(
                "there is no script {beginning:?}, and a key has at least {MIN_KEY_DIGITS} \
                 hexadecimal digits; {}",
                self.script_names()
            ));
        }
        let mut found = all.iter().filter(|found| found.hex_key.starts_with(&digits));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => {
                Err(format!("several kept answers have a key that begins with {digits}"))
            }
            (None, _) => Err(format!(
                "there is no kept answer with the key {digits}, and no script of this name; {}",
                self.script_names()
            )),
        }
    }

    fn script_names(&self) -> String {
        let mut names: Vec<_> = self.library.scripts.keys().map(String::as_str).collect();
        names.sort_unstable();
        let more = if names.len() > MAX_LISTED_NAMES { ", …" } else { "" };
        names.truncate(MAX_LISTED_NAMES);
        match names.is_empty() {
            true => "there are no scripts".to_owned(),
            false => format!("there are: {}{more}", names.join(", ")),
        }
    }

    fn entry_replies(&self, kept: &[&KeyedCacheEntry]) -> Vec<ControlReply> {
        kept.iter()
            .take(MAX_LISTED)
            .map(|found| ControlReply::Kept(self.describe_entry(found)))
            .collect()
    }

    fn describe_entry(
        &self,
        KeyedCacheEntry { hex_key: key, entry: listed }: &KeyedCacheEntry,
    ) -> ControlEntry {
        let ResponseCacheEntry { answer, stored_at: since, request_label: label, script, .. } =
            &listed.entry;
        let age = self.now.saturating_duration_since(*since);
        let asks = self.library.scripts.get(&**script).and_then(|script| script_caching(script));
        ControlEntry {
            key: key.clone(),
            script: script.to_string(),
            request: label.to_string(),
            status: answer.status,
            age_ms: milliseconds(age),
            bytes: listed.bytes,
            ahead: asks.map(|asks| serving_phases(&listed.entry, asks, age)).unwrap_or_default(),
        }
    }

    fn describe_script(&self, script: &Script) -> ScriptCacheReport {
        let mut tallies = self.triggers.cache().script_stats().into_iter();
        let tally = tallies.find(|(name, _)| **name == *script.name).map(|(_, tally)| tally);
        let asked =
            script.trigger.as_ref().map(|trigger| self.triggers.upstream_states_for(trigger));
        ScriptCacheReport {
            script: script.name.clone(),
            keeps: cache_policy(script),
            tally: tally.unwrap_or_default(),
            upstreams: asked.unwrap_or_default().into_iter().map(upstream_status).collect(),
        }
    }
}

/// The same where daemons share their answers; why not, where that fails.
async fn purge_shared(
    shared: &SharedCache,
    which: &PurgeTarget,
    purged: &[CacheKey],
) -> Option<String> {
    if *which == PurgeTarget::All {
        return shared.purge().await.err().map(|error| error.to_string());
    }
    let removed = shared.remove(purged).await;
    (!removed).then(|| "the shared cache does not answer, or refuses".to_owned())
}

fn script_caching(script: &Script) -> Option<&ResponseCachePolicy> {
    script.trigger.as_ref()?.cache_policy.as_ref()
}

fn cache_totals(
    all: &[KeyedCacheEntry],
    bounds: ResponseCacheLimits,
    left_off: usize,
) -> CacheTotals {
    CacheTotals {
        entries: all.len(),
        bytes: all.iter().map(|found| found.entry.bytes).sum(),
        max_entries: bounds.max_entries,
        max_bytes: bounds.max_bytes,
        left_off,
    }
}

fn cache_policy(script: &Script) -> ScriptCachePolicy {
    let Some(trigger) = &script.trigger else { return ScriptCachePolicy::AsksNobody };
    match &trigger.cache_policy {
        _ if trigger.background => ScriptCachePolicy::Background,
        None => ScriptCachePolicy::Nothing,
        Some(caching) => ScriptCachePolicy::Answers {
            fresh_ms: milliseconds(caching.fresh),
            stale_ms: milliseconds(caching.stale),
            stale_if_error_ms: milliseconds(caching.stale_if_error),
            by: caching
                .key
                .as_ref()
                .map(|key| key.template.placeholders().map(ToString::to_string).collect()),
        },
    }
}

/// The ways in which an answer of this age still serves, each with its end.
fn serving_phases(
    entry: &ResponseCacheEntry,
    asks: &ResponseCachePolicy,
    age: Duration,
) -> Vec<ServingPhase> {
    let mut from = age;
    let mut ahead = Vec::new();
    for (serves, until) in entry.max_ages(asks) {
        if until > from {
            from = until;
            ahead.push(ServingPhase { serves, until_ms: milliseconds(until - age) });
        }
    }
    ahead
}

fn upstream_status(state: UpstreamState) -> ControlUpstream {
    ControlUpstream {
        name: state.name,
        breaker: state.breaker,
        under_way: state.in_flight,
        answered: state.replies_by_class.iter().sum(),
        failed: state.failed_attempts,
        refused: state.not_sent,
    }
}

fn hex(key: CacheKey) -> String {
    key.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
