//! The JSON Schemas in `docs/schema`: they are what the program and the manual say, and they accept what the program
//! accepts.
//!
//! The keys and the kinds of their values come from the program, the descriptions from the reference tables.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::{env, iter};

use boon::{Compiler, Schemas};
use dialscript::cli::check::check_files;
use dialscript::config::schema::{daemon_schema, script_schema};
use serde_json::Value;

use crate::assert_none;
use crate::console::UPDATE;
use crate::fragment::completed;
use crate::keys::{DAEMON, SCRIPT};
use crate::page::{all_pages, collect_files, root};
use crate::sandbox::Sandbox;
use crate::schema_descriptions::describe;

/// The schema of a kind of file, and the file in the repository.
struct FileSchema {
    /// The file that a probe of a reference table writes.
    probed: &'static str,
    committed: &'static str,
    schema: Value,
}

/// Both schemas, with their descriptions. They are made once for all tests.
static SCHEMAS: LazyLock<[FileSchema; 2]> = LazyLock::new(|| {
    let (script, daemon) = (script_schema(), daemon_schema());
    let schemas = [
        (SCRIPT, "docs/schema/script.schema.json", script),
        (DAEMON, "docs/schema/dialscript.schema.json", daemon),
    ];
    schemas.map(|(probed, committed, mut schema)| {
        describe(probed, &mut schema);
        FileSchema { probed, committed, schema }
    })
});

fn schema_of(probed: &str) -> Value {
    SCHEMAS.iter().find(|schema| schema.probed == probed).unwrap().schema.clone()
}

#[test]
fn the_committed_schemas_are_those_of_the_program_and_the_manual() {
    let mut problems = Vec::new();
    for FileSchema { committed, schema, .. } in &*SCHEMAS {
        let text = serde_json::to_string_pretty(schema).unwrap() + "\n";
        let file = root().join(committed);
        match env::var_os(UPDATE) {
            Some(_) => fs::write(file, text).unwrap(),
            None if fs::read_to_string(&file).unwrap_or_default() != text => {
                problems.push(format!("{committed} is old: {UPDATE}=1 writes it anew"));
            }
            None => {}
        }
    }
    assert_none(&problems);
}

#[test]
fn each_key_of_the_schemas_has_a_description() {
    let mut problems = Vec::new();
    for FileSchema { probed, schema, .. } in &*SCHEMAS {
        let mut describe = |path: &[String], key: &Value| {
            let has_keys = key["properties"].is_object() || key["items"]["properties"].is_object();
            if key["description"].is_null() && !has_keys && path.last().unwrap() != "*" {
                problems.push(format!("{probed}: {} has no description", path.join(".")));
            }
        };
        each_key(schema, &mut Vec::new(), &mut describe);
    }
    assert_none(&problems);
}

#[test]
fn each_valid_file_of_the_repository_is_valid_by_its_schema() {
    let (script, daemon) = (Validator::new(SCRIPT), Validator::new(DAEMON));
    let mut problems = Vec::new();
    let mut judge = |place: String, is_daemon: bool, text: &str| {
        let schema = if is_daemon { &daemon } else { &script };
        problems.extend(schema.error(text).map(|error| format!("{place}: {error}")));
    };
    for page in all_pages() {
        let blocks = page.blocks().into_iter().filter(|block| block.language == "toml");
        for block in blocks.filter(|block| !block.is_wrong()) {
            let is_daemon = block.file_name() == Some("dialscript.toml");
            let text = if is_daemon { block.text() } else { completed(&block.text()) };
            judge(page.place(block.line), is_daemon, &text);
        }
    }
    for path in samples() {
        let is_daemon = path.ends_with("dialscript.toml");
        judge(path.display().to_string(), is_daemon, &fs::read_to_string(&path).unwrap());
    }
    assert_none(&problems);
}

