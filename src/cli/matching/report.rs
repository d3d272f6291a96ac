//! The lines that `dialscript match` prints.

use serde_json::{Value as Json, json};

use crate::cli::printer::OutputLine;
use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::branch::{BranchExplanation, ChosenBranch};
use crate::script::call_state::InputMethod;
use crate::script::definition::{Branch, Script, ScriptOutcome, ThenAction};
use crate::script::destination::fill_destination;
use crate::script::input_check::InputCheck;
use crate::script::path::KeyPath;
use crate::script::report::CallOutcome;
use crate::script::subject::{BranchSubject, MAX_SHOWN_CHARACTERS, describe_value, quote_text};
use crate::script::template::{Placeholder, PlaceholderValue, PlaceholderValues, Template, masked};

/// The outcome that the script selects: that of a branch, or of another table.
pub(super) struct ChosenOutcome<'s> {
    pub(super) call_outcome: CallOutcome,
    pub(super) outcome: &'s ScriptOutcome,
    branch_number: Option<usize>,
    reason: Option<String>,
}

impl<'s> ChosenOutcome<'s> {
    pub(super) fn branch(chosen: ChosenBranch<'s>) -> Self {
        let branch_number = Some(chosen.number);
        Self {
            call_outcome: CallOutcome::Matched,
            outcome: chosen.outcome,
            branch_number,
            reason: None,
        }
    }

    pub(super) fn otherwise(script: &'s Script) -> Self {
        let reason = (!script.branches.is_empty()).then(|| "no branch matches".to_owned());
        let outcome = &script.otherwise;
        Self { call_outcome: CallOutcome::Otherwise, outcome, branch_number: None, reason }
    }

    pub(super) fn no_response(script: &'s Script, reason: String) -> Self {
        let outcome = &script.no_response;
        Self {
            call_outcome: CallOutcome::NoResponse,
            outcome,
            branch_number: None,
            reason: Some(reason),
        }
    }

    /// For an input that is missing or invalid: no branch is compared.
    pub(super) fn rejected_input(script: &'s Script, check: InputCheck) -> Self {
        let reason = "the input is not what the script asks for";
        let (call_outcome, outcome) = match check {
            InputCheck::Missing => (CallOutcome::NoInput, &script.no_input),
            InputCheck::Valid | InputCheck::Invalid => {
                (CallOutcome::InvalidInput, &script.invalid_input)
            }
        };
        Self::after_repeats(script, call_outcome, outcome, reason)
    }

    /// For an input that no branch of a menu matches.
    pub(super) fn unmatched_input(script: &'s Script) -> Self {
        let (call_outcome, outcome) = (CallOutcome::InvalidInput, &script.invalid_input);
        Self::after_repeats(script, call_outcome, outcome, "no branch matches")
    }

    /// The outcome after the last attempt.
    fn after_repeats(
        script: &Script,
        call_outcome: CallOutcome,
        outcome: &'s ScriptOutcome,
        reason: &str,
    ) -> Self {
        let reason = match script.prompt.repeat {
            0 => reason.to_owned(),
            1 => format!("{reason}; before that, the question is asked once more"),
            repeat => format!("{reason}; before that, the question is asked {repeat} more times"),
        };
        Self { call_outcome, outcome, branch_number: None, reason: Some(reason) }
    }

    pub(super) fn to_line(&self) -> OutputLine {
        let table = match self.call_outcome {
            CallOutcome::Matched => "branch",
            other => other.as_str(),
        };
        let fields = json!({
            "table": table, "number": self.branch_number, "outcome": self.call_outcome.as_str(), "reason": self.reason,
        });
        let name = match self.branch_number {
            Some(number) => format!("[[branch]] {number}"),
            None => format!("[{table}]"),
        };
        let reason = self.reason.iter().map(|reason| format!(": {reason}")).collect::<String>();
        OutputLine::new("taken", fields, format!("{name} is selected{reason}"))
    }
}

