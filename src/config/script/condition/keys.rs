//! Reads the keys of a condition, with their positions.

use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::DeValue;

use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value_kind::ValueKind;
use crate::script::when::{MatcherError, WhenKeys};

/// The positions of a condition and of the values of its keys.
#[derive(Debug)]
pub(super) struct ConditionSpans {
    pub(super) span: Range<usize>,
    pub(super) keys: Vec<(&'static str, Range<usize>)>,
}

/// The texts of `is`; `None` if that is missing, or has an error.
pub(super) fn read_texts(table: &mut TableReader<'_, '_>) -> Option<Vec<Spanned<String>>> {
    let value = table.take_any("is", || ValueKind::TextOrList)?;
    let span = value.span();
    let items = match value.into_inner() {
        DeValue::Array(list) => list.into_iter().collect(),
        one => vec![Spanned::new(span.clone(), one)],
    };
    if items.is_empty() {
        let help = "add a text, or write another test";
        table.file.error_with_help(span, "an empty list never matches", help);
        return None;
    }
    let text = |item: Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(text) => Some(Spanned::new(item.span(), text.clone().into_owned())),
        _ => {
            let help = "write a text such as `is = \"open\"`, or a list of texts";
            report_no_text(table.file, &item, help);
            None
        }
    };
    items.into_iter().map(text).collect()
}

/// Whether `not = true` turns the test round.
pub(super) fn read_not(table: &mut TableReader<'_, '_>) -> bool {
    let Some(value) = table.take_any("not", || ValueKind::Flag) else { return false };
    let written = table.file.text().get(value.span()).unwrap_or_default();
    let help = match value.get_ref() {
        DeValue::Boolean(true) => return true,
        DeValue::Boolean(false) => "remove `not = false`".to_owned(),
        DeValue::Table(_) => {
            let test = written.trim_start_matches('{').trim_end_matches('}').trim();
            format!("write the test, and `not = true` beside it: `{{ {test}, not = true }}`")
        }
        _ => format!(
            "write the test, and `not = true` beside it: `{{ is = {written}, not = true }}`"
        ),
    };
    table.file.error_with_help(value.span(), "`not` can only be `true`", help);
    false
}

/// Reports a value that must be a text. `help` is the help text if it can't be meant as one.
pub(in crate::config::script) fn report_no_text(
    file: &TomlFile,
    value: &Spanned<DeValue<'_>>,
    help: &str,
) {
    let span = value.span();
    match value.get_ref() {
        DeValue::Array(_) | DeValue::Table(_) => {
            file.error_with_help(span, "not a valid matcher", help);
        }
        _ => {
            let written = file.text().get(span.clone()).unwrap_or_default();
            let help = format!("write it in quotes: `\"{written}\"`");
            file.error_with_help(span, "values are compared as strings", help);
        }
    }
}

/// Names that other programs have for the keys of a condition.
pub(super) fn explain_foreign_keys(table: &mut TableReader<'_, '_>) {
    table.explain(
        &["equals", "equal", "eq", "value", "text", "in", "one_of", "any_of"],
        "the text is `is`: write `is = \"open\"`, or a list of texts",
    );
    table.explain(
        &["is_not", "isnt", "ne", "not_equals", "unless", "except"],
        "turn the test round by `not = true`: write `{ is = \"open\", not = true }`",
    );
    table.explain(
        &["path", "field", "json_path", "xpath"],
        "a value of the answer is `key`: write `key = \"data.full\"`",
    );
    table.explain(
        &["if", "placeholder", "variable", "var"],
        "a text of the call is `of`: write `of = \"{caller}\"`",
    );
    table.explain(
        &["regex", "regexp", "matches", "match", "like"],
        "a regular expression is `pattern`: write `pattern = '^ORD-'`",
    );
    table.explain(
        &[
            "gt",
            "gte",
            "ge",
            "more_than",
            "above",
            "at_least",
            "lt",
            "lte",
            "le",
            "less_than",
            "below",
            "at_most",
        ],
        "numbers are compared by `min` and `max`, both included: write `min = 1`",
    );
    table.explain(
        &["exists", "exist", "defined", "empty", "null", "missing"],
        "write `present = true` or `absent = true`",
    );
}

impl ConditionSpans {
    pub(super) fn report(&self, file: &TomlFile, error: MatcherError) {
        self.report_at(file, error, &self.span);
    }

    /// Reports an error at its key, or else at `span`.
    pub(super) fn report_at(&self, file: &TomlFile, error: MatcherError, span: &Range<usize>) {
        let key = self.keys.iter().find(|(key, _)| Some(*key) == error.key);
        let at = key.map_or(span, |(_, at)| at);
        file.error_with_help(at.clone(), error.message, error.help);
    }
}

/// Reads the test of a condition, and records the positions of its keys.
pub(super) struct ConditionKeys<'f, 'i> {
    pub(super) table: TableReader<'f, 'i>,
    pub(super) keys: Vec<(&'static str, Range<usize>)>,
}

impl ConditionKeys<'_, '_> {
    fn record_span<T>(&mut self, key: &'static str, value: Option<Spanned<T>>) -> Option<T> {
        let value = value?;
        self.keys.push((key, value.span()));
        Some(value.into_inner())
    }
}

impl WhenKeys for ConditionKeys<'_, '_> {
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
