//! JSON. The tree refers to the text of the body, so numbers keep the digits that were sent.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::tree::{AnswerTree, NodeValue, TreeBuilder};
use super::value::{AnswerFormatError, AnswerValue};
use crate::script::path::{KeyPath, KeyPathStep};

/// Finds all values of a body, and then checks that it is valid. In this order a body with too many values is refused
/// before the check, which costs more for each value.
pub(super) fn parse(text: &str) -> Result<AnswerTree, AnswerFormatError> {
    let tree = index(text)?;
    match serde_json::from_str::<ValidJson>(text) {
        Ok(ValidJson) => Ok(tree.finish(text.into())),
        Err(error) => Err(AnswerFormatError::Json(error.line(), error.column())),
    }
}

/// The value at a response key, and whether there is one: `null` is one.
pub(super) fn lookup<'a>(tree: &'a AnswerTree, path: &KeyPath) -> Option<AnswerValue<'a>> {
    let node = path.steps().iter().try_fold(0, |node, step| descend(tree, node, step))?;
    Some(value_of(tree, node))
}

/// The value of the whole body.
pub(super) fn root_value(tree: &AnswerTree) -> AnswerValue<'_> {
    value_of(tree, 0)
}

/// Whether there is a number at a response key. Without a key, whether the whole body is a number.
pub(super) fn is_number(tree: &AnswerTree, path: Option<&KeyPath>) -> bool {
    let steps = path.map(KeyPath::steps).unwrap_or_default();
    let node = steps.iter().try_fold(0, |node, step| descend(tree, node, step));
    node.is_some_and(|node| matches!(first_byte(raw_value(tree, node)), b'-' | b'0'..=b'9'))
}

fn descend(tree: &AnswerTree, node: usize, step: &KeyPathStep) -> Option<usize> {
    match (step, first_byte(raw_value(tree, node))) {
        // If a key is repeated, its last value counts.
        (KeyPathStep::Key(key), b'{') => {
            tree.children(node).filter(|child| is_key(tree.name(*child), key)).last()
        }
        (KeyPathStep::Index(index), b'[') => tree.children(node).nth(*index),
        _ => None,
    }
}

/// Whether the text between the quotes of a key is this key. It is decoded only if it is the same up to the first
/// escape, since an answer may have thousands of keys.
fn is_key(quoted: &str, key: &str) -> bool {
    match quoted.find('\\') {
        Some(escape) => {
            key.starts_with(&quoted[..escape])
                && unquote(&format!("\"{quoted}\"")).is_some_and(|unquoted| unquoted == key)
        }
        None => quoted == key,
    }
}

fn unquote(text: &str) -> Option<String> {
    serde_json::from_str(text).ok()
}

fn value_of(tree: &AnswerTree, node: usize) -> AnswerValue<'_> {
    let text = raw_value(tree, node);
    match first_byte(text) {
        b'{' | b'[' => AnswerValue::Composite,
        b'"' if text.contains('\\') => unquote(text)
            .map_or(AnswerValue::Absent, |unquoted| AnswerValue::Text(Cow::Owned(unquoted))),
        b'"' => AnswerValue::Text(Cow::Borrowed(text.trim_matches('"'))),
        b'n' | 0 => AnswerValue::Absent,
        _ => AnswerValue::Text(Cow::Borrowed(text)),
    }
}

fn raw_value(tree: &AnswerTree, node: usize) -> &str {
    match tree.value(node) {
        NodeValue::Text(text) => text,
        NodeValue::Composite | NodeValue::Null => "",
    }
}

fn first_byte(text: &str) -> u8 {
    text.as_bytes().first().copied().unwrap_or_default()
}

/// Finds the values in a text. If it is not valid JSON, what is found has no meaning. The value of an object or a list
/// is its first character.
fn index(text: &str) -> Result<TreeBuilder, AnswerFormatError> {
    let bytes = text.as_bytes();
    let mut builder = TreeBuilder::default();
    // The text that may be the key of the next value.
    let mut key = 0..0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at = token_end(bytes, at);
        match byte {
            b'{' | b'[' => {
                builder.add(std::mem::take(&mut key), start..at)?;
                builder.open("JSON")?;
            }
            b'}' | b']' => {
                builder.close();
            }
            b'"' if next_is_colon(bytes, at) => key = start + 1..at - 1,
            b':' | b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => builder.add(std::mem::take(&mut key), start..at)?,
        }
    }
    Ok(builder)
}

/// The end of the token that begins at `start`. It is always a character boundary.
fn token_end(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start + 1..];
    let length = match bytes[start] {
        b'"' => string_length(rest),
        b'{' | b'}' | b'[' | b']' | b':' | b',' | b' ' | b'\t' | b'\r' | b'\n' => 0,
        _ => rest.iter().position(|b| b"{}[]:,\" \t\r\n".contains(b)).unwrap_or(rest.len()),
    };
    start + 1 + length
}

/// The length of a string with its closing quote, after the opening one.
fn string_length(rest: &[u8]) -> usize {
    let mut is_escaped = false;
    let quote = rest.iter().position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    quote.map_or(rest.len(), |quote| quote + 1)
}

fn next_is_colon(bytes: &[u8], at: usize) -> bool {
    bytes[at..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

/// Any valid JSON: reads all of it and keeps nothing.
struct ValidJson;

impl<'de> Deserialize<'de> for ValidJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValidJsonVisitor)
    }
}

struct ValidJsonVisitor;

impl<'de> Visitor<'de> for ValidJsonVisitor {
    type Value = ValidJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<ValidJson, E> {
        Ok(ValidJson)
    }

    fn visit_i64<E>(self, _: i64) -> Result<ValidJson, E> {
        Ok(ValidJson)
    }

    fn visit_u64<E>(self, _: u64) -> Result<ValidJson, E> {
        Ok(ValidJson)
    }

    fn visit_str<E>(self, _: &str) -> Result<ValidJson, E> {
        Ok(ValidJson)
    }

    fn visit_unit<E>(self) -> Result<ValidJson, E> {
        Ok(ValidJson)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ValidJson, A::Error> {
        while items.next_element::<ValidJson>()?.is_some() {}
        Ok(ValidJson)
    }

    /// Objects, and numbers that fit no integer: with `arbitrary_precision`, serde_json gives them as objects.
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<ValidJson, A::Error> {
        while entries.next_entry::<ValidJson, ValidJson>()?.is_some() {}
        Ok(ValidJson)
    }
}
