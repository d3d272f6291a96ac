//! `dialplan/package/dialscript.toml`, which packages install: each default in it is that of the reference.

use std::fs;

use regex::Regex;
use toml::{Table, Value};

use crate::assert_none;
use crate::page::{code_words, page, root};
use crate::sandbox::Sandbox;

const FILE: &str = "dialplan/package/dialscript.toml";
const REFERENCE: &str = "docs/admin/configuration.md";

fn installed() -> String {
    fs::read_to_string(root().join(FILE)).unwrap()
}

/// The file with its defaults as keys: a `#` before a table or a key is removed.
fn uncommented() -> String {
    Regex::new(r"(?m)^#(\[|\w+ = )").unwrap().replace_all(&installed(), "$1").into_owned()
}

fn check(configuration: &str) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("dialscript.toml", configuration);
    sandbox.write("scripts/beep.toml", "[prompt]\nplay = \"switch:beep\"\n");
    for folder in ["sounds", "secrets"] {
        sandbox.write(&format!("{folder}/.keep"), "");
    }
    sandbox.dialscript(&["check"]).output
}

#[test]
fn the_installed_configuration_means_the_same_as_an_empty_one() {
    let table: Table = installed().parse().unwrap();
    assert!(table.is_empty(), "{table}");
    assert_eq!(check(&installed()), check(""));
}

#[test]
fn the_installed_configuration_is_valid_if_all_defaults_are_uncommented() {
    assert_eq!(check(&uncommented()), check(""));
}

#[test]
fn each_default_in_the_installed_configuration_is_that_of_the_reference() {
    let reference = page(REFERENCE);
    let tables = reference.tables();
    let written: Table = uncommented().parse().unwrap();
    let mut problems = Vec::new();
    for (name, keys) in &written {
        let heading = format!("`[{name}]`");
        let rows = tables.iter().filter(|table| table.heading == heading);
        let rows: Vec<_> = rows.flat_map(|table| &table.rows).collect();
        for (key, value) in keys.as_table().unwrap() {
            let row = rows.iter().find(|row| row[0] == format!("`{key}`"));
            let default = row.and_then(|row| default_of(&row[2]));
            if default.as_ref() != Some(value) {
                problems.push(format!("{FILE}: `{key}` of [{name}] is {value}, not {default:?}"));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn the_installed_configuration_names_each_key_of_the_reference() {
    let file = installed();
    let mut problems = Vec::new();
    for table in page(REFERENCE).tables().iter().filter(|table| table.header[0] == "Key") {
        for key in table.rows.iter().flat_map(|row| code_words(&row[0])) {
            if !Regex::new(&format!(r"\b{}\b", regex::escape(key))).unwrap().is_match(&file) {
                problems.push(format!("{FILE}: `{key}` of {} is missing", table.heading));
            }
        }
    }
    assert_none(&problems);
}

/// The value of a cell such as `"5s"` or `33554432` (32 MiB).
fn default_of(cell: &str) -> Option<Value> {
    let text = code_words(cell).first().map(|word| format!("value = {word}"))?;
    text.parse::<Table>().ok()?.remove("value")
}
