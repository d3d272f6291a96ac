//! Tables inside a table.

use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::TableReader;
use crate::config::value_kind::ValueKind;

impl<'f, 'i> TableReader<'f, 'i> {
    pub(super) fn inner(&self, title: String, span: Range<usize>, entries: DeTable<'i>) -> Self {
        let (file, misplaced) = (self.file, self.misplaced);
        Self { file, span, title, entries, known: Vec::new(), misplaced, foreign: Vec::new() }
    }

    /// Reads the table `key` with `read`; `None` if it is missing or not a table.
    pub(crate) fn read_table<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        self.table(key).map(|table| table.read_whole(read))
    }

    /// The table `key`.
    pub(crate) fn table(&mut self, key: &'static str) -> Option<Self> {
        let help = match self.title.is_empty() {
            true => format!("write a line `[{key}]` with its keys below it"),
            false => format!("write it as `{key} = {{ NAME = \"...\" }}`"),
        };
        self.table_or_help(key, &help)
    }

    /// The table `key`. `help` is the help text of the error if the value is not a table.
    pub(crate) fn table_or_help(&mut self, key: &'static str, help: &str) -> Option<Self> {
        let value = self.take_any(key, || ValueKind::Table)?;
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(entries) => Some(self.inner(self.title_of(key), span, entries)),
            _ => {
                self.file.error_with_help(span, format!("`{key}` must be a table"), help);
                None
            }
        }
    }

    /// The title of the table `key` in messages: `[outer.key]`, but only `[key]` inside an array of tables `[[outer]]`.
    fn title_of(&self, key: &str) -> String {
        let outer = self.title.strip_prefix('[').and_then(|title| title.strip_suffix(']'));
        match outer.filter(|outer| !outer.starts_with('[')) {
            Some(outer) => format!("[{outer}.{key}]"),
            None => format!("[{key}]"),
        }
    }

    /// Reads all tables `[[key]]` with `read`.
    pub(crate) fn read_array<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&mut Self) -> T,
    ) -> Vec<T> {
        let Some(value) = self.take_any(key, || ValueKind::TableArray) else { return Vec::new() };
        let span = value.span();
        let entries = match value.into_inner() {
            DeValue::Array(list) => list.into_iter().collect(),
            _ => {
                let message = format!("`{key}` must be an array of tables, with two brackets");
                self.file.error_with_help(span, message, format!("write `[[{key}]]`"));
                Vec::new()
            }
        };
        let tables = entries.into_iter().filter_map(|entry| self.entry(key, entry));
        tables.map(|table| table.read_whole(&read)).collect()
    }

    fn entry(&self, key: &str, entry: Spanned<DeValue<'i>>) -> Option<Self> {
        let span = entry.span();
        match entry.into_inner() {
            DeValue::Table(table) => Some(self.inner(format!("[[{key}]]"), span, table)),
            _ => {
                let message = format!("each `{key}` must be a table");
                self.file.error_with_help(span, message, format!("write `[[{key}]]`"));
                None
            }
        }
    }

    /// All tables inside this one with their names, in the order of the file. `help` returns the help text of the error
    /// if a value is not a table.
    pub(crate) fn tables_by_name(
        mut self,
        title: &str,
        help: impl Fn(&str) -> String,
    ) -> Vec<(Spanned<String>, Self)> {
        self.record("*", || ValueKind::Table);
        let mut tables = Vec::new();
        for (name, value) in std::mem::take(&mut self.entries) {
            let span = value.span();
            let name = Spanned::new(name.span(), name.into_inner().into_owned());
            let key = as_key(name.get_ref());
            match value.into_inner() {
                DeValue::Table(entries) => {
                    tables.push((name, self.inner(format!("[{title}.{key}]"), span, entries)));
                }
                _ => {
                    let message = format!("`{}` must be a table", name.get_ref());
                    self.file.error_with_help(span, message, help(&key));
                }
            }
        }
        tables.sort_by_key(|(name, _)| name.span().start);
        tables
    }

    /// The name of the first table inside this one.
    pub(crate) fn first_table(&self) -> Option<Spanned<String>> {
        let tables = self.entries.iter().filter(|(_, value)| value.get_ref().is_table());
        let (name, _) = tables.min_by_key(|(name, _)| name.span().start)?;
        Some(Spanned::new(name.span(), name.get_ref().to_string()))
    }
}

/// A name as TOML writes it in the title of a table, in quotes if necessary.
fn as_key(name: &str) -> String {
    let is_bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !name.is_empty() && name.bytes().all(is_bare) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}
