//! A table of a file, taken apart key by key: what is left over at the end is unknown.

use std::ops::Range;

use serde::Deserialize;
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::file::File;
use super::nearest::nearest;

/// A table and the keys that it may have.
pub(crate) struct Section<'f, 'i> {
    pub(crate) file: &'f File,
    pub(crate) span: Range<usize>,
    title: String,
    entries: DeTable<'i>,
    known: Vec<&'static str>,
    homes: Homes,
}

/// Keys that people look for elsewhere, and the tables that have them.
pub(crate) type Homes = &'static [(&'static str, &'static [&'static str])];

impl<'f, 'i> Section<'f, 'i> {
    pub(crate) fn root(file: &'f File, table: Spanned<DeTable<'i>>, homes: Homes) -> Self {
        let span = table.span();
        Self {
            file,
            span,
            title: String::new(),
            entries: table.into_inner(),
            known: Vec::new(),
            homes,
        }
    }

    pub(crate) fn below(&self, title: String, span: Range<usize>, entries: DeTable<'i>) -> Self {
        Self { file: self.file, span, title, entries, known: Vec::new(), homes: self.homes }
    }

    /// The value as TOML has it, for keys that take several kinds.
    pub(crate) fn take_any(&mut self, key: &'static str) -> Option<Spanned<DeValue<'i>>> {
        self.known.push(key);
        self.entries.remove(key)
    }

    /// The value of a key, where it is there and of the right kind.
    pub(crate) fn take<T: Deserialize<'i>>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        let value = self.take_any(key)?;
        self.file.read(value)
    }

