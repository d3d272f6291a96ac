//! Requests answered from what the daemon has.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use super::protocol::{Ahead, Answer, Explained, Keeps, Kept, Purge, Request, Sum, Upstream};
use crate::script::definition::{Caching, Library, Script};
use crate::script::request::CacheKey;
use crate::trigger::HttpTriggers;
use crate::trigger::cache::{Bounds, Entry, Listed};
use crate::trigger::shared::SharedCache;
use crate::trigger::upstream::UpstreamState;

/// Most answers in a list: the newest.
const MOST_LISTED: usize = 10_000;
/// Fewest digits that stand for a key.
const FEWEST_DIGITS: usize = 4;
/// Most names in a fault.
const MOST_NAMES: usize = 30;

/// Answers a request, and throws away what it says.
pub async fn answer(request: &Request, triggers: &HttpTriggers, library: &Library) -> Vec<Answer> {
    let desk = Desk { triggers, library, now: Instant::now() };
    let answered = match request {
        Request::List { script } => desk.list(script.as_deref()),
        Request::Explain { what } => desk.explain(what),
        Request::Purge(which) => desk.purge(which).await,
    };
    answered.unwrap_or_else(|fault| vec![Answer::Fault(fault)])
}

/// A kept answer, with its key as people write it.
struct Found {
    key: String,
    listed: Listed,
}

struct Desk<'a> {
    triggers: &'a HttpTriggers,
    library: &'a Library,
    now: Instant,
}

impl Desk<'_> {
    fn list(&self, script: Option<&str>) -> Result<Vec<Answer>, String> {
        let all = self.kept();
        let kept = match script {
            Some(script) => self.kept_for(script, &all)?,
            None => all.iter().collect(),
        };
        let mut answers = self.shown(&kept);
        let left_off = kept.len() - answers.len();
        answers.push(Answer::Sum(sum(&all, self.triggers.cache().bounds(), left_off)));
        Ok(answers)
    }

    fn explain(&self, what: &str) -> Result<Vec<Answer>, String> {
        let all = self.kept();
        let Some(script) = self.library.scripts.get(what) else {
            return Ok(self.shown(&[self.meant(what, &all)?]));
        };
        let mut answers = vec![Answer::Script(Box::new(self.explained(script)))];
        answers.extend(self.shown(&self.kept_for(what, &all)?));
        Ok(answers)
    }

    async fn purge(&self, which: &Purge) -> Result<Vec<Answer>, String> {
        let (all, cache) = (self.kept(), self.triggers.cache());
        let purged = match which {
            Purge::All => cache.purge(|_, _| true),
            Purge::Script(script) => {
                self.kept_for(script, &all)?;
                cache.purge(|_, entry| *entry.script == **script)
            }
            Purge::Keys(keys) => {
                let meant = keys.iter().map(|key| Ok(self.meant(key, &all)?.listed.key));
                let meant = meant.collect::<Result<HashSet<CacheKey>, String>>()?;
                cache.purge(|key, _| meant.contains(&key))
            }
        };
        let mut answers = vec![Answer::Purged(purged.len())];
        if let Some(shared) = self.triggers.shared() {
            answers.push(Answer::Shared(purge_shared(shared, which, &purged).await));
        }
        Ok(answers)
    }

    /// All kept answers, the newest first.
    fn kept(&self) -> Vec<Found> {
        let mut kept = self.triggers.cache().list(self.now);
        kept.sort_by_key(|listed| Reverse(listed.entry.since));
        kept.into_iter().map(|listed| Found { key: hex(listed.key), listed }).collect()
    }

    /// Those of a script, which may be gone meanwhile.
    fn kept_for<'f>(&self, script: &str, all: &'f [Found]) -> Result<Vec<&'f Found>, String> {
        let kept: Vec<_> =
            all.iter().filter(|found| *found.listed.entry.script == *script).collect();
        if kept.is_empty() && !self.library.scripts.contains_key(script) {
            return Err(format!("there is no script {script:?}; {}", self.names()));
        }
        Ok(kept)
    }

    /// The one answer that the beginning of a key means.
    fn meant<'f>(&self, beginning: &str, all: &'f [Found]) -> Result<&'f Found, String> {
        let digits = beginning.to_ascii_lowercase();
        if digits.len() < FEWEST_DIGITS || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(format!(
                "there is no script {beginning:?}, and a key has at least {FEWEST_DIGITS} \
                 hexadecimal digits; {}",
                self.names()
            ));
        }
        let mut found = all.iter().filter(|found| found.key.starts_with(&digits));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => {
                Err(format!("several kept answers have a key that begins with {digits}"))
            }
            (None, _) => Err(format!(
                "there is no kept answer with the key {digits}, and no script of this name; {}",
                self.names()
            )),
        }
    }

    fn names(&self) -> String {
        let mut names: Vec<_> = self.library.scripts.keys().map(String::as_str).collect();
        names.sort_unstable();
        let more = if names.len() > MOST_NAMES { ", …" } else { "" };
        names.truncate(MOST_NAMES);
        match names.is_empty() {
            true => "there are no scripts".to_owned(),
            false => format!("there are: {}{more}", names.join(", ")),
        }
    }

    fn shown(&self, kept: &[&Found]) -> Vec<Answer> {
        kept.iter().take(MOST_LISTED).map(|found| Answer::Kept(self.one(found))).collect()
    }

    fn one(&self, Found { key, listed }: &Found) -> Kept {
        let Entry { answer, since, label, script, .. } = &listed.entry;
        let age = self.now.saturating_duration_since(*since);
        let asks = self.library.scripts.get(&**script).and_then(|script| caching(script));
        Kept {
            key: key.clone(),
            script: script.to_string(),
            request: label.to_string(),
            status: answer.status,
            age_ms: milliseconds(age),
            bytes: listed.bytes,
            ahead: asks.map(|asks| ahead(&listed.entry, asks, age)).unwrap_or_default(),
        }
    }

    fn explained(&self, script: &Script) -> Explained {
        let mut tallies = self.triggers.cache().tallies().into_iter();
        let tally = tallies.find(|(name, _)| **name == *script.name).map(|(_, tally)| tally);
        let asked = script.trigger.as_ref().map(|trigger| self.triggers.upstreams_of(trigger));
        Explained {
            script: script.name.clone(),
            keeps: keeps(script),
            tally: tally.unwrap_or_default(),
            upstreams: asked.unwrap_or_default().into_iter().map(upstream).collect(),
        }
    }
}

