//! Which characters are escaped, and which stay.

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
