//! Digits with separators between them, such as `0 4 8 2 1` or `(04) 821`.

/// Whether two texts consist of the same digits. Separators and leading zeros do not count: a web application may send
/// the input `04821` back as the number 4821, or as `0-4-8-2-1`.
pub(super) fn is_same_number(a: &str, b: &str) -> bool {
    is_separated_number(a)
        && is_separated_number(b)
        && significant_digits(a).eq(significant_digits(b))
}

/// Whether a text has digits, and nothing else but separators.
fn is_separated_number(text: &str) -> bool {
    let is_separator = |c: char| c.is_whitespace() || "-.()[]+".contains(c);
    text.chars().all(|c| c.is_ascii_digit() || is_separator(c))
        && text.contains(|c: char| c.is_ascii_digit())
}

/// The digits of a text from the first one that is not 0.
fn significant_digits(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(u8::is_ascii_digit).skip_while(|&digit| digit == b'0')
}
