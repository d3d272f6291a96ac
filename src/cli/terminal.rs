//! Text on the terminal.

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use serde::Serialize;

use crate::script::escape::{
    escape_for_terminal, escape_lines_for_terminal, is_unsafe_on_terminal,
};

/// The exit code for an invalid command line.
const EXIT_USAGE: u8 = 2;

/// Prints a line on standard output, escaped by [`escape_lines_for_terminal`]. An error, such as a closed pipe, is ignored.
pub(super) fn print_line(text: &str) {
    drop(writeln!(stdout(), "{}", escape_lines_for_terminal(text)));
}

/// Prints a value as one line of JSON. What [`escape_control`] escapes is escaped as in JSON.
pub(super) fn print_json(value: &impl Serialize) {
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut line = String::with_capacity(json.len());
    for char in json.chars() {
        match is_unsafe_on_terminal(char) {
            true => char
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| line.push_str(&format!("\\u{unit:04x}"))),
            false => line.push(char),
        }
    }
    drop(writeln!(stdout(), "{line}"));
}

/// Prints an error on standard error. Returns the exit code of the failed command.
pub(super) fn print_error(reason: &str) -> ExitCode {
    drop(writeln!(stderr(), "error: {}", escape_lines_for_terminal(reason)));
    ExitCode::FAILURE
}

/// Prints an error in the command line on standard error. Returns the exit code.
pub(super) fn print_usage_error(reason: &str) -> ExitCode {
    print_error(reason);
    ExitCode::from(EXIT_USAGE)
}

/// Prints a hint on standard error.
pub(super) fn print_note(text: &str) {
    drop(writeln!(stderr(), "note: {}", escape_lines_for_terminal(text)));
}

/// Prints rows of cells; each column is as wide as its widest cell.
pub(super) fn print_table<const N: usize>(rows: &[[String; N]]) {
    let rows: Vec<_> =
        rows.iter().map(|row| row.each_ref().map(|cell| escape_control(cell))).collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..N).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        print_line(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// Escapes a text from outside, which stays on one line: see [`escape_for_terminal`].
pub(super) fn escape_control(text: &str) -> String {
    escape_for_terminal(text).into_owned()
}

/// The beginning of a text that is longer than `max` characters.
pub(super) fn shortened(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Escapes a text of several lines from outside: see [`escape_lines_for_terminal`].
pub(super) fn escape_lines(text: &str) -> String {
    escape_lines_for_terminal(text)
}
