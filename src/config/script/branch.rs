//! `[[branch]]`: the outcome for an answer or an input that matches.

use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::DeValue;

use super::context::ScriptContext;
use super::outcome::OutcomeTable;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value_kind::ValueKind;
use crate::script::definition::Branch;
use crate::script::earlier_matchers::EarlierMatchers;
use crate::script::matcher::Matcher;
use crate::script::when::{ComparedKind, MatcherError, WhenKeys};

/// Keys that belong only in this table.
pub(super) const OWN_KEYS: &[&str] = &["when"];

const WHEN_HELP: &str = "write a string such as `when = \"200\"`, a matcher such as \
                         `when = { min = 200, max = 299 }`, or a list of them";

/// Names that other programs have for `when`.
const WHEN_NAMES: &[&str] = &["if", "case", "match", "value", "equals", "is", "code", "key"];

#[derive(Debug)]
pub(crate) struct BranchTable {
    pub(super) span: Range<usize>,
    when: Vec<WhenValue>,
    pub(super) outcome: OutcomeTable,
}

#[derive(Debug)]
struct WhenValue {
    matcher: Matcher,
    spans: WhenSpans,
}

/// The positions of a matcher and of the values of its keys.
#[derive(Debug)]
struct WhenSpans {
    span: Range<usize>,
    keys: Vec<(&'static str, Range<usize>)>,
}

impl BranchTable {
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        table.explain_required("when", WHEN_NAMES, WHEN_HELP);
        // Read first, so that `then` is not taken for a misspelled `when`.
        let outcome = OutcomeTable::read(table);
        Self { span: table.span.clone(), when: WhenValue::read_all(table), outcome }
    }
}

/// Checks all branches of a script. `compared` is the kind of value that their matchers are compared with.
pub(super) fn branches(
    tables: &[BranchTable],
    script: &ScriptContext<'_>,
    compared: ComparedKind,
) -> Vec<Branch> {
    let values: Vec<_> = tables.iter().flat_map(|branch| &branch.when).collect();
    let mut earlier = EarlierMatchers::default();
    for (number, value) in values.iter().enumerate() {
        let covering = earlier.add(number, &value.matcher).map(|number| values[number]);
        value.check(script.file, covering, compared);
    }
    let branch = |table: &BranchTable| Branch {
        when: table.when.iter().map(|value| value.matcher.clone()).collect(),
        outcome: table.outcome.outcome(script),
    };
    tables.iter().map(branch).collect()
}

impl WhenValue {
    fn read_all(table: &mut TableReader<'_, '_>) -> Vec<Self> {
        table.check_present("when", WHEN_HELP);
        let Some(value) = table.take_any("when", || ValueKind::Matcher) else { return Vec::new() };
        let span = value.span();
        let values = match value.into_inner() {
            DeValue::Array(list) => list.into_iter().collect(),
            one => vec![Spanned::new(span.clone(), one)],
        };
        if values.is_empty() {
            table.file.error_with_help(span, "an empty list never matches", WHEN_HELP);
        }
        values.into_iter().filter_map(|value| Self::read(table, value)).collect()
    }

