//! Text from outside on a terminal.

use std::borrow::Cow;

/// The text with escapes, as in Rust, for all characters that a terminal interprets or that are invisible: control
/// characters, line separators, marks that change the direction of writing, and code points without a character. With
/// those, a text can change the terminal or look like another text. Spaces and combining marks stay.
pub(crate) fn escape_for_terminal(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe_on_terminal) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match is_unsafe_on_terminal(char) {
            true => escaped.extend(char.escape_debug()),
            false => escaped.push(char),
        }
    }
    Cow::Owned(escaped)
}

/// Like [`escape_for_terminal`], for each line of a text.
pub(crate) fn escape_lines_for_terminal(text: &str) -> String {
    text.split('\n').map(escape_for_terminal).collect::<Vec<_>>().join("\n")
}

/// Whether [`escape_for_terminal`] escapes this character.
pub(crate) fn is_unsafe_on_terminal(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_control();
    }
    let is_space = char.is_whitespace() && !matches!(char, '\u{85}' | '\u{2028}' | '\u{2029}');
    // `escape_debug` of a string escapes a combining mark only at its beginning.
    let after_a_letter = String::from_iter(['a', char]);
    !is_space && after_a_letter.escape_debug().count() > 2
}

#[cfg(test)]
mod tests;
