//! Script files. Each table has a module; this one combines them.

use std::collections::HashMap;
use std::sync::Arc;

mod answer_placeholders;
mod answer_reads;
mod branch;
mod call_end_placeholders;
mod condition;
pub(super) mod context;
mod facts;
mod files;
mod hangup_cause;
mod keypress;
mod limit;
mod other_matcher;
mod outcome;
mod outcome_language;
mod playlist;
mod prompt;
mod reachability;
mod request;
mod response;
pub(super) mod selection;
pub(super) mod sources;
mod speech;
mod tables;
mod then;
mod then_grammar;
mod trigger;
mod voice;

use answer_reads::OwnAnswerReads;
use condition::ConditionScope;
use context::{LoadContext, ScriptContext, TextPhase};
use facts::ScriptFacts;
pub(crate) use facts::ScriptGraph;
pub(crate) use files::script_name_error;
use outcome::OutcomeTable;
use outcome_language::OutcomeLanguages;
use request::{RequestMode, RequestTable};
use tables::ScriptTables;
use voice::VoiceTable;

use super::diagnostic::SourceText;
use super::file::TomlFile;
use crate::script::definition::{
    Script, ScriptOutcome, ScriptTrigger, ScriptVersion, condition_answer_parts, later_answer_parts,
};

/// A script file that is parsed, but not checked.
pub(crate) struct ParsedScript {
    name: String,
    file: TomlFile,
    tables: ScriptTables,
}

/// The script files that could be read, and how all scripts depend on each other.
#[derive(Default)]
pub(crate) struct ParsedScripts {
    scripts: Vec<ParsedScript>,
    graph: ScriptGraph,
}

/// What an error in a script file means for the checks of the other scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IncompleteFiles {
    /// The other scripts are checked against the part of the file that could be read.
    AsRead,
    /// The other scripts have no errors because of what may be in the rest of the file.
    Excused,
}

impl ParsedScripts {
    /// Parses the texts of scripts, which come with their names; `None` if a file could not be read.
    pub(crate) fn parse<'a>(
        texts: impl Iterator<Item = (&'a str, Option<&'a Arc<SourceText>>)>,
        incomplete: IncompleteFiles,
    ) -> Self {
        let mut parsed = Self::default();
        for (name, text) in texts {
            let facts = match text {
                Some(text) => parsed.add(name, TomlFile::new(text.clone()), incomplete),
                None if incomplete == IncompleteFiles::AsRead => ScriptFacts::unknown(),
                None => ScriptFacts::default().incomplete(),
            };
            parsed.graph.insert(name.to_owned(), facts);
        }
        parsed
    }

    fn add(&mut self, name: &str, file: TomlFile, incomplete: IncompleteFiles) -> ScriptFacts {
        let tables = ScriptTables::read(&file);
        let mut facts = tables.facts();
        if incomplete == IncompleteFiles::Excused && file.has_errors() {
            facts = facts.incomplete();
        }
        self.scripts.push(ParsedScript { name: name.to_owned(), file, tables });
        facts
    }
}

/// Reads the tables of a script file without checking them.
pub(crate) fn read_tables(file: &TomlFile) {
    ScriptTables::read(file);
}

/// A script after the checks. After an error, it has defaults in place of the invalid values.
pub(crate) struct CheckedScript {
    pub(crate) script: Script,
    /// The file with its diagnostics.
    pub(crate) file: TomlFile,
}

/// Checks all scripts. Their graph stays in `load`.
pub(crate) fn check(parsed: ParsedScripts, load: &mut LoadContext) -> Vec<CheckedScript> {
    load.scripts = parsed.graph;
    let (mut definitions, mut files, mut answer_reads) = (Vec::new(), Vec::new(), Vec::new());
    let mut languages = Vec::new();
    for ParsedScript { name, file, tables } in parsed.scripts {
        let facts = tables.facts();
        let reads = OwnAnswerReads::default();
        let context = ScriptContext::new(load, &file, (&name, &facts), &reads);
        tables.check(&file, &name, &load.scripts);
        definitions.push(definition(&tables, &context));
        languages.push(tables.outcome_languages());
        files.push(file);
        answer_reads.push(reads);
    }
    check_answer_reads(&definitions, &files, &answer_reads, &load.scripts);
    check_languages(&definitions, &files, &languages, load);
    let later_parts = later_answer_parts(&definitions);
    let paired = definitions.into_iter().zip(later_parts).zip(files);
    let checked = paired.map(|((script, later_answer_parts), file)| CheckedScript {
        script: Script { later_answer_parts, ..script },
        file,
    });
    checked.collect()
}