    /// The value of a key that must be there.
    pub(crate) fn need<T: Deserialize<'i>>(
        &mut self,
        key: &'static str,
        help: &str,
    ) -> Option<Spanned<T>> {
        self.need_any(key, help);
        self.take(key)
    }

    /// A fault where a key is not there.
    pub(crate) fn need_any(&self, key: &'static str, help: &str) {
        if !self.entries.contains_key(key) {
            let what = format!("{} has no `{key}`", self.title);
            self.file.fault_help(self.span.clone(), what, help);
        }
    }

    /// A table in this one.
    pub(crate) fn table(&mut self, key: &'static str) -> Option<Section<'f, 'i>> {
        let help = match self.title.is_empty() {
            true => format!("write a line `[{key}]` and its keys below it"),
            false => format!("write it as `{key} = {{ NAME = \"...\" }}`"),
        };
        self.table_such_as(key, &help)
    }

    /// A table in this one, with the help for what is none.
    pub(crate) fn table_such_as(
        &mut self,
        key: &'static str,
        help: &str,
    ) -> Option<Section<'f, 'i>> {
        let value = self.take_any(key)?;
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(entries) => Some(self.below(self.title_of(key), span, entries)),
            _ => {
                self.file.fault_help(span, format!("`{key}` is a table"), help);
                None
            }
        }
    }

    /// A table's own title; one in an entry of a list has none that could be written.
    fn title_of(&self, key: &str) -> String {
        let outer = self.title.strip_prefix('[').and_then(|title| title.strip_suffix(']'));
        match outer.filter(|outer| !outer.starts_with('[')) {
            Some(outer) => format!("[{outer}.{key}]"),
            None => format!("[{key}]"),
        }
    }

    /// Tables in this one, each `[[key]]`.
    pub(crate) fn tables(&mut self, key: &'static str) -> Vec<Section<'f, 'i>> {
        let Some(value) = self.take_any(key) else { return Vec::new() };
        let span = value.span();
        let entries = match value.into_inner() {
            DeValue::Array(list) => list.into_iter().collect(),
            _ => {
                let what = format!("there can be several `{key}`: each begins with two brackets");
                self.file.fault_help(span, what, format!("write `[[{key}]]`"));
                Vec::new()
            }
        };
        entries.into_iter().filter_map(|entry| self.entry(key, entry)).collect()
    }

    fn entry(&self, key: &str, entry: Spanned<DeValue<'i>>) -> Option<Section<'f, 'i>> {
        let span = entry.span();
        match entry.into_inner() {
            DeValue::Table(table) => Some(self.below(format!("[[{key}]]"), span, table)),
            _ => {
                self.file.fault_help(
                    span,
                    format!("each `{key}` is a table"),
                    format!("write `[[{key}]]`"),
                );
                None
            }
        }
    }

    /// The whole table as tables by their names, in the order of the file.
    pub(crate) fn tables_by_name(
        self,
        title: &str,
        help: impl Fn(&str) -> String,
    ) -> Vec<(Spanned<String>, Self)> {
        let (file, homes) = (self.file, self.homes);
        let mut tables = Vec::new();
        for (name, value) in self.entries {
            let span = value.span();
            let name = Spanned::new(name.span(), name.into_inner().into_owned());
            match value.into_inner() {
                DeValue::Table(entries) => {
                    let title = format!("[{title}.{}]", quoted(name.get_ref()));
                    let known = Vec::new();
                    tables.push((name, Self { file, span, title, entries, known, homes }));
                }
                _ => {
                    let what = format!("`{}` is no table", name.get_ref());
                    file.fault_help(span, what, help(&quoted(name.get_ref())));
                }
            }
        }
        tables.sort_by_key(|(name, _)| name.span().start);
        tables
    }

    /// The first table in this one, by its name, where there is any.
    pub(crate) fn inner_table(&self) -> Option<Spanned<String>> {
        let tables = self.entries.iter().filter(|(_, value)| value.get_ref().is_table());
        let (name, _) = tables.min_by_key(|(name, _)| name.span().start)?;
        Some(Spanned::new(name.span(), name.get_ref().to_string()))
    }

    /// The whole table as names and values of one kind, in the order of the file.
    pub(crate) fn pairs<T: Deserialize<'i>>(self) -> Vec<(Spanned<String>, Spanned<T>)> {
        let mut entries: Vec<_> = self.entries.into_iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let file = self.file;
        let pair = |(name, value): (Spanned<_>, _)| {
            let name = Spanned::new(name.span(), toml::de::DeString::into_owned(name.into_inner()));
            Some((name, file.read(value)?))
        };
        entries.into_iter().filter_map(pair).collect()
    }

    /// All keys are taken that may be there: the rest is unknown. Tells whether there was no rest.
    pub(crate) fn finish(self) -> bool {
        for (name, value) in &self.entries {
            let kind = if self.title.is_empty() { kind(value.get_ref()) } else { "key" };
            let place = if self.title.is_empty() { "" } else { " in " };
            let what = format!("unknown {kind} `{}`{place}{}", name.get_ref(), self.title);
            self.file.fault_help(name.span(), what, self.instead(name.get_ref()));
        }
        self.entries.is_empty()
    }

    fn instead(&self, name: &str) -> String {
        let near = nearest(name, self.known.iter().copied());
        let home = self.homes.iter().find(|(_, keys)| keys.contains(&name));
        match (near, home) {
            (_, Some((table, _))) => format!("`{name}` belongs in [{table}]"),
            (Some(near), None) => format!("did you mean `{near}`?"),
            (None, None) => format!("known here: {}", self.known.join(", ")),
        }
    }
}

/// A name as it stands between the dots of a table's name.
fn quoted(name: &str) -> String {
    let is_bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !name.is_empty() && name.bytes().all(is_bare) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::Table(_) | DeValue::Array(_) => "table",
        _ => "key outside of a table:",
    }
}

impl File {
    /// One value; a fault at its place where it is of another kind.
    pub(crate) fn read<'i, T: Deserialize<'i>>(
        &self,
        value: Spanned<DeValue<'i>>,
    ) -> Option<Spanned<T>> {
        let span = value.span();
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(read) => Some(Spanned::new(span, read)),
            Err(e) => {
                self.fault(e.span().unwrap_or(span), in_plain_words(e.message()));
                None
            }
        }
    }
}

/// Serde's words are those of programmers.
fn in_plain_words(message: &str) -> String {
    message
        .replace("expected a boolean", "expected `true` or `false` without quotes")
        .replace("expected a string", "expected a text in quotes")
}
