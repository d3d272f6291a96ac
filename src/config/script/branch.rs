//! `[[branch]]`: what happens when the answer, or the input, matches.

use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::DeValue;

use super::context::ScriptContext;
use super::outcome::OutcomeTable;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::script::definition::Branch;
use crate::script::matcher::Matcher;
use crate::script::when::{ComparedKind, MatcherError, WhenKeys};

/// Keys that belong here and not in another table.
pub(super) const OWN_KEYS: &[&str] = &["when"];

const WHEN_HELP: &str = "write a text such as `when = \"200\"`, a list of them, or a test such as \
                         `when = { min = 200, max = 299 }`";

#[derive(Debug)]
pub(crate) struct BranchTable {
    pub(super) span: Range<usize>,
    when: Vec<WhenValue>,
    pub(super) outcome: OutcomeTable,
}

/// One matcher of `when`.
#[derive(Debug)]
struct WhenValue {
    matcher: Matcher,
    places: WhenPlaces,
}

/// Where a matcher and the values of its keys stand in the file.
#[derive(Debug)]
struct WhenPlaces {
    span: Range<usize>,
    keys: Vec<(&'static str, Range<usize>)>,
}

impl BranchTable {
    pub(super) fn read(mut table: TableReader<'_, '_>) -> Self {
        let (span, when) = (table.span.clone(), WhenValue::read_all(&mut table));
        let outcome = OutcomeTable::read_keys(&mut table);
        table.finish();
        Self { span, when, outcome }
    }
}

/// All branches of a script, which are compared with `compared`.
pub(super) fn branches(
    tables: &[BranchTable],
    script: &ScriptContext<'_>,
    compared: ComparedKind,
) -> Vec<Branch> {
    let mut earlier = Vec::new();
    for value in tables.iter().flat_map(|branch| &branch.when) {
        value.check(script.file, &earlier, compared);
        earlier.push(value);
    }
    let branch = |table: &BranchTable| Branch {
        when: table.when.iter().map(|value| value.matcher.clone()).collect(),
        outcome: table.outcome.outcome(script),
    };
    tables.iter().map(branch).collect()
}

impl WhenValue {
    fn read_all(table: &mut TableReader<'_, '_>) -> Vec<Self> {
        let Some(value) = table.take_any("when") else {
            let message = "this branch has no `when`";
            table.file.error_with_help(table.span.clone(), message, WHEN_HELP);
            return Vec::new();
        };
        let span = value.span();
        let values = match value.into_inner() {
            DeValue::Array(list) => list.into_iter().collect(),
            one => vec![Spanned::new(span.clone(), one)],
        };
        if values.is_empty() {
            table.file.error_with_help(span, "this branch can never be taken", WHEN_HELP);
        }
        values.into_iter().filter_map(|value| Self::read(table, value)).collect()
    }

    fn read<'i>(of: &TableReader<'_, 'i>, value: Spanned<DeValue<'i>>) -> Option<Self> {
        let span = value.span();
        match value.get_ref() {
            DeValue::String(text) => {
                let matcher = Matcher::Text(text.clone().into_owned());
                Some(Self { matcher, places: WhenPlaces { span, keys: Vec::new() } })
            }
            DeValue::Table(_) => Self::read_table(of.inline_table("when", value)?),
            DeValue::Integer(number) => {
                let help = format!("write \"{number}\"");
                of.file.error_with_help(span, "a value is compared as text", help);
                None
            }
            _ => {
                of.file.error_with_help(span, "this is nothing to compare a value with", WHEN_HELP);
                None
            }
        }
    }

    /// Of a table with unknown keys only these are reported: what else was meant can't be known.
    fn read_table(table: TableReader<'_, '_>) -> Option<Self> {
        let (file, span) = (table.file, table.span.clone());
        let mut keys = WhenTable { table, keys: Vec::new() };
        let read = Matcher::read(&mut keys);
        let places = WhenPlaces { span, keys: keys.keys };
        match (keys.table.finish(), read) {
            (true, Ok(matcher)) => Some(Self { matcher, places }),
            (true, Err(errors)) => {
                errors.into_iter().for_each(|error| places.report(file, error));
                None
            }
            (false, _) => None,
        }
    }

    /// Reports a matcher that can never match.
    fn check(&self, file: &TomlFile, earlier: &[&Self], compared: ComparedKind) {
        match earlier.iter().find(|earlier| earlier.matcher.covers(&self.matcher)) {
            Some(earlier) => {
                let label = (earlier.places.span.clone(), "taken here already".to_owned());
                let message = "this can never be reached";
                file.error_with_label(self.places.span.clone(), message, label);
            }
            None => {
                let error = self.matcher.check(compared);
                error.into_iter().for_each(|error| self.places.report(file, error));
            }
        }
    }
}

impl WhenPlaces {
    fn report(&self, file: &TomlFile, error: MatcherError) {
        let key = self.keys.iter().find(|(key, _)| Some(*key) == error.key);
        let at = key.map_or(&self.span, |(_, at)| at);
        file.error_with_help(at.clone(), error.message, error.help);
    }
}

/// A `when = { ... }` table while its matcher is read from it.
struct WhenTable<'f, 'i> {
    table: TableReader<'f, 'i>,
    keys: Vec<(&'static str, Range<usize>)>,
}

impl WhenTable<'_, '_> {
    fn keep_place<T>(&mut self, key: &'static str, value: Option<Spanned<T>>) -> Option<T> {
        let value = value?;
        self.keys.push((key, value.span()));
        Some(value.into_inner())
    }
}

impl WhenKeys for WhenTable<'_, '_> {
    fn number_or_text(&mut self, key: &'static str) -> Option<String> {
        let value = self.table.number_or_text(key);
        self.keep_place(key, value)
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        let value = self.table.take(key);
        self.keep_place(key, value)
    }

    fn flag(&mut self, key: &'static str) -> Option<bool> {
        let value = self.table.take(key);
        self.keep_place(key, value)
    }
}
