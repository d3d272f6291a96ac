//! Lines for people, in columns.

use std::io::{Write, stdout};

/// Says a line. A closed pipe ends the saying, not the doing.
pub(super) fn print_line(text: &str) {
    drop(writeln!(stdout(), "{text}"));
}

/// Says lines of cells, each column as wide as it must be.
pub(super) fn print_table<const N: usize>(lines: &[[String; N]]) {
    let width = |column: usize| {
        let widths = lines.iter().map(|line| line[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..N).map(width).collect();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        print_line(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}
