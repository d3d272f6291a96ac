//! Reads a TOML table key by key. Keys that are left at the end are unknown, which is an error.

use std::ops::Range;

use serde::Deserialize;
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::TomlFile;
use super::nearest::nearest;
use super::syntax;
use super::value;
use super::value_kind::{KeyRecord, ValueKind};

mod kinds;
mod tables;

/// Keys that do not exist, but that people know from other programs.
struct ForeignKeys {
    names: &'static [&'static str],
    /// The key that they stand for, if it is a required one.
    required: Option<&'static str>,
    help: &'static str,
}

/// A table with the keys that are not read yet, and the names of the keys that were asked for.
pub(crate) struct TableReader<'f, 'i> {
    pub(crate) file: &'f TomlFile,
    pub(crate) span: Range<usize>,
    title: String,
    entries: DeTable<'i>,
    known: Vec<&'static str>,
    misplaced: MisplacedKeys,
    foreign: Vec<ForeignKeys>,
}

/// Tables, each with the keys that few tables have. If such a key is in another table, the help of the error names the
/// tables where it belongs.
pub(crate) type MisplacedKeys = &'static [(&'static str, &'static [&'static str])];

/// Reads a whole file.
pub(crate) fn parse<T>(
    file: &TomlFile,
    misplaced: MisplacedKeys,
    read: impl FnOnce(&mut TableReader<'_, '_>) -> T,
) -> T {
    let (table, errors) = DeTable::parse_recoverable(file.text());
    syntax::report(file, table.get_ref(), errors);
    let (span, entries) = (table.span(), table.into_inner());
    let reader = TableReader {
        file,
        span,
        title: String::new(),
        entries,
        known: Vec::new(),
        misplaced,
        foreign: Vec::new(),
    };
    reader.read_whole(read)
}

impl<'f, 'i> TableReader<'f, 'i> {
    /// The value of a key in any type, for keys that accept several types. `kind` says which.
    pub(crate) fn take_any(
        &mut self,
        key: &'static str,
        kind: impl FnOnce() -> ValueKind,
    ) -> Option<Spanned<DeValue<'i>>> {
        self.known.push(key);
        self.record(key, kind);
        self.entries.remove(key)
    }

    /// Whether the table has a key that is not read yet.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Records a key for the schema.
    fn record(&self, key: &'static str, kind: impl FnOnce() -> ValueKind) {
        self.file.record(|| KeyRecord { table: self.title.clone(), key, kind: kind() });
    }

    /// The value of a key. If the key is missing, returns `None`. If the value has the wrong type, reports an error and
    /// returns `None`.
    pub(crate) fn take<T: Deserialize<'i>>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        let value = self.take_any(key, ValueKind::of::<T>)?;
        value::read(self.file, value)
    }

    /// The value of a required key.
    pub(crate) fn require<T: Deserialize<'i>>(
        &mut self,
        key: &'static str,
        help: &str,
    ) -> Option<Spanned<T>> {
        self.check_present(key, help);
        self.take(key)
    }

    /// Sets the help of the error for keys that do not exist here, but that people know from other programs.
    pub(crate) fn explain(&mut self, names: &'static [&'static str], help: &'static str) {
        self.foreign.push(ForeignKeys { names, required: None, help });
    }

    /// The same for names of a required key: it is not missing if the table has one of them.
    pub(crate) fn explain_required(
        &mut self,
        required: &'static str,
        names: &'static [&'static str],
        help: &'static str,
    ) {
        self.foreign.push(ForeignKeys { names, required: Some(required), help });
    }

    /// Whether a key that is not read yet is a misspelling of `key`, or another name for it.
    pub(crate) fn has_misspelled(&self, key: &'static str) -> bool {
        let mut names = self.entries.keys().map(|name| name.get_ref().as_ref());
        let stands_for = |name: &str| {
            let mut foreign = self.foreign.iter().filter(|foreign| foreign.required == Some(key));
            foreign.any(|foreign| foreign.names.contains(&name))
        };
        names.any(|name: &str| name != key && (nearest(name, [key]).is_some() || stands_for(name)))
    }

    /// Reports a required key that is missing. A misspelled key is reported when the table is finished. After a syntax
    /// error, the key can be in the file all the same.
    pub(crate) fn check_present(&self, key: &'static str, help: &str) {
        let is_explained = self.file.has_syntax_errors() || self.has_misspelled(key);
        if !self.entries.contains_key(key) && !is_explained {
            let message = format!("missing key `{key}` in {}", self.title);
            self.file.error_with_help(self.span.clone(), message, help);
        }
    }

    /// Reports keys that exist in other programs and never will here.
    pub(crate) fn reject(&mut self, keys: &[&str], message: &str, help: &str) {
        for key in keys {
            let name = self.entries.keys().find(|name| name.get_ref() == key);
            if let Some(span) = name.map(Spanned::span) {
                self.file.error_with_help(span, message, help);
                self.entries.remove(*key);
            }
        }
    }

    /// All names and values of the table, in the order of the file.
    pub(crate) fn pairs<T: Deserialize<'i>>(self) -> Vec<(Spanned<String>, Spanned<T>)> {
        self.record("*", ValueKind::of::<T>);
        let mut entries: Vec<_> = self.entries.into_iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let file = self.file;
        let pair = |(name, value): (Spanned<_>, _)| {
            let name = Spanned::new(name.span(), toml::de::DeString::into_owned(name.into_inner()));
            Some((name, value::read(file, value)?))
        };
        entries.into_iter().filter_map(pair).collect()
    }

    /// Reads a table with `read`, and reports the keys that `read` did not ask for.
    pub(crate) fn read_whole<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let value = read(&mut self);
        self.finish();
        value
    }

    /// Reports the keys that were not read. Returns `true` if all keys were read.
    pub(crate) fn finish(self) -> bool {
        for (name, value) in &self.entries {
            let kind = if self.title.is_empty() { kind(value.get_ref()) } else { "key" };
            let separator = if self.title.is_empty() { "" } else { " in " };
            let message = format!("unknown {kind} `{}`{separator}{}", name.get_ref(), self.title);
            self.file.error_with_help(name.span(), message, self.suggestion(name.get_ref()));
        }
        self.entries.is_empty()
    }

    fn suggestion(&self, name: &str) -> String {
        let near = nearest(name, self.known.iter().copied());
        let other_tables = self.misplaced.iter().filter(|(_, keys)| keys.contains(&name));
        let other_tables: Vec<_> = other_tables.map(|(table, _)| format!("[{table}]")).collect();
        let foreign = self.foreign.iter().find(|foreign| foreign.names.contains(&name));
        match near {
            _ if let Some(foreign) = foreign => foreign.help.to_owned(),
            _ if !other_tables.is_empty() => {
                format!("`{name}` belongs in {}", other_tables.join(" or "))
            }
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here: {}", self.known.join(", ")),
        }
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::Table(_) | DeValue::Array(_) => "table",
        _ => "key outside of a table:",
    }
}
