//! `dialscript cache list`.

use super::format::{format_time, short_key, state_text};
use crate::cli::terminal::{escape_control, print_line, print_table};
use crate::config::counted;
use crate::control::protocol::{CacheTotals, ControlEntry, ControlReply};

/// Prints a table of the cached answers, and a line with the totals.
pub(super) fn print_list(replies: &[ControlReply]) {
    print_entries(replies);
    replies.iter().for_each(|reply| {
        if let ControlReply::Totals(totals) = reply {
            print_line(&totals_text(totals));
        }
    });
}

/// Prints a table of the cached answers; nothing if there are none.
pub(super) fn print_entries(replies: &[ControlReply]) {
    let head = ["KEY", "SCRIPT", "REQUEST", "STATUS", "AGE", "STATE", "BYTES"];
    let entries = replies.iter().filter_map(|reply| match reply {
        ControlReply::Entry(entry) => Some(entry_row(entry)),
        _ => None,
    });
    let rows: Vec<_> = std::iter::once(head.map(str::to_owned)).chain(entries).collect();
    if rows.len() > 1 {
        print_table(&rows);
    }
}

fn entry_row(entry: &ControlEntry) -> [String; 7] {
    [
        short_key(entry),
        escape_control(&entry.script),
        escape_control(&entry.request),
        entry.status.to_string(),
        format_time(entry.age_ms),
        state_text(entry),
        entry.bytes.to_string(),
    ]
}

fn totals_text(totals: &CacheTotals) -> String {
    let CacheTotals { entries, bytes, max_entries, max_bytes, omitted: left_off } = totals;
    let count = counted(*entries, "cached answer");
    let text = format!("{count} of at most {max_entries}, {bytes} of at most {max_bytes} bytes");
    match left_off {
        0 => text,
        _ => format!("{text}; {left_off} older ones not shown"),
    }
}
