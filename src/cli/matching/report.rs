//! The lines that `dialscript match` prints.

use serde_json::{Value as Json, json};

use super::known_values::KnownValues;
use crate::cli::printer::OutputLine;
use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::branch::ChosenBranch;
use crate::script::definition::{Script, ScriptOutcome, ThenAction};
use crate::script::input_check::InputCheck;
use crate::script::path::KeyPath;
use crate::script::report::CallOutcome;
use crate::script::subject::{BranchSubject, MAX_SHOWN_CHARACTERS, describe_value, quote_text};
use crate::script::template::Template;

/// The outcome that the script selects: that of a branch, or of another table.
pub(super) struct ChosenOutcome<'s> {
    pub(super) call_outcome: CallOutcome,
    pub(super) outcome: &'s ScriptOutcome,
    /// The table of the script that is taken. For an invalid input it is `no_input` if there is no `[invalid_input]`.
    table: &'static str,
    branch_number: Option<usize>,
    reason: Option<String>,
}

impl<'s> ChosenOutcome<'s> {
    pub(super) fn branch(chosen: ChosenBranch<'s>) -> Self {
        Self {
            branch_number: Some(chosen.number),
            ..Self::of_table("branch", CallOutcome::Matched, chosen.outcome())
        }
    }

    pub(super) fn otherwise(script: &'s Script) -> Self {
        let reason = (!script.branches.is_empty()).then(|| "no branch matches".to_owned());
        Self { reason, ..Self::of_table("otherwise", CallOutcome::Otherwise, &script.otherwise) }
    }

    pub(super) fn no_response(script: &'s Script, reason: String) -> Self {
        let reason = Some(reason);
        Self {
            reason,
            ..Self::of_table("no_response", CallOutcome::NoResponse, &script.no_response)
        }
    }

    fn of_table(
        table: &'static str,
        call_outcome: CallOutcome,
        outcome: &'s ScriptOutcome,
    ) -> Self {
        Self { call_outcome, outcome, table, branch_number: None, reason: None }
    }

    /// For an input that is missing or invalid: no branch is compared.
    pub(super) fn rejected_input(script: &'s Script, check: InputCheck) -> Self {
        let reason = "the input is not what the script asks for";
        match check {
            InputCheck::Missing => {
                let chosen = Self::of_table("no_input", CallOutcome::NoInput, &script.no_input);
                chosen.after_repeats(script, reason)
            }
            InputCheck::Invalid(refusal) => {
                Self::invalid_input(script, &format!("{reason} ({refusal})"))
            }
            InputCheck::Valid => Self::invalid_input(script, reason),
        }
    }

    /// For an input that no branch of a menu matches.
    pub(super) fn unmatched_input(script: &'s Script) -> Self {
        Self::invalid_input(script, "no branch matches")
    }

    fn invalid_input(script: &'s Script, reason: &str) -> Self {
        let table = match script.own_invalid_input {
            Some(_) => "invalid_input",
            None => "no_input",
        };
        let chosen = Self::of_table(table, CallOutcome::InvalidInput, script.invalid_input());
        chosen.after_repeats(script, reason)
    }

    /// The outcome after the last attempt.
    fn after_repeats(self, script: &Script, reason: &str) -> Self {
        let reason = match script.prompt.repeat {
            0 => reason.to_owned(),
            1 => format!("{reason}; before that, the question is asked once more"),
            repeat => format!("{reason}; before that, the question is asked {repeat} more times"),
        };
        Self { reason: Some(reason), ..self }
    }

    pub(super) fn to_line(&self) -> OutputLine {
        let fields = json!({
            "table": self.table, "number": self.branch_number, "outcome": self.call_outcome.as_str(), "reason": self.reason,
        });
        let name = match self.branch_number {
            Some(number) => format!("[[branch]] {number}"),
            None => format!("[{}]", self.table),
        };
        let is_fallback =
            (self.call_outcome, self.table) == (CallOutcome::InvalidInput, "no_input");
        let fallback = if is_fallback { ", as there is no [invalid_input]" } else { "" };
        let reason = self.reason.iter().map(|reason| format!(": {reason}")).collect::<String>();
        OutputLine::new("taken", fields, format!("{name} is selected{fallback}{reason}"))
    }
}

/// If values that are not given decide whether a branch matches.
pub(super) fn not_known_line(number: usize) -> OutputLine {
    let reason =
        format!("[[branch]] {number} may match; give the values that are not known with --value");
    let fields = json!({ "table": null, "number": number, "outcome": null, "reason": reason });
    OutputLine::new("taken", fields, format!("not known what is selected: {reason}"))
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

/// The language that the call would have from here on.
pub(super) fn language_line(language: &str) -> OutputLine {
    OutputLine::new("language", json!({ "language": language }), format!("  language {language}"))
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

/// A text for the JSON form, cut at the same length as in the text form.
fn truncated_json(text: &str) -> Json {
    text.chars().take(MAX_SHOWN_CHARACTERS).collect::<String>().into()
}
