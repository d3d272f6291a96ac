//! The ways to set variables. Each function escapes the [`EslVariableValue`] for the parsers that read it, so that the
//! variable gets exactly that value.
//!
//! - [`multiset`] works without `full` in the `socket` line. FreeSWITCH writes the values to its log and to the events of
//!   the application.
//! - [`uuid_setvar_multi`] needs `full`. FreeSWITCH sets the variables when it reads the command, also while an
//!   application runs.

use std::borrow::Cow;

use super::quote::{self, EVENT_SOCKET_MODULE, EslCommandError, EslVariableValue, MAX_VALUE_BYTES};

/// Whether FreeSWITCH expands the arguments of applications. A dialplan can switch that off with the variable
/// `app_disable_expand_variables`. `set` and `multiset` still expand their values then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableExpansion {
    On,
    /// `app_disable_expand_variables=true`
    Off,
}

/// The argument of `multiset`. FreeSWITCH expands and splits it, then handles each part like the argument of `set`, whose
/// value is expanded once more (`multiset_function`, `base_set` in `mod_dptools.c`). FreeSWITCH reads at most 256 parts.
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

/// The arguments of `api uuid_setvar_multi`. They are split like those of `multiset`, but never expanded
/// (`uuid_setvar_multi_function` in `mod_commands.c`). FreeSWITCH reads at most [`MAX_SETVAR_MULTI`] variables.
pub fn uuid_setvar_multi<'a>(
    unique_id: &str,
    variables: impl IntoIterator<Item = (&'a str, &'a EslVariableValue<'a>)>,
) -> Result<String, EslCommandError> {
    let mut all = quote::check_word(unique_id)?.to_owned();
    for (index, (name, value)) in variables.into_iter().enumerate() {
        let separator = if index == 0 { " " } else { ";" };
        let value = escape_splitting(value.as_str(), Some(';'));
        let assignment = format!("{}={value}", quote::check_variable_name(name)?);
        all.push_str(separator);
        all.push_str(&break_up_module_name(assignment));
    }
    Ok(all)
}

/// Size of the array of `uuid_setvar_multi_function`.
pub const MAX_SETVAR_MULTI: usize = 64;

/// A name with its value.
pub(crate) type EslVariable = (String, String);

/// Splits variables into groups that fit into one command each: by their number, and by the length of their values, which
/// become up to eight times as long when they are escaped.
pub(crate) fn group_variables(variables: &[EslVariable]) -> Vec<&[EslVariable]> {
    let (mut groups, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (at, (name, value)) in variables.iter().enumerate() {
        let length = name.len() + value.len();
        if at - start == MAX_SETVAR_MULTI || (at > start && bytes + length > MAX_VALUE_BYTES) {
            groups.push(&variables[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += length;
    }
    groups.extend(Some(&variables[start..]).filter(|rest| !rest.is_empty()));
    groups
}

/// Escapes an application's argument, so that the application gets exactly the text.
pub fn application_argument(text: String, expansion: VariableExpansion) -> String {
    match expansion {
        VariableExpansion::On => escape_expansion(&text).into_owned(),
        VariableExpansion::Off => text,
    }
}

/// Escapes one of the words into which an application splits its argument (`separate_string_blank_delim` in
/// `switch_utils.c`).
pub(crate) fn quote_word(text: &str) -> String {
    escape_splitting(text, None).replace(' ', r"\s")
}

/// Escapes a text that is expanded once (`switch_channel_expand_variables_check` in `switch_channel.c`).
///
/// FreeSWITCH does not change a text without `${` and without any of the escapes that it looks for. In any other text
/// it replaces `\\` by `\` and `\$` by `$`. So either every `\` and `$` is escaped, or none.
pub fn escape_expansion(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') && !text.contains("${") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(escape_characters(text, |char| matches!(char, '\\' | '$').then_some(char)))
}

/// Escapes a text that is split once (`cleanup_separated_string` in `switch_utils.c`). Splitting replaces escapes such
/// as `\n`, removes pairs of quotes, and removes spaces at both ends.
fn escape_splitting(text: &str, separator: Option<char>) -> String {
    let mut escaped = escape_characters(text.trim_matches(' '), |char| match char {
        '\\' | '\'' => Some(char),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        other => separator.filter(|&separator| separator == other),
    });
    let (leading, trailing) = (leading_spaces(text), trailing_spaces(text));
    escaped.insert_str(0, &r"\s".repeat(leading));
    escaped.push_str(&r"\s".repeat(trailing));
    escaped
}

fn leading_spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// Number of spaces at the end, or 0 if the text consists of spaces.
fn trailing_spaces(text: &str) -> usize {
    let text = text.trim_start_matches(' ');
    text.len() - text.trim_end_matches(' ').len()
}

/// Inserts an empty pair of quotes into each occurrence of the module's name; splitting removes them. See
/// [`EslCommandError::UnloadsModule`].
fn break_up_module_name(assignment: String) -> String {
    let lowercase = assignment.to_ascii_lowercase();
    let positions: Vec<_> =
        lowercase.match_indices(EVENT_SOCKET_MODULE).map(|(at, _)| at).collect();
    let mut assignment = assignment;
    for at in positions.into_iter().rev() {
        assignment.insert_str(at + "mod_".len(), "''");
    }
    assignment
}

/// Replaces each character for which `escape` returns a character by a backslash and that character.
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
