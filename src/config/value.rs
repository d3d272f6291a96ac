//! Types of TOML values, with their positions in the file.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde_spanned::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::file::TomlFile;
use super::value_kind::{DURATION_EXPECTED, WHOLE_NUMBER_EXPECTED};

/// A duration with its unit, such as `"4s"`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DurationValue(pub(crate) Duration);

/// A whole number, not negative.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WholeNumber(pub(crate) u64);

/// A string that is parsed when it is read.
#[derive(Debug, Clone)]
pub(crate) struct ParsedText<T>(pub(crate) T);

/// A type that is parsed from a string.
pub(crate) trait FromText: Sized {
    /// Completes the message `expected …`.
    const EXPECTED: &'static str;

    fn from_text(text: &str) -> Option<Self>;

    /// What to write instead of a text that is not valid, as the end of a sentence.
    fn suggestion(_text: &str) -> Option<String> {
        None
    }
}

/// A list with its position and the position of each item.
pub(crate) type SpannedList<T> = Spanned<Vec<Spanned<T>>>;

/// The items of a list, without their positions.
pub(crate) fn parsed_items<T: Clone>(given: Option<&SpannedList<ParsedText<T>>>) -> Option<Vec<T>> {
    given.map(|list| list.get_ref().iter().map(|item| item.get_ref().0.clone()).collect())
}

/// Names and values of a table, in the order of the file.
pub(crate) type NamedTexts = Vec<(Spanned<String>, Spanned<String>)>;

/// A string, or a list of strings.
#[derive(Debug)]
pub(crate) enum TextOrList {
    One(Spanned<String>),
    Many(Vec<Spanned<String>>),
}

impl TextOrList {
    pub(crate) fn as_slice(&self) -> &[Spanned<String>] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// A string, or a table of strings.
#[derive(Debug)]
pub(crate) enum TextOrTable {
    Text(Spanned<String>),
    Table(NamedTexts),
}

/// Reads a value. If it has the wrong type, reports an error and returns `None`.
pub(crate) fn read<'i, T: Deserialize<'i>>(
    file: &TomlFile,
    value: Spanned<DeValue<'i>>,
) -> Option<Spanned<T>> {
    let span = value.span();
    match T::deserialize(ValueDeserializer::from(value)) {
        Ok(read) => Some(Spanned::new(span, read)),
        Err(e) => {
            file.error(e.span().unwrap_or(span), in_plain_words(e.message()));
            None
        }
    }
}

/// Replaces serde's names of types in an error message.
fn in_plain_words(message: &str) -> String {
    message
        .replace("expected a boolean", "expected `true` or `false` without quotes")
        .replace("expected a string", "expected a string in quotes")
        .replace("invalid type: sequence", "invalid type: a list")
        .replace("invalid type: map", "invalid type: a table")
}

/// A boolean; `default` if the key is missing.
pub(crate) fn flag(given: Option<&Spanned<bool>>, default: bool) -> bool {
    given.map_or(default, |given| *given.get_ref())
}

impl<'de> Deserialize<'de> for DurationValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DurationVisitor)
    }
}

struct DurationVisitor;

impl Visitor<'_> for DurationVisitor {
    type Value = DurationValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(DURATION_EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<DurationValue, E> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(E::custom(format_args!(
                "a duration needs a unit: write \"{text}s\" for seconds"
            )));
        }
        let duration = humantime::parse_duration(text);
        duration.map(DurationValue).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<DurationValue, E> {
        Err(E::custom(format_args!("a duration needs a unit: write \"{number}s\" for seconds")))
    }
}

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeNumberVisitor)
    }
}

/// The number that a text such as `5`, `32M` or `64 KiB` stands for.
fn written_size(text: &str) -> Option<u64> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: u64 = text[..text.len() - unit.len()].parse().ok()?;
    let shift = match unit.trim().to_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

struct WholeNumberVisitor;

impl Visitor<'_> for WholeNumberVisitor {
    type Value = WholeNumber;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WHOLE_NUMBER_EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<WholeNumber, E> {
        Err(match written_size(text) {
            Some(number) => E::custom(format_args!(
                "{text:?} is not a whole number without quotes or sign: write {number}"
            )),
            None => E::invalid_type(Unexpected::Str(text), &self),
        })
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<WholeNumber, E> {
        u64::try_from(number)
            .map(WholeNumber)
            .map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }
}

impl<'de, T: FromText> Deserialize<'de> for ParsedText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ParsedTextVisitor(PhantomData)).map(Self)
    }
}

struct ParsedTextVisitor<T>(PhantomData<T>);

impl<T: FromText> Visitor<'_> for ParsedTextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text).ok_or_else(|| match T::suggestion(text) {
            Some(write) => E::custom(format_args!("{text:?} is not {}: {write}", T::EXPECTED)),
            None => E::invalid_value(Unexpected::Str(text), &self),
        })
    }
}
