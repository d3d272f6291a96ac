//! Errors of the TOML parser, in words that say what to write instead.
//!
//! The parser continues after an error, and often reports further errors that only follow from it. So one error is
//! reported for each line, and none after a list that is not closed.

use std::ops::Range;

use toml::de::{DeTable, Error};

mod advice;
mod duplicate;
mod line;

use super::file::TomlFile;
use line::{SourceLine, SyntaxAdvice};

/// The maximum number of errors that are reported for one file.
const MAX_ERRORS: usize = 50;

/// The maximum number of errors of the parser that are examined. A file with more of them is not TOML at all.
const MAX_EXAMINED: usize = 1000;

/// Reports the errors of the parser. `table` is what it could read.
pub(crate) fn report(file: &TomlFile, table: &DeTable<'_>, errors: Vec<Error>) {
    let mut errors: Vec<_> =
        errors.iter().map(|e| (e.span().unwrap_or_default(), e.message())).collect();
    errors.sort_by_key(|(span, _)| span.start);
    if let Some(list) = unclosed_list(file.text(), &errors) {
        let help = "add `]` after its last item";
        file.syntax_error(list.clone(), "this list is not closed", Some(help.to_owned()), None);
        file.ignore_errors_after(list.end);
        errors.retain(|(span, _)| span.start < list.start);
    }
    errors.truncate(MAX_EXAMINED);
    let first = errors.first().cloned();
    let mut last_line_end = None;
    let mut reported = 0;
    let mut in_text = false;
    for (span, message) in errors {
        let line = SourceLine::at(file.text(), span.start);
        // The lines of a text that should be in three quotes.
        in_text &= !line.begins_key_or_table();
        if in_text || last_line_end == Some(line.end()) || reported == MAX_ERRORS {
            continue;
        }
        in_text = message.starts_with("invalid basic string");
        let advice = match message {
            "duplicate key" => duplicate::advice(file.text(), table, &span),
            _ => Some(advice::advice(&line, message)),
        };
        let Some(SyntaxAdvice { message, help, label }) = advice else { continue };
        file.syntax_error(span, message, help, label);
        last_line_end = Some(line.end());
        reported += 1;
    }
    // A file with an error must not pass, even if each error seems to follow from another one.
    if let Some((span, message)) = first.filter(|_| !file.has_syntax_errors()) {
        file.syntax_error(span, message, None, None);
    }
}

/// The bracket of a list that is not closed. The parser takes the lines below it as items of the list.
fn unclosed_list(text: &str, errors: &[(Range<usize>, &str)]) -> Option<Range<usize>> {
    errors.iter().find(|(_, message)| message.starts_with("unclosed array"))?;
    let (first, _) = errors.iter().find(|(_, message)| message.contains("array"))?;
    let before = text.get(..first.start)?;
    let start = before.rfind(['=', '[']).filter(|at| before[*at..].starts_with('['))?;
    Some(start..start + 1)
}
