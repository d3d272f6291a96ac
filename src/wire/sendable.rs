//! What both switches accept in a command.

use std::time::Duration;

/// Whether the character ends a line or, as a NUL, cuts it.
pub(crate) fn is_line_break(char: char) -> bool {
    matches!(char, '\r' | '\n' | '\0')
}

/// Whether the text is a plain variable name. Both switches read functions and expressions into other characters.
pub(crate) fn is_variable_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(is_plain)
}

/// The time in seconds, rounded up and at least 1: to both switches 0 means a default, or no limit.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0)).max(1)
}
