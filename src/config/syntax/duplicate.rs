//! A key or a table that is in the file twice.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::line::{SourceLine, SyntaxAdvice};

/// The advice for a duplicate at `span`. `None` if it only follows from a table whose title is a duplicate.
pub(super) fn advice(text: &str, table: &DeTable<'_>, span: &Range<usize>) -> Option<SyntaxAdvice> {
    let name = text.get(span.clone()).unwrap_or_default();
    let line = SourceLine::at(text, span.start);
    if line.text.trim_start().starts_with('[') {
        return Some(second_table(text, &line, name));
    }
    let mut earlier = Vec::new();
    collect_keys(table, name, span.start, &mut earlier);
    let title = title_start(text, line.start);
    // Without an earlier key below the same title, the title itself is a duplicate.
    let first = earlier.into_iter().filter(|at| at.start >= title).max_by_key(|at| at.start)?;
    Some(SyntaxAdvice {
        message: format!("a second `{name}` in the same table"),
        help: Some(second_key_help(&line, name).to_owned()),
        label: Some((first, "the first is here".to_owned())),
    })
}

/// `and` and `when` of a branch take lists, so that nobody has to remove a condition.
fn second_key_help(line: &SourceLine<'_>, name: &str) -> &'static str {
    let is_of_branch = line.table() == "[[branch]]" && line.text.trim_start().starts_with(name);
    match name {
        "and" if is_of_branch => "write both conditions in one list: `and = [{ … }, { … }]`",
        "when" if is_of_branch => {
            "if one of the two is enough, write a list: `when = [\"1\", \"2\"]`; \
             if both must hold, write the second as `and = { … }`"
        }
        _ => "remove one of the two",
    }
}

fn second_table(text: &str, line: &SourceLine<'_>, name: &str) -> SyntaxAdvice {
    let title = line.text.trim();
    let mut start = 0;
    let mut earlier = text[..line.start].split_inclusive('\n').map(|earlier| {
        start += earlier.len();
        (start - earlier.len(), earlier)
    });
    let first = earlier.find(|(_, earlier)| earlier.trim() == title).map(|(at, earlier)| {
        let at = at + earlier.len() - earlier.trim_start().len();
        (at..at + title.len(), "the first is here".to_owned())
    });
    let help = match first {
        Some(_) => format!("write all keys below the first `{title}`"),
        None => "remove one of the two".to_owned(),
    };
    SyntaxAdvice { message: format!("a second table `{name}`"), help: Some(help), label: first }
}

/// The positions of all keys with this name before `end`. The parser limits the depth of tables.
fn collect_keys(table: &DeTable<'_>, name: &str, end: usize, found: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        if key.get_ref().as_ref() == name && key.span().start < end {
            found.push(key.span());
        }
        collect_in_value(value.get_ref(), name, end, found);
    }
}

fn collect_in_value(value: &DeValue<'_>, name: &str, end: usize, found: &mut Vec<Range<usize>>) {
    match value {
        DeValue::Table(table) => collect_keys(table, name, end, found),
        DeValue::Array(items) => {
            items.iter().for_each(|item| collect_in_value(item.get_ref(), name, end, found));
        }
        _ => {}
    }
}

/// The position of the title of the table that the line at `line` belongs to; 0 if there is none.
fn title_start(text: &str, line: usize) -> usize {
    let mut start = line;
    for previous in text[..line].split_inclusive('\n').rev() {
        start -= previous.len();
        if previous.trim_start().starts_with('[') {
            return start;
        }
    }
    0
}
