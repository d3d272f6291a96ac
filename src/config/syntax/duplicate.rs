//! A key or a table that is in the file twice.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::SyntaxAdvice;
use super::advice::SourceLine;

/// The advice for a duplicate at `span`. `None` if it only follows from a table whose title is a duplicate.
pub(super) fn advice(text: &str, table: &DeTable<'_>, span: &Range<usize>) -> Option<SyntaxAdvice> {
    let name = text.get(span.clone()).unwrap_or_default();
    let line = SourceLine::at(text, span.start);
    let is_title = line.text.trim_start().starts_with('[');
    let mut earlier = Vec::new();
    collect_keys(table, name, span.start, &mut earlier);
    earlier.sort_by_key(|at| at.start);
    let same_title =
        |at: &&Range<usize>| SourceLine::at(text, at.start).text.trim() == line.text.trim();
    let title = title_start(text, line.start);
    let in_table = |at: &&Range<usize>| at.start >= title;
    let first = match is_title {
        true => earlier.iter().find(same_title).or_else(|| earlier.last()),
        false => earlier.iter().rfind(in_table),
    };
    let Some(first) = first else { return advice_without_place(is_title, name) };
    let (message, help) = match is_title {
        true => {
            let title = line.text.trim();
            let help =
                format!("write its keys below the first `{title}`, or remove one of the two");
            (format!("a second table `{title}`"), help)
        }
        false => {
            (format!("a second `{name}` in the same table"), "remove one of the two".to_owned())
        }
    };
    let label = Some((first.clone(), "the first is here".to_owned()));
    Some(SyntaxAdvice { message, help: Some(help), label })
}

/// If a key has no earlier one below the same title, the title itself is a duplicate, which is already reported.
fn advice_without_place(is_title: bool, name: &str) -> Option<SyntaxAdvice> {
    is_title.then(|| SyntaxAdvice {
        message: format!("a second table `{name}`"),
        help: Some("remove one of the two".to_owned()),
        label: None,
    })
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
    for previous in text[..line].lines().rev() {
        start = start.saturating_sub(previous.len() + 1);
        if previous.trim_start().starts_with('[') {
            return start;
        }
    }
    0
}
