//! What a command and a variable may contain.
//!
//! FreeSWITCH evaluates `${…}` in the argument of every application, and `${system(…)}` runs any program. `set`
//! evaluates its value once more. Moreover, `${variable}` evaluates the *value* of the variable
//! (`switch_channel_expand_variables_check` in `switch_channel.c` calls itself on each value). So it is not enough to
//! escape a text in a command: the value that is stored in a variable must itself be harmless. Hence two steps:
//!
//! 1. [`EslVariableValue`] restricts what a variable may contain.
//! 2. [`variable`](super::variable) escapes that value for the parsers of one command, so that it is stored unchanged.

use std::borrow::Cow;
use std::fmt;

use crate::wire::{is_line_break, is_variable_name};

/// Maximum length of a command. FreeSWITCH accepts 10 MB of headers and 16 MB of body (`read_packet`) but reads headers
/// byte by byte.
pub(crate) const MAX_COMMAND_BYTES: usize = 64 * 1024;
/// Maximum length of a variable's value. FreeSWITCH sends every variable back in every event, encoded with up to three
/// bytes for each byte. Escaping by [`variable`](super::variable) turns a byte into eight at most.
pub const MAX_VALUE_BYTES: usize = 4 * 1024;

/// Why a command cannot be sent. The error contains no argument, since that may be a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EslCommandError {
    /// A line break in a header would begin another header, or end the command. A NUL would truncate it
    /// (`read_packet`).
    #[error(
        "a header cannot contain a carriage return, a line feed or a NUL; a body cannot contain a NUL"
    )]
    LineBreak,
    /// Longer than [`MAX_COMMAND_BYTES`].
    #[error("the command has {0} bytes; the limit is {MAX_COMMAND_BYTES}")]
    TooLong(usize),
    /// The name contains a character other than letters, digits and `_`.
    #[error("invalid variable name")]
    InvalidVariableName,
    /// The text is empty or contains a character other than letters, digits, `_` and `-`.
    #[error("only letters, digits, `_` and `-` are allowed here")]
    InvalidWord,
    /// The headers contain `mod_event_socket` and also `unload` or `reload`. FreeSWITCH would unload or reload the
    /// module, whatever the command is: `read_packet` passes all headers on as the command, and `parse_command` looks
    /// for these words first.
    #[error("FreeSWITCH would read this command as one that unloads mod_event_socket")]
    UnloadsModule,
}

/// Accepts a text that a header can contain.
pub(super) fn check_header(text: &str) -> Result<&str, EslCommandError> {
    (!text.contains(is_line_break)).then_some(text).ok_or(EslCommandError::LineBreak)
}

/// Accepts a text of a single word.
pub(super) fn check_word(text: &str) -> Result<&str, EslCommandError> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let is_word = !text.is_empty() && text.bytes().all(is_part);
    is_word.then_some(text).ok_or(EslCommandError::InvalidWord)
}

/// Accepts a name that FreeSWITCH does not evaluate.
pub(super) fn check_variable_name(name: &str) -> Result<&str, EslCommandError> {
    is_variable_name(name).then_some(name).ok_or(EslCommandError::InvalidVariableName)
}

/// Accepts the headers of a command, unless they have the error [`EslCommandError::UnloadsModule`].
pub(super) fn check_headers(text: &str) -> Result<&str, EslCommandError> {
    let lowercase = text.to_ascii_lowercase();
    let unloads = lowercase.contains(EVENT_SOCKET_MODULE)
        && ["unload", "reload"].iter().any(|word| lowercase.contains(word));
    if unloads { Err(EslCommandError::UnloadsModule) } else { Ok(text) }
}

/// Whether the text contains the module's name. Case is ignored.
pub(super) fn names_module(text: &str) -> bool {
    text.to_ascii_lowercase().contains(EVENT_SOCKET_MODULE)
}

pub(super) const EVENT_SOCKET_MODULE: &str = "mod_event_socket";

/// A text from outside, changed so that a channel variable can safely have it as its value. `{` and `[` become `(`, `}`
/// and `]` become `)`, and CR, LF and NUL become spaces. A text longer than [`MAX_VALUE_BYTES`] is truncated.
///
/// Without braces there is no `${…}` and no `$${…}`. Without brackets there is no `%[…]`, which sets variables
/// (`switch_core_session_exec` in `switch_core_session.c`), and none of the `{…}` and `[…]` of a dial string, which run
/// commands when the call is answered.
///
/// It would not be enough to look for `${`, as FreeSWITCH does with values from SIP (`switch_var_clean_string` in
/// `switch_utils.h`). Expansion removes `\'`, so `$\'{…}` becomes `${…}`. And a dialplan may contain `${a}${b}`, where
/// the value of `a` ends with `$` and the value of `b` begins with `{…}`. A dollar sign without braces is harmless.
#[derive(Clone, PartialEq, Eq)]
pub struct EslVariableValue<'a> {
    text: Cow<'a, str>,
    truncated: bool,
}

impl<'a> EslVariableValue<'a> {
    /// Replaces and truncates as described above.
    pub fn sanitize(text: &'a str) -> Self {
        let beginning = truncate(text, MAX_VALUE_BYTES);
        let truncated = beginning.len() < text.len();
        let text = match beginning.contains(UNSAFE_CHARACTERS) {
            true => Cow::Owned(beginning.chars().map(replace_unsafe).collect()),
            false => Cow::Borrowed(beginning),
        };
        Self { text, truncated }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the end of the text is missing.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }
}

/// The value may be a PIN, so only its length is shown.
impl fmt::Debug for EslVariableValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.text.len())
    }
}

const UNSAFE_CHARACTERS: [char; 7] = ['{', '[', '}', ']', '\r', '\n', '\0'];

fn replace_unsafe(char: char) -> char {
    match char {
        '{' | '[' => '(',
        '}' | ']' => ')',
        other if is_line_break(other) => ' ',
        other => other,
    }
}

/// The longest beginning of the text that has at most `max_bytes`.
fn truncate(text: &str, max_bytes: usize) -> &str {
    let mut end = text.len().min(max_bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
