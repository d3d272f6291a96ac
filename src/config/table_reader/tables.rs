//! Tables in a table.

use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::TableReader;

impl<'f, 'i> TableReader<'f, 'i> {
    pub(super) fn inner(&self, title: String, span: Range<usize>, entries: DeTable<'i>) -> Self {
        let (file, misplaced) = (self.file, self.misplaced);
        Self { file, span, title, entries, known: Vec::new(), misplaced }
    }

    /// A table in this one.
    pub(crate) fn table(&mut self, key: &'static str) -> Option<Self> {
        let help = match self.title.is_empty() {
            true => format!("write a line `[{key}]` and its keys below it"),
            false => format!("write it as `{key} = {{ NAME = \"...\" }}`"),
        };
        self.table_or_help(key, &help)
    }

    /// A table in this one. `help` is for a value that is not a table.
    pub(crate) fn table_or_help(&mut self, key: &'static str, help: &str) -> Option<Self> {
        let value = self.take_any(key)?;
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(entries) => Some(self.inner(self.title_of(key), span, entries)),
            _ => {
                self.file.error_with_help(span, format!("`{key}` is a table"), help);
                None
            }
        }
    }

    /// The title of a table in this one. In an entry of `[[key]]` no full title could be written.
    fn title_of(&self, key: &str) -> String {
        let outer = self.title.strip_prefix('[').and_then(|title| title.strip_suffix(']'));
        match outer.filter(|outer| !outer.starts_with('[')) {
            Some(outer) => format!("[{outer}.{key}]"),
            None => format!("[{key}]"),
        }
    }

    /// All tables `[[key]]` in this one.
    pub(crate) fn array_of_tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.take_any(key) else { return Vec::new() };
        let span = value.span();
        let entries = match value.into_inner() {
            DeValue::Array(list) => list.into_iter().collect(),
            _ => {
                let message =
                    format!("there can be several `{key}`: each begins with two brackets");
                self.file.error_with_help(span, message, format!("write `[[{key}]]`"));
                Vec::new()
            }
        };
        entries.into_iter().filter_map(|entry| self.entry(key, entry)).collect()
    }

    fn entry(&self, key: &str, entry: Spanned<DeValue<'i>>) -> Option<Self> {
        let span = entry.span();
        match entry.into_inner() {
            DeValue::Table(table) => Some(self.inner(format!("[[{key}]]"), span, table)),
            _ => {
                let message = format!("each `{key}` is a table");
                self.file.error_with_help(span, message, format!("write `[[{key}]]`"));
                None
            }
        }
    }

    /// The whole table as tables by their names, in the order of the file. `help` is for a value that is not a table.
    pub(crate) fn tables_by_name(
        mut self,
        title: &str,
        help: impl Fn(&str) -> String,
    ) -> Vec<(Spanned<String>, Self)> {
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
                    let message = format!("`{}` is no table", name.get_ref());
                    self.file.error_with_help(span, message, help(&key));
                }
            }
        }
        tables.sort_by_key(|(name, _)| name.span().start);
        tables
    }

    /// The name of the first table in this one.
    pub(crate) fn first_table(&self) -> Option<Spanned<String>> {
        let tables = self.entries.iter().filter(|(_, value)| value.get_ref().is_table());
        let (name, _) = tables.min_by_key(|(name, _)| name.span().start)?;
        Some(Spanned::new(name.span(), name.get_ref().to_string()))
    }
}

/// A name as TOML writes it in a table's title: in quotes where it must be.
fn as_key(name: &str) -> String {
    let is_bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !name.is_empty() && name.bytes().all(is_bare) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}
