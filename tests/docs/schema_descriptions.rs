//! Adds the descriptions of the reference tables to the JSON Schemas.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::keys::{DAEMON, ReferenceTable, keys_in, reference_tables};
use crate::page::{PageTable, page};

/// The manual describes this key in prose.
const WHEN: &str = "The value that this branch is for: a text, or a matcher such as { min = 10, max = 20 }. In a list, \
                    one of them must match.";

/// So does it with this key.
const AND: &str = "What must hold as well: a condition such as { key = \"data.full\", is = \"false\" }, or a list of \
                   conditions, which must all hold.";

/// Adds the descriptions of the manual.
pub(crate) fn describe(probed: &str, schema: &mut Value) {
    for reference in reference_tables() {
        let page = page(reference.page);
        let table = reference.find(&page);
        for path in reference.paths(probed) {
            describe_keys(schema, &path, &table);
        }
    }
    for (like, names) in
        [("trigger", &["hangup", "ended"][..]), ("otherwise", &["invalid_input", "no_response"])]
    {
        names.iter().for_each(|name| copy_descriptions(schema, like, name));
    }
    match probed {
        DAEMON => describe_engines(schema),
        _ => {
            let keys = &mut schema["properties"]["branch"]["items"]["properties"];
            keys["when"]["description"] = WHEN.into();
            keys["and"]["description"] = AND.into();
        }
    }
}

impl ReferenceTable {
    /// The paths of the tables that the probes for this file have the unknown key in.
    fn paths(&self, probed: &str) -> Vec<Vec<String>> {
        let title = Regex::new(r"\[+([^\]]+)\]+(?:\n(\w+) = \{)?").unwrap();
        let probes = self.probes.iter().filter(|(file, _)| *file == probed);
        let paths = probes.map(|(_, text)| {
            let found = title.captures(text).unwrap();
            // A host has a dot, and is in quotes.
            let table = found[1].replace("\"shop.example\"", "*").replace("engines.a", "engines.*");
            let inner = found.get(2).map(|name| name.as_str().to_owned());
            table.split('.').map(str::to_owned).chain(inner).collect()
        });
        paths.collect()
    }
}

fn table_at<'a>(schema: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    let mut pointer = String::new();
    for name in path {
        pointer.push_str(&inner_pointer(schema.pointer(&pointer)?)?);
        pointer.push_str(&match name.as_str() {
            "*" => "/additionalProperties".to_owned(),
            name => format!("/properties/{name}"),
        });
    }
    pointer.push_str(&inner_pointer(schema.pointer(&pointer)?)?);
    schema.pointer_mut(&pointer)
}

/// The way from a schema to that of the table in it, as [`as_table`] finds it.
fn inner_pointer(schema: &Value) -> Option<String> {
    if schema["type"] == "object" {
        return Some(String::new());
    }
    if schema["items"].is_object() {
        return Some("/items".to_owned() + &inner_pointer(&schema["items"])?);
    }
    let choices = schema["anyOf"].as_array()?;
    let found = choices.iter().enumerate().find_map(|(at, one)| Some((at, inner_pointer(one)?)));
    found.map(|(at, inner)| format!("/anyOf/{at}{inner}"))
}

fn describe_keys(schema: &mut Value, path: &[String], table: &PageTable) {
    let Some(target) = table_at(schema, path) else { return };
    let Some(Value::Object(keys)) = target.get_mut("properties") else { return };
    // The first row of a key describes it. A later one may have it in an example.
    for row in table.rows.iter().rev() {
        let names = keys_in(&row[0]);
        for (_, key) in keys.iter_mut().filter(|(name, _)| names.contains(*name)) {
            key["description"] = description(table, row).into();
        }
    }
}

/// The cells of a row as sentences, without links and backticks.
fn description(table: &PageTable, row: &[String]) -> String {
    static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[([^\]]*)\]\([^)]*\)").unwrap());
    let cells = table.header.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
    let sentences = cells.map(|(title, cell)| {
        let text = LINK.replace_all(cell, "$1");
        match title.as_str() {
            "Default" | "Limits" => format!("{title}: {text}."),
            _ if text.ends_with('.') => text.into_owned(),
            _ => format!("{text}."),
        }
    });
    sentences.collect::<Vec<_>>().join(" ").replace('`', "")
}

/// Tables with the same keys are described once in the manual.
fn copy_descriptions(schema: &mut Value, like: &str, name: &str) {
    let from = schema.pointer(&format!("/properties/{like}")).cloned().unwrap_or_default();
    if let Some(to) = schema.pointer_mut(&format!("/properties/{name}")) {
        copy_into(&from, to);
    }
}

/// Copies the descriptions of the keys that have none, also in the tables inside.
fn copy_into(from: &Value, to: &mut Value) {
    let Some(Value::Object(keys)) = to.get_mut("properties") else { return };
    for (name, key) in keys {
        let described = &from["properties"][name];
        if key["description"].is_null() && described["description"].is_string() {
            key["description"] = described["description"].clone();
        }
        copy_into(described, key);
    }
}

fn describe_engines(schema: &mut Value) {
    let engines = "/properties/speech/properties/engines/additionalProperties";
    let named = schema.pointer(engines).cloned().unwrap_or_default();
    let listen = schema["properties"]["speech"]["properties"]["listen"].clone();
    let all = json!({ "properties": merged(&named, &listen) });
    for name in ["say", "fallback", "listen"] {
        if let Some(engine) = schema.pointer_mut(&format!("/properties/speech/properties/{name}")) {
            copy_into(&all, engine);
        }
    }
}

fn merged(first: &Value, second: &Value) -> Map<String, Value> {
    let keys = [first, second].into_iter().filter_map(|table| table["properties"].as_object());
    keys.flatten().map(|(name, key)| (name.clone(), key.clone())).collect()
}
