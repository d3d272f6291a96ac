//! Reads a number as web applications and people write it: `1,234.50`, `1.234,50`, `€ 12.50`, `12,5 %`, `- 5`, `1E+2`.
//!
//! A separator that may be a decimal or a thousands separator is read by the signs of the language. Nothing is guessed:
//! a number that could be read in two ways is an error.

#[cfg(test)]
mod tests;

use crate::script::decimal::Decimal;
use crate::script::number_signs::NumberSigns;
use crate::script::unicode_digits::ascii_digits;

/// Maximum length of a text that is read as a number, in characters.
const MAX_CHARACTERS: usize = 60;
/// Maximum number of digits of a number with an exponent.
const MAX_EXPONENT_DIGITS: usize = 40;

/// A number, and its unit as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrittenNumber {
    pub(crate) value: Decimal,
    /// The digits after the decimal separator, with trailing zeros.
    written_fraction: String,
    /// The text before and after the digits: a unit such as `€` or `%` with its space, or nothing.
    unit: [String; 2],
}

/// Why a text is not read as a number. The message never contains any part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WrittenNumberError {
    #[error("it is not a number")]
    NotANumber,
    #[error(
        "its separator may be a decimal or a thousands separator: set the `language` of `[voice]`"
    )]
    Ambiguous,
}

use WrittenNumberError::{Ambiguous, NotANumber};

impl WrittenNumber {
    /// Reads a number. `is_json` says that it was a number in JSON, where `.` is always the decimal separator. `signs`
    /// are those of the language, if it is known.
    pub(crate) fn read(
        text: &str,
        is_json: bool,
        signs: Option<&NumberSigns>,
    ) -> Result<Self, WrittenNumberError> {
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(NotANumber);
        }
        let text: String = ascii_digits(text).filter(|&c| !is_direction_mark(c)).collect();
        let text = text.trim();
        let start = text.find(|c: char| c.is_ascii_digit()).ok_or(NotANumber)?;
        let end = text.rfind(|c: char| c.is_ascii_digit()).map_or(start, |last| last + 1);
        let (negative, prefix) = sign_and_unit(&text[..start]);
        let (core, suffix) = (&text[start..end], &text[end..]);
        let units = [prefix.trim(), suffix.trim()];
        let has_valid_unit = match units {
            [unit, ""] | ["", unit] => unit.is_empty() || is_unit(unit),
            _ => false,
        };
        if !has_valid_unit {
            return Err(NotANumber);
        }
        let (whole, fraction) = match core.contains(['e', 'E']) {
            true => with_exponent(core).ok_or(NotANumber)?,
            false => whole_and_fraction(core, is_json, signs)?,
        };
        let sign = if negative { "-" } else { "" };
        let decimal = if fraction.is_empty() { "" } else { "." };
        let value = Decimal::parse(&format!("{sign}0{whole}{decimal}{fraction}"));
        let unit = [prefix.to_owned(), suffix.to_owned()];
        Ok(Self { value: value.ok_or(NotANumber)?, written_fraction: fraction, unit })
    }

    /// Whether this is a whole number of at most so many digits, without a sign and without a unit.
    pub(crate) fn is_plain_whole(&self, max_digits: usize) -> bool {
        let Decimal { negative, whole, fraction, .. } = &self.value;
        !negative && fraction.is_empty() && self.unit().is_empty() && whole.len() <= max_digits
    }

    /// The unit without its space; empty if there is none.
    pub(crate) fn unit(&self) -> &str {
        let [prefix, suffix] = &self.unit;
        if prefix.trim().is_empty() { suffix.trim() } else { prefix.trim() }
    }

    /// The number for a text-to-speech engine: without thousands separators and leading zeros, which engines speak in
    /// different ways. Trailing zeros of the fraction are kept only for an amount with a unit, such as `€2.50`.
    pub(crate) fn for_engine(&self, decimal: char) -> String {
        let [prefix, suffix] = &self.unit;
        let sign = if self.value.negative { "-" } else { "" };
        let whole = if self.value.whole.is_empty() { "0" } else { &self.value.whole };
        let has_unit = !(prefix.is_empty() && suffix.is_empty());
        let fraction = if has_unit { &self.written_fraction } else { &self.value.fraction };
        let fraction = match fraction.as_str() {
            "" => String::new(),
            digits => format!("{decimal}{digits}"),
        };
        format!("{prefix}{sign}{whole}{fraction}{suffix}")
    }
}