/// How the answer was parsed.
pub(super) fn answer_line(answer: &TriggerAnswer, key: Option<&KeyPath>) -> OutputLine {
    let (status, format) = (answer.status, answer.format(key.is_some()));
    let reason = answer.unreadable_reason();
    let fields =
        json!({ "status": status, "format": format.to_ascii_lowercase(), "reason": reason });
    let text = match &reason {
        Some(reason) => format!("the answer can't be read ({reason})"),
        None if format == "empty" => "the answer is empty".to_owned(),
        None => format!("the answer is read as {format}"),
    };
    OutputLine::new("answer", fields, format!("{text}, with HTTP status {status}"))
}

/// The value of the answer that branches compare.
pub(super) fn value_line(
    answer: &TriggerAnswer,
    subject: &BranchSubject<'_>,
    key: Option<&KeyPath>,
) -> OutputLine {
    let (kind, text) = match &subject.value {
        None => ("none", None),
        Some(AnswerValue::Absent) => ("absent", None),
        Some(AnswerValue::Composite) => ("composite", None),
        Some(AnswerValue::Text(text)) => ("text", Some(truncated_json(text))),
    };
    let name = key.map(ToString::to_string);
    let missing = key.and_then(|key| answer.missing_reason(key));
    let fields = json!({ "key": name, "kind": kind, "value": text, "reason": missing });
    let text = match (&subject.value, name) {
        (None, _) if answer.unreadable_reason().is_some() => {
            "there is no value to compare".to_owned()
        }
        (None, name) => format!(
            "there is no value to compare: {} is absent, and the answer is an error",
            name.unwrap_or_default()
        ),
        (Some(value), Some(key)) => {
            let missing = missing.map(|missing| format!(" ({missing})")).unwrap_or_default();
            format!("{key} is {}{missing}", describe_value(value))
        }
        (Some(value), None) => {
            format!(
                "the value is {} (no response key: the whole answer is compared)",
                describe_value(value)
            )
        }
    };
    OutputLine::new("value", fields, text)
}

pub(super) fn input_line(input: &str) -> OutputLine {
    let fields = json!({ "input": truncated_json(input) });
    OutputLine::new("input", fields, format!("the input is {}", quote_text(input)))
}

/// The result of each branch, in the order of the file. `shown` masks an explanation, which repeats the value.
pub(super) fn branch_lines(
    branches: &[Branch],
    subject: &BranchSubject<'_>,
    shown: impl Fn(&str) -> &str,
) -> Vec<OutputLine> {
    let mut first_match = None;
    let line = |(number, branch): (usize, &Branch)| {
        let explanation = branch.explain(subject);
        let earlier_match = first_match;
        if matches!(explanation, BranchExplanation::Matches(_)) {
            first_match = first_match.or(Some(number));
        }
        branch_line(number, &explanation, earlier_match, &shown)
    };
    (1..).zip(branches).map(line).collect()
}

fn branch_line(
    number: usize,
    explanation: &BranchExplanation,
    earlier_match: Option<usize>,
    shown: impl Fn(&str) -> &str,
) -> OutputLine {
    let (matches, why) = match explanation {
        BranchExplanation::Matches(why) => (true, shown(why)),
        BranchExplanation::Misses(why) => (false, shown(why)),
    };
    let (result, word) = match (earlier_match, matches) {
        (Some(_), _) => ("not_tried", "not tried"),
        (None, true) => ("won", "MATCH"),
        (None, false) => ("lost", "no match"),
    };
    let fields = json!({ "number": number, "result": result, "matches": matches, "why": why });
    let text = match earlier_match {
        Some(first) if matches => {
            format!("branch {first} matched first; this one matches too: {why}")
        }
        Some(first) => format!("branch {first} matched first; this one does not match: {why}"),
        None => why.to_owned(),
    };
    OutputLine::new("branch", fields, format!("[[branch]] {number}  {word:9}  {text}"))
}

