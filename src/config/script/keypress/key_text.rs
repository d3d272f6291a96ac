//! Reads the keys of `[keypress]` whose values are telephone keys.

use serde_spanned::Spanned;
use toml::de::DeValue;

use super::key_grammar;
use crate::config::table_reader::TableReader;
use crate::config::value;
use crate::config::value_kind::ValueKind;

/// The text of `keys`, `terminator` or `clear`. A number, a list or `true` is an error that shows the text to write.
pub(super) fn read(table: &mut TableReader<'_, '_>, key: &'static str) -> Option<Spanned<String>> {
    let value = table.take_any(key, || ValueKind::Text)?;
    let file = table.file;
    let written = match value.get_ref() {
        DeValue::String(_) => return value::read(file, value),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Array(list) => list.iter().map(|item| item_text(item.get_ref())).collect(),
        _ => String::new(),
    };
    let keys = match key {
        _ if key_grammar::parse(&written).is_ok() => &written,
        "keys" => "0-9*",
        "terminator" => "#",
        _ => "*",
    };
    let message = format!("`{key}` must be one text in quotes");
    file.error_with_help(value.span(), message, format!("write `{key} = \"{keys}\"`"));
    None
}

fn item_text<'v>(item: &'v DeValue<'_>) -> &'v str {
    match item {
        DeValue::String(text) => text,
        DeValue::Integer(number) => number.as_str(),
        _ => "",
    }
}
