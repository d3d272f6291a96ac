//! Text from outside in a line that Asterisk reads: quoting, and what can't be sent at all.

use std::borrow::Cow;

use crate::wire::is_line_break;

/// Most bytes of a command with its newline. Asterisk 16 reads 2,047 (`AGI_BUF_LEN`; 8,191 in 22) and runs the rest of
/// a longer line as the next command.
pub const MAX_COMMAND_BYTES: usize = 2_047;

/// Why a command can't be made: our fault or the script's, found before anything is sent. Carries no value, since one
/// may be a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgiCommandError {
    /// A line feed would end the command and run the rest as another, a NUL cuts the line (`run_agi`).
    #[error("a command can't hold a carriage return, a line feed or a NUL")]
    LineBreak,
    /// The line would be longer than what every Asterisk reads as one.
    #[error("the command is of {0} bytes, and a switch reads {MAX_COMMAND_BYTES} as one")]
    TooLong(usize),
    /// Not one of `0`–`9`, `*`, `#`, `A`–`D`.
    #[error("a telephone has no key {0:?}")]
    InvalidKey(char),
    /// Something else where digits are said one by one.
    #[error("no digits")]
    NotDigits,
    /// A name with more than letters, digits and `_`: Asterisk would read a function into it, and some run programs.
    #[error("no name of a variable")]
    InvalidVariableName,
}

/// Appends the text in double quotes, which `parse_args` undoes exactly: there `"` groups, and `\` before a character
/// makes it an ordinary one. The only way of text from outside into a command.
pub(super) fn quote(line: &mut String, text: &str) -> Result<(), AgiCommandError> {
    if text.contains(is_line_break) {
        return Err(AgiCommandError::LineBreak);
    }
    line.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(is_escaped) {
        line.extend([&rest[..at], "\\", &rest[at..=at]]);
        rest = &rest[at + 1..];
    }
    line.extend([rest, "\""]);
    Ok(())
}

/// The longest beginning of the text that needs at most so many bytes between its quotes.
pub(super) fn truncate_to_quoted_len(text: &str, bytes: usize) -> &str {
    let mut used = 0;
    let too_far = text.char_indices().find(|&(_, char)| {
        used += quoted_char_len(char);
        used > bytes
    });
    &text[..too_far.map_or(text.len(), |(at, _)| at)]
}

/// Bytes that the text needs between its quotes.
pub(super) fn quoted_len(text: &str) -> usize {
    text.chars().map(quoted_char_len).sum()
}

/// The text with spaces for what no line can hold.
pub(super) fn replace_line_breaks(text: &str) -> Cow<'_, str> {
    if !text.contains(is_line_break) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|char| if is_line_break(char) { ' ' } else { char }).collect())
}

fn quoted_char_len(char: char) -> usize {
    char.len_utf8() + usize::from(is_escaped(char))
}

fn is_escaped(char: char) -> bool {
    matches!(char, '"' | '\\')
}