fn check_answer_reads(
    scripts: &[Script],
    files: &[TomlFile],
    answer_reads: &[OwnAnswerReads],
    graph: &ScriptGraph,
) {
    let by_name: HashMap<_, _> =
        scripts.iter().map(|script| (script.name.as_str(), script)).collect();
    for ((script, file), reads) in scripts.iter().zip(files).zip(answer_reads) {
        reads.check(script, file, graph, &by_name);
    }
}

fn check_languages(
    scripts: &[Script],
    files: &[TomlFile],
    languages: &[OutcomeLanguages],
    load: &LoadContext,
) {
    let by_name: HashMap<_, _> =
        scripts.iter().map(|script| (script.name.as_str(), script)).collect();
    for ((script, file), languages) in scripts.iter().zip(files).zip(languages) {
        languages.check(script, file, load, &by_name);
    }
}

fn definition(tables: &ScriptTables, script: &ScriptContext<'_>) -> Script {
    let before = script.before_request();
    let any_time = script.in_phase(TextPhase::Any);
    let outcome = |table: &Option<OutcomeTable>, script: &ScriptContext<'_>| {
        table.as_ref().map(|table| table.outcome(script))
    };
    let no_input = outcome(&tables.no_input, &any_time).unwrap_or_default();
    let no_response = outcome(&tables.no_response, script).unwrap_or_default();
    let otherwise =
        outcome(&tables.otherwise, script).unwrap_or_else(|| fallback(tables, &no_response));
    let (keypress, speech) = (tables.keypress.as_ref(), tables.speech.as_ref());
    let trigger = checked_trigger(tables, &before);
    let response_key = trigger.as_ref().and_then(|trigger| trigger.response_key.as_ref());
    let scope = ConditionScope { compared: tables.compared(), response_key };
    let branches = branch::branches(&tables.branches, script, scope);
    Script {
        name: script.name.to_owned(),
        version: ScriptVersion::of(script.file.text()),
        last_valid: None,
        prompt: tables.prompt.as_ref().map(|prompt| prompt.prompt(&before)).unwrap_or_default(),
        timezone: VoiceTable::timezone(tables.voice.as_ref(), script),
        voice_params: tables.voice.as_ref().map(|voice| voice.params(script)).unwrap_or_default(),
        speech: speech.map(|speech| speech.speech(script, keypress)),
        keypress: keypress.map(|keypress| keypress.keypress(script.file)),
        trigger,
        max_tries: tables.limit.as_ref().map(|limit| limit.max_tries(script.file)),
        hangup: end_request(&tables.hangup, &script.in_phase(TextPhase::AtHangup)),
        ended: end_request(&tables.ended, &script.in_phase(TextPhase::AtEnd)),
        condition_answer_parts: condition_answer_parts(script.name, &branches),
        branches,
        rejects_unmatched_input: tables.is_menu() && tables.otherwise.is_none(),
        otherwise,
        no_input,
        own_invalid_input: outcome(&tables.invalid_input, &any_time),
        no_response,
        later_answer_parts: Vec::new(),
    }
}

/// The request of `[hangup]` or `[ended]`.
fn end_request(table: &Option<RequestTable>, script: &ScriptContext<'_>) -> Option<ScriptTrigger> {
    table.as_ref().map(|table| table.request(script, RequestMode::Background))
}

/// The outcome if no branch matches and the script has no `[otherwise]`. A menu never takes it: there, the input is
/// invalid.
fn fallback(tables: &ScriptTables, no_response: &ScriptOutcome) -> ScriptOutcome {
    let has_branches = !tables.branches.is_empty();
    if has_branches && tables.waits() { no_response.clone() } else { ScriptOutcome::default() }
}

fn checked_trigger(tables: &ScriptTables, script: &ScriptContext<'_>) -> Option<ScriptTrigger> {
    let request = tables.trigger.as_ref()?.trigger(script);
    Some(with_response(tables, script, request))
}

fn with_response(
    tables: &ScriptTables,
    script: &ScriptContext<'_>,
    request: ScriptTrigger,
) -> ScriptTrigger {
    let Some(response) = &tables.response else { return request };
    let has_branches = !tables.branches.is_empty();
    ScriptTrigger {
        response_key: response.key(script.file),
        read_as: response.read_as(),
        cache_policy: response.cache_policy(script, &request, has_branches),
        ..request
    }
}
