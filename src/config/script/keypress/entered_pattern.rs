//! Whether the caller can enter what `pattern` of `[keypress]` asks for.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_spanned::Spanned;

use crate::channel::KeySet;
use crate::config::file::TomlFile;

/// Warns about a pattern that no input of these keys can match.
pub(super) fn warn_never_entered(file: &TomlFile, given: &Spanned<String>, keys: KeySet) {
    // A pattern with an error is reported elsewhere.
    let Ok(pattern) = regex_syntax::parse(given.get_ref()) else { return };
    if may_match(&pattern, keys) {
        return;
    }
    let more: KeySet = keys.keys().chain(literal_characters(&pattern)).collect();
    let help = match may_match(&pattern, more) {
        true => format!("to let callers enter it, write `keys = \"{more}\"`"),
        false => format!("the input has only the keys {keys}, and all of it must match"),
    };
    file.warn(given.span(), "this pattern can never be entered", help);
}

/// Whether a text that consists of `keys` may match. `^`, `\b` and the like are taken to hold.
fn may_match(pattern: &Hir, keys: KeySet) -> bool {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => literal.0.iter().all(|byte| keys.contains(char::from(*byte))),
        HirKind::Class(class) => keys.keys().any(|key| class_contains(class, key)),
        HirKind::Repetition(repetition) => repetition.min == 0 || may_match(&repetition.sub, keys),
        HirKind::Capture(capture) => may_match(&capture.sub, keys),
        HirKind::Concat(parts) => parts.iter().all(|part| may_match(part, keys)),
        HirKind::Alternation(parts) => parts.iter().any(|part| may_match(part, keys)),
    }
}

fn class_contains(class: &Class, key: char) -> bool {
    match class {
        Class::Unicode(class) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&key))
        }
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .any(|range| (char::from(range.start())..=char::from(range.end())).contains(&key)),
    }
}

/// The characters that stand for themselves in a pattern.
fn literal_characters(pattern: &Hir) -> Vec<char> {
    match pattern.kind() {
        HirKind::Literal(literal) => literal.0.iter().copied().map(char::from).collect(),
        _ => pattern.kind().subs().iter().flat_map(literal_characters).collect(),
    }
}
