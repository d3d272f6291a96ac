//! Ways to set a variable, each with what its parsers want: all leave in the variable what the [`EslVariableValue`] holds.
//!
//! - [`set`]: needs no `full`; is written to FreeSWITCH's log with its value, and to the events of its execution
//! - [`multiset`]: the same, for many in one command
//! - [`uuid_setvar`]: needs `full`; works while another application runs, and in the order of the commands

use std::borrow::Cow;

use super::quote::{self, EVENT_SOCKET_MODULE, EslCommandError, EslVariableValue};

/// Whether the dialplan has switched off the expansion of arguments: the variable `app_disable_expand_variables`. The
/// one of `set` and `multiset` themselves it does not switch off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableExpansion {
    /// As usual.
    On,
    /// `app_disable_expand_variables=true`
    Off,
}

/// The argument of `set` after which the variable holds the value: it is expanded as an argument and as a value
/// (`base_set` in `mod_dptools.c`).
///
/// # Errors
/// A name that is no plain variable's.
pub fn set(
    name: &str,
    value: &EslVariableValue<'_>,
    expansion: VariableExpansion,
) -> Result<String, EslCommandError> {
    let assignment =
        format!("{}={}", quote::check_variable_name(name)?, escape_expansion(value.as_str()));
    Ok(application_argument(assignment, expansion))
}

/// The argument of `multiset` after which each variable holds its value: the argument is expanded and split, then each
/// part is a `set` (`multiset_function` in `mod_dptools.c`). It reads at most 256 parts.
///
/// # Errors
/// A name that is no plain variable's.
pub fn multiset<'a>(
    variables: impl IntoIterator<Item = (&'a str, &'a EslVariableValue<'a>)>,
    expansion: VariableExpansion,
) -> Result<String, EslCommandError> {
    let mut all = String::from("^^;");
    for (index, (name, value)) in variables.into_iter().enumerate() {
        let separator = if index == 0 { "" } else { ";" };
        let value = escape_splitting(&escape_expansion(value.as_str()), Some(';'));
        all.push_str(&format!("{separator}{}={value}", quote::check_variable_name(name)?));
    }
    Ok(application_argument(all, expansion))
}

/// The arguments of `api uuid_setvar` after which the variable holds the value: nothing is expanded, but quotes and
/// escapes are read (`cleanup_separated_string` in `switch_utils.c`). Wants `full`.
///
/// # Errors
/// A name that is no plain variable's, or an identifier that is no word.
pub fn uuid_setvar(
    unique_id: &str,
    name: &str,
    value: &EslVariableValue<'_>,
) -> Result<String, EslCommandError> {
    let value = break_up_module_name(escape_splitting(value.as_str(), None));
    Ok(format!("{} {} {value}", quote::check_word(unique_id)?, quote::check_variable_name(name)?))
}

/// The argument of an application after which it has the text.
pub fn application_argument(text: String, expansion: VariableExpansion) -> String {
    match expansion {
        VariableExpansion::On => escape_expansion(&text).into_owned(),
        VariableExpansion::Off => text,
    }
}

/// One of the words that an application splits its argument into (`separate_string_blank_delim` in `switch_utils.c`).
pub fn quote_word(text: &str) -> String {
    escape_splitting(text, None).replace(' ', r"\s")
}

/// What the expansion turns into the text (`switch_channel_expand_variables_check` in `switch_channel.c`).
///
/// It leaves a text alone that has no `${`, also over backslashes, and none of the escapes that it looks for; in any
/// other it undoes `\\` and `\$`. So either nothing is escaped or all of both.
pub fn escape_expansion(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') && !text.contains("${") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(escape_characters(text, |char| matches!(char, '\\' | '$').then_some(char)))
}

/// What the splitting turns into the text (`cleanup_separated_string` in `switch_utils.c`): it undoes `\`, takes
/// quotes away in pairs, and spaces at both ends.
fn escape_splitting(text: &str, separator: Option<char>) -> String {
    let mut inside = escape_characters(text.trim_matches(' '), |char| match char {
        '\\' | '\'' => Some(char),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        other => separator.filter(|&separator| separator == other),
    });
    let (before, after) = (leading_spaces(text), trailing_spaces(text));
    inside.insert_str(0, &r"\s".repeat(before));
    inside.push_str(&r"\s".repeat(after));
    inside
}

fn leading_spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// Spaces at the end that are not at the beginning too.
fn trailing_spaces(text: &str) -> usize {
    let text = text.trim_start_matches(' ');
    text.len() - text.trim_end_matches(' ').len()
}

/// Takes the module's name apart by quotes around nothing, which the splitting takes away: see [`EslCommandError::UnloadsModule`].
fn break_up_module_name(value: String) -> String {
    let small = value.to_ascii_lowercase();
    let found: Vec<_> = small.match_indices(EVENT_SOCKET_MODULE).map(|(at, _)| at).collect();
    let mut value = value;
    for at in found.into_iter().rev() {
        value.insert_str(at + "mod_".len(), "''");
    }
    value
}

/// The text with a backslash before what `escape` has another word for.
fn escape_characters(text: &str, escape: impl Fn(char) -> Option<char>) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if escape(char).is_some() {
            escaped.push('\\');
        }
        escaped.push(escape(char).unwrap_or(char));
    }
    escaped
}
