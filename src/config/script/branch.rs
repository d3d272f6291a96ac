//! `[[branch]]`: the outcome for an answer or an input that matches.

use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::DeValue;

use super::condition::{self, ConditionScope, ConditionValue, PlacedCondition};
use super::context::ScriptContext;
use super::outcome::OutcomeTable;
use super::reachability::{self, BranchConditions};
use crate::config::table_reader::TableReader;
use crate::config::value_kind::ValueKind;
use crate::script::definition::Branch;

/// Keys that belong only in this table.
pub(super) const OWN_KEYS: &[&str] = &["when", "and"];

const WHEN_HELP: &str = "write a string such as `when = \"200\"`, a matcher such as \
                         `when = { min = 200, max = 299 }`, or a list of them";
const AND_HELP: &str = "write a condition such as `and = { key = \"data.full\", is = \"false\" }`, \
                        or a list of them";

/// Names that other programs have for `when`.
const WHEN_NAMES: &[&str] = &["if", "case", "match", "value", "equals", "code"];

/// Keys of a condition, which stands in `when` or `and`.
const CONDITION_KEYS: &[&str] =
    &["key", "of", "is", "min", "max", "pattern", "present", "absent", "status"];

#[derive(Debug)]
pub(crate) struct BranchTable {
    pub(super) span: Range<usize>,
    when: Vec<ConditionValue>,
    and: Vec<ConditionValue>,
    /// Whether the file has `and`, even if no condition in it is valid.
    has_and: bool,
    pub(super) outcome: OutcomeTable,
}

impl BranchTable {
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        table.explain_required("when", WHEN_NAMES, WHEN_HELP);
        table.explain_required(
            "when",
            CONDITION_KEYS,
            "a condition is a table: write `when = { key = \"data.full\", is = \"false\" }`, \
             or the same with `and`",
        );
        table.explain(
            &["also", "all", "where", "conditions", "condition", "and_when", "if_also"],
            "what must hold as well is `and`: write `and = { key = \"data.full\", is = \"false\" }`",
        );
        table.explain(
            &["or", "any", "or_when"],
            "a list in `when` matches if one of its members does: write \
             `when = [\"200\", { key = \"data.full\", is = \"true\" }]`",
        );
        table.explain(
            &["not", "unless", "except", "when_not"],
            "a condition is turned round inside its table: write `when = { is = \"200\", not = true }`",
        );
        // Read first, so that `then` is not taken for a misspelled `when`.
        let outcome = OutcomeTable::read(table);
        let (when, has_and) = (read_when(table), table.has("and"));
        Self { span: table.span.clone(), when, and: read_and(table), has_and, outcome }
    }

    /// Whether all conditions look at texts of the call, so that the branch needs neither an answer nor an input.
    pub(super) fn is_on_texts(&self) -> bool {
        !self.when.is_empty() && self.when.iter().chain(&self.and).all(ConditionValue::is_on_text)
    }

    fn conditions(
        &self,
        script: &ScriptContext<'_>,
        scope: ConditionScope<'_>,
    ) -> BranchConditions<'_> {
        BranchConditions {
            when: placed(&self.when, script, scope, true),
            and: placed(&self.and, script, scope, false),
            has_and: self.has_and,
        }
    }
}

fn placed<'t>(
    values: &'t [ConditionValue],
    script: &ScriptContext<'_>,
    scope: ConditionScope<'_>,
    splits_list: bool,
) -> Vec<(&'t ConditionValue, PlacedCondition)> {
    let conditions = |value: &'t ConditionValue| {
        value.conditions(script, scope, splits_list).into_iter().map(move |placed| (value, placed))
    };
    values.iter().flat_map(conditions).collect()
}

fn read_when(table: &mut TableReader<'_, '_>) -> Vec<ConditionValue> {
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
    values.into_iter().filter_map(|value| read_one_of_when(table, value)).collect()
}

fn read_one_of_when<'i>(
    branch: &TableReader<'_, 'i>,
    value: Spanned<DeValue<'i>>,
) -> Option<ConditionValue> {
    let span = value.span();
    match value.get_ref() {
        DeValue::String(text) => Some(ConditionValue::literal(text.clone().into_owned(), span)),
        DeValue::Table(_) => ConditionValue::read(branch, "when", value),
        _ => {
            condition::report_no_text(branch.file, &value, WHEN_HELP);
            None
        }
    }
}

fn read_and(table: &mut TableReader<'_, '_>) -> Vec<ConditionValue> {
    let Some(value) = table.take_any("and", || ValueKind::Conditions) else { return Vec::new() };
    let span = value.span();
    let values = match value.into_inner() {
        DeValue::Array(list) => list.into_iter().collect(),
        one => vec![Spanned::new(span.clone(), one)],
    };
    if values.is_empty() {
        table.file.error_with_help(span, "`and` is empty", "add a condition, or remove this line");
    }
    let condition = |value: Spanned<DeValue<'_>>| match value.get_ref() {
        DeValue::Table(_) => ConditionValue::read(table, "and", value),
        _ => {
            table.file.error_with_help(value.span(), "not a condition", AND_HELP);
            None
        }
    };
    values.into_iter().filter_map(condition).collect()
}

/// Checks all branches of a script.
pub(super) fn branches(
    tables: &[BranchTable],
    script: &ScriptContext<'_>,
    scope: ConditionScope<'_>,
) -> Vec<Branch> {
    let conditions: Vec<_> = tables.iter().map(|table| table.conditions(script, scope)).collect();
    reachability::check(&conditions, scope.compared, script.file);
    let bare = |placed: Vec<(&ConditionValue, PlacedCondition)>| {
        placed.into_iter().map(|(_, placed)| placed.condition).collect()
    };
    let paired = tables.iter().zip(conditions);
    let branch =
        |(table, BranchConditions { when, and, .. }): (&BranchTable, BranchConditions<'_>)| {
            Branch { when: bare(when), and: bare(and), outcome: table.outcome.outcome(script) }
        };
    paired.map(branch).collect()
}
