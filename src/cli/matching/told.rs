//! The lines that `dialscript match` tells.

use serde_json::{Value as Json, json};

use crate::cli::story::Line;
use crate::script::answer::{Answer, Found};
use crate::script::branch::{Chosen, Why};
use crate::script::definition::{Branch, Outcome, Script, Then};
use crate::script::destination::destination;
use crate::script::memory::By;
use crate::script::path::KeyPath;
use crate::script::report::Happened;
use crate::script::subject::{MOST_SHOWN, Subject, described, quoted};
use crate::script::template::{Placeholder, Template, Value, Values};

/// The table that is taken.
pub(super) struct Taken<'s> {
    pub(super) happened: Happened,
    pub(super) outcome: &'s Outcome,
    number: Option<usize>,
    reason: Option<String>,
}

impl<'s> Taken<'s> {
    pub(super) fn branch(chosen: Chosen<'s>) -> Self {
        let number = Some(chosen.number);
        Self { happened: Happened::Matched, outcome: chosen.outcome, number, reason: None }
    }

    pub(super) fn otherwise(script: &'s Script) -> Self {
        let reason = (!script.branches.is_empty()).then(|| "no branch matches".to_owned());
        let outcome = &script.otherwise;
        Self { happened: Happened::Otherwise, outcome, number: None, reason }
    }

    pub(super) fn no_response(script: &'s Script, reason: String) -> Self {
        let outcome = &script.no_response;
        Self { happened: Happened::NoResponse, outcome, number: None, reason: Some(reason) }
    }

    /// Branches see nothing of an input that is not what was asked for.
    pub(super) fn unasked(happened: Happened, outcome: &'s Outcome) -> Self {
        let reason = Some("it is not what the script asks for".to_owned());
        Self { happened, outcome, number: None, reason }
    }

    pub(super) fn line(&self) -> Line {
        let table = match self.happened {
            Happened::Matched => "branch",
            other => other.as_str(),
        };
        let fields = json!({
            "table": table, "number": self.number, "outcome": self.happened.as_str(), "reason": self.reason,
        });
        let name = match self.number {
            Some(number) => format!("[[branch]] {number}"),
            None => format!("[{table}]"),
        };
        let reason = self.reason.iter().map(|reason| format!(": {reason}")).collect::<String>();
        Line::new("taken", fields, format!("{name} is taken{reason}"))
    }
}

/// What a reply is read as.
pub(super) fn answer(answer: &Answer) -> Line {
    let (status, format, reason) = (answer.status, answer.format(), answer.unreadable());
    let fields =
        json!({ "status": status, "format": format.to_ascii_lowercase(), "reason": reason });
    let read = match &reason {
        Some(reason) => format!("the answer can't be read ({reason})"),
        None if format == "empty" => "the answer is empty".to_owned(),
        None => format!("the answer is read as {format}"),
    };
    Line::new("answer", fields, format!("{read}, with HTTP status {status}"))
}

/// What branches compare of a reply.
pub(super) fn value(answer: &Answer, subject: &Subject<'_>, key: Option<&KeyPath>) -> Line {
    let (kind, text) = match &subject.value {
        None => ("none", None),
        Some(Found::Absent) => ("absent", None),
        Some(Found::Composite) => ("composite", None),
        Some(Found::Text(text)) => ("text", Some(bounded(text))),
    };
    let name = key.map(ToString::to_string);
    let fields = json!({ "key": name, "kind": kind, "value": text });
    let told = match (&subject.value, name) {
        (None, _) if answer.unreadable().is_some() => "there is no value to compare".to_owned(),
        (None, name) => format!(
            "there is no value to compare: {} is absent, and the reply is an error",
            name.unwrap_or_default()
        ),
        (Some(found), Some(key)) => format!("{key} is {}", described(found)),
        (Some(found), None) => format!("the value is {}, since no key is given", described(found)),
    };
    Line::new("value", fields, told)
}

/// What was entered.
pub(super) fn input(input: &str) -> Line {
    let fields = json!({ "input": bounded(input) });
    Line::new("input", fields, format!("the input is {}", quoted(input)))
}