#[test]
fn what_a_schema_rejects_the_program_rejects_too() {
    let values = ["'x'", "5", "true", "['x']", "{ x = 'x' }"];
    let mut problems = Vec::new();
    for FileSchema { probed, schema, .. } in &*SCHEMAS {
        let validator = Validator::new(probed);
        let mut tables: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
        each_key(schema, &mut Vec::new(), &mut |path, _| {
            let (key, table) = path.split_last().unwrap();
            tables.entry(table.to_vec()).or_default().push(key.clone());
        });
        tables.remove(&Vec::new());
        for (table, value) in tables.keys().flat_map(|table| iter::repeat(table).zip(values)) {
            // A name that the author chooses is no key, and `engine` decides which keys there are.
            let keys = tables[table].iter().filter(|key| *key != "*" && *key != "engine");
            let keys: Vec<_> = keys.map(|key| format!("{key} = {value}")).collect();
            for head in heads(table) {
                let accepted = accepted_lines(probed, &head, &keys);
                let rejected = accepted.into_iter().filter(|line| {
                    validator.error(&format!("{head}\n{}", closed(&head, line))).is_some()
                });
                problems.extend(rejected.map(|line| format!("{probed}: {head:?}, {line}")));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn misspelled_keys_and_values_of_the_wrong_kind_are_rejected() {
    let (script, daemon) = (Validator::new(SCRIPT), Validator::new(DAEMON));
    for text in [
        "[keypress]\nlenght = 4",
        "[keypress]\nlength = '4'",
        "[keypress]\ngap = 4",
        "[promt]\nsay = 'x'",
        "[[branch]]\nwhen = 1",
        "[[branch]]\nwhen = { lowest = 1 }",
        "[trigger]\nmethod = 'get'",
        "[branch]\nwhen = '1'",
    ] {
        assert!(script.error(text).is_some(), "{text}");
    }
    for text in [
        "[asterisk]\nlisten = '127.0.0.1:4573'",
        "[log]\nlevel = 'verbose'",
        "[speech]\nsay = { engin = 'command' }",
        "[upstream.'shop.example']\nverify = false",
    ] {
        assert!(daemon.error(text).is_some(), "{text}");
    }
}

/// Where packages install the schemas.
const INSTALLED_SCHEMAS: &str = "/usr/share/dialscript/schema/";

#[test]
fn each_sample_names_the_schema_of_its_kind() {
    let mut problems = Vec::new();
    for path in samples().iter().filter(|path| path.starts_with(root().join("dialplan"))) {
        let name = if path.ends_with("dialscript.toml") { "dialscript" } else { "script" };
        let text = fs::read_to_string(path).unwrap();
        let named = text.lines().next().and_then(|line| line.strip_prefix("#:schema "));
        let schema = named.map(|named| match named.strip_prefix(INSTALLED_SCHEMAS) {
            Some(name) => root().join("docs/schema").join(name),
            None => path.parent().unwrap().join(named),
        });
        let expected = root().join(format!("docs/schema/{name}.schema.json"));
        if schema.and_then(|schema| schema.canonicalize().ok()) != Some(expected.clone()) {
            problems.push(format!("{}: it names not {}", path.display(), expected.display()));
        }
    }
    assert_none(&problems);
}

/// The samples, and the scripts that `dialscript new` writes.
fn samples() -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for folder in ["dialplan", "src/cli/new"] {
        collect_files(&root().join(folder), "toml", &mut paths);
    }
    assert!(paths.len() > 5, "{paths:?}");
    paths
}

struct Validator {
    schemas: Schemas,
    index: boon::SchemaIndex,
}

impl Validator {
    fn new(probed: &str) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("schema.json", schema_of(probed)).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn error(&self, text: &str) -> Option<String> {
        let table: toml::Table = text.parse().unwrap();
        let value = serde_json::to_value(table).unwrap();
        self.schemas.validate(&value, self.index).err().map(|error| error.to_string())
    }
}

/// What a file begins with so that lines of this table can follow: one for each kind of engine.
fn heads(table: &[String]) -> Vec<String> {
    let names: Vec<_> =
        table.iter().map(|name| if name == "*" { "'shop.example'" } else { name }).collect();
    match names[..] {
        ["branch"] => vec!["[[branch]]".to_owned()],
        ["branch", inner] => vec![format!("[[branch]]\n{inner} = {{")],
        ["speech", "say" | "fallback" | "listen" | "engines", ..] => {
            let kinds = ["command", "http", "vosk", "switch"].into_iter();
            kinds.map(|kind| format!("[{}]\nengine = '{kind}'", names.join("."))).collect()
        }
        _ => vec![format!("[{}]", names.join("."))],
    }
}

/// The line of a key, with the end of an inline table that the head has begun.
fn closed(head: &str, line: &str) -> String {
    let end = if head.ends_with('{') { " }" } else { "" };
    format!("{line}{end}")
}

/// Those of the lines in which `check` finds no error. None if it does not read them.
fn accepted_lines<'a>(probed: &str, head: &str, lines: &'a [String]) -> Vec<&'a String> {
    let separator = if head.ends_with('{') { ",\n" } else { "\n" };
    let text = format!("{head}\n{}", closed(head, &lines.join(separator)));
    let sandbox = Sandbox::new();
    sandbox.write("scripts/.gitkeep", "");
    sandbox.write(probed, &text);
    let errors = match check_files(&sandbox.path().join("dialscript.toml")) {
        Ok(_) => String::new(),
        Err(errors) => errors.iter().map(|error| format!("{error}\n")).collect(),
    };
    let first = head.lines().count() + 1;
    let numbered = lines.iter().enumerate();
    let has_error = |at: usize| errors.contains(&format!("{probed}:{}: ", first + at));
    let accepted = numbered.filter(|(at, _)| !has_error(*at)).map(|(_, line)| line);
    // These errors hide those of single keys.
    let hides = ["unknown kind of engine", "a host with a dot must be in quotes"];
    if hides.iter().any(|hides| errors.contains(hides)) { Vec::new() } else { accepted.collect() }
}

/// Calls `visit` with the path and the schema of each key. `*` stands for any name.
fn each_key(schema: &Value, path: &mut Vec<String>, visit: &mut impl FnMut(&[String], &Value)) {
    let Some(table) = as_table(schema) else { return };
    let others = [("*".to_owned(), &table["additionalProperties"])];
    let named = table["properties"].as_object().into_iter().flatten();
    let named = named.map(|(name, key)| (name.clone(), key));
    for (name, key) in named.chain(others).filter(|(_, key)| key.is_object()) {
        path.push(name);
        visit(path, key);
        each_key(key, path, visit);
        path.pop();
    }
}

/// The schema of a table: itself, that of a list's items, or one of several.
fn as_table(schema: &Value) -> Option<&Value> {
    match schema {
        _ if schema["type"] == "object" => Some(schema),
        _ if schema["items"].is_object() => as_table(&schema["items"]),
        _ => schema["anyOf"].as_array()?.iter().find_map(as_table),
    }
}
