//! Lists, and keys that accept several types.

use serde::Deserialize;
use serde_spanned::Spanned;
use toml::de::{DeString, DeValue};

use super::TableReader;
use crate::config::value::{self, SpannedList, TextOrList, TextOrTable};
use crate::config::value_kind::ValueKind;

impl<'i> TableReader<'_, 'i> {
    /// A string, or a list of strings that is not empty.
    pub(crate) fn text_or_list(&mut self, key: &'static str) -> Option<TextOrList> {
        let value = self.take_any(key, || ValueKind::TextOrList)?;
        match value.get_ref() {
            DeValue::Array(list) if list.is_empty() => {
                let help = "add an item, or remove this line";
                self.file.error_with_help(value.span(), format!("`{key}` is empty"), help);
                None
            }
            DeValue::Array(_) => Some(TextOrList::Many(self.items(value))),
            _ => value::read(self.file, value).map(TextOrList::One),
        }
    }

    /// A list. Items of the wrong type are reported as errors and left out.
    pub(crate) fn list<T: Deserialize<'i>>(&mut self, key: &'static str) -> Option<SpannedList<T>> {
        let value = self.take_any(key, || ValueKind::List(Box::new(ValueKind::of::<T>())))?;
        self.list_from(key, value)
    }

    /// The value of `key`, which must be a list.
    pub(crate) fn list_from<T: Deserialize<'i>>(
        &self,
        key: &str,
        value: Spanned<DeValue<'i>>,
    ) -> Option<SpannedList<T>> {
        if !matches!(value.get_ref(), DeValue::Array(_)) {
            let written = self.file.text().get(value.span()).unwrap_or("…");
            let help = format!("write it in brackets: `{key} = [{written}]`");
            self.file.error_with_help(value.span(), format!("`{key}` must be a list"), help);
            return None;
        }
        Some(Spanned::new(value.span(), self.items(value)))
    }

    fn items<T: Deserialize<'i>>(&self, list: Spanned<DeValue<'i>>) -> Vec<Spanned<T>> {
        let DeValue::Array(list) = list.into_inner() else { return Vec::new() };
        list.into_iter().filter_map(|value| value::read(self.file, value)).collect()
    }

    /// A string, or a table of strings. `nested_help` is the help of the error about a table or a list inside it.
    pub(crate) fn text_or_table(
        &mut self,
        key: &'static str,
        nested_help: &str,
    ) -> Option<TextOrTable> {
        let value = self.take_any(key, || ValueKind::TextOrTable)?;
        match value.get_ref() {
            DeValue::Table(_) => {
                let mut table = self.inline_table(key, value)?;
                table.reject_nested(nested_help);
                Some(TextOrTable::Table(table.pairs()))
            }
            DeValue::Array(_) => {
                let help =
                    format!("write it as `{key} = {{ NAME = \"value\", OTHER = \"value\" }}`");
                self.file.error_with_help(
                    value.span(),
                    format!("`{key}` must not be a list"),
                    help,
                );
                None
            }
            _ => value::read(self.file, value).map(TextOrTable::Text),
        }
    }

    /// Reports tables and lists in a table of strings.
    fn reject_nested(&mut self, help: &str) {
        let file = self.file;
        let is_flat = |(name, value): &(Spanned<DeString<'i>>, Spanned<DeValue<'i>>)| {
            let kind = match value.get_ref() {
                DeValue::Table(_) => "a table",
                DeValue::Array(_) => "a list",
                _ => return true,
            };
            let message = format!("`{}` must be a string in quotes, not {kind}", name.get_ref());
            file.error_with_help(value.span(), message, help);
            false
        };
        self.entries = std::mem::take(&mut self.entries).into_iter().filter(is_flat).collect();
    }

    /// A string, or a decimal number. A number is returned as it is written in the file.
    pub(crate) fn number_or_text(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let value = self.take_any(key, || ValueKind::NumberOrText)?;
        let text = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => return value::read(self.file, value),
        };
        Some(Spanned::new(value.span(), text))
    }

    /// A value that is a table. `title` names it in messages.
    pub(crate) fn inline_table(&self, title: &str, value: Spanned<DeValue<'i>>) -> Option<Self> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Some(self.inner(format!("`{title}`"), span, table)),
            _ => None,
        }
    }
}
