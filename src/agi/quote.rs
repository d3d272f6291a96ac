//! Quotes command arguments, and rejects text that no command can contain.

use std::borrow::Cow;

use crate::wire::is_line_break;

/// Maximum length of a command with its newline. Asterisk 16 reads 2,047 bytes (`AGI_BUF_LEN`; 8,191 in Asterisk 22)
/// and executes the rest of a longer line as the next command.
pub(crate) const MAX_COMMAND_BYTES: usize = 2_047;

/// Why a command cannot be sent. The error contains no argument, since that may be a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgiCommandError {
    /// A line feed would end the command, and Asterisk would execute the rest as another one. A NUL would truncate the
    /// line (`run_agi`).
    #[error("a command cannot contain a carriage return, a line feed or a NUL")]
    LineBreak,
    /// Some version of Asterisk would read the line as two commands.
    #[error("the command has {0} bytes; the limit is {MAX_COMMAND_BYTES}")]
    TooLong(usize),
    /// Text other than digits in SAY DIGITS.
    #[error("the text is not all digits")]
    NotDigits,
    /// The name contains a character other than letters, digits and `_`. Asterisk would evaluate functions in it, and
    /// some functions run programs.
    #[error("invalid variable name")]
    InvalidVariableName,
    /// The value contains a character that the function `ARRAY` interprets.
    #[error("the value cannot be set together with others")]
    NotLiteral,
}

/// Appends the text in double quotes. `parse_args` restores the text exactly: there a `"` begins or ends a quoted
/// argument, and the character after a `\` is taken literally. Text from outside gets into a command only through this
/// function.
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

/// The longest beginning of the text that has at most `max_bytes` when quoted, without its quotes.
pub(super) fn truncate_to_quoted_len(text: &str, max_bytes: usize) -> &str {
    let mut used = 0;
    let first_excess = text.char_indices().find(|&(_, char)| {
        used += quoted_char_len(char);
        used > max_bytes
    });
    &text[..first_excess.map_or(text.len(), |(at, _)| at)]
}

/// Length of the quoted text in bytes, without its quotes.
pub(super) fn quoted_len(text: &str) -> usize {
    text.chars().map(quoted_char_len).sum()
}

/// Replaces each character that no command can contain by a space.
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
