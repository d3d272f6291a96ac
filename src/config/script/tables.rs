//! The tables of a script file, and the checks that need several tables.

use std::collections::BTreeSet;
use std::ops::Range;

mod foreign;

use serde_spanned::Spanned;

use super::branch::{self, BranchTable};
use super::facts::{ScriptFacts, ScriptGraph};
use super::keypress::{self, KeypressTable};
use super::limit::{self, LimitTable};
use super::outcome::OutcomeTable;
use super::outcome_language::OutcomeLanguages;
use super::prompt::{self, PromptTable};
use super::request::{self, RequestTable};
use super::response::{self, ResponseTable};
use super::speech::{self, SpeechTable};
use super::then::ThenValue;
use super::trigger::{self, TriggerTable};
use super::voice::{self, VoiceTable};
use crate::channel::KeySet;
use crate::config::file::TomlFile;
use crate::config::table_reader::{self, MisplacedKeys, TableReader};
use crate::config::value::WholeNumber;
use crate::script::when::ComparedKind;
use foreign::FOREIGN_TABLES;

/// Keys that are easily put into the wrong table.
const MISPLACED_KEYS: MisplacedKeys = &[
    ("prompt", prompt::OWN_KEYS),
    ("keypress", keypress::OWN_KEYS),
    ("trigger", request::OWN_KEYS),
    ("trigger", trigger::OWN_KEYS),
    ("trigger.reassure", trigger::REASSURE_KEYS),
    ("response", response::OWN_KEYS),
    ("speech", speech::OWN_KEYS),
    ("voice", voice::OWN_KEYS),
    ("limit", limit::OWN_KEYS),
    ("[branch]", branch::OWN_KEYS),
];

#[derive(Debug)]
pub(super) struct ScriptTables {
    pub(super) prompt: Option<PromptTable>,
    pub(super) voice: Option<VoiceTable>,
    pub(super) keypress: Option<KeypressTable>,
    pub(super) speech: Option<SpeechTable>,
    pub(super) trigger: Option<TriggerTable>,
    pub(super) response: Option<ResponseTable>,
    pub(super) limit: Option<LimitTable>,
    /// The request that is sent if the caller hangs up before the script has ended.
    pub(super) hangup: Option<RequestTable>,
    /// The request that is sent when the scripts' part of the call ends.
    pub(super) ended: Option<RequestTable>,
    pub(super) branches: Vec<BranchTable>,
    pub(super) otherwise: Option<OutcomeTable>,
    pub(super) no_input: Option<OutcomeTable>,
    pub(super) invalid_input: Option<OutcomeTable>,
    pub(super) no_response: Option<OutcomeTable>,
    /// Tables that are missing because their titles are misspelled, which is reported already.
    misspelled: Vec<&'static str>,
}

/// The tables that the checks across tables ask for.
const CHECKED_TABLES: [&str; 7] =
    ["keypress", "speech", "trigger", "prompt", "no_input", "invalid_input", "no_response"];

impl ScriptTables {
    pub(super) fn read(file: &TomlFile) -> Self {
        table_reader::parse(file, MISPLACED_KEYS, Self::read_tables)
    }

    fn read_tables(file: &mut TableReader<'_, '_>) -> Self {
        for (tables, help) in FOREIGN_TABLES {
            file.explain(tables, help);
        }
        Self {
            prompt: file.read_table("prompt", PromptTable::read),
            voice: file.read_table("voice", VoiceTable::read),
            keypress: file.read_table("keypress", KeypressTable::read),
            speech: file.read_table("speech", SpeechTable::read),
            trigger: file.read_table("trigger", TriggerTable::read),
            response: file.read_table("response", ResponseTable::read),
            limit: file.read_table("limit", LimitTable::read),
            hangup: file.read_table("hangup", trigger::read_report),
            ended: file.read_table("ended", trigger::read_report),
            branches: file.read_array("branch", BranchTable::read),
            otherwise: file.read_table("otherwise", OutcomeTable::read),
            no_input: file.read_table("no_input", OutcomeTable::read),
            invalid_input: file.read_table("invalid_input", OutcomeTable::read),
            no_response: file.read_table("no_response", OutcomeTable::read),
            misspelled: CHECKED_TABLES
                .into_iter()
                .filter(|table| file.has_misspelled(table))
                .collect(),
        }
    }