/// The same where daemons share their answers; why not, where that fails.
async fn purge_shared(shared: &SharedCache, which: &Purge, purged: &[CacheKey]) -> Option<String> {
    if *which == Purge::All {
        return shared.purge().await.err().map(|error| error.to_string());
    }
    let removed = shared.remove(purged).await;
    (!removed).then(|| "the shared cache does not answer, or refuses".to_owned())
}

fn caching(script: &Script) -> Option<&Caching> {
    script.trigger.as_ref()?.caching.as_ref()
}

fn sum(all: &[Found], bounds: Bounds, left_off: usize) -> Sum {
    Sum {
        entries: all.len(),
        bytes: all.iter().map(|found| found.listed.bytes).sum(),
        max_entries: bounds.entries,
        max_bytes: bounds.bytes,
        left_off,
    }
}

fn keeps(script: &Script) -> Keeps {
    let Some(trigger) = &script.trigger else { return Keeps::AsksNobody };
    match &trigger.caching {
        _ if trigger.background => Keeps::Background,
        None => Keeps::Nothing,
        Some(caching) => Keeps::Answers {
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
fn ahead(entry: &Entry, asks: &Caching, age: Duration) -> Vec<Ahead> {
    let mut from = age;
    let mut ahead = Vec::new();
    for (serves, until) in entry.times(asks) {
        if until > from {
            from = until;
            ahead.push(Ahead { serves, until_ms: milliseconds(until - age) });
        }
    }
    ahead
}

fn upstream(state: UpstreamState) -> Upstream {
    Upstream {
        name: state.name,
        breaker: state.breaker,
        under_way: state.under_way,
        answered: state.answered.iter().sum(),
        failed: state.failed,
        refused: state.refused,
    }
}

fn hex(key: CacheKey) -> String {
    key.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
