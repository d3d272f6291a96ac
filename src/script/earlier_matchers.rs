//! Finds out which matchers can never match, since an earlier one covers them.
//!
//! A script can have tens of thousands of branches. So a text or a range is not compared with all texts and ranges
//! before it: at most one of each can cover it, and that one is looked up. [`Matcher::covers`] decides.

use std::collections::{BTreeMap, HashMap};

use super::decimal::Decimal;
use super::matcher::Matcher;

/// The matchers so far, each with its number. Those that another one covers are left out, since that one covers
/// whatever they cover.
#[derive(Default)]
pub(crate) struct EarlierMatchers<'a> {
    texts: HashMap<&'a str, NumberedMatcher<'a>>,
    /// By their lower limits, of which `None` is the lowest. No range is within another one, so the upper limits are in
    /// the same order.
    ranges: BTreeMap<Option<&'a Decimal>, NumberedMatcher<'a>>,
    /// All other kinds. There are few of them.
    others: Vec<NumberedMatcher<'a>>,
}

type NumberedMatcher<'a> = (usize, &'a Matcher);

impl<'a> EarlierMatchers<'a> {
    /// The number of an earlier matcher that covers this one. If there is none, this one is added.
    pub(crate) fn add(&mut self, number: usize, matcher: &'a Matcher) -> Option<usize> {
        let covering = self.covering(matcher);
        if covering.is_none() {
            self.insert((number, matcher));
        }
        covering
    }

    /// The number of an earlier matcher that covers this one.
    pub(crate) fn covering(&self, matcher: &Matcher) -> Option<usize> {
        let (text, range) = match matcher {
            Matcher::Text(text) => (self.texts.get(text.as_str()), self.range_around(text)),
            Matcher::Range(min, _) => (None, self.range_from(min.as_ref())),
            _ => (None, None),
        };
        let candidates = text.copied().into_iter().chain(range).chain(self.others.iter().copied());
        let covering = candidates.filter(|(_, earlier)| earlier.covers(matcher));
        covering.map(|(number, _)| number).min()
    }

    fn range_around(&self, text: &str) -> Option<NumberedMatcher<'a>> {
        if self.ranges.is_empty() {
            return None;
        }
        self.range_from(Some(&Decimal::parse_with_exponent(text)?))
    }

    /// Of the ranges that begin at `min` or lower, the one with the highest upper limit.
    fn range_from(&self, min: Option<&Decimal>) -> Option<NumberedMatcher<'a>> {
        let ranges: &BTreeMap<Option<&Decimal>, _> = &self.ranges;
        ranges.range(..=min).next_back().map(|(_, range)| *range)
    }

    fn insert(&mut self, numbered: NumberedMatcher<'a>) {
        match numbered.1 {
            Matcher::Text(text) => {
                self.texts.insert(text, numbered);
            }
            Matcher::Range(min, _) => {
                let within = |(_, (_, earlier)): &(&Option<&Decimal>, &NumberedMatcher<'_>)| {
                    numbered.1.covers(earlier)
                };
                let covered = self.ranges.range(min.as_ref()..).take_while(within);
                let covered: Vec<_> = covered.map(|(min, _)| *min).collect();
                for min in covered {
                    self.ranges.remove(&min);
                }
                self.ranges.insert(min.as_ref(), numbered);
            }
            _ => self.others.push(numbered),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    fn matcher() -> impl Strategy<Value = Matcher> {
        let limit = || {
            proptest::option::of((0..9_u8).prop_map(|n| Decimal::parse(&n.to_string()).unwrap()))
        };
        let pattern = prop_oneof![Just("^1"), Just(".*"), Just("2")];
        prop_oneof![
            8 => "[0-9]{1,2}|[ab]".prop_map(Matcher::Text),
            8 => (limit(), limit()).prop_map(|(min, max)| Matcher::Range(min, max)),
            1 => pattern.prop_map(|pattern| Matcher::Pattern(Regex::new(pattern).unwrap())),
            1 => Just(Matcher::Absent),
            1 => (200..210_u16).prop_map(Matcher::Status),
            1 => Just(Matcher::StatusClass(2)),
        ]
    }

    proptest! {
        #[test]
        fn an_earlier_matcher_is_found_just_if_one_covers_the_matcher(
            matchers in proptest::collection::vec(matcher(), 0..40),
        ) {
            let mut earlier = EarlierMatchers::default();
            for (number, matcher) in matchers.iter().enumerate() {
                let found = earlier.add(number, matcher);
                let is_covered = matchers[..number].iter().any(|earlier| earlier.covers(matcher));
                prop_assert_eq!(found.is_some(), is_covered, "{}", number);
                prop_assert!(found.is_none_or(|found| matchers[found].covers(matcher)));
            }
        }
    }
}
