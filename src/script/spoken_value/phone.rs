//! Telephone numbers, digit by digit in groups.

/// The number of digits of a telephone number: from a short one to one more than E.164 allows, for a prefix.
const DIGITS: std::ops::RangeInclusive<usize> = 2..=20;

/// The digits in a group, where a number is written without groups.
const GROUP_DIGITS: usize = 3;

/// A telephone number for an engine: `+49 30 1234` as `+ 4 9, 3 0, 1 2 3 4`. Engines pause at a comma, and read `+` in
/// their language. `None` if the text is not a telephone number.
pub(super) fn phone_words(text: &str) -> Option<String> {
    let text = text.trim();
    let (plus, number) = match text.strip_prefix('+') {
        Some(number) => ("+ ", number),
        None => ("", text),
    };
    let is_separator = |c: char| matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')');
    let is_number = number.chars().all(|c| c.is_ascii_digit() || is_separator(c));
    let count = number.bytes().filter(u8::is_ascii_digit).count();
    // A decimal number has one point.
    let is_decimal = number.matches('.').count() == 1 && !number.contains([' ', '-', '/', '(']);
    if !is_number || is_decimal || !DIGITS.contains(&count) || number.starts_with('-') {
        return None;
    }
    let groups: Vec<&str> = number.split(is_separator).filter(|group| !group.is_empty()).collect();
    let groups = match groups[..] {
        [digits] => split_digits(digits),
        _ => groups,
    };
    let spaced = |group: &str| group.chars().map(String::from).collect::<Vec<_>>().join(" ");
    Some(format!("{plus}{}", groups.into_iter().map(spaced).collect::<Vec<_>>().join(", ")))
}

/// Groups of three; the last one has two to four digits.
fn split_digits(digits: &str) -> Vec<&str> {
    let (mut groups, mut rest) = (Vec::new(), digits);
    while rest.len() > GROUP_DIGITS + 1 {
        let (group, after) = rest.split_at(GROUP_DIGITS);
        groups.push(group);
        rest = after;
    }
    groups.push(rest);
    groups
}
