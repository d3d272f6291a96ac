//! Codes of languages, such as `de`, `pt-BR` and `pt_BR`.

/// The language of a channel whose language is not known.
pub(crate) const DEFAULT_LANGUAGE: &str = "en";

/// A language of a switch, such as `pt_BR`, in the form `pt-BR`; `None` if it is not the code of a language. It becomes
/// an argument of programs, so that nothing else is accepted.
pub(crate) fn language_tag(language: &str) -> Option<String> {
    let is_part = |part: &str| (1..=8).contains(&part.len()) && is_alphanumeric(part);
    let mut parts = language.split(['_', '-']);
    let primary = parts.next().unwrap_or_default();
    let is_primary = matches!(primary.len(), 2 | 3) && is_alphanumeric(primary);
    (is_primary && parts.all(is_part)).then(|| language.replace('_', "-"))
}

fn is_alphanumeric(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether two languages, such as `de` and `de-AT`, are the same apart from their region.
pub(crate) fn is_same_language(one: &str, other: &str) -> bool {
    primary_language(one).eq_ignore_ascii_case(primary_language(other))
}

/// The part of a language before its region.
pub(crate) fn primary_language(language: &str) -> &str {
    language.split(['_', '-']).next().unwrap_or_default()
}
