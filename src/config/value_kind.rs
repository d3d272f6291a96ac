//! What kinds of values a key takes, for the JSON Schemas.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Completes the message `expected …`.
pub(super) const DURATION_EXPECTED: &str =
    "a duration with its unit, such as \"4s\", \"500ms\" or \"5m\"";
pub(super) const WHOLE_NUMBER_EXPECTED: &str = "a whole number without quotes or sign";

/// The values that a key takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Flag,
    WholeNumber,
    /// A number, which may have a fraction.
    Number,
    Text,
    /// One of these texts.
    Choice(Vec<String>),
    Duration,
    NumberOrText,
    TextOrList,
    TextOrTable,
    List(Box<Self>),
    /// A table whose keys are recorded on their own.
    Table,
    /// `[[key]]`.
    TableArray,
    /// A text or a table, or a list of them.
    Matcher,
    /// A table, or a list of tables.
    Conditions,
}

/// A key that a reader has asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRecord {
    /// The title of its table, such as `[keypress]`; empty for the file itself.
    pub(crate) table: String,
    /// `*` stands for any name.
    pub(crate) key: &'static str,
    pub(crate) kind: ValueKind,
}

impl ValueKind {
    /// The kind of value that a type is read from.
    pub(crate) fn of<'de, T: Deserialize<'de>>() -> Self {
        match T::deserialize(KindProbe) {
            Err(FoundKind(Some(kind))) => kind,
            Ok(_) | Err(FoundKind(None)) => Self::Text,
        }
    }

    /// The kind of a type that accepts any TOML value and says what it expects.
    fn from_expected(expected: &str) -> Option<Self> {
        match expected {
            DURATION_EXPECTED => Some(Self::Duration),
            WHOLE_NUMBER_EXPECTED => Some(Self::WholeNumber),
            _ => None,
        }
    }

    /// The kind of a text. If only quoted words are expected, it is one of those.
    fn from_expected_text(expected: &str) -> Self {
        // HTTP methods are described like this.
        let list = expected.trim_end_matches(", in capital letters");
        let mut parts = list.split('"');
        let mut words = Vec::new();
        while let Some(between) = parts.next() {
            match (between, parts.next()) {
                ("" | ", " | " or ", Some(word)) => words.push(word.to_owned()),
                ("", None) if !words.is_empty() => return Self::Choice(words),
                _ => break,
            }
        }
        Self::Text
    }
}

/// A deserializer without a value: its error says what kind of value the type asked for.
struct KindProbe;

#[derive(Debug)]
struct FoundKind(Option<ValueKind>);

impl fmt::Display for FoundKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a kind of value was asked for")
    }
}

impl std::error::Error for FoundKind {}

impl de::Error for FoundKind {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(None)
    }
}

/// Shows what a visitor expects.
struct ExpectedBy<V>(V);

impl<'de, V: Visitor<'de>> fmt::Display for ExpectedBy<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
}

impl<'de> Deserializer<'de> for KindProbe {
    type Error = FoundKind;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FoundKind> {
        Err(FoundKind(ValueKind::from_expected(&ExpectedBy(visitor).to_string())))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, _: V) -> Result<V::Value, FoundKind> {
        Err(FoundKind(Some(ValueKind::Flag)))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FoundKind> {
        let expected = ExpectedBy(visitor).to_string();
        Err(FoundKind(Some(ValueKind::from_expected_text(&expected))))
    }

    fn deserialize_f64<V: Visitor<'de>>(self, _: V) -> Result<V::Value, FoundKind> {
        Err(FoundKind(Some(ValueKind::Number)))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FoundKind> {
        self.deserialize_str(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 char bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