/// How each branch fares, in the order of the file.
pub(super) fn branches(branches: &[Branch], subject: &Subject<'_>) -> Vec<Line> {
    let mut won = None;
    let fare = |(number, branch): (usize, &Branch)| {
        let why = branch.explain(subject);
        let earlier = won;
        if matches!(why, Why::Matches(_)) {
            won = won.or(Some(number));
        }
        self::branch(number, &why, earlier)
    };
    (1..).zip(branches).map(fare).collect()
}

fn branch(number: usize, why: &Why, earlier: Option<usize>) -> Line {
    let (matches, why) = match why {
        Why::Matches(why) => (true, why),
        Why::Misses(why) => (false, why),
    };
    let (result, word) = match (earlier, matches) {
        (Some(_), _) => ("not_tried", "not tried"),
        (None, true) => ("won", "WON"),
        (None, false) => ("lost", "lost"),
    };
    let fields = json!({ "number": number, "result": result, "matches": matches, "why": why });
    let told = match earlier {
        Some(earlier) if matches => format!("{earlier} won before; this matches too: {why}"),
        Some(earlier) => format!("{earlier} won before; this does not match: {why}"),
        None => why.clone(),
    };
    Line::new("branch", fields, format!("[[branch]] {number}  {word:9}  {told}"))
}

/// A variable that would be written.
pub(super) fn set(name: &str, template: &Template, known: &Known<'_>) -> Line {
    let value = template.fill(known).map(|filled| filled.into_text()).unwrap_or_default();
    let fields = json!({ "name": name, "value": bounded(&value) });
    Line::new("set", fields, format!("  set {name} = {}", quoted(&value)))
}

/// The next action as it is written, and where that leads, as far as it is known.
pub(super) fn then(then: &Then, known: &Known<'_>) -> Line {
    let goes = known.place(then);
    let (to, error) = match &goes {
        Some(Ok(to)) => (Some(to), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    let fields = json!({ "then": then.to_string(), "to": to, "error": error });
    let told = match &goes {
        Some(Ok(to)) if *to != then.to_string() => format!(", here {to}"),
        Some(Err(error)) => format!(", here an error: {error}"),
        _ => String::new(),
    };
    Line::new("then", fields, format!("  then {then}{told}"))
}

/// What is known without a call. All else stands as it is written.
#[derive(Default)]
pub(super) struct Known<'a> {
    pub(super) answer: Option<&'a Answer>,
    pub(super) input: Option<(By, &'a str)>,
}

impl Known<'_> {
    /// Where a `goto` leads; `None` where only a call knows, or where it is none.
    fn place(&self, then: &Then) -> Option<Result<String, String>> {
        let Then::Goto { extension, context, priority } = then else { return None };
        let parts = [Some(extension), context.as_ref(), priority.as_ref()];
        let mut placeholders = parts.into_iter().flatten().flat_map(Template::placeholders);
        if !placeholders.all(|placeholder| self.text(placeholder).is_some()) {
            return None;
        }
        let place = destination(self, extension, context.as_ref(), priority.as_ref());
        Some(place.map(|(_, shown)| format!("goto {shown}")).map_err(|unfit| unfit.to_string()))
    }

    fn text(&self, of: &Placeholder) -> Option<String> {
        match (of, self.answer, self.input) {
            (Placeholder::Answer(path), Some(answer), _) => Some(match answer.at(path) {
                Found::Text(text) => text.into_owned(),
                Found::Absent | Found::Composite => String::new(),
            }),
            (Placeholder::Input, _, Some((_, text)))
            | (Placeholder::Keypress, _, Some((By::Keypress, text)))
            | (Placeholder::Speech, _, Some((By::Speech, text))) => Some(text.to_owned()),
            (Placeholder::Keypress | Placeholder::Speech, _, Some(_)) => Some(String::new()),
            _ => None,
        }
    }
}

impl Values for Known<'_> {
    fn value(&self, of: &Placeholder) -> Value<'_> {
        Value::open(self.text(of).unwrap_or_else(|| of.to_string()))
    }
}

/// A text for programs, and not endless.
fn bounded(text: &str) -> Json {
    text.chars().take(MOST_SHOWN).collect::<String>().into()
}
