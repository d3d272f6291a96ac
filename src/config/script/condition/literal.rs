//! Texts such as `when = "{caller}"`, in which braces are text.

use crate::script::template::{BraceSyntax, TemplatePiece, parse_template};

/// How to compare with the value of a placeholder; `None` for a text without one.
pub(in crate::config::script) fn placeholder_help(text: &str) -> Option<String> {
    let (pieces, _) = parse_template(text, BraceSyntax::Literal);
    let placeholder = pieces.iter().find_map(|(range, piece)| {
        matches!(piece, TemplatePiece::Placeholder(_)).then(|| &text[range.clone()])
    })?;
    Some(format!(
        "to compare with its value, write `when = {{ is = {text:?} }}`; \
         to test its value, write `when = {{ of = {placeholder:?}, is = \"…\" }}`"
    ))
}
