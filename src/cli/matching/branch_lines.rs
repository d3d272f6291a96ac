//! The lines of `dialscript match` about branches and their conditions.

use serde_json::json;

use crate::cli::printer::OutputLine;
use crate::script::branch::BranchExplanation;
use crate::script::branch_context::BranchContext;
use crate::script::condition::{ConditionExplanation, ConditionResult, ConditionTexts};
use crate::script::definition::Branch;

/// The result of each branch, in the order of the file. A branch with `and` is followed by each of its conditions.
pub(super) fn branch_lines(
    branches: &[Branch],
    context: &BranchContext<'_, impl ConditionTexts>,
) -> Vec<OutputLine> {
    let mut first_match = None;
    let mut lines = Vec::new();
    for (number, branch) in (1..).zip(branches) {
        let explanation = branch.explain(context);
        lines.push(branch_line(number, &explanation, first_match));
        if !branch.and.is_empty() {
            lines.extend(condition_lines(number, branch.explain_conditions(context)));
        }
        if matches!(explanation, BranchExplanation::Matches(_)) {
            first_match = first_match.or(Some(number));
        }
    }
    lines
}

fn branch_line(
    number: usize,
    explanation: &BranchExplanation,
    earlier_match: Option<usize>,
) -> OutputLine {
    let (matches, why) = match explanation {
        BranchExplanation::Matches(why) => (Some(true), why),
        BranchExplanation::Misses(why) => (Some(false), why),
        BranchExplanation::Unknown(why) => (None, why),
    };
    let (result, word) = match (earlier_match, matches) {
        (Some(_), _) => ("not_tried", "not tried"),
        (None, Some(true)) => ("won", "MATCH"),
        (None, Some(false)) => ("lost", "no match"),
        (None, None) => ("not_known", "not known"),
    };
    let fields = json!({ "number": number, "result": result, "matches": matches, "why": why });
    let text = match (earlier_match, matches) {
        (Some(first), Some(true)) => {
            format!("branch {first} matched first; this one matches too: {why}")
        }
        (Some(first), Some(false)) => {
            format!("branch {first} matched first; this one does not match: {why}")
        }
        (Some(first), None) => format!("branch {first} matched first; this one may match: {why}"),
        (None, _) => why.to_owned(),
    };
    OutputLine::new("branch", fields, format!("[[branch]] {number}  {word:9}  {text}"))
}

fn condition_lines(
    number: usize,
    conditions: Vec<ConditionExplanation>,
) -> impl Iterator<Item = OutputLine> {
    let parts = std::iter::once("when").chain(std::iter::repeat("and"));
    conditions.into_iter().zip(parts).map(move |(ConditionExplanation { result, why }, part)| {
        let (result, word) = match result {
            ConditionResult::Holds => ("holds", "yes"),
            ConditionResult::Fails => ("fails", "no"),
            ConditionResult::Unknown => ("not_known", "not known"),
        };
        let fields = json!({ "branch": number, "part": part, "result": result, "why": why });
        OutputLine::new("condition", fields, format!("  {part:<10}  {word:9}  {why}"))
    })
}