/// Whether a number before or after its digits has a minus sign, and what else stands before the digits.
fn sign_and_unit(before: &str) -> (bool, &str) {
    let is_sign = |c: char| is_minus(c) || c == '+';
    let trimmed = before.trim_end();
    let (sign, unit) = match (trimmed.chars().next_back(), before.chars().next()) {
        (Some(last), _) if is_sign(last) => (last, &trimmed[..trimmed.len() - last.len_utf8()]),
        (_, Some(first)) if is_sign(first) => (first, before[first.len_utf8()..].trim_start()),
        _ => return (false, before),
    };
    (is_minus(sign), unit)
}

/// Hyphen-minus, minus sign, and the dash that word processors make of it.
fn is_minus(c: char) -> bool {
    matches!(c, '-' | '\u{2212}' | '\u{2013}')
}

/// Marks that set the direction of text. CLDR writes them around the minus sign of some languages.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
}

/// A currency sign, alone or with letters as in `US$`; a code such as `EUR`; or a percent sign.
fn is_unit(text: &str) -> bool {
    let is_currency_sign =
        |c: char| matches!(c, '$' | '¢'..='¥' | '\u{20a0}'..='\u{20c0}' | '\u{e3f}' | '\u{fdfc}');
    let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_currency = text.chars().count() <= 4
        && text.contains(is_currency_sign)
        && text.chars().all(|c| is_currency_sign(c) || c.is_alphabetic());
    is_code || is_currency || matches!(text, "%" | "\u{66a}" | "\u{2030}")
}

/// Splits the digits of a number at its decimal separator, and removes the thousands separators.
fn whole_and_fraction(
    core: &str,
    is_json: bool,
    signs: Option<&NumberSigns>,
) -> Result<(String, String), WrittenNumberError> {
    let digits: Vec<&str> = core.split(|c: char| !c.is_ascii_digit()).collect();
    let separators: Vec<char> = core.chars().filter(|c| !c.is_ascii_digit()).collect();
    // Two separators next to each other leave nothing between them.
    if digits.iter().any(|group| group.is_empty()) {
        return Err(NotANumber);
    }
    let has_fraction = match separators.as_slice() {
        [] => false,
        ['.'] if is_json => true,
        separators => ends_with_decimal(separators, &digits, signs)?,
    };
    let (groups, fraction) = match digits.split_last() {
        Some((fraction, groups)) if has_fraction => (groups, *fraction),
        _ => (digits.as_slice(), ""),
    };
    let thousands = &separators[..groups.len().saturating_sub(1)];
    let is_grouped = thousands.iter().all(|&c| c == thousands[0] && is_separator(c));
    if !is_grouped || !are_thousands(groups) {
        return Err(NotANumber);
    }
    Ok((groups.concat(), fraction.to_owned()))
}

/// Whether the last separator is the decimal separator.
fn ends_with_decimal(
    separators: &[char],
    digits: &[&str],
    signs: Option<&NumberSigns>,
) -> Result<bool, WrittenNumberError> {
    let [earlier @ .., last] = separators else { return Ok(false) };
    match last {
        '\u{66b}' => return Ok(true),
        '.' | ',' => {}
        _ => return Ok(false),
    }
    if earlier.contains(last) {
        return Ok(false);
    }
    let is_thousands = earlier.is_empty() && are_thousands(digits) && !digits[0].starts_with('0');
    match signs {
        _ if !is_thousands => Ok(true),
        Some(signs) if signs.is_decimal(*last) => Ok(true),
        Some(signs) if signs.is_thousands(*last) => Ok(false),
        _ => Err(Ambiguous),
    }
}

/// Separators that some language puts between thousands: also spaces of several widths, apostrophes, and the Arabic
/// one.
fn is_separator(c: char) -> bool {
    matches!(c, '.' | ',' | '\'' | '\u{2019}' | '\u{66c}') || (c.is_whitespace() && !c.is_control())
}

/// Whether the groups of digits are thousands: `1 234 567`, or `12 34 567` as in India.
fn are_thousands(groups: &[&str]) -> bool {
    let [first, middle @ .., last] = groups else { return !groups.is_empty() };
    let all_have = |count| middle.iter().all(|group| group.len() == count);
    last.len() == 3 && first.len() <= 3 && (all_have(3) || (all_have(2) && first.len() <= 2))
}

/// The digits of a number such as `1.5E+3`, with the exponent carried out.
fn with_exponent(core: &str) -> Option<(String, String)> {
    let number = Decimal::parse_with_exponent(core)?.without_exponent(MAX_EXPONENT_DIGITS)?;
    Some((number.whole, number.fraction))
}
