//! A condition in `when` or `and` of a branch: what is looked at, and the test.

use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::DeValue;

use super::context::ScriptContext;
use super::response;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::script::condition::{Condition, ConditionTarget, ConditionTest};
use crate::script::escape::EscapeContext;
use crate::script::matcher::Matcher;
use crate::script::path::KeyPath;
use crate::script::template::{Placeholder, Template};
use crate::script::when::{ComparedKind, MatcherError};
use keys::{ConditionKeys, ConditionSpans, explain_foreign_keys, read_not, read_texts};

mod keys;
mod literal;

pub(super) use keys::report_no_text;
pub(super) use literal::placeholder_help;

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
        let errors_before = file.error_count();
        let (key, of) = (table.take("key"), table.take("of"));
        let has_texts = table.has("is");
        let is = read_texts(&mut table);
        let negated = read_not(&mut table);
        let mut keys = ConditionKeys { table, keys: Vec::new() };
        let matcher = Matcher::read(&mut keys, has_texts);
        let spans = ConditionSpans { span: span.clone(), keys: keys.keys };
        keys.table.finish();
        // Other errors may only follow from these: the matcher can be missing because its key is misspelled.
        if file.error_count() > errors_before || file.has_syntax_error_in(&span) {
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

    /// The regular expression of `pattern`, and its place.
    pub(super) fn as_pattern(&self) -> Option<(&str, &Range<usize>)> {
        match &self.test {
            TestValue::Matcher(Matcher::Pattern(pattern)) => {
                let span = self.spans.keys.iter().find(|(key, _)| *key == "pattern");
                span.map(|(_, span)| (pattern.as_str(), span))
            }
            _ => None,
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
        // The errors of both are reported.
        let (target, tests) = (self.target(script, scope), self.tests(script, splits_list));
        let Some(target) = target else { return Vec::new() };
        let placed = |(test, span)| {
            let condition = condition(target.clone(), test, self.negated);
            PlacedCondition { condition, span }
        };
        tests.into_iter().map(placed).collect()
    }

    /// The tests, each with its place; none after an error.
    fn tests(
        &self,
        script: &ScriptContext<'_>,
        splits_list: bool,
    ) -> Vec<(ConditionTest, Range<usize>)> {
        let one = |test| vec![(test, self.spans.span.clone())];
        match &self.test {
            TestValue::Literal(text) => one(ConditionTest::Matcher(Matcher::Text(text.clone()))),
            TestValue::Matcher(matcher) => one(ConditionTest::Matcher(matcher.clone())),
            TestValue::Is(texts) => match templates(script, texts) {
                Some(templates) if splits_list && !self.negated => {
                    let tests = templates.into_iter().map(|template| text_test(vec![template]));
                    tests.zip(texts.iter().map(Spanned::span)).collect()
                }
                Some(templates) => one(text_test(templates)),
                None => Vec::new(),
            },
        }
    }

    /// What the condition looks at; `None` after an error.
    fn target(
        &self,
        script: &ScriptContext<'_>,
        scope: ConditionScope<'_>,
    ) -> Option<ConditionTarget> {
        let errors_before = script.file.error_count();
        let target = self.checked_target(script, scope)?;
        (script.file.error_count() == errors_before).then_some(target)
    }

    fn checked_target(
        &self,
        script: &ScriptContext<'_>,
        scope: ConditionScope<'_>,
    ) -> Option<ConditionTarget> {
        if let Some(of) = &self.of {
            let template = script.template(of, EscapeContext::Comparison);
            // A placeholder that does not exist is reported already.
            if template.as_text().is_some() && !of.get_ref().contains('{') {
                script.file.error_with_help(
                    of.span(),
                    "this text is the same in every call",
                    of_help(of),
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
        let mut errors = matchers.iter().filter_map(|matcher| matcher.check(compared));
        let counts = |error: &MatcherError| !self.negated || error.key == Some("status");
        let error = errors.find(counts);
        let Some(mut error) = error else { return false };
        if let Some(help) = self.as_literal().and_then(|(text, _)| placeholder_help(text)) {
            error.help = help;
        }
        self.spans.report_at(file, error, &placed.span);
        true
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

/// The texts of `is`; `None` after an error.
fn templates(script: &ScriptContext<'_>, texts: &[Spanned<String>]) -> Option<Vec<Template>> {
    let errors_before = script.file.error_count();
    let template = |text| script.template(text, EscapeContext::Comparison);
    let read = texts.iter().map(template).collect();
    (script.file.error_count() == errors_before).then_some(read)
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
