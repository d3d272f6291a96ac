//! JSON Schemas of script files and of the daemon's file, for editors.
//!
//! They are made from what the readers of the tables ask for: a sample file with every table is read, and each key is
//! recorded with the kind of its value. So a schema can't name a key that the program does not know.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::daemon::DaemonFile;
use super::file::TomlFile;
use super::script::read_tables;
use super::value_kind::{KeyRecord, ValueKind};

/// The tables inside the tables of a script. Values are not valid.
const SCRIPT_SAMPLE: &str = "\
trigger = { auth = {}, reassure = {}, headers = {}, body = {} }
hangup = { auth = {}, headers = {}, body = {} }
ended = { auth = {}, headers = {}, body = {} }
branch = [{ when = {}, and = {}, set = {} }]
otherwise = { set = {} }
no_input = { set = {} }
invalid_input = { set = {} }
no_response = { set = {} }
";

/// The tables inside those of the daemon's file, with each kind of engine. Some keys are in several samples, since a
/// file has only one of each.
const DAEMON_SAMPLES: [&str; 4] = [
    "\
[speech]
say = { engine = 'command' }
fallback = { engine = 'http', headers = {}, voices = {} }
listen = { engine = 'command' }
[speech.engines.NAME]
engine = 'switch'
[upstream.HOST]
[otlp]
headers = {}
",
    "\
[speech]
say = { engine = 'http', headers = {}, voices = {} }
fallback = { engine = 'switch' }
listen = { engine = 'http', headers = {} }
[speech.engines.NAME]
engine = 'command'
",
    "\
[speech]
say = { engine = 'switch' }
fallback = { engine = 'command' }
listen = { engine = 'vosk' }
[speech.engines.NAME]
engine = 'http'
headers = {}
voices = {}
",
    "speech = { listen = { engine = 'switch' } }",
];

/// The schema of a script file, without descriptions.
pub fn script_schema() -> Value {
    schema("A script of dialscript", &[SCRIPT_SAMPLE], read_tables)
}

/// The schema of the daemon's file, `dialscript.toml`, without descriptions.
pub fn daemon_schema() -> Value {
    schema("The configuration of dialscript", &DAEMON_SAMPLES, DaemonFile::read_tables)
}

fn schema(title: &str, samples: &[&str], read: impl Fn(&TomlFile)) -> Value {
    let mut tables = SchemaTables::default();
    let mut add_all = |text: &str| {
        let file = TomlFile::recording(text);
        read(&file);
        tables.add(file.take_records());
    };
    samples.iter().for_each(|sample| add_all(sample));
    add_all(&remaining_tables(samples, &read));
    let mut schema = tables.table("");
    if let Value::Object(keys) = &mut schema {
        keys.insert("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into());
        keys.insert("title".to_owned(), title.into());
    }
    schema
}

/// A file with each table that the samples leave out: its reader is called only for a table that is there.
fn remaining_tables(samples: &[&str], read: impl Fn(&TomlFile)) -> String {
    let empty = TomlFile::recording("");
    read(&empty);
    let records = empty.take_records().into_iter();
    let tables = records.filter(|record| record.kind == ValueKind::Table).map(|record| record.key);
    let is_missing = |table: &&str| {
        let starts_line = [format!("[{table}]"), format!("{table} = ")];
        let mut lines = samples.iter().flat_map(|sample| sample.lines());
        !lines.any(|line| starts_line.iter().any(|start| line.starts_with(start)))
    };
    tables.filter(is_missing).map(|table| format!("[{table}]\n")).collect()
}

/// The keys of each table.
#[derive(Default)]
struct SchemaTables(BTreeMap<String, BTreeMap<&'static str, ValueKind>>);

impl SchemaTables {
    fn add(&mut self, records: Vec<KeyRecord>) {
        for KeyRecord { table, key, kind } in records {
            self.0.entry(table).or_default().insert(key, kind);
        }
    }

    fn table(&self, title: &str) -> Value {
        let (mut properties, mut others) = (Map::new(), Value::Bool(false));
        for (key, kind) in self.0.get(title).into_iter().flatten() {
            let schema = self.value(title, key, kind);
            match *key {
                "*" => others = schema,
                key => drop(properties.insert(key.to_owned(), schema)),
            }
        }
        json!({ "type": "object", "properties": properties, "additionalProperties": others })
    }

    fn value(&self, table: &str, key: &str, kind: &ValueKind) -> Value {
        let text = || json!({ "type": "string" });
        match kind {
            ValueKind::Flag => json!({ "type": "boolean" }),
            ValueKind::WholeNumber => json!({ "type": "integer", "minimum": 0 }),
            ValueKind::Number => json!({ "type": "number" }),
            ValueKind::Text => text(),
            ValueKind::Choice(words) => json!({ "enum": words }),
            // Without a unit, a duration is an error.
            ValueKind::Duration => json!({ "type": "string", "pattern": "[a-z]" }),
            ValueKind::NumberOrText => json!({ "type": ["string", "number"] }),
            ValueKind::TextOrList => json!({ "anyOf": [text(), list(text())] }),
            ValueKind::TextOrTable => {
                json!({ "anyOf": [text(), { "type": "object", "additionalProperties": text() }] })
            }
            ValueKind::List(item) => {
                json!({ "type": "array", "items": self.value(table, key, item) })
            }
            ValueKind::Table => self.table(&self.inner_title(table, key)),
            ValueKind::TableArray => {
                json!({ "type": "array", "items": self.table(&format!("[[{key}]]")) })
            }
            ValueKind::Conditions => {
                let one = self.table(&self.inner_title(table, key));
                json!({ "anyOf": [one, list(one.clone())] })
            }
            ValueKind::Matcher => {
                let one = json!([text(), self.table(&self.inner_title(table, key))]);
                json!({ "anyOf": [one[0], one[1], list(json!({ "anyOf": one }))] })
            }
        }
    }

    /// The title of the table that is the value of a key, as [`TableReader`](super::table_reader::TableReader) writes
    /// it.
    fn inner_title(&self, table: &str, key: &str) -> String {
        let outer = table.trim_start_matches('[').trim_end_matches(']');
        let is_plain = table.starts_with('[') && !table.starts_with("[[");
        let nested = format!("[{outer}.");
        let inner = self.0.keys().filter(|title| title.starts_with(&nested));
        match (key, inner.min_by_key(|title| title.len())) {
            ("*", Some(title)) => title.clone(),
            _ if self.0.contains_key(&format!("`{key}`")) => format!("`{key}`"),
            _ if is_plain => format!("[{outer}.{key}]"),
            _ => format!("[{key}]"),
        }
    }
}

/// A list that is not empty.
fn list(item: Value) -> Value {
    json!({ "type": "array", "items": item, "minItems": 1 })
}
