//! Rules for text and times in commands that both switches share.

use std::time::Duration;

/// Whether the character ends a line (CR, LF) or truncates it (NUL).
pub(crate) fn is_line_break(char: char) -> bool {
    matches!(char, '\r' | '\n' | '\0')
}

/// Whether the text is a plain variable name. Both switches interpret other characters as parts of functions and
/// expressions.
pub(crate) fn is_variable_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(is_plain)
}

/// The time in seconds, rounded up and at least 1: for both switches 0 means a default, or no limit.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0)).max(1)
}
