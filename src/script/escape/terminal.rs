//! Text from outside on a terminal.

use std::borrow::Cow;

/// The text with escapes, as in Rust, for all characters that a terminal interprets or that are invisible: control
/// characters, line separators, marks that change the direction of writing, and code points without a character. With
/// those, a text can change the terminal or look like another text. Spaces and combining marks stay.
pub(crate) fn escape_for_terminal(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match is_unsafe(char) {
            true => escaped.extend(char.escape_debug()),
            false => escaped.push(char),
        }
    }
    Cow::Owned(escaped)
}

/// Whether [`escape_for_terminal`] escapes this character.
pub(crate) fn is_unsafe(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_control();
    }
    let is_space = char.is_whitespace() && !matches!(char, '\u{85}' | '\u{2028}' | '\u{2029}');
    // `escape_debug` of a string escapes a combining mark only at its beginning.
    let after_a_letter = String::from_iter(['a', char]);
    !is_space && after_a_letter.escape_debug().count() > 2
}

#[cfg(test)]
mod tests {
    use super::escape_for_terminal;

    #[test]
    fn characters_that_a_terminal_interprets_or_hides_are_escaped() {
        let text = "\u{1b}[31m\u{9b}\u{202e}\u{2066}\u{200b}\u{2028}\u{fffe}\u{e0041}\n";
        let escaped = r"\u{1b}[31m\u{9b}\u{202e}\u{2066}\u{200b}\u{2028}\u{fffe}\u{e0041}\n";
        assert_eq!(escape_for_terminal(text), escaped);
        assert_eq!(escape_for_terminal(escaped), escaped);
    }

    #[test]
    fn letters_quotes_spaces_and_combining_marks_stay() {
        let text = "“Größe” \"a\" 'b' \\ 12\u{a0}€ \u{202f} e\u{301} 日本 ע ar \u{627}";
        assert_eq!(escape_for_terminal(text), text);
    }
}
