//! Parameters of speech engines. They become arguments of programs, parts of file names and of commands to switches, so
//! names are restricted to safe characters.

use std::sync::Arc;

use serde_spanned::Spanned;

use super::file::TomlFile;
use crate::script::voice::SpeakingRate;

/// The name of a voice, a language or an engine; `None` if it is missing or invalid.
pub(crate) fn name(file: &TomlFile, given: Option<&Spanned<String>>) -> Option<Arc<str>> {
    let given = given?;
    let name = given.get_ref().as_str();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_+.-".contains(&b);
    // A program would read a name that begins with a dash as an option.
    let is_name = (1..=100).contains(&name.len())
        && name.bytes().all(plain)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !is_name {
        let help = "use only letters, digits and _ + . -, starting with a letter or a digit";
        file.error_with_help(given.span(), "not a valid name", help);
    }
    is_name.then(|| name.into())
}

/// A language such as `en` or `pt-BR`; `None` if it is missing or invalid. `pt_BR` and `pt_BR.UTF-8`, as the switches
/// and the system write it, are the same language: engines understand only the form with a hyphen.
pub(crate) fn language(file: &TomlFile, given: Option<&Spanned<String>>) -> Option<Arc<str>> {
    let language: Arc<str> = as_language(&name(file, given)?).into();
    if let Some(given) = given.filter(|_| !is_language_code(&language)) {
        let help =
            format!("write a code such as `de` or `de-DE`, unless the engine knows `{language}`");
        file.warn(given.span(), format!("`{language}` is not the code of a language"), help);
    }
    Some(language)
}

/// A language as engines understand it: with hyphens for underscores.
pub(crate) fn as_language(given: &str) -> String {
    hyphenated(given).unwrap_or_else(|| given.to_owned())
}

/// Whether a text has the form of a language tag: two or three letters, and then further parts after hyphens (BCP 47).
fn is_language_code(text: &str) -> bool {
    let primary = text.split('-').next().unwrap_or_default();
    matches!(primary.len(), 2 | 3) && primary.bytes().all(|b| b.is_ascii_alphabetic())
}

/// The name of a voice; `None` if it is missing or invalid. A voice that is called like a language is that of the
/// language.
pub(crate) fn voice(file: &TomlFile, given: Option<&Spanned<String>>) -> Option<Arc<str>> {
    let voice = name(file, given)?;
    let is_region = |(_, region): &(&str, &str)| {
        matches!(region.len(), 2 | 3)
            && region.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let region = voice.split_once('_').filter(is_region);
    Some(region.and_then(|_| hyphenated(&voice)).map_or(voice, Arc::from))
}

/// A language with hyphens for underscores, without a character set; `None` if it is written so, or is no language.
fn hyphenated(name: &str) -> Option<String> {
    let language = name.split_once('.').map_or(name, |(language, _)| language);
    let (primary, rest) = language.split_once('_')?;
    let is_language = matches!(primary.len(), 2 | 3)
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    is_language.then(|| language.replace('_', "-"))
}

/// The speaking rate as a factor, 0.5 to 2.0; `None` if it is missing or invalid.
pub(crate) fn speed(file: &TomlFile, given: Option<&Spanned<String>>) -> Option<SpeakingRate> {
    let given = given?;
    let help = "write a number such as `speed = 1.2`; 1.0 is normal";
    match given.get_ref().parse::<f32>() {
        Ok(speed) if (0.5..=2.0).contains(&speed) => {
            Some(SpeakingRate((speed * 100.0).round() as u16))
        }
        Ok(_) => {
            file.error_with_help(given.span(), "out of range: must be between 0.5 and 2.0", help);
            None
        }
        Err(_) => {
            file.error_with_help(given.span(), "not a valid speed", help);
            None
        }
    }
}
