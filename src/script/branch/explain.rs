//! Why a branch matches or misses, in words for its author.

use std::fmt::Write;

use super::BranchSubject;
use crate::script::answer::AnswerValue;
use crate::script::definition::{Branch, Decimal, Matcher};

/// Most characters of a value that are shown.
pub const MAX_SHOWN_CHARACTERS: usize = 200;

/// How a branch fares, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BranchExplanation {
    /// What of it matches: `is "200"`.
    Matches(String),
    /// What it wants, and what there is: `wants "404"; the value is "200"`.
    Misses(String),
}

impl Branch {
    /// Why it matches, or why not, whatever the branches before it do.
    pub fn explain(&self, subject: &BranchSubject<'_>) -> BranchExplanation {
        match self.when.iter().find(|matcher| matcher.matches(subject)) {
            Some(matcher) => BranchExplanation::Matches(matcher.to_string()),
            None => BranchExplanation::Misses(self.miss_reason(subject)),
        }
    }

    fn miss_reason(&self, subject: &BranchSubject<'_>) -> String {
        let wants: Vec<_> = self.when.iter().map(Matcher::describe_wanted).collect();
        let mut reasons: Vec<String> = Vec::new();
        for reason in self.when.iter().map(|matcher| matcher.miss_reason(subject)) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        format!("wants {}; {}", wants.join(" or "), reasons.join("; "))
    }
}

impl Matcher {
    fn describe_wanted(&self) -> String {
        match self {
            Self::Text(text) => quote_text(text),
            Self::Range(Some(min), Some(max)) => format!("a number from {min} to {max}"),
            Self::Range(Some(min), None) => format!("a number of at least {min}"),
            Self::Range(None, Some(max)) => format!("a number of at most {max}"),
            Self::Range(None, None) => "a number".to_owned(),
            Self::Pattern(pattern) => format!("a text that matches {pattern}"),
            Self::Present => "any value".to_owned(),
            Self::Absent => "no value".to_owned(),
            Self::Status(status) => format!("HTTP status {status}"),
            Self::StatusClass(class) => format!("HTTP status {class}xx"),
        }
    }

    /// What there is in place of what it wants.
    fn miss_reason(&self, subject: &BranchSubject<'_>) -> String {
        match (self, subject.status) {
            (Self::Status(_) | Self::StatusClass(_), Some(status)) => {
                format!("the HTTP status is {status}")
            }
            (Self::Status(_) | Self::StatusClass(_), None) => "there is no HTTP status".to_owned(),
            _ => self.value_miss_reason(subject.value.as_ref()),
        }
    }

    fn value_miss_reason(&self, value: Option<&AnswerValue<'_>>) -> String {
        let mut there = match value {
            None => return "this reply has no value to compare".to_owned(),
            Some(found) => format!("the value is {}", describe_value(found)),
        };
        if let Some(AnswerValue::Text(text)) = value
            && let Some(remark) = self.miss_hint(text)
        {
            there.push_str(", ");
            there.push_str(remark);
        }
        there
    }

    /// What an author easily overlooks.
    fn miss_hint(&self, text: &str) -> Option<&'static str> {
        match self {
            Self::Range(..) => {
                Decimal::parse(text).is_none().then_some("which is no plain decimal number")
            }
            Self::Text(wanted) if wanted.trim() == text.trim() => Some("and spaces count"),
            Self::Text(wanted) if wanted.to_lowercase() == text.to_lowercase() => {
                Some("and capitals count")
            }
            Self::Text(wanted) => {
                let same = Decimal::parse(wanted).is_some_and(|n| Some(n) == Decimal::parse(text));
                same.then_some("and it is compared as text, not as a number")
            }
            _ => None,
        }
    }
}

/// What stands at a key.
pub fn describe_value(found: &AnswerValue<'_>) -> String {
    match found {
        AnswerValue::Absent => "absent, or null".to_owned(),
        AnswerValue::Text(text) => quote_text(text),
        AnswerValue::Composite => "an object or a list".to_owned(),
    }
}

/// A text in quotes, on one line, and not endless.
pub fn quote_text(text: &str) -> String {
    let length = text.chars().count();
    if length <= MAX_SHOWN_CHARACTERS {
        return format!("{text:?}");
    }
    let mut shown = format!("{:?}", text.chars().take(MAX_SHOWN_CHARACTERS).collect::<String>());
    // A `String` takes whatever is written.
    let _ = write!(shown, "… ({length} characters)");
    shown
}
