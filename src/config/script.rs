//! The script files.

use std::path::Path;
use std::sync::Arc;

pub(crate) mod context;
pub(crate) mod facts;
mod files;

use context::{LoadContext, ScriptContext};
use facts::{ScriptFacts, ScriptGraph};
use files::ScriptFiles;

use super::diagnostic::Diagnostic;
use super::file::TomlFile;
use super::raw::script::{HOMES, Script as ScriptTables};
use super::table_reader;
use super::validate::scope::Scope;
use super::validate::then::{self, Typed};
use crate::script::definition::Library;

/// A script file that was read, not checked yet.
pub(crate) struct ReadScript {
    name: String,
    file: TomlFile,
    tables: ScriptTables,
}

/// All script files, read; and what is wrong with files that could not be read.
#[derive(Default)]
pub(crate) struct ReadScripts {
    pub(crate) scripts: Vec<ReadScript>,
    pub(crate) graph: ScriptGraph,
    pub(crate) errors: Vec<Diagnostic>,
}

impl ReadScripts {
    pub(crate) fn of_folder(folder: &Path) -> Self {
        let ScriptFiles { files, errors } = ScriptFiles::of_folder(folder);
        let mut read = Self { errors, ..Self::default() };
        for (name, path) in files {
            match TomlFile::open(&path, "let this user read it") {
                Ok(file) => read.add(name, file),
                Err(error) => {
                    read.graph.insert(name, ScriptFacts::unknown());
                    read.errors.push(error);
                }
            }
        }
        read
    }

    fn add(&mut self, name: String, file: TomlFile) {
        let tables = table_reader::parse(&file, HOMES, ScriptTables::read);
        self.graph.insert(name.clone(), facts(&tables));
        self.scripts.push(ReadScript { name, file, tables });
    }
}

/// Checks all scripts. The files that are returned hold the diagnostics. A script with errors stands on defaults where
/// they are.
pub(crate) fn check(scripts: Vec<ReadScript>, load: &LoadContext) -> (Library, Vec<TomlFile>) {
    let mut library = Library::default();
    let mut files = Vec::new();
    for ReadScript { name, file, tables } in scripts {
        let unknown = ScriptFacts::unknown();
        let facts = load.scripts.get(&name).unwrap_or(&unknown);
        let context = ScriptContext::new(load, &file, &name, facts);
        let script = Scope { context, raw: &tables }.definition();
        library.scripts.insert(name, Arc::new(script));
        files.push(file);
    }
    (library, files)
}

fn facts(tables: &ScriptTables) -> ScriptFacts {
    let thens = tables.outcomes().filter_map(|outcome| outcome.then.as_ref());
    let thens: Vec<_> = thens.filter_map(|text| then::parse(text.get_ref()).ok()).collect();
    let leads_to = thens.iter().filter_map(|then| match then {
        Typed::Script(name) => Some((*name).to_owned()),
        _ => None,
    });
    ScriptFacts {
        asks_for_keys: tables.keypress.is_some(),
        asks_for_speech: tables.speech.is_some(),
        waits: tables.waits(),
        repeats: thens.contains(&Typed::Again),
        leads_to: leads_to.collect(),
    }
}
