//! Matchers: the tests that `when` of a branch can hold.
//!
//! Everything about a kind of matcher is in this file: how it is read, what it matches, how it is described, and which
//! later matchers it makes unreachable. To add a kind, change this file and the reference documentation of script
//! files.

use std::fmt;

use regex::Regex;

use crate::channel::KeySet;
use crate::script::answer::AnswerValue;
use crate::script::decimal::Decimal;
use crate::script::pattern;
use crate::script::subject::{BranchSubject, quote_text};
use crate::script::when::{ComparedKind, MatcherError, WhenKeys};

/// One test on the value or on the HTTP status.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// `"200"`: exactly this text.
    Text(String),
    /// `{ min = 200, max = 299 }`: a number from `min` to `max`, both included; `None` is no limit.
    Range(Option<Decimal>, Option<Decimal>),
    /// `{ pattern = '^ORD-' }`: text that the regular expression matches, anywhere in it unless anchored.
    Pattern(Regex),
    /// `{ present = true }`: any value, also an object or a list.
    Present,
    /// `{ absent = true }`: no value, or JSON's `null`.
    Absent,
    /// `{ status = 404 }`: this HTTP status.
    Status(u16),
    /// `{ status = "5xx" }`: an HTTP status of this class, here 5.
    StatusClass(u8),
}

/// The result of reading one kind of matcher; `None` if the table has no key of that kind.
type ReadKind = Option<Result<Matcher, Vec<MatcherError>>>;

const KINDS: &str = "write one of `is`, `min`/`max`, `pattern`, `present`, `absent` and `status`";
const TWO_KINDS: &str = "if both must hold, write two conditions with `and`; if one of them is enough, write a list in \
                         `when`";

impl Matcher {
    /// Reads the test of a condition, which must have the keys of exactly one kind. `has_texts` says whether the
    /// condition has the kind `is`, which is not read here; then there is no matcher.
    ///
    /// # Errors
    ///
    /// All errors of the test.
    pub fn read(
        keys: &mut impl WhenKeys,
        has_texts: bool,
    ) -> Result<Option<Self>, Vec<MatcherError>> {
        let kinds = [
            read_range(keys.number_or_text("min"), keys.number_or_text("max")),
            keys.text("pattern").map(|text| read_pattern(&text)),
            keys.flag("present").map(|yes| read_flag("present", yes, Self::Present)),
            keys.flag("absent").map(|yes| read_flag("absent", yes, Self::Absent)),
            keys.number_or_text("status").map(|text| read_status(&text)),
        ];
        let mut given = kinds.into_iter().flatten();
        match (given.next(), given.next(), has_texts) {
            (Some(read), None, false) => read.map(Some),
            (None, None, true) => Ok(None),
            (first, ..) => {
                let message = "a test must have exactly one kind of comparison";
                let help = if first.is_some() { TWO_KINDS } else { KINDS };
                Err(vec![MatcherError::of_matcher(message, help)])
            }
        }
    }

    /// Why the matcher can never match in a script whose branches are compared with `compared`; `None` if it can.
    pub(crate) fn check(&self, compared: ComparedKind) -> Option<MatcherError> {
        let (keys, words, most_digits) = match (self, compared) {
            (
                Self::Status(_) | Self::StatusClass(_),
                ComparedKind::Input { .. } | ComparedKind::Nothing,
            ) => {
                let help = "compare the value itself, such as `when = \"1\"`";
                let message = "there is no HTTP status: the script does not wait for an answer";
                return Some(MatcherError::of_key("status", message, help));
            }
            (_, ComparedKind::Answer | ComparedKind::Nothing) => return None,
            (_, ComparedKind::Input { keys, words, most_digits }) => (keys, words, most_digits),
        };
        let help = match self {
            Self::Absent => "if nothing is entered, [no_input] is taken".to_owned(),
            Self::Text(text) if text.is_empty() => {
                "if nothing is entered, [no_input] is taken".to_owned()
            }
            _ if words => return None,
            Self::Text(text) if !keys.contains_all(text) => never_entered_help(text, keys),
            Self::Text(text) if text.len() > most_digits => {
                "it has more digits than `length` allows".to_owned()
            }
            Self::Range(..) if keys.intersection(KeySet::DIGITS).is_empty() => {
                format!("a number has digits, and `keys` of [keypress] has only {keys}")
            }
            _ => return None,
        };
        Some(MatcherError::of_matcher("this can never be entered", help))
    }

