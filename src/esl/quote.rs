//! Text from outside in what FreeSWITCH reads: what can't be sent at all, and what must not be read into it.
//!
//! FreeSWITCH evaluates `${…}` in the argument of every application, which runs any of its commands
//! (`${system(…)}`), and `set` evaluates its value once more. Worse, it evaluates what a *variable* holds whenever
//! somebody writes `${variable}` (`switch_channel_expand_variables_check` in `switch_channel.c` calls itself on each
//! value), so no way to send a text makes it harmless that is not harmless where it is kept. Hence two steps:
//!
//! 1. [`EslVariableValue`]: what a variable may hold at all.
//! 2. [`variable`](super::variable): the value through the parsers of one command, unchanged.

use std::borrow::Cow;
use std::fmt;

use crate::wire::{is_line_break, is_variable_name};

/// Most bytes of a command. FreeSWITCH takes 10 MB of headers and 16 MB of body (`read_packet`), but reads headers a
/// byte at a time.
pub const MAX_COMMAND_BYTES: usize = 64 * 1024;
/// Most bytes of a value. FreeSWITCH sends each variable back in each event, each byte as up to three; and no way of
/// [`variable`](super::variable) makes more than eight of one.
pub const MAX_VALUE_BYTES: usize = 4 * 1024;

/// Why a command can't be made: our fault or the script's, found before anything is sent. Carries no value, since one
/// may be a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EslCommandError {
    /// A line break in a header begins another header, or ends the command; a NUL cuts what it is in (`read_packet`).
    #[error(
        "a header cannot contain a carriage return, a line feed or a NUL; a body cannot contain a NUL"
    )]
    LineBreak,
    /// Longer than what is worth sending.
    #[error("the command has {0} bytes; the limit is {MAX_COMMAND_BYTES}")]
    TooLong(usize),
    /// A name with more than letters, digits and `_`.
    #[error("invalid variable name")]
    InvalidVariableName,
    /// More or something else than one word of letters, digits, `_` and `-`.
    #[error("only letters, digits, `_` and `-` are allowed here")]
    InvalidWord,
    /// A command with both `mod_event_socket` and `unload` or `reload` anywhere in its headers does that to the module,
    /// whatever it says: `read_packet` keeps all of them as the command, and `parse_command` looks for the words first.
    #[error("FreeSWITCH would read this command as one that unloads mod_event_socket")]
    UnloadsModule,
}

/// Whether a header can hold the text.
pub(super) fn check_header(text: &str) -> Result<&str, EslCommandError> {
    (!text.contains(is_line_break)).then_some(text).ok_or(EslCommandError::LineBreak)
}

/// A word that ends where it should.
pub(super) fn check_word(text: &str) -> Result<&str, EslCommandError> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let fine = !text.is_empty() && text.bytes().all(is_part);
    fine.then_some(text).ok_or(EslCommandError::InvalidWord)
}

/// A name of a variable that FreeSWITCH reads nothing into.
pub(super) fn check_variable_name(name: &str) -> Result<&str, EslCommandError> {
    is_variable_name(name).then_some(name).ok_or(EslCommandError::InvalidVariableName)
}

/// The headers of a command, unless they are taken for another: see [`EslCommandError::UnloadsModule`].
pub(super) fn check_headers(text: &str) -> Result<&str, EslCommandError> {
    let small = text.to_ascii_lowercase();
    let unloads = small.contains(EVENT_SOCKET_MODULE)
        && ["unload", "reload"].iter().any(|w| small.contains(w));
    if unloads { Err(EslCommandError::UnloadsModule) } else { Ok(text) }
}

/// Whether the text names the module, in capitals or small letters.
pub(super) fn names_module(text: &str) -> bool {
    text.to_ascii_lowercase().contains(EVENT_SOCKET_MODULE)
}

pub(super) const EVENT_SOCKET_MODULE: &str = "mod_event_socket";

/// What a channel variable may hold of a text from outside: `{` and `[` become `(`, `}` and `]` become `)`, carriage
/// return, line feed and NUL a space, and what is over [`VALUE_BYTES`] is cut off.
///
/// Without a brace there is no `${…}` and no `$${…}`, and without a bracket no `%[…]` that sets variables
/// (`switch_core_session_exec` in `switch_core_session.c`) and none of the `{…}` and `[…]` of a dial string that run
/// commands when the call is answered. To look for `${` alone, as FreeSWITCH does with what comes from SIP
/// (`switch_var_clean_string` in `switch_utils.h`), is not enough: the expansion drops `\'`, so `$\'{…}` becomes one,
/// and so do `$` in one variable and `{…}` in the next when a dialplan writes `${a}${b}`. A dollar alone is a price.
#[derive(Clone, PartialEq, Eq)]
pub struct EslVariableValue<'a> {
    text: Cow<'a, str>,
    truncated: bool,
}

impl<'a> EslVariableValue<'a> {
    /// What may be kept of the text.
    pub fn sanitize(text: &'a str) -> Self {
        let kept = truncate(text, MAX_VALUE_BYTES);
        let truncated = kept.len() < text.len();
        let text = match kept.contains(UNSAFE_CHARACTERS) {
            true => Cow::Owned(kept.chars().map(replace_unsafe).collect()),
            false => Cow::Borrowed(kept),
        };
        Self { text, truncated }
    }

    /// What the variable will hold.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the end of the text is missing.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }
}

/// It may be a PIN: only its length is shown.
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

/// The longest beginning of the text that has at most so many bytes.
fn truncate(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
