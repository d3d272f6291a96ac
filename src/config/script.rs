//! Script files. Each table has a module; this one combines them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

mod answer_placeholders;
mod answer_reads;
mod branch;
pub(super) mod context;
mod facts;
mod files;
mod hangup_cause;
mod keypress;
mod outcome;
mod playlist;
mod prompt;
mod request;
mod response;
mod speech;
mod tables;
mod then;
mod then_grammar;
mod trigger;
mod voice;

use answer_reads::OwnAnswerReads;
use context::{LoadContext, ScriptContext};
use facts::ScriptFacts;
pub(crate) use facts::ScriptGraph;
use files::ScriptFiles;
pub(crate) use files::script_name_error;
use outcome::OutcomeTable;
use request::RequestMode;
use tables::ScriptTables;

use super::diagnostic::Diagnostic;
use super::file::TomlFile;
use crate::script::definition::{
    Script, ScriptLibrary, ScriptOutcome, ScriptTrigger, ScriptVersion, later_answer_paths,
};

/// A script file that is parsed, but not checked.
pub(crate) struct ParsedScript {
    name: String,
    file: TomlFile,
    tables: ScriptTables,
}

/// All script files, how they depend on each other, and the diagnostics about the folder and about files that could not
/// be read.
#[derive(Default)]
pub(crate) struct ParsedScripts {
    pub(crate) scripts: Vec<ParsedScript>,
    pub(crate) graph: ScriptGraph,
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) warnings: Vec<Diagnostic>,
}

impl ParsedScripts {
    pub(crate) fn read_folder(folder: &Path) -> Self {
        let ScriptFiles { files, errors, warnings } = ScriptFiles::find(folder);
        let mut parsed = Self { errors, warnings, ..Self::default() };
        for (name, path) in files {
            match TomlFile::open(&path, "create it, or remove its name from the folder") {
                Ok(file) => parsed.add(name, file),
                Err(error) => {
                    parsed.graph.insert(name, ScriptFacts::unknown());
                    parsed.errors.push(*error);
                }
            }
        }
        parsed
    }

    fn add(&mut self, name: String, file: TomlFile) {
        let tables = ScriptTables::read(&file);
        self.graph.insert(name.clone(), tables.facts());
        self.scripts.push(ParsedScript { name, file, tables });
    }
}

/// Reads the tables of a script file without checking them.
pub(crate) fn read_tables(file: &TomlFile) {
    ScriptTables::read(file);
}

/// Checks all scripts. The returned files contain the errors. After an error, a script has defaults in place of the
/// invalid values.
pub(crate) fn check(
    scripts: Vec<ParsedScript>,
    load: &LoadContext,
) -> (ScriptLibrary, Vec<TomlFile>) {
    let (mut definitions, mut files, mut answer_reads) = (Vec::new(), Vec::new(), Vec::new());
    for ParsedScript { name, file, tables } in scripts {
        let facts = tables.facts();
        let reads = OwnAnswerReads::default();
        let context = ScriptContext::new(load, &file, (&name, &facts), &reads);
        tables.check(&file);
        definitions.push(definition(&tables, &context));
        files.push(file);
        answer_reads.push(reads);
    }
    check_answer_reads(&definitions, &files, &answer_reads, &load.scripts);
    let later_paths = later_answer_paths(&definitions);
    let mut library = ScriptLibrary::default();
    for (mut script, paths) in definitions.into_iter().zip(later_paths) {
        script.later_answer_paths = paths;
        library.scripts.insert(script.name.clone(), Arc::new(script));
    }
    (library, files)
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

fn definition(tables: &ScriptTables, script: &ScriptContext<'_>) -> Script {
    let before = script.before_request();
    let any_time = script.at_any_time();
    let outcome = |table: &Option<OutcomeTable>, script: &ScriptContext<'_>| {
        table.as_ref().map(|table| table.outcome(script))
    };
    let no_input = outcome(&tables.no_input, &any_time).unwrap_or_default();
    let invalid_input =
        outcome(&tables.invalid_input, &any_time).unwrap_or_else(|| no_input.clone());
    let no_response = outcome(&tables.no_response, script).unwrap_or_default();
    let otherwise =
        outcome(&tables.otherwise, script).unwrap_or_else(|| fallback(tables, &no_response));
    let (keypress, speech) = (tables.keypress.as_ref(), tables.speech.as_ref());
    Script {
        name: script.name.to_owned(),
        version: ScriptVersion::of(script.file.text()),
        last_valid: None,
        prompt: tables.prompt.as_ref().map(|prompt| prompt.prompt(&before)).unwrap_or_default(),
        voice_params: tables.voice.as_ref().map(|voice| voice.params(script)).unwrap_or_default(),
        speech: speech.map(|speech| speech.speech(script, keypress)),
        keypress: keypress.map(|keypress| keypress.keypress(script.file)),
        trigger: tables.trigger.as_ref().map(|trigger| {
            let request = trigger.trigger(&before);
            with_response(tables, &before, request)
        }),
        hangup: tables
            .hangup
            .as_ref()
            .map(|hangup| hangup.request(&any_time, RequestMode::Background)),
        branches: branch::branches(&tables.branches, script, tables.compared()),
        rejects_unmatched_input: tables.is_menu() && tables.otherwise.is_none(),
        otherwise,
        no_input,
        invalid_input,
        no_response,
        later_answer_paths: Vec::new(),
    }
}

/// The outcome if no branch matches and the script has no `[otherwise]`. A menu never takes it: there, the input is
/// invalid.
fn fallback(tables: &ScriptTables, no_response: &ScriptOutcome) -> ScriptOutcome {
    let has_branches = !tables.branches.is_empty();
    if has_branches && tables.waits() { no_response.clone() } else { ScriptOutcome::default() }
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