/// A variable that the call would set.
pub(super) fn set_line(name: &str, template: &Template, known: &KnownValues<'_>) -> OutputLine {
    let value = template.fill(known).unwrap_or_default();
    let value = value.redacted();
    let fields = json!({ "name": name, "value": truncated_json(&value) });
    OutputLine::new("set", fields, format!("  set {name} = {}", quote_text(&value)))
}

/// The next action as written in the script, and its destination as far as it is known.
pub(super) fn then_line(then: &ThenAction, known: &KnownValues<'_>) -> OutputLine {
    let destination = known.destination(then);
    let (to, error) = match &destination {
        Some(Ok(to)) => (Some(to), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    let fields = json!({ "then": then.to_string(), "to": to, "error": error });
    let resolved = match &destination {
        Some(Ok(to)) if *to != then.to_string() => format!(" (resolves to {to})"),
        Some(Err(error)) => format!(" (error: {error})"),
        _ => String::new(),
    };
    OutputLine::new("then", fields, format!("  then {then}{resolved}"))
}

/// The values that are known without a call. Other placeholders are printed as in the script.
#[derive(Default)]
pub(super) struct KnownValues<'a> {
    /// The name of the script.
    pub(super) script: &'a str,
    pub(super) answer: Option<&'a TriggerAnswer>,
    /// The response key of the script.
    pub(super) key: Option<&'a KeyPath>,
    pub(super) input: Option<(InputMethod, &'a str)>,
    pub(super) input_is_sensitive: bool,
}

impl KnownValues<'_> {
    /// A text that contains the input, as it may be shown.
    pub(super) fn shown_input<'t>(&self, text: &'t str) -> &'t str {
        if self.input_is_sensitive { masked(text) } else { text }
    }

    /// The destination of a `goto`; `None` for another action, or if only a call knows it.
    fn destination(&self, then: &ThenAction) -> Option<Result<String, String>> {
        let ThenAction::Goto { extension, context, priority } = then else { return None };
        let parts = [Some(extension), context.as_ref(), priority.as_ref()];
        let mut placeholders = parts.into_iter().flatten().flat_map(Template::placeholders);
        if !placeholders.all(|placeholder| self.known_text(placeholder).is_some()) {
            return None;
        }
        let filled = fill_destination(self, extension, context.as_ref(), priority.as_ref());
        Some(filled.map(|(_, shown)| format!("goto {shown}")).map_err(|error| error.to_string()))
    }

    fn known_text(&self, placeholder: &Placeholder) -> Option<String> {
        match (placeholder, self.answer, self.input) {
            (Placeholder::Answer(part), Some(answer), _) => Some(part.text(answer, self.key)),
            (Placeholder::OtherAnswer(script, part), Some(answer), _) if script == self.script => {
                Some(part.text(answer, self.key))
            }
            (Placeholder::Input, _, Some((_, text)))
            | (Placeholder::Keypress, _, Some((InputMethod::Keypress, text)))
            | (Placeholder::Speech, _, Some((InputMethod::Speech, text))) => Some(text.to_owned()),
            (Placeholder::Keypress | Placeholder::Speech, _, Some(_)) => Some(String::new()),
            _ => None,
        }
    }
}

impl PlaceholderValues for KnownValues<'_> {
    fn value(&self, placeholder: &Placeholder) -> PlaceholderValue<'_> {
        match self.known_text(placeholder) {
            Some(text) => {
                let is_input =
                    !matches!(placeholder, Placeholder::Answer(_) | Placeholder::OtherAnswer(..));
                let sensitive = is_input && self.input_is_sensitive;
                PlaceholderValue { text: text.into(), sensitive }
            }
            None => PlaceholderValue::public(placeholder.to_string()),
        }
    }
}

/// A text for the JSON form, cut at the same length as in the text form.
fn truncated_json(text: &str) -> Json {
    text.chars().take(MAX_SHOWN_CHARACTERS).collect::<String>().into()
}
