//! What can be said about conditions when a script is loaded: which of them can never hold together.

use std::borrow::Cow;

use super::{Condition, ConditionTest};
use crate::script::matcher::Matcher;

impl Condition {
    /// The matchers of which one must match, or none if the condition is negated; `None` if they depend on a call.
    pub(crate) fn known_matchers(&self) -> Option<Vec<Cow<'_, Matcher>>> {
        match &self.test {
            ConditionTest::Matcher(matcher) => Some(vec![Cow::Borrowed(matcher)]),
            ConditionTest::OneOf(texts) => {
                let known = texts.iter().map(|text| text.as_text());
                let matcher = |text: &str| Cow::Owned(Matcher::Text(text.to_owned()));
                known.map(|text| text.map(matcher)).collect()
            }
        }
    }

    /// Whether these two conditions can certainly not hold together. If in doubt, returns `false`.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        if self.target != other.target {
            return false;
        }
        let (Some(own), Some(others)) = (self.known_matchers(), other.known_matchers()) else {
            return false;
        };
        let is_covered = |matchers: &[Cow<'_, Matcher>], by: &[Cow<'_, Matcher>]| {
            matchers.iter().all(|matcher| by.iter().any(|by| by.covers(matcher)))
        };
        match (self.negated, other.negated) {
            (false, false) => own.iter().all(|one| others.iter().all(|other| one.excludes(other))),
            (false, true) => is_covered(&own, &others),
            (true, false) => is_covered(&others, &own),
            (true, true) => false,
        }
    }
}
