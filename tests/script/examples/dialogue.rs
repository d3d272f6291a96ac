//! A dialogue as it is written.

use crate::script::equal::call::CallRow;

/// The time of every answer, in milliseconds.
const ANSWER_TIME: u64 = 100;
/// How long an answer is awaited that does not come, in milliseconds.
const NO_ANSWER_TIME: u64 = 5000;
/// How long each utterance lasts, in milliseconds.
const UTTERANCE_TIME: u64 = 800;

/// The first words of lines that say what happens before the call.
const PREPARATIONS: [&str; 3] = ["calls", "from", "with"];

/// A written call: lines of a first word and a text.
pub(crate) struct Dialogue {
    lines: Vec<DialogueLine>,
}

/// A line, in the same form whether it was written or observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DialogueLine {
    /// One of the first words in the module comment above.
    pub(crate) verb: &'static str,
    pub(crate) text: String,
}

/// With what a line can begin.
const VERBS: [&str; 15] = [
    "calls",
    "from",
    "with",
    "hears",
    "presses",
    "says",
    "is silent",
    "hangs up",
    "asks",
    "answers",
    "tells",
    "sets",
    "goes to",
    "continues",
    "is hung up",
];

impl Dialogue {
    pub(crate) fn read(text: &'static str) -> Self {
        let mut lines: Vec<DialogueLine> = Vec::new();
        let indent = text.lines().filter(|line| !line.trim().is_empty()).map(indent_of).min();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if Some(indent_of(line)) > indent {
                let last = &mut lines.last_mut().expect("a line before one that continues").text;
                let separator = if line.trim().starts_with('&') { "" } else { " " };
                last.push_str(separator);
                last.push_str(line.trim());
            } else {
                lines.push(DialogueLine::read(line.trim()));
            }
        }
        Self { lines }
    }

    /// What must be observed.
    pub(crate) fn expected(&self) -> Vec<DialogueLine> {
        let observable =
            |line: &&DialogueLine| !PREPARATIONS.contains(&line.verb) && line.verb != "answers";
        self.lines.iter().filter(observable).cloned().collect()
    }

    /// The caller, the arguments and the web application of this call.
    pub(crate) fn prepare(&self, mut row: CallRow) -> CallRow {
        for line in &self.lines {
            let text: &'static str = line.text.clone().leak();
            match line.verb {
                "calls" => row.first_script = text,
                "from" => row.caller = if text == "withheld" { "" } else { text },
                "with" => row.arguments.push(text.split_once('=').expect("NAME=VALUE")),
                "says" => row = row.says(0, UTTERANCE_TIME, text),
                "answers" => row = answered(row, text),
                _ => {}
            }
        }
        // Whatever is asked after that gets no answer.
        row.keys_on_request(self.keys().leak()).says_on_request().no_answer(NO_ANSWER_TIME)
    }

    /// The keys of each question, with commas between questions. A question that nobody answers has none.
    fn keys(&self) -> String {
        let inputs = self.lines.iter().filter_map(|line| match line.verb {
            "presses" => Some(&*line.text),
            "is silent" => Some(""),
            _ => None,
        });
        inputs.collect::<Vec<_>>().join(",")
    }

    /// How many observed lines come before the caller hangs up.
    pub(crate) fn lines_before_hangup(&self) -> Option<usize> {
        self.expected().iter().position(|line| line.verb == "hangs up")
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// An answer that is written as `BODY`, `STATUS`, `STATUS BODY` or `nothing`.
fn answered(row: CallRow, text: &'static str) -> CallRow {
    if text == "nothing" {
        return row.no_answer(NO_ANSWER_TIME);
    }
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let status = first.parse().ok().filter(|_| first.len() == 3);
    let (status, body) = status.map_or((200, text), |status| (status, rest));
    let kind = if body.starts_with(['{', '[']) { "application/json" } else { "text/plain" };
    row.answer(ANSWER_TIME, status, kind, body)
}

impl DialogueLine {
    pub(crate) fn new(verb: &'static str, text: impl Into<String>) -> Self {
        Self { verb, text: text.into() }
    }

    fn read(line: &str) -> Self {
        let rest_after = |verb: &&str| {
            let rest = line.strip_prefix(verb)?;
            (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim().to_owned())
        };
        let found =
            VERBS.into_iter().find_map(|verb| Some(Self { verb, text: rest_after(&verb)? }));
        found.unwrap_or_else(|| panic!("a line of a dialogue can not begin like this: {line}"))
    }

    /// As it is written, with all texts in one column.
    pub(crate) fn written(&self) -> String {
        format!("{:8} {}", self.verb, self.text).trim_end().to_owned()
    }

    /// Whether this expected line is what was observed. `…` stands for any text.
    pub(crate) fn matches(&self, observed: &Self) -> bool {
        let (expected, observed_text) = (self.compared_text(), observed.compared_text());
        let mut rest = &*observed_text;
        let parts: Vec<&str> = expected.split('…').collect();
        let (first, others) = parts.split_first().expect("at least one part");
        let Some(after) = rest.strip_prefix(first) else { return false };
        rest = after;
        for (at, part) in others.iter().enumerate() {
            let found = if at + 1 == others.len() {
                rest.ends_with(part).then(|| rest.len() - part.len())
            } else {
                rest.find(part)
            };
            let Some(found) = found else { return false };
            rest = &rest[found + part.len()..];
        }
        self.verb == observed.verb && rest.is_empty()
    }

    /// What is heard, without punctuation after words: none is spoken between a value and the next text.
    fn compared_text(&self) -> String {
        let mut signs = self.text.chars().peekable();
        let mut compared = String::new();
        while let Some(sign) = signs.next() {
            let ends_word = signs.peek().is_none_or(|next| next.is_whitespace() || *next == '…');
            if !(self.verb == "hears" && ends_word && ".,?!:;".contains(sign)) {
                compared.push(sign);
            }
        }
        compared
    }
}
