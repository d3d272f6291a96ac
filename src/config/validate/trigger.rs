//! The request of a script, what is read from its answer, and what goes with neither.

use std::ops::Range;

use super::request::Kind;
use super::scope::Scope;
use super::then::{self, Typed};
use crate::config::raw::trigger as raw;
use crate::script::definition::ScriptTrigger;
use crate::script::path::KeyPath;

impl Scope<'_> {
    /// The request's own answer is not there yet when it is filled in, unless `again` came round.
    pub(crate) fn trigger(&self, raw: &raw::Trigger) -> ScriptTrigger {
        self.before_its_answer().request(raw)
    }

    /// This script before its own request: an answer is there from an earlier one, or from an earlier round.
    pub(crate) fn before_its_answer(&self) -> Self {
        let answered = self.world.chains.answered_before(self.name)
            || (self.raw.waits() && self.comes_round());
        Scope { answered, ..*self }
    }

    fn comes_round(&self) -> bool {
        let mut thens = self.raw.outcomes().filter_map(|outcome| outcome.then.as_ref());
        thens.any(|then| then::parse(then.get_ref()) == Ok(Typed::Again))
    }

    fn request(&self, raw: &raw::Trigger) -> ScriptTrigger {
        let kind = if raw.is_background() { Kind::Background } else { Kind::Waited };
        let sent = self.sent(raw, kind);
        let trigger = ScriptTrigger {
            hold_media: self.music(&raw.waiting),
            background: raw.is_background(),
            response_key: self.key(),
            cache_policy: self.caching(&sent),
            ..sent
        };
        self.check_sameness(&trigger);
        trigger
    }

    /// The request that is sent when the caller has left.
    pub(crate) fn on_hangup(&self, raw: &raw::Trigger) -> ScriptTrigger {
        ScriptTrigger { background: true, ..self.sent(raw, Kind::Background) }
    }

    fn key(&self) -> Option<KeyPath> {
        let given = self.raw.response.as_ref()?.key.as_ref()?;
        let key = KeyPath::parse(given.get_ref());
        if key.is_none() {
            let help = "write it as `data.code`, `items[0].code` or `[\"odd.key\"]`";
            self.file.fault_help(given.span(), "this is no path into an answer", help);
        }
        key
    }

    /// Tables and keys that have no sense beside this trigger, or without one.
    pub(crate) fn check_waiting(&self) {
        let trigger = self.raw.trigger.as_ref();
        match trigger {
            Some(trigger) if trigger.is_background() => self.check_background(trigger),
            Some(trigger) => {
                if self.raw.no_response.is_none() {
                    let help = "add a table `[no_response]` that says how the call goes on then";
                    let what = "nothing is said for when no answer comes";
                    self.file.fault_help(trigger.span.clone(), what, help);
                }
            }
            None => self.each_of_answer(
                "there is no [trigger] that would bring an answer",
                "take it out, or add a [trigger]",
            ),
        }
    }

    fn check_background(&self, trigger: &raw::Trigger) {
        let what = "nobody waits for the answer: the trigger is in the background";
        let help = "take this out, or take `background = true` out";
        self.each_of_answer(what, help);
        for branch in &self.raw.branches {
            self.file.fault_help(branch.span.clone(), what, help);
        }
        trigger.waiting.spans().for_each(|span| self.file.fault_help(span, what, help));
    }

    fn each_of_answer(&self, what: &str, help: &str) {
        let response = self.raw.response.as_ref().map(|response| &response.span);
        let no_response = self.raw.no_response.as_ref().map(|outcome| &outcome.span);
        let spans = response.into_iter().chain(no_response).cloned();
        spans.for_each(|span: Range<usize>| self.file.fault_help(span, what, help));
    }
}
