//! What the keys `*` and `#` are called, for text-to-speech engines: many of them leave out such a character, or speak
//! the name that it has in a text.

/// The name of a key in a language such as `en` or `de-AT`. `None` for a digit or a letter, and for a language that is
/// not listed.
pub(super) fn key_name(key: char, language: &str) -> Option<&'static str> {
    let subtags: Vec<_> = language.split(['-', '_']).map(str::to_ascii_lowercase).collect();
    let (star, pound) = match *subtags.iter().map(String::as_str).collect::<Vec<_>>() {
        ["en"] | ["en", "us" | "ca", ..] => ("star", "pound"),
        ["en", ..] => ("star", "hash"),
        ["es", ..] => ("asterisco", "almohadilla"),
        ["fr", ..] => ("étoile", "dièse"),
        ["de", ..] => ("Stern", "Raute"),
        ["hi", ..] => ("स्टार", "हैश"),
        ["it", ..] => ("asterisco", "cancelletto"),
        ["nl", ..] => ("sterretje", "hekje"),
        ["pt", "br", ..] => ("asterisco", "jogo da velha"),
        ["pt", ..] => ("asterisco", "cardinal"),
        ["da", ..] => ("stjerne", "firkant"),
        _ => return None,
    };
    match key {
        '*' => Some(star),
        '#' => Some(pound),
        _ => None,
    }
}