    fn read<'i>(branch: &TableReader<'_, 'i>, value: Spanned<DeValue<'i>>) -> Option<Self> {
        let span = value.span();
        match value.get_ref() {
            DeValue::String(text) => {
                let matcher = Matcher::Text(text.clone().into_owned());
                Some(Self { matcher, spans: WhenSpans { span, keys: Vec::new() } })
            }
            DeValue::Table(_) => Self::read_table(branch.inline_table("when", value)?),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {
                let written = branch.file.text().get(span.clone()).unwrap_or_default();
                let help = format!("write it in quotes: `\"{written}\"`");
                branch.file.error_with_help(span, "values are compared as strings", help);
                None
            }
            _ => {
                branch.file.error_with_help(span, "not a valid matcher", WHEN_HELP);
                None
            }
        }
    }

    /// If there are unknown keys, only these are reported: a misspelled key can be the cause of the other errors.
    fn read_table(table: TableReader<'_, '_>) -> Option<Self> {
        let (file, span) = (table.file, table.span.clone());
        let mut keys = WhenTable { table, keys: Vec::new() };
        let read = Matcher::read(&mut keys);
        let spans = WhenSpans { span, keys: keys.keys };
        match (keys.table.finish(), read) {
            (true, Ok(matcher)) => Some(Self { matcher, spans }),
            (true, Err(errors)) => {
                errors.into_iter().for_each(|error| spans.report(file, error));
                None
            }
            (false, _) => None,
        }
    }

    /// Reports a matcher that can never match. `covering` is an earlier one that covers it.
    fn check(&self, file: &TomlFile, covering: Option<&Self>, compared: ComparedKind) {
        match covering {
            Some(covering) => {
                let label = (covering.spans.span.clone(), "already matched here".to_owned());
                let message = "this can never match: an earlier matcher covers it";
                let help = "remove this one, or move it before the other";
                let span = self.spans.span.clone();
                file.report(span, message.to_owned(), Some(help.to_owned()), Some(label));
            }
            None => match self.matcher.check(compared) {
                Some(error) => self.spans.report(file, error),
                None => self.warn_text(file),
            },
        }
    }
}

impl WhenValue {
    /// Warns about a text that looks like another kind of matcher.
    fn warn_text(&self, file: &TomlFile) {
        let Matcher::Text(text) = &self.matcher else { return };
        if let Some(other) = other_matcher(text) {
            let help = format!("if you do not mean exactly this text, write `when = {other}`");
            file.warn(
                self.spans.span.clone(),
                format!("this matches only the text {text:?}"),
                help,
            );
        }
    }
}

/// The matcher that a text such as `2xx`, `200-299`, `200|201` or `^2..$` is in other programs.
fn other_matcher(text: &str) -> Option<String> {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let numbers = |separator| {
        let parts: Vec<_> = text.split(separator).map(str::trim).collect();
        (parts.len() > 1 && parts.iter().all(is_number)).then_some(parts)
    };
    if text.strip_suffix("xx").is_some_and(|class| matches!(class, "1" | "2" | "3" | "4" | "5")) {
        return Some(format!("{{ status = {text:?} }}"));
    }
    // Other texts with a hyphen are telephone numbers and dates.
    let is_range = |min: &str, max: &str| min.len() == max.len() && min < max;
    if let Some([min, max]) = numbers("-").or_else(|| numbers("..")).as_deref()
        && is_range(min, max)
    {
        return Some(format!("{{ min = {min}, max = {max} }}"));
    }
    // `12,50` is an amount.
    let listed = numbers(",").filter(|parts| parts.iter().all(|part| part.len() > 2));
    if let Some(parts) = numbers("|").or(listed) {
        return Some(format!("{parts:?}"));
    }
    let is_pattern = text.starts_with('^') || text.ends_with(".*") || text.ends_with(".+");
    (is_pattern && !text.contains('\'')).then(|| format!("{{ pattern = '{text}' }}"))
}

impl WhenSpans {
    fn report(&self, file: &TomlFile, error: MatcherError) {
        let key = self.keys.iter().find(|(key, _)| Some(*key) == error.key);
        let at = key.map_or(&self.span, |(_, at)| at);
        file.error_with_help(at.clone(), error.message, error.help);
    }
}

/// Reads a matcher from a table `when = { ... }`, and records the positions of its keys.
struct WhenTable<'f, 'i> {
    table: TableReader<'f, 'i>,
    keys: Vec<(&'static str, Range<usize>)>,
}

impl WhenTable<'_, '_> {
    fn record_span<T>(&mut self, key: &'static str, value: Option<Spanned<T>>) -> Option<T> {
        let value = value?;
        self.keys.push((key, value.span()));
        Some(value.into_inner())
    }
}

impl WhenKeys for WhenTable<'_, '_> {
    fn number_or_text(&mut self, key: &'static str) -> Option<String> {
        let value = self.table.number_or_text(key);
        self.record_span(key, value)
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        let value = self.table.take(key);
        self.record_span(key, value)
    }

    fn flag(&mut self, key: &'static str) -> Option<bool> {
        let value = self.table.take(key);
        self.record_span(key, value)
    }
}
