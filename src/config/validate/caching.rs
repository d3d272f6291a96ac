//! How long answers serve again, and for which requests.

use std::time::Duration;

use serde_spanned::Spanned;

use super::scope::Scope;
use crate::config::bounds::secs;
use crate::config::raw::Time;
use crate::config::raw::trigger as raw;
use crate::script::definition::{CacheKeyTemplate, ResponseCachePolicy, ScriptTrigger};
use crate::script::escape::EscapeContext;

/// Longest that an answer serves beyond its time.
const LONGEST_STALE: u64 = 7 * 24 * 3600;

impl Scope<'_> {
    /// What `[response]` says of keeping answers to a request.
    pub(crate) fn caching(&self, sent: &ScriptTrigger) -> Option<ResponseCachePolicy> {
        let response = self.raw.response.as_ref()?;
        let Some(given) = &response.cache else {
            self.check_uncached(response);
            return None;
        };
        if self.raw.branches.is_empty() {
            let help = "add a `[[branch]]`, or take `cache` out";
            let what = "only an answer that a branch handles is kept, and there is no branch";
            self.file.fault_help(given.span(), what, help);
        }
        let key = response.cache_key.as_ref().map(|key| CacheKeyTemplate {
            source: as_written(sent).into(),
            template: self.before_its_answer().template(key, EscapeContext::Variable),
        });
        Some(ResponseCachePolicy {
            fresh: self.fresh(given),
            stale: self.stale(response.stale_for.as_ref()),
            stale_if_error: self.stale(response.stale_if_error.as_ref()),
            key,
        })
    }

    fn fresh(&self, given: &Spanned<Time>) -> Duration {
        let time = given.get_ref().0;
        if !secs(60, 999 * 60).contains(&time) {
            let help = "write 1 to 999 minutes, such as `cache = \"5m\"`";
            let what = "answers can't be kept that long or that short";
            self.file.fault_help(given.span(), what, help);
        }
        time
    }

    fn stale(&self, given: Option<&Spanned<Time>>) -> Duration {
        self.file.time(given, secs(0, LONGEST_STALE), Duration::ZERO)
    }

    fn check_uncached(&self, response: &raw::Response) {
        let times = [&response.stale_for, &response.stale_if_error];
        let times = times.into_iter().flatten().map(Spanned::span);
        for span in times.chain(response.cache_key.as_ref().map(Spanned::span)) {
            let help = "add `cache = \"5m\"`, or take this out";
            self.file.fault_help(span, "no answer is kept here", help);
        }
    }
}

/// Two scripts that say the same of `cache_key` may send different things to one URL.
fn as_written(sent: &ScriptTrigger) -> String {
    format!("{:?}", (&sent.url, &sent.fallback, &sent.headers, &sent.auth, &sent.body))
}
