//! Forms. The tree refers to the text of the body: names and values are decoded when they are looked up.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::tree::{AnswerTree, NodeValue, TreeBuilder};
use super::value::{AnswerFormatError, AnswerValue};
use crate::script::path::{KeyPath, KeyPathStep};

pub(super) fn parse(text: &str) -> Result<AnswerTree, AnswerFormatError> {
    let mut builder = TreeBuilder::default();
    builder.add(0..0, 0..0)?;
    builder.open("a form")?;
    let mut start = 0;
    for pair in text.split('&') {
        let end = start + pair.len();
        let name_end = pair.find('=').map_or(end, |equals| start + equals);
        if !pair.is_empty() {
            builder.add(start..name_end, (name_end + 1).min(end)..end)?;
        }
        start = end + 1;
    }
    builder.close();
    Ok(builder.finish(text.into()))
}

/// The value of a field, and whether there is one. `data.code` is the field with this exact name, and `data.code[1]` is
/// the second field with the name `data.code`.
pub(super) fn lookup<'a>(tree: &'a AnswerTree, path: &KeyPath) -> Option<AnswerValue<'a>> {
    let steps = path.steps();
    let exact = fields(tree, steps);
    match (steps.split_last(), exact.as_slice()) {
        (_, [field]) => Some(value_of(tree, *field)),
        (Some((KeyPathStep::Index(index), name)), []) => {
            fields(tree, name).get(*index).map(|field| value_of(tree, *field))
        }
        (_, []) => None,
        _ => Some(AnswerValue::Composite),
    }
}

fn fields(tree: &AnswerTree, steps: &[KeyPathStep]) -> Vec<usize> {
    let name = match steps {
        [] => return Vec::new(),
        [KeyPathStep::Key(name)] => name.clone(),
        steps => KeyPath::display_steps(steps).to_string(),
    };
    tree.children(0).filter(|field| is_name(tree.name(*field), &name)).collect()
}

/// Whether the name of a field, as it was sent, is this name. It is decoded only if it is the same up to the first
/// encoded character, since an answer may have thousands of fields.
fn is_name(encoded: &str, name: &str) -> bool {
    match encoded.find(['%', '+']) {
        Some(plain) => name.starts_with(&encoded[..plain]) && decode(encoded) == name,
        None => encoded == name,
    }
}

fn value_of(tree: &AnswerTree, field: usize) -> AnswerValue<'_> {
    match tree.value(field) {
        NodeValue::Text(text) => AnswerValue::Text(decode(text)),
        NodeValue::Composite | NodeValue::Null => AnswerValue::Absent,
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    match text.contains('+') {
        true => {
            let text = text.replace('+', " ");
            Cow::Owned(percent_decode_str(&text).decode_utf8_lossy().into_owned())
        }
        false => percent_decode_str(text).decode_utf8_lossy(),
    }
}
