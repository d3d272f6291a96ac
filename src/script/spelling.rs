//! Values that the switch spells with its own sounds, where no text-to-speech engine can speak them.
//!
//! The switch has sounds for letters and digits only, and for the keys `*` and `#`. A value that would sound like
//! another one without its other characters, such as `12.50`, is not spelled.

use crate::channel::Sound;
use crate::script::number_signs::NumberSigns;
use crate::script::unicode_digits::ascii_digits;
use crate::script::written_number::{WrittenNumber, WrittenNumberError};

/// Maximum number of characters that are spoken one by one, or spelled by the switch.
pub(super) const MAX_SPELLED_CHARACTERS: usize = 40;

/// Maximum length of a text of which the letters and digits are spelled, in characters.
const MAX_READ_CHARACTERS: usize = 100;

/// Why the switch cannot spell a value. The message never contains any part of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SpellingError {
    #[error("it has characters other than letters and digits")]
    Characters,
    #[error("it is a negative number")]
    Negative,
    #[error("it is a number with a fraction")]
    Fraction,
    #[error("it has more than {MAX_SPELLED_CHARACTERS} characters")]
    TooLong,
    #[error("it is a date before 1970")]
    EarlyDate,
    #[error(transparent)]
    Number(#[from] WrittenNumberError),
}

/// The digits of a value that is a whole number. Units are not spelled. A value that is not a number is spelled if it
/// is a telephone number, if it consists of letters and digits, or if it has no digits.
pub(super) fn spell_number(
    text: &str,
    is_json: bool,
    signs: Option<&NumberSigns>,
) -> Result<Sound, SpellingError> {
    match WrittenNumber::read(text, is_json, signs) {
        Ok(number) => spell_digits(&number),
        Err(WrittenNumberError::NotANumber) => match has_digits(text) && !is_telephone_number(text)
        {
            true => spell_characters(text.trim()),
            false => spell_code(text),
        },
        Err(ambiguous) => Err(ambiguous.into()),
    }
}

/// The letters and digits of a text. Where it has digits, its other characters must be without a meaning, as in
/// `ORD-471` and `+49 30 123`; otherwise it must be a whole number.
pub(super) fn spell_text(
    text: &str,
    is_json: bool,
    signs: Option<&NumberSigns>,
) -> Result<Sound, SpellingError> {
    let code = spell_code(text);
    match (code, WrittenNumber::read(text, is_json, signs)) {
        (Err(SpellingError::Characters), Ok(number)) => spell_digits(&number),
        (Err(SpellingError::Characters), Err(error @ WrittenNumberError::Ambiguous)) => {
            Err(error.into())
        }
        (code, _) => code,
    }
}

/// Whether a character is one of the keys that are neither a digit nor a letter.
pub(super) fn is_sign(key: char) -> bool {
    matches!(key, '*' | '#')
}

/// The given characters, each of which must be a letter or a digit.
fn spell_characters(text: &str) -> Result<Sound, SpellingError> {
    let has_sign = text.contains(is_sign);
    if has_sign { Err(SpellingError::Characters) } else { spell_keys(text) }
}

/// The given characters, each of which must be a letter, a digit, `*` or `#`.
pub(super) fn spell_keys(text: &str) -> Result<Sound, SpellingError> {
    let characters: String = ascii_digits(text).collect();
    if !characters.chars().all(|c| c.is_ascii_alphanumeric() || is_sign(c)) {
        return Err(SpellingError::Characters);
    }
    match characters.len() {
        0 => Err(SpellingError::Characters),
        1..=MAX_SPELLED_CHARACTERS if characters.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Sound::Digits(characters.into()))
        }
        1..=MAX_SPELLED_CHARACTERS => Ok(Sound::Letters(characters.into())),
        _ => Err(SpellingError::TooLong),
    }
}

fn spell_digits(number: &WrittenNumber) -> Result<Sound, SpellingError> {
    if number.value.negative {
        return Err(SpellingError::Negative);
    }
    if !number.value.fraction.is_empty() {
        return Err(SpellingError::Fraction);
    }
    spell_characters(if number.value.whole.is_empty() { "0" } else { &number.value.whole })
}

fn spell_code(text: &str) -> Result<Sound, SpellingError> {
    if text.chars().nth(MAX_READ_CHARACTERS).is_some() {
        return Err(SpellingError::TooLong);
    }
    let code = text.trim();
    let code = code.strip_prefix('+').unwrap_or(code);
    let has_digits = has_digits(code);
    // A minus sign before or after the digits has a meaning.
    if has_digits && (code.starts_with('-') || code.ends_with('-')) {
        return Err(SpellingError::Characters);
    }
    let is_text = !has_digits || is_telephone_number(text);
    let is_silent = |c: char| {
        let separates = c.is_whitespace() || matches!(c, '-' | '_' | ':' | '#');
        !c.is_alphanumeric() && (separates || is_text)
    };
    spell_characters(&code.chars().filter(|&c| !is_silent(c)).collect::<String>())
}

fn has_digits(text: &str) -> bool {
    text.contains(char::is_numeric)
}

/// Whether the text is written like `+49 (30) 123-4` or `030/1234`.
fn is_telephone_number(text: &str) -> bool {
    let text = text.trim();
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '/' | '(' | ')');
    text.starts_with(['+', '0']) && text.chars().skip(1).all(is_part)
}
