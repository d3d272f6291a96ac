//! Texts in `when` that are other kinds of matchers in other programs, and patterns that match something else.

use super::condition::{ConditionValue, placeholder_help};
use crate::config::file::TomlFile;
use crate::script::pattern;

/// Warns about a condition that probably means something else.
pub(super) fn warn(value: &ConditionValue, file: &TomlFile) {
    if let Some((text, span)) = value.as_literal() {
        let other = || {
            let other = other_matcher(text)?;
            Some(format!("if you do not mean exactly this text, write `when = {other}`"))
        };
        if let Some(help) = placeholder_help(text).or_else(other) {
            file.warn(span.clone(), format!("this matches only the text {text:?}"), help);
        }
    }
    if let Some((text, span)) = value.as_pattern()
        && let Some((sign, escaped)) = pattern::repeated_start(text)
    {
        let message = format!("this `{sign}` repeats the `^`: it is not the character `{sign}`");
        file.warn(
            span.clone(),
            message,
            format!("for the character, write `pattern = '{escaped}'`"),
        );
    }
}

/// The matcher that a text such as `2xx`, `200-299`, `200|201` or `^2..$` is in other programs.
fn other_matcher(text: &str) -> Option<String> {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let numbers = |separator| {
        let parts: Vec<_> = text.split(separator).map(str::trim).collect();
        (parts.len() > 1 && parts.iter().all(is_number)).then_some(parts)
    };
    if text.strip_suffix("xx").is_some_and(|class| matches!(class, "1" | "2" | "3" | "4" | "5")) {
        return Some(format!("{{ status = {text:?} }}"));
    }
    // Other texts with a hyphen are telephone numbers and dates.
    let is_range = |min: &str, max: &str| min.len() == max.len() && min < max;
    if let Some([min, max]) = numbers("-").or_else(|| numbers("..")).as_deref()
        && is_range(min, max)
    {
        return Some(format!("{{ min = {min}, max = {max} }}"));
    }
    // `12,50` is an amount.
    let listed = numbers(",").filter(|parts| parts.iter().all(|part| part.len() > 2));
    if let Some(parts) = numbers("|").or(listed) {
        return Some(format!("{parts:?}"));
    }
    let is_pattern = text.starts_with('^') || text.ends_with(".*") || text.ends_with(".+");
    (is_pattern && !text.contains('\'')).then(|| format!("{{ pattern = '{text}' }}"))
}
