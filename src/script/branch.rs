//! Which branch a reply, or an input, takes.

use std::cmp::Ordering;
use std::fmt;

use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::definition::{Branch, Decimal, Matcher, ScriptOutcome};
use crate::script::path::KeyPath;

mod explain;

pub use explain::{BranchExplanation, MAX_SHOWN_CHARACTERS, describe_value, quote_text};

/// What branches are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchSubject<'a> {
    /// The value; `None` where the reply has none to compare: it can't be read, or it is an error without the key.
    pub value: Option<AnswerValue<'a>>,
    /// The reply's HTTP status.
    pub status: Option<u16>,
}

impl<'a> BranchSubject<'a> {
    /// A complete reply, by the value at `key`.
    pub fn from_answer(answer: &'a TriggerAnswer, key: Option<&KeyPath>) -> Self {
        let value = answer.unreadable_reason().is_none().then(|| answer.branch_value(key));
        let failed = !(200..300).contains(&answer.status);
        let lacks_key = failed && value == Some(AnswerValue::Absent);
        Self { value: value.filter(|_| !lacks_key), status: Some(answer.status) }
    }

    /// What a caller entered.
    pub fn from_input(input: &'a str) -> Self {
        let value =
            if input.is_empty() { AnswerValue::Absent } else { AnswerValue::Text(input.into()) };
        Self { value: Some(value), status: None }
    }
}

/// The branch that won, and why.
#[derive(Debug, Clone, Copy)]
pub struct ChosenBranch<'b> {
    /// Its place in the file, from 1.
    pub number: usize,
    /// What of it matched.
    pub matcher: &'b Matcher,
    /// What happens now.
    pub outcome: &'b ScriptOutcome,
}

/// The first branch that matches, in the order of the file.
pub fn choose_branch<'b>(
    branches: &'b [Branch],
    subject: &BranchSubject<'_>,
) -> Option<ChosenBranch<'b>> {
    (1..).zip(branches).find_map(|(number, branch)| {
        let matcher = branch.when.iter().find(|matcher| matcher.matches(subject))?;
        Some(ChosenBranch { number, matcher, outcome: &branch.outcome })
    })
}

/// As the author would say it.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "is {text:?}"),
            Self::Range(min, max) => {
                min.iter().try_for_each(|min| write!(f, "is at least {min}"))?;
                f.write_str(if min.is_some() && max.is_some() { ", " } else { "" })?;
                max.iter().try_for_each(|max| write!(f, "is at most {max}"))
            }
            Self::Pattern(pattern) => write!(f, "matches {pattern}"),
            Self::Present => f.write_str("is present"),
            Self::Absent => f.write_str("is absent"),
            Self::Status(status) => write!(f, "has HTTP status {status}"),
            Self::StatusClass(class) => write!(f, "has HTTP status {class}xx"),
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        write!(f, "{}{whole}", if self.negative { "-" } else { "" })?;
        if self.fraction.is_empty() { Ok(()) } else { write!(f, ".{}", self.fraction) }
    }
}

impl Matcher {
    /// Whether it matches.
    pub fn matches(&self, subject: &BranchSubject<'_>) -> bool {
        match (self, subject.status) {
            (Self::Status(wanted), status) => status == Some(*wanted),
            (Self::StatusClass(class), status) => {
                status.is_some_and(|s| s / 100 == u16::from(*class))
            }
            _ => subject.value.as_ref().is_some_and(|value| self.matches_value(value)),
        }
    }

    fn matches_value(&self, value: &AnswerValue<'_>) -> bool {
        match (self, value) {
            (Self::Present, found) => *found != AnswerValue::Absent,
            (Self::Absent, found) => *found == AnswerValue::Absent,
            (_, AnswerValue::Text(text)) => self.matches_text(text),
            _ => false,
        }
    }

    /// Whether a text matches.
    pub fn matches_text(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted) => wanted == text,
            Self::Pattern(pattern) => pattern.is_match(text),
            Self::Range(min, max) => Decimal::parse(text).is_some_and(|n| {
                min.as_ref().is_none_or(|min| *min <= n) && max.as_ref().is_none_or(|max| n <= *max)
            }),
            Self::Present => true,
            Self::Absent | Self::Status(_) | Self::StatusClass(_) => false,
        }
    }
}

impl Decimal {
    /// Reads `-12.50`; no exponents, no spaces.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = [whole, fraction].iter().all(|s| s.bytes().all(|b| b.is_ascii_digit()));
        if !all_digits || whole.is_empty() || digits.ends_with('.') {
            return None;
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let negative = negative && !(whole.is_empty() && fraction.is_empty());
        Some(Self { negative, whole, fraction })
    }

    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        (self.whole.len().cmp(&other.whole.len()))
            .then_with(|| self.whole.cmp(&other.whole))
            .then_with(|| self.fraction.cmp(&other.fraction))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
            (mine, theirs) => theirs.cmp(&mine),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
