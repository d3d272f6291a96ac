//! Handles the requests of the control socket that are about the response cache.

mod describe;
mod lookup;

use std::collections::HashSet;

use tokio::time::Instant;

use super::protocol::{CacheTotals, ControlReply, ControlRequest, PurgeTarget};
use crate::script::definition::ScriptLibrary;
use crate::script::request::CacheKey;
use crate::trigger::HttpTriggerClient;
use crate::trigger::shared_cache::SharedCache;
use describe::{describe_entry, describe_script};
use lookup::{CacheIndex, KeyedCacheEntry};

/// The maximum number of entries in a list. The oldest entries are left out.
const MAX_LISTED: usize = 10_000;

/// Carries out a request about the response cache and returns the lines of the reply.
pub async fn handle_request(
    request: &ControlRequest,
    triggers: &HttpTriggerClient,
    library: &ScriptLibrary,
) -> Vec<ControlReply> {
    let now = Instant::now();
    let index = CacheIndex::new(triggers.cache().list(now), library);
    let handler = ControlHandler { triggers, library, index, now };
    let replies = match request {
        ControlRequest::List { script } => handler.list(script.as_deref()),
        ControlRequest::Explain { what } => handler.explain(what),
        ControlRequest::Purge(target) => handler.purge(target).await,
        _ => Err("this request is not about the response cache".to_owned()),
    };
    replies.unwrap_or_else(|error| vec![ControlReply::Error(error)])
}

struct ControlHandler<'a> {
    triggers: &'a HttpTriggerClient,
    library: &'a ScriptLibrary,
    index: CacheIndex<'a>,
    now: Instant,
}

impl ControlHandler<'_> {
    fn list(&self, script: Option<&str>) -> Result<Vec<ControlReply>, String> {
        let entries = match script {
            Some(script) => self.index.entries_of_script(script)?,
            None => self.index.entries().iter().collect(),
        };
        let mut replies = self.entry_replies(&entries);
        let left_off = entries.len() - replies.len();
        replies.push(ControlReply::Totals(self.totals(left_off)));
        Ok(replies)
    }

    fn explain(&self, what: &str) -> Result<Vec<ControlReply>, String> {
        let Some(script) = self.library.scripts.get(what) else {
            return Ok(self.entry_replies(&[self.index.entry_by_prefix(what)?]));
        };
        let report = describe_script(self.triggers, script);
        let mut replies = vec![ControlReply::Script(Box::new(report))];
        replies.extend(self.entry_replies(&self.index.entries_of_script(what)?));
        Ok(replies)
    }

    async fn purge(&self, target: &PurgeTarget) -> Result<Vec<ControlReply>, String> {
        let cache = self.triggers.cache();
        let purged = match target {
            PurgeTarget::All => cache.purge(|_, _| true),
            PurgeTarget::Script(script) => {
                self.index.entries_of_script(script)?;
                cache.purge(|_, entry| *entry.script == **script)
            }
            PurgeTarget::Keys(prefixes) => {
                let keys =
                    prefixes.iter().map(|prefix| Ok(self.index.entry_by_prefix(prefix)?.entry.key));
                let keys = keys.collect::<Result<HashSet<CacheKey>, String>>()?;
                cache.purge(|key, _| keys.contains(&key))
            }
        };
        let mut replies = vec![ControlReply::Purged(purged.len())];
        if let Some(shared) = self.triggers.shared_cache() {
            replies.push(ControlReply::SharedPurge(purge_shared(shared, target, &purged).await));
        }
        Ok(replies)
    }

    fn totals(&self, left_off: usize) -> CacheTotals {
        let (entries, limits) = (self.index.entries(), self.triggers.cache().limits());
        CacheTotals {
            entries: entries.len(),
            bytes: entries.iter().map(|keyed| keyed.entry.bytes).sum(),
            max_entries: limits.max_entries,
            max_bytes: limits.max_bytes,
            omitted: left_off,
        }
    }

    fn entry_replies(&self, entries: &[&KeyedCacheEntry]) -> Vec<ControlReply> {
        entries
            .iter()
            .take(MAX_LISTED)
            .map(|keyed| {
                let script = self.library.scripts.get(&*keyed.entry.entry.script);
                ControlReply::Entry(describe_entry(keyed, script.map(|script| &**script), self.now))
            })
            .collect()
    }
}

/// Removes the same entries from the shared cache. Returns the error, if any.
async fn purge_shared(
    shared: &SharedCache,
    target: &PurgeTarget,
    purged: &[CacheKey],
) -> Option<String> {
    if *target == PurgeTarget::All {
        return shared.purge().await.err().map(|error| error.to_string());
    }
    let removed = shared.remove(purged).await;
    (!removed).then(|| "the shared cache is unavailable or refused the command".to_owned())
}