    /// Whether the matcher matches the value, or the HTTP status.
    pub fn matches(&self, subject: &BranchSubject<'_>) -> bool {
        match (self, subject.status) {
            (Self::Status(wanted), status) => status == Some(*wanted),
            (Self::StatusClass(class), status) => {
                status.is_some_and(|status| status / 100 == u16::from(*class))
            }
            _ => subject.value.as_ref().is_some_and(|value| self.matches_value(value)),
        }
    }

    fn matches_value(&self, value: &AnswerValue<'_>) -> bool {
        match (self, value) {
            (Self::Present, value) => *value != AnswerValue::Absent,
            (Self::Absent, value) => *value == AnswerValue::Absent,
            (_, AnswerValue::Text(text)) => self.matches_text(text),
            _ => false,
        }
    }

    /// Whether the matcher matches if this text is the value.
    pub fn matches_text(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted) => wanted == text,
            Self::Pattern(pattern) => pattern.is_match(text),
            Self::Range(min, max) => Decimal::parse_with_exponent(text).is_some_and(|n| {
                min.as_ref().is_none_or(|min| *min <= n) && max.as_ref().is_none_or(|max| n <= *max)
            }),
            Self::Present => true,
            Self::Absent | Self::Status(_) | Self::StatusClass(_) => false,
        }
    }

    /// Whether the matcher certainly matches everything that `later` matches.
    pub(crate) fn covers(&self, later: &Self) -> bool {
        use Matcher::{Absent, Pattern, Present, Range, Status, StatusClass, Text};
        match (self, later) {
            (Present, Present | Text(_) | Range(..) | Pattern(_)) | (Absent, Absent) => true,
            (Text(_) | Range(..) | Pattern(_), Text(text)) => self.matches_text(text),
            (Pattern(all), Range(..) | Pattern(_)) if matches!(all.as_str(), "" | ".*" | "^") => {
                true
            }
            (Pattern(one), Pattern(other)) => one.as_str() == other.as_str(),
            (Range(min, max), Range(low, high)) => {
                min.as_ref().is_none_or(|min| low.as_ref().is_some_and(|low| min <= low))
                    && max.as_ref().is_none_or(|max| high.as_ref().is_some_and(|high| high <= max))
            }
            (Status(one), Status(other)) => one == other,
            (StatusClass(one), StatusClass(other)) => one == other,
            (StatusClass(class), Status(status)) => u16::from(*class) == status / 100,
            _ => false,
        }
    }

    /// What the matcher matches, as text to follow "wants".
    pub(crate) fn describe_wanted(&self) -> String {
        match self {
            Self::Text(text) => quote_text(text),
            Self::Range(Some(min), Some(max)) => format!("a number from {min} to {max}"),
            Self::Range(Some(min), None) => format!("a number of at least {min}"),
            Self::Range(None, Some(max)) => format!("a number of at most {max}"),
            Self::Range(None, None) => "a number".to_owned(),
            Self::Pattern(pattern) => format!("text that matches {pattern}"),
            Self::Present => "any value".to_owned(),
            Self::Absent => "no value".to_owned(),
            Self::Status(status) => format!("HTTP status {status}"),
            Self::StatusClass(class) => format!("HTTP status {class}xx"),
        }
    }

    /// Whether the matcher tests the HTTP status, not a value.
    pub(crate) fn is_on_status(&self) -> bool {
        matches!(self, Self::Status(_) | Self::StatusClass(_))
    }

    /// Whether no value and no answer matches both. If in doubt, returns `false`.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        use Matcher::{Absent, Pattern, Present, Range, Status, StatusClass, Text};
        match (self, other) {
            (Text(text), Text(_) | Range(..) | Pattern(_) | Absent) => !other.matches_text(text),
            (Range(..) | Pattern(_) | Absent, Text(text)) => !self.matches_text(text),
            (Absent, Present | Range(..) | Pattern(_))
            | (Present | Range(..) | Pattern(_), Absent) => true,
            (Range(min, max), Range(low, high)) => {
                let is_above = |min: &Option<Decimal>, max: &Option<Decimal>| matches!((min, max), (Some(min), Some(max)) if min > max);
                is_above(min, high) || is_above(low, max)
            }
            (Status(one), Status(other)) => one != other,
            (StatusClass(one), StatusClass(other)) => one != other,
            (StatusClass(class), Status(status)) | (Status(status), StatusClass(class)) => {
                u16::from(*class) != status / 100
            }
            _ => false,
        }
    }

    /// A reason for the miss that is easy to overlook.
    pub(crate) fn miss_hint(&self, text: &str) -> Option<&'static str> {
        match self {
            Self::Range(..) => Decimal::parse_with_exponent(text)
                .is_none()
                .then_some("which is not a decimal number"),
            Self::Text(wanted) if wanted.trim() == text.trim() => {
                Some("and spaces are significant")
            }
            Self::Text(wanted) if wanted.to_lowercase() == text.to_lowercase() => {
                Some("and the comparison is case-sensitive")
            }
            Self::Text(wanted) => {
                let same = Decimal::parse_with_exponent(wanted)
                    .is_some_and(|n| Some(n) == Decimal::parse_with_exponent(text));
                same.then_some("and it is compared as text, not as a number")
            }
            _ => None,
        }
    }
}

