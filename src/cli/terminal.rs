//! Text on the terminal.

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

/// Prints a line on standard output. An error, such as a closed pipe, is ignored.
pub(super) fn print_line(text: &str) {
    drop(writeln!(stdout(), "{text}"));
}

/// Prints an error on standard error. Returns the exit code of the failed command.
pub(super) fn print_error(reason: &str) -> ExitCode {
    drop(writeln!(stderr(), "error: {reason}"));
    ExitCode::FAILURE
}

/// Prints rows of cells; each column is as wide as its widest cell.
pub(super) fn print_table<const N: usize>(rows: &[[String; N]]) {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..N).map(width).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        print_line(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// Escapes control characters: text from outside must not control the terminal.
pub(super) fn escape_control(text: &str) -> String {
    let escape = |char: char| match char {
        _ if char.is_control() => char.escape_default().to_string(),
        _ => char.to_string(),
    };
    text.chars().map(escape).collect()
}
