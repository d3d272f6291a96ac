//! How to correct forms such as `{money:…}` that are written in another way.

use super::parse::parse_placeholder;
use super::placeholder::VALUE_VERBS;
use crate::script::currency::CurrencyCode;

/// The object of `{money:…}` with a currency at its right place, if the currency stands in front of the value, or after
/// a comma or a colon. Such a character could be a part of a path of an answer, but is not meant so.
pub(super) fn money(object: &str) -> Option<String> {
    if let Some((code, value)) = object.split_once(' ')
        && CurrencyCode::parse(code).is_some()
    {
        return Some(format!("{} {code}", value.trim()));
    }
    if CurrencyCode::parse(object).is_some() {
        return Some(format!("$amount {object}"));
    }
    let (value, code) = object.rsplit_once([' ', ',', ':', ';'])?;
    let plain = value.trim_end_matches([' ', ',', ':', ';']);
    let is_separated_otherwise = plain != value.trim_end() || !object.contains(' ');
    let is_meant =
        is_separated_otherwise && !plain.is_empty() && CurrencyCode::parse(code).is_some();
    is_meant.then(|| format!("{plain} {code}"))
}

/// For a form whose value is followed by something else, as in `{date:$d EUR}`.
pub(super) fn addition(verb: &str, object: &str) -> Option<String> {
    let (value, more) = object.split_once(' ')?;
    parse_placeholder(value).ok()?;
    let zone = if more.contains('/') { "; the time zone is `timezone` of [voice]" } else { "" };
    Some(format!("only a value can follow: write `{{{verb}:{value}}}`{zone}"))
}

/// For a form without a value, as in `{date}`.
pub(super) fn verb_alone(inner: &str) -> Option<String> {
    let verb = VALUE_VERBS.into_iter().find(|verb| *verb == inner.trim())?;
    Some(format!("name the value that is spoken, as in `{{{verb}:$value}}`"))
}