/// As text to follow "it": `is "200"`.
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

/// How to correct a text that is compared with input, but has other characters than the keys that can be entered.
fn never_entered_help(text: &str, keys: KeySet) -> String {
    let otherwise = "for everything else, write a table `[otherwise]`";
    let all: KeySet = keys.keys().chain(text.chars()).collect();
    let add_keys = format!("to let callers enter it, write `keys = \"{all}\"` in [keypress]");
    match text {
        "*" => format!("{otherwise}; {add_keys}"),
        "otherwise" | "default" | "else" | "any" => {
            format!("{otherwise}; only the keys {keys} can be entered")
        }
        text if KeySet::ALL.contains_all(text) => add_keys,
        _ => {
            format!(
                "without [trigger] the input itself is compared, which has only the keys {keys}"
            )
        }
    }
}

fn read_range(min: Option<String>, max: Option<String>) -> ReadKind {
    if min.is_none() && max.is_none() {
        return None;
    }
    let mut errors = Vec::new();
    let mut bound = |key, text: Option<String>| {
        let bound = text.as_deref().map(Decimal::parse_with_exponent);
        if bound == Some(None) {
            let help = "write a number such as 200 or 1.50";
            errors.push(MatcherError::of_key(key, "this is not a decimal number", help));
        }
        bound.flatten()
    };
    let (low, high) = (bound("min", min), bound("max", max));
    if let (Some(low), Some(high)) = (&low, &high)
        && low > high
    {
        let help = "`min` must not be above `max`";
        errors.push(MatcherError::of_key("min", "no number is in this range", help));
    }
    Some(if errors.is_empty() { Ok(Matcher::Range(low, high)) } else { Err(errors) })
}

fn read_pattern(text: &str) -> Result<Matcher, Vec<MatcherError>> {
    let pattern = pattern::compile(text);
    let pattern =
        pattern.map_err(|error| vec![MatcherError::of_key("pattern", error.message, error.help)]);
    pattern.map(Matcher::Pattern)
}

fn read_flag(key: &'static str, yes: bool, matcher: Matcher) -> Result<Matcher, Vec<MatcherError>> {
    if yes {
        return Ok(matcher);
    }
    let help = "write `present = true` or `absent = true`";
    Err(vec![MatcherError::of_key(key, "a test cannot be `false`", help)])
}

fn read_status(text: &str) -> Result<Matcher, Vec<MatcherError>> {
    let matcher = match text.strip_suffix("xx") {
        Some(class) => {
            let class = class.parse().ok().filter(|class| (1..=5).contains(class));
            class.map(Matcher::StatusClass)
        }
        None => {
            let status = text.parse().ok().filter(|status| (100..600).contains(status));
            status.map(Matcher::Status)
        }
    };
    let help = "write a number from 100 to 599, or a class such as \"5xx\"";
    matcher.ok_or_else(|| vec![MatcherError::of_key("status", "this is not an HTTP status", help)])
}
