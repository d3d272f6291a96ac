//! Which branches can never match: because an earlier branch matches all of that, because the caller can never enter
//! it, or because two of their conditions contradict each other.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::condition::{ConditionValue, PlacedCondition};
use super::other_matcher;
use crate::config::file::TomlFile;
use crate::script::condition::{Condition, ConditionTarget, ConditionTest};
use crate::script::earlier_matchers::EarlierMatchers;
use crate::script::matcher::Matcher;
use crate::script::when::ComparedKind;

const HELP: &str = "remove this one, or move it before the other";

/// The conditions of a branch, each with what is written in the file.
pub(super) struct BranchConditions<'t> {
    pub(super) when: Vec<(&'t ConditionValue, PlacedCondition)>,
    pub(super) and: Vec<(&'t ConditionValue, PlacedCondition)>,
    pub(super) has_and: bool,
}

impl BranchConditions<'_> {
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.when.iter().chain(&self.and).map(|(_, placed)| &placed.condition)
    }
}

/// Reports the conditions that can never hold, and those that contradict each other.
pub(super) fn check(branches: &[BranchConditions<'_>], compared: ComparedKind, file: &TomlFile) {
    let mut earlier = EarlierConditions::default();
    for branch in branches {
        for (value, placed) in &branch.when {
            let covering = earlier.covering(placed, branch, compared);
            report_unreachable((value, placed), covering, compared, file);
            if !branch.has_and {
                earlier.add(placed);
            }
        }
        for (value, placed) in &branch.and {
            let covering = earlier.covering(placed, branch, compared);
            report_unreachable((value, placed), covering, compared, file);
        }
        report_contradictions(branch, file);
    }
}

fn report_unreachable(
    (value, placed): (&ConditionValue, &PlacedCondition),
    covering: Option<&Range<usize>>,
    compared: ComparedKind,
    file: &TomlFile,
) {
    match covering {
        Some(covering) => {
            let label = (covering.clone(), "already matched here".to_owned());
            let message = "this can never match: an earlier matcher covers it";
            let span = placed.span.clone();
            file.report(span, message.to_owned(), Some(HELP.to_owned()), Some(label));
        }
        None if value.check(placed, compared, file) => {}
        None => other_matcher::warn(value, file),
    }
}

/// Reports each condition of `when` that contradicts one of `and`, and contradictions inside `and`.
fn report_contradictions(branch: &BranchConditions<'_>, file: &TomlFile) {
    let conditions = || branch.and.iter().map(|(_, placed)| placed);
    let of_when = branch.when.iter().filter_map(|(_, one)| {
        conditions()
            .find(|other| one.condition.contradicts(&other.condition))
            .map(|other| (one, other))
    });
    let of_and = conditions().enumerate().filter_map(|(number, one)| {
        let mut before = conditions().take(number);
        before.find(|other| one.condition.contradicts(&other.condition)).map(|other| (one, other))
    });
    for (one, other) in of_when.chain(of_and) {
        let label = (other.span.clone(), "never true at the same time as this".to_owned());
        let message = "this can never match: another condition of the branch contradicts it";
        let help = "remove one of them, or write two branches";
        file.report(one.span.clone(), message.to_owned(), Some(help.to_owned()), Some(label));
    }
}

/// The conditions so far that are enough for their branches, by what they look at. Each is not negated, and does not
/// depend on values of a call.
#[derive(Default)]
struct EarlierConditions<'a> {
    matchers: HashMap<Option<String>, EarlierMatchers<'a>>,
    /// The places of the matchers, by their numbers.
    spans: Vec<&'a Range<usize>>,
}

impl<'a> EarlierConditions<'a> {
    /// The place of an earlier condition that holds whenever this one does.
    fn covering(
        &self,
        placed: &PlacedCondition,
        branch: &BranchConditions<'_>,
        compared: ComparedKind,
    ) -> Option<&'a Range<usize>> {
        let condition = &placed.condition;
        // A branch on texts alone leaves an answer that is not usable to the other branches.
        let judges_more =
            compared == ComparedKind::Answer && branch.conditions().any(Condition::looks_at_answer);
        if condition.negated || !condition.looks_at_answer() && judges_more {
            return None;
        }
        let earlier = self.matchers.get(&name(condition))?;
        let matchers = condition.known_matchers()?;
        let covering = |matcher: &Cow<'_, Matcher>| earlier.covering(matcher);
        let numbers: Option<Vec<_>> = matchers.iter().map(covering).collect();
        self.spans.get(numbers?.into_iter().min()?).copied()
    }

    fn add(&mut self, placed: &'a PlacedCondition) {
        let PlacedCondition { condition, span } = placed;
        if let (ConditionTest::Matcher(matcher), false) = (&condition.test, condition.negated) {
            self.matchers.entry(name(condition)).or_default().add(self.spans.len(), matcher);
            self.spans.push(span);
        }
    }
}

/// What a condition looks at.
fn name(condition: &Condition) -> Option<String> {
    match &condition.target {
        ConditionTarget::Compared => None,
        ConditionTarget::Key(path) => Some(path.to_string()),
        ConditionTarget::Text(template) => Some(template.to_string()),
    }
}
