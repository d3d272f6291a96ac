//! Completes a part of a script: adds the mandatory keys and tables.

use std::sync::LazyLock;

use regex::Regex;
use toml::{Table, Value};

static INPUT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{(?:\w+:)?(keypress|speech|input)\}").unwrap());
static ANSWER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{(?:\w+:)?\$").unwrap());

/// The outcomes that are tables. The others are branches.
const OUTCOMES: [&str; 4] = ["otherwise", "no_input", "invalid_input", "no_response"];

/// A fragment, the tables that it has, and the text that is added.
struct Fragment<'a> {
    text: &'a str,
    table: Table,
    added: String,
}

/// The fragment and what it lacks. Text that is no TOML stays as it is.
pub(crate) fn completed(text: &str) -> String {
    let Ok(table) = text.parse() else { return text.to_owned() };
    let mut fragment = Fragment { text, table, added: String::new() };
    let asks = fragment.add_question();
    fragment.add_trigger(asks);
    if fragment.table.keys().all(|key| ["voice", "hangup", "ended"].contains(&key.as_str())) {
        fragment.add("[prompt]\nsay = \"Hello.\"\n");
    }
    let mut text = fragment.text.to_owned();
    if fragment.has("trigger") && fragment.get("trigger", "url").is_none() {
        text = text.replacen("[trigger]\n", "[trigger]\nurl = \"https://shop.example/x\"\n", 1);
    }
    format!("{text}\n{}", fragment.added)
}

impl Fragment<'_> {
    /// Adds a question if the fragment refers to input. Returns whether the script has a question.
    fn add_question(&mut self) -> bool {
        let again = self.outcomes().any(|outcome| is(outcome, "then", "again"));
        let repeats = self.get("prompt", "repeat").is_some() || again;
        if again && !self.has("prompt") {
            self.add("[prompt]\nsay = \"Hello.\"\nrepeat = 1\n");
        }
        let input = INPUT.captures(self.text).map(|found| found[1].to_owned());
        let answers = self.has("no_input") || self.has("invalid_input");
        let mut asks = self.has("keypress") || self.has("speech");
        if !asks && (input.is_some() || repeats || answers) {
            match input.as_deref() {
                Some("speech") => self.add("[speech]\nlanguage = \"en\"\n"),
                _ => self.add("[keypress]\nlength = 4\n"),
            }
            asks = true;
        }
        if asks && !self.has("no_input") {
            self.add("[no_input]\nthen = \"hangup\"\n");
        }
        asks
    }

    /// Adds a trigger if the fragment refers to an answer.
    fn add_trigger(&mut self, asks: bool) {
        let status = self.branches().any(|branch| branch.get("when").is_some_and(tests_status));
        let has_answer = self.has("response") || self.has("no_response");
        let only_branches = self.has("branch") && !asks;
        let needed = has_answer || only_branches || status || ANSWER.is_match(self.text);
        if needed && !self.has("trigger") {
            self.add("[trigger]\nurl = \"https://shop.example/x\"\n");
        }
        let background = self.get("trigger", "background").is_some();
        if (needed || self.has("trigger")) && !background && !self.has("no_response") {
            self.add("[no_response]\nthen = \"continue\"\n");
        }
        if self.get("response", "cache").is_some() && !self.has("branch") {
            self.add("[[branch]]\nwhen = { present = true }\n");
        }
    }

    fn add(&mut self, lines: &str) {
        self.added += lines;
    }

    fn has(&self, table: &str) -> bool {
        self.table.contains_key(table)
    }

    fn get(&self, table: &str, key: &str) -> Option<&Value> {
        self.table.get(table)?.get(key)
    }

    fn branches(&self) -> impl Iterator<Item = &Value> {
        self.table.get("branch").and_then(Value::as_array).into_iter().flatten()
    }

    fn outcomes(&self) -> impl Iterator<Item = &Value> {
        OUTCOMES.iter().filter_map(|name| self.table.get(*name)).chain(self.branches())
    }
}

fn is(outcome: &Value, key: &str, text: &str) -> bool {
    outcome.get(key).and_then(Value::as_str) == Some(text)
}

fn tests_status(when: &Value) -> bool {
    match when {
        Value::Array(list) => list.iter().any(tests_status),
        one => one.get("status").is_some(),
    }
}
