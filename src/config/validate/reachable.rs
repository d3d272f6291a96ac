//! Branches that can never be taken, since an earlier one takes all that they would.

use std::ops::Range;

use serde_spanned::Spanned;

use super::scope::Scope;
use crate::config::value::WholeNumber;
use crate::script::definition::{Decimal, Matcher};

/// A test that stands earlier in the file.
pub(crate) type Tested = (Matcher, Range<usize>);

impl Scope<'_> {
    /// Checks a test against those before it, and puts it behind them.
    pub(crate) fn check_reachable(
        &self,
        matcher: &Matcher,
        at: Range<usize>,
        tested: &mut Vec<Tested>,
    ) {
        match tested.iter().find(|(earlier, _)| covers(earlier, matcher)) {
            Some((_, earlier)) => {
                let label = (earlier.clone(), "taken here already".to_owned());
                self.file.error_with_label(at.clone(), "this can never be reached", label);
            }
            None => self.check_possible(matcher, at.clone()),
        }
        tested.push((matcher.clone(), at));
    }

    /// Without a request the value is what was entered: digits or words, and at least one.
    fn check_possible(&self, matcher: &Matcher, at: Range<usize>) {
        if self.raw.trigger.is_some() || !self.asks() {
            return;
        }
        let words = self.raw.speech.as_ref().is_some_and(|speech| !speech.is_numeric());
        let help = match matcher {
            Matcher::Absent => "when nothing was entered [no_input] is taken",
            Matcher::Text(text) if text.is_empty() => {
                "when nothing was entered [no_input] is taken"
            }
            _ if words => return,
            Matcher::Text(text) if !text.bytes().all(|b| b.is_ascii_digit()) => {
                "without [trigger] the input itself is compared: digits alone"
            }
            Matcher::Text(text) if text.len() > self.most_digits() => {
                "it has more digits than `length` takes"
            }
            _ => return,
        };
        self.file.error_with_help(at, "this can never be entered", help);
    }

    fn most_digits(&self) -> usize {
        let keys = self.raw.keypress.as_ref().map(|keypress| keypress.length.as_ref());
        let spoken = self.raw.speech.as_ref().map(|speech| speech.length.as_ref());
        let most = |length: Option<&Spanned<WholeNumber>>| {
            let length = length.map(|length| length.get_ref().0).unwrap_or(u64::MAX);
            usize::try_from(length).unwrap_or(usize::MAX)
        };
        keys.into_iter().chain(spoken).map(most).max().unwrap_or(usize::MAX)
    }
}

/// Whether whatever `later` matches is matched by `earlier`. In doubt not.
fn covers(earlier: &Matcher, later: &Matcher) -> bool {
    use Matcher::{Absent, Pattern, Present, Range, Status, StatusClass, Text};
    match (earlier, later) {
        (Present, Present | Text(_) | Range(..) | Pattern(_)) | (Absent, Absent) => true,
        (Text(_) | Range(..) | Pattern(_), Text(text)) => earlier.matches_text(text),
        (Pattern(any), Range(..) | Pattern(_)) if matches!(any.as_str(), "" | ".*" | "^") => true,
        (Pattern(one), Pattern(other)) => one.as_str() == other.as_str(),
        (Range(min, max), Range(low, high)) => is_above(low, min) && is_below(high, max),
        (Status(one), Status(other)) => one == other,
        (StatusClass(one), StatusClass(other)) => one == other,
        (StatusClass(class), Status(status)) => u16::from(*class) == status / 100,
        _ => false,
    }
}

fn is_above(low: &Option<Decimal>, min: &Option<Decimal>) -> bool {
    min.as_ref().is_none_or(|min| low.as_ref().is_some_and(|low| min <= low))
}

fn is_below(high: &Option<Decimal>, max: &Option<Decimal>) -> bool {
    max.as_ref().is_none_or(|max| high.as_ref().is_some_and(|high| high <= max))
}
