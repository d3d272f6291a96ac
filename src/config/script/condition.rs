//! A condition in `when` or `and` of a branch: what is looked at, and the test.

use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::DeValue;

use super::context::ScriptContext;
use super::response;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value_kind::ValueKind;
use crate::script::condition::{Condition, ConditionTarget, ConditionTest};
use crate::script::escape::EscapeContext;
use crate::script::matcher::Matcher;
use crate::script::path::KeyPath;
use crate::script::template::{Placeholder, Template};
use crate::script::when::{ComparedKind, MatcherError, WhenKeys};

/// A condition as it is written.
#[derive(Debug)]
pub(super) struct ConditionValue {
    spans: ConditionSpans,
    key: Option<Spanned<String>>,
    of: Option<Spanned<String>>,
    test: TestValue,
    negated: bool,
}

#[derive(Debug)]
enum TestValue {
    /// `when = "200"`: braces are text.
    Literal(String),
    /// `is`: texts with placeholders.
    Is(Vec<Spanned<String>>),
    Matcher(Matcher),
}

/// The positions of a condition and of the values of its keys.
#[derive(Debug)]
struct ConditionSpans {
    span: Range<usize>,
    keys: Vec<(&'static str, Range<usize>)>,
}

/// What the conditions of a script can look at.
#[derive(Clone, Copy)]
pub(super) struct ConditionScope<'s> {
    pub(super) compared: ComparedKind,
    pub(super) response_key: Option<&'s KeyPath>,
}

/// A condition with its place in the file.
pub(super) struct PlacedCondition {
    pub(super) condition: Condition,
    pub(super) span: Range<usize>,
}

impl ConditionValue {
    /// `when = "200"`.
    pub(super) fn literal(text: String, span: Range<usize>) -> Self {
        let spans = ConditionSpans { span, keys: Vec::new() };
        Self { spans, key: None, of: None, test: TestValue::Literal(text), negated: false }
    }

    /// Reads a table such as `{ key = "data.full", is = "false" }`, which is a value of `title`.
    pub(super) fn read<'i>(
        branch: &TableReader<'_, 'i>,
        title: &str,
        value: Spanned<DeValue<'i>>,
    ) -> Option<Self> {
        let mut table = branch.inline_table(title, value)?;
        explain_foreign_keys(&mut table);
        let (file, span) = (table.file, table.span.clone());
        let (key, of) = (table.take("key"), table.take("of"));
        let has_texts = table.has("is");
        let is = read_texts(&mut table);
        let not: Option<Spanned<bool>> = table.take("not");
        let mut keys = ConditionKeys { table, keys: Vec::new() };
        let matcher = Matcher::read(&mut keys, has_texts);
        let spans = ConditionSpans { span, keys: keys.keys };
        // If there are unknown keys, only these are reported: a misspelled key can be the cause of the other errors.
        if !keys.table.finish() {
            return None;
        }
        let matcher = match matcher {
            Ok(matcher) => matcher,
            Err(errors) => {
                errors.into_iter().for_each(|error| spans.report(file, error));
                return None;
            }
        };
        let test = match matcher {
            Some(matcher) => TestValue::Matcher(matcher),
            None => TestValue::Is(is?),
        };
        let negated = not.as_ref().is_some_and(|not| *not.get_ref());
        if let Some(not) = not.filter(|_| !negated) {
            let message = "`not` can only be `true`";
            file.error_with_help(not.span(), message, "remove `not = false`");
        }
        let condition = Self { spans, key, of, test, negated };
        condition.check_target(file).then_some(condition)
    }

    /// Whether the condition looks at a text of the call, not at the answer or the input.
    pub(super) fn is_on_text(&self) -> bool {
        self.of.is_some()
    }

    /// The text of `when = "200"`, and its place.
    pub(super) fn as_literal(&self) -> Option<(&str, &Range<usize>)> {
        match &self.test {
            TestValue::Literal(text) => Some((text, &self.spans.span)),
            TestValue::Is(_) | TestValue::Matcher(_) => None,
        }
    }

    /// Checks what the condition looks at. Returns whether that is clear.
    fn check_target(&self, file: &TomlFile) -> bool {
        let is_on_status =
            matches!(&self.test, TestValue::Matcher(matcher) if matcher.is_on_status());
        match (&self.key, &self.of) {
            (Some(_), Some(of)) => {
                let help = "write two conditions in `and`: one with `key`, and one with `of`";
                let message = "a condition looks at one thing: at `key` or at `of`";
                file.error_with_help(of.span(), message, help);
                false
            }
            (key, of) if is_on_status && (key.is_some() || of.is_some()) => {
                let help = "write it as a condition of its own: `{ status = 404 }`";
                let message = "`status` is the HTTP status of the answer, not of a value";
                self.spans.report(file, MatcherError::of_key("status", message, help));
                false
            }
            _ => true,
        }
    }

    /// The condition. A list of texts becomes one condition for each, if `splits_list` says so: that is the same where
    /// one of several conditions is enough, and the checks see more of it.
    pub(super) fn conditions(
        &self,
        script: &ScriptContext<'_>,
        scope: ConditionScope<'_>,
        splits_list: bool,
    ) -> Vec<PlacedCondition> {
        let Some(target) = self.target(script, scope) else { return Vec::new() };
        let placed = |test, span: &Range<usize>| {
            let (target, negated) = (target.clone(), self.negated);
            PlacedCondition { condition: condition(target, test, negated), span: span.clone() }
        };
        let matcher = match &self.test {
            TestValue::Literal(text) => Matcher::Text(text.clone()),
            TestValue::Matcher(matcher) => matcher.clone(),
            TestValue::Is(texts) => {
                let template = |text| script.template(text, EscapeContext::Comparison);
                if splits_list && !self.negated {
                    let one = |text| placed(text_test(vec![template(text)]), &text.span());
                    return texts.iter().map(one).collect();
                }
                let templates = texts.iter().map(template).collect();
                return vec![placed(text_test(templates), &self.spans.span)];
            }
        };
        vec![placed(ConditionTest::Matcher(matcher), &self.spans.span)]
    }

    fn target(
        &self,
        script: &ScriptContext<'_>,
        scope: ConditionScope<'_>,
    ) -> Option<ConditionTarget> {
        if let Some(of) = &self.of {
            let template = script.template(of, EscapeContext::Comparison);
            if template.as_text().is_some() {
                script.file.error_with_help(
                    of.span(),
                    "this text is the same in every call",
                    &of_help(of),
                );
            }
            return Some(ConditionTarget::Text(template));
        }
        let Some(key) = &self.key else { return Some(ConditionTarget::Compared) };
        if scope.compared != ComparedKind::Answer {
            let message = "there is no answer: the script does not wait for one";
            let help =
                "for a value of an earlier script's answer, write `of = \"{NAME.$data.full}\"`";
            script.file.error_with_help(key.span(), message, help);
        }
        let path = response::key_path(script.file, key)?;
        Some(match scope.response_key {
            Some(key) if *key == path => ConditionTarget::Compared,
            _ => ConditionTarget::Key(path),
        })
    }

    /// Reports a test that can never match what the branches compare. Returns whether there is such an error.
    pub(super) fn check(
        &self,
        placed: &PlacedCondition,
        compared: ComparedKind,
        file: &TomlFile,
    ) -> bool {
        if placed.condition.target != ConditionTarget::Compared {
            return false;
        }
        let matchers = placed.condition.known_matchers().unwrap_or_default();
        let errors = matchers.iter().filter_map(|matcher| matcher.check(compared));
        let counts = |error: &MatcherError| !self.negated || error.key == Some("status");
        let error = errors.filter(counts).next();
        let has_error = error.is_some();
        error.into_iter().for_each(|error| self.spans.report_at(file, error, &placed.span));
        has_error
    }
}