    pub(super) fn facts(&self) -> ScriptFacts {
        let thens = || self.outcomes().filter_map(|outcome| outcome.then.as_ref());
        let leads_to: BTreeSet<_> =
            thens().filter_map(ThenValue::next_script).map(str::to_owned).collect();
        let after_last_try = self.invalid_input.iter().filter_map(OutcomeTable::next_script);
        let leads_without_limit_to = match &self.limit {
            Some(_) => after_last_try.map(str::to_owned).collect(),
            None => leads_to.clone(),
        };
        ScriptFacts {
            asks_for_keys: self.keypress.is_some() || self.is_misspelled(&["keypress"]),
            asks_for_speech: self.speech.is_some() || self.is_misspelled(&["speech"]),
            input_is_sensitive: self.keypress.as_ref().is_some_and(KeypressTable::is_sensitive)
                || self.speech.as_ref().is_some_and(SpeechTable::is_sensitive),
            waits: self.waits() || self.is_misspelled(&["trigger"]),
            repeats: thens().any(ThenValue::is_again),
            names_engine: self.voice.as_ref().is_some_and(VoiceTable::names_engine),
            leads_to,
            leads_without_limit_to,
            leads_anywhere: false,
        }
    }

    fn outcomes(&self) -> impl Iterator<Item = &OutcomeTable> {
        let others = [&self.otherwise, &self.no_input, &self.invalid_input, &self.no_response];
        let branches = self.branches.iter().map(|branch| &branch.outcome);
        branches.chain(others.into_iter().flatten())
    }

    /// The values of `language` in all outcomes.
    pub(super) fn outcome_languages(&self) -> OutcomeLanguages {
        self.outcomes().filter_map(|outcome| outcome.language.as_ref()).collect()
    }

    /// Whether the caller waits for an answer.
    pub(super) fn waits(&self) -> bool {
        self.trigger.as_ref().is_some_and(|trigger| !trigger.is_background())
    }

    /// Whether the script asks for input.
    fn asks(&self) -> bool {
        self.keypress.is_some() || self.speech.is_some()
    }

    /// Whether the branches compare the input itself.
    pub(super) fn is_menu(&self) -> bool {
        self.trigger.is_none() && self.asks() && !self.branches.is_empty()
    }

    /// The kind of value that the branches are compared with.
    pub(super) fn compared(&self) -> ComparedKind {
        if self.waits() {
            return ComparedKind::Answer;
        }
        if self.trigger.is_some() || !self.asks() {
            return ComparedKind::Nothing;
        }
        let keys = self.keypress.iter().map(|keypress| keypress.length.as_ref());
        let spoken = self.speech.iter().map(|speech| speech.length.as_ref());
        let max_digits = |length: Option<&Spanned<WholeNumber>>| {
            let length = length.map_or(u64::MAX, |length| length.get_ref().0);
            usize::try_from(length).unwrap_or(usize::MAX)
        };
        ComparedKind::Input {
            keys: self.keypress.as_ref().map_or(KeySet::DIGITS, KeypressTable::keys),
            words: self.speech.as_ref().is_some_and(|speech| !speech.is_numeric()),
            most_digits: keys.chain(spoken).map(max_digits).max().unwrap_or(usize::MAX),
        }
    }

    fn is_misspelled(&self, tables: &[&str]) -> bool {
        self.misspelled.iter().any(|misspelled| tables.contains(misspelled))
    }

    /// Runs the checks that need several tables. None of them reports what follows from the misspelled title of a
    /// table, or from a syntax error, after which a table can be missing that is in the file.
    pub(super) fn check(&self, file: &TomlFile, script: &str, scripts: &ScriptGraph) {
        if file.has_syntax_errors() {
            return;
        }
        if !self.is_misspelled(&["keypress", "speech", "no_input"]) {
            self.check_input(file);
        }
        if !self.is_misspelled(&["trigger", "no_response"]) {
            self.check_answer(file);
        }
        if !self.is_misspelled(&["keypress", "speech", "prompt"]) {
            self.check_again(file);
        }
        if let Some(limit) = &self.limit
            && !self.is_misspelled(&["invalid_input"])
        {
            limit.check(file, (script, scripts), self.invalid_input.as_ref());
        }
        self.check_purpose(file);
    }

    /// Checks the tables that asking for input requires, and those that make sense only with it.
    fn check_input(&self, file: &TomlFile) {
        let keypress = self.keypress.as_ref().map(|keypress| ("[keypress]", &keypress.span));
        let speech = self.speech.as_ref().map(|speech| ("[speech]", &speech.span));
        match keypress.or(speech) {
            Some((table, span)) if self.no_input.is_none() => {
                let help = "add a table `[no_input]`, which says what happens if the caller enters nothing";
                let message = format!("{table} without [no_input]");
                file.error_with_help(span.clone(), message, help);
            }
            Some(_) => {}
            None => self.check_no_input(file),
        }
    }

