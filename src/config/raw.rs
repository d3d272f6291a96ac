//! What was typed: values of the right kind with their places, nothing said yet about their meaning.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde_spanned::Spanned;
use toml::de::DeValue;

use super::section::Section;

pub(crate) mod daemon;
pub(crate) mod script;
pub(crate) mod speech;
pub(crate) mod trigger;
pub(crate) mod upstream;
pub(crate) mod waiting;
pub(crate) mod when;

/// A time with its unit, such as `"4s"`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time(pub(crate) Duration);

/// A whole number, not below zero.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole(pub(crate) u64);

/// A text that has to be read as something else.
#[derive(Debug, Clone)]
pub(crate) struct Parsed<T>(pub(crate) T);

/// What a [`NumberResult`] text can be.
pub(crate) trait FromText: Sized {
    /// As in `expected …`.
    const EXPECTED: &'static str;

    fn from_text(text: &str) -> Option<Self>;
}

/// A list, its place and the places of all in it.
pub(crate) type List<T> = Spanned<Vec<Spanned<T>>>;

/// One text, or a list of them.
#[derive(Debug)]
pub(crate) enum Texts {
    One(Spanned<String>),
    Many(Vec<Spanned<String>>),
}

impl Texts {
    pub(crate) fn as_slice(&self) -> &[Spanned<String>] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// Names with texts, or one text that holds them.
#[derive(Debug)]
pub(crate) enum Payload {
    Text(Spanned<String>),
    Table(Vec<(Spanned<String>, Spanned<String>)>),
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor)
    }
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time with its unit, such as \"4s\", \"500ms\" or \"5m\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
        let time = humantime::parse_duration(text);
        time.map(Time).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Time, E> {
        Err(E::custom(format_args!("a time needs its unit: write \"{number}s\" for seconds")))
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor)
    }
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, without quotes and sign")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Whole, E> {
        u64::try_from(number)
            .map(Whole)
            .map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }
}

impl<'de, T: FromText> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ParsedVisitor(PhantomData)).map(Self)
    }
}

struct ParsedVisitor<T>(PhantomData<T>);

impl<T: FromText> Visitor<'_> for ParsedVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl<'i> Section<'_, 'i> {
    /// One text, or a list of them.
    pub(crate) fn texts(&mut self, key: &'static str) -> Option<Texts> {
        let value = self.take_any(key)?;
        match value.get_ref() {
            DeValue::Array(list) if list.is_empty() => {
                let help = "name one, or take the line out";
                self.file.fault_help(value.span(), format!("`{key}` names nothing"), help);
                None
            }
            DeValue::Array(_) => Some(Texts::Many(self.each(value))),
            _ => self.file.read(value).map(Texts::One),
        }
    }

    /// A list. Values of another kind in it are faults, and left out.
    pub(crate) fn list<T: Deserialize<'i>>(&mut self, key: &'static str) -> Option<List<T>> {
        let value = self.take_any(key)?;
        self.list_of(key, value)
    }

    /// A value that is a list.
    pub(crate) fn list_of<T: Deserialize<'i>>(
        &self,
        key: &str,
        value: Spanned<DeValue<'i>>,
    ) -> Option<List<T>> {
        if !matches!(value.get_ref(), DeValue::Array(_)) {
            let help = format!("write it in brackets: `{key} = [...]`");
            self.file.fault_help(value.span(), format!("`{key}` is a list"), help);
            return None;
        }
        Some(Spanned::new(value.span(), self.each(value)))
    }

    fn each<T: Deserialize<'i>>(&self, list: Spanned<DeValue<'i>>) -> Vec<Spanned<T>> {
        let DeValue::Array(list) = list.into_inner() else { return Vec::new() };
        list.into_iter().filter_map(|value| self.file.read(value)).collect()
    }

    /// A text that holds names and values, or a table of them.
    pub(crate) fn payload(&mut self, key: &'static str) -> Option<Payload> {
        let value = self.take_any(key)?;
        match value.get_ref() {
            DeValue::Table(_) => Some(Payload::Table(self.inner(key, value)?.pairs())),
            _ => self.file.read(value).map(Payload::Text),
        }
    }

    /// A number as it was written, or a text.
    pub(crate) fn literal(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let value = self.take_any(key)?;
        let text = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => return self.file.read(value),
        };
        Some(Spanned::new(value.span(), text))
    }

    /// A value that is a table, as a section.
    pub(crate) fn inner(&self, title: &str, value: Spanned<DeValue<'i>>) -> Option<Self> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Some(self.below(format!("`{title}`"), span, table)),
            _ => None,
        }
    }
}