/// The texts of `is`; `None` if that is missing, or has an error.
fn read_texts(table: &mut TableReader<'_, '_>) -> Option<Vec<Spanned<String>>> {
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

/// Reports a value that must be a text. `help` is the help text if it can't be meant as one.
pub(super) fn report_no_text(file: &TomlFile, value: &Spanned<DeValue<'_>>, help: &str) {
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

/// The condition in its simplest form: of `present` and `absent`, neither is negated, and both are tests of the text
/// itself where the condition looks at a text, which is always there.
fn condition(target: ConditionTarget, test: ConditionTest, negated: bool) -> Condition {
    let is_text = matches!(target, ConditionTarget::Text(_));
    let (matcher, negated) = match (test, negated, is_text) {
        (ConditionTest::Matcher(Matcher::Present), negated, true) => {
            (Matcher::Text(String::new()), !negated)
        }
        (ConditionTest::Matcher(Matcher::Absent), negated, true) => {
            (Matcher::Text(String::new()), negated)
        }
        (ConditionTest::Matcher(Matcher::Present), true, false) => (Matcher::Absent, false),
        (ConditionTest::Matcher(Matcher::Absent), true, false) => (Matcher::Present, false),
        (test, negated, _) => return Condition { target, test, negated },
    };
    Condition { target, test: ConditionTest::Matcher(matcher), negated }
}

/// One text without placeholders is a matcher.
fn text_test(templates: Vec<Template>) -> ConditionTest {
    match templates.as_slice() {
        [one] if let Some(text) = one.as_text() => {
            ConditionTest::Matcher(Matcher::Text(text.to_owned()))
        }
        _ => ConditionTest::OneOf(templates),
    }
}

fn of_help(of: &Spanned<String>) -> String {
    let text = of.get_ref().trim();
    match Placeholder::parse(text) {
        Some(placeholder) => format!("for the value of a placeholder, write `of = \"{placeholder}\"`"),
        None => {
            "write a text with a placeholder, such as `of = \"{caller}\"`; a value of the answer is `key`"
                .to_owned()
        }
    }
}

/// Names that other programs have for the keys of a condition.
fn explain_foreign_keys(table: &mut TableReader<'_, '_>) {
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
    fn report(&self, file: &TomlFile, error: MatcherError) {
        self.report_at(file, error, &self.span);
    }

    /// Reports an error at its key, or else at `span`.
    fn report_at(&self, file: &TomlFile, error: MatcherError, span: &Range<usize>) {
        let key = self.keys.iter().find(|(key, _)| Some(*key) == error.key);
        let at = key.map_or(span, |(_, at)| at);
        file.error_with_help(at.clone(), error.message, error.help);
    }
}

/// Reads the test of a condition, and records the positions of its keys.
struct ConditionKeys<'f, 'i> {
    table: TableReader<'f, 'i>,
    keys: Vec<(&'static str, Range<usize>)>,
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