    fn check_no_input(&self, file: &TomlFile) {
        let repeat = self.prompt.as_ref().and_then(PromptTable::repeat).map(Spanned::span);
        // Without a question, `[invalid_input]` is what follows the last try of `[limit]`.
        let invalid_input = self.invalid_input.as_ref().filter(|_| self.limit.is_none());
        let tables = [self.no_input.as_ref(), invalid_input];
        let tables = tables.into_iter().flatten().map(|outcome| outcome.span.clone());
        for span in repeat.into_iter().chain(tables) {
            let help = "remove this, or add a table `[keypress]` or `[speech]`";
            file.error_with_help(span, "this script does not ask for input", help);
        }
        if self.trigger.is_some() {
            return;
        }
        for branch in self.branches.iter().filter(|branch| !branch.is_on_texts()) {
            let help = "add a `[trigger]`, a `[keypress]` or a `[speech]`, or use [otherwise]";
            let message = "there is no answer and no input to match";
            file.error_with_help(branch.span.clone(), message, help);
        }
    }

    /// Checks the tables that waiting for an answer requires, and those that make sense only with it.
    fn check_answer(&self, file: &TomlFile) {
        match &self.trigger {
            Some(trigger) if trigger.is_background() => self.check_background(file, trigger),
            Some(trigger) if self.no_response.is_none() => {
                let help = "add a table `[no_response]`, which says what happens if no usable answer arrives";
                let message = "[trigger] without [no_response]";
                file.error_with_help(trigger.request.span.clone(), message, help);
            }
            Some(_) => {}
            None => {
                let message = "there is no [trigger], and so no answer";
                self.check_no_answer(file, message, "remove this, or add a [trigger]");
            }
        }
    }

    fn check_background(&self, file: &TomlFile, trigger: &TriggerTable) {
        let message =
            "this has no effect with `background = true`: the call does not wait for the answer";
        let help = "remove this, or remove `background = true`";
        self.check_no_answer(file, message, help);
        for branch in &self.branches {
            file.error_with_help(branch.span.clone(), message, help);
        }
        trigger.check_background(file, message, help);
    }

    fn check_no_answer(&self, file: &TomlFile, message: &str, help: &str) {
        let response = self.response.as_ref().map(|response| &response.span);
        let no_response = self.no_response.as_ref().map(|outcome| &outcome.span);
        let spans = response.into_iter().chain(no_response).cloned();
        spans.for_each(|span: Range<usize>| file.error_with_help(span, message, help));
    }

    /// `then = "again"` needs input and `repeat`, and is not possible in the outcomes after the last repeat.
    fn check_again(&self, file: &TomlFile) {
        let after_repeats = [&self.no_input, &self.invalid_input].map(Option::as_ref);
        let after_repeats: Vec<_> = after_repeats.into_iter().flatten().map(|o| &o.span).collect();
        let repeats = self.prompt.as_ref().is_some_and(|prompt| prompt.repeat().is_some());
        for outcome in self.outcomes() {
            let Some(then) = outcome.then.as_ref().filter(|then| then.is_again()) else { continue };
            let (message, help) = if !self.asks() {
                (
                    "`again` needs a [keypress] or a [speech]",
                    "write `script NAME` to run a script again",
                )
            } else if after_repeats.contains(&&outcome.span) {
                (
                    "`again` would never end here: this outcome follows the last repeat",
                    "raise `repeat` in [prompt], and write here what happens after that",
                )
            } else if !repeats {
                ("`again` needs `repeat`, which limits it", "write `repeat = 2` in [prompt]")
            } else {
                continue;
            };
            file.error_with_help(then.span(), message, help);
        }
    }

    /// Reports a script that does nothing. Not checked if there are other errors, as they can be the cause.
    fn check_purpose(&self, file: &TomlFile) {
        let plays = self.prompt.as_ref().is_some_and(|prompt| !prompt.sounds.is_empty());
        let does = plays || self.asks() || self.trigger.is_some();
        if !does && self.outcomes().next().is_none() && !file.has_errors() {
            let help = "add a [prompt], a [keypress], a [speech] or a [trigger]";
            file.error_with_help(0..0, "this script does nothing", help);
        }
    }
}
