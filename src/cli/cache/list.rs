//! `dialscript cache list`.

use super::format::{escape_control, format_time, serves_until, short_key};
use crate::cli::table::{print_line, print_table};
use crate::config::counted;
use crate::control::protocol::{CacheTotals, ControlEntry, ControlReply};

/// A line for each, and one for all.
pub(super) fn print_list(answers: &[ControlReply]) {
    print_entries(answers);
    answers.iter().for_each(|answer| {
        if let ControlReply::Sum(sum) = answer {
            print_line(&totals_text(sum));
        }
    });
}

/// The kept answers among them, as a table; nothing where there are none.
pub(super) fn print_entries(answers: &[ControlReply]) {
    let head = ["KEY", "SCRIPT", "REQUEST", "STATUS", "AGE", "SERVES", "BYTES"];
    let kept = answers.iter().filter_map(|answer| match answer {
        ControlReply::Kept(kept) => Some(entry_row(kept)),
        _ => None,
    });
    let lines: Vec<_> = std::iter::once(head.map(str::to_owned)).chain(kept).collect();
    if lines.len() > 1 {
        print_table(&lines);
    }
}

fn entry_row(kept: &ControlEntry) -> [String; 7] {
    [
        short_key(kept),
        escape_control(&kept.script),
        escape_control(&kept.request),
        kept.status.to_string(),
        format_time(kept.age_ms),
        serves_until(kept),
        kept.bytes.to_string(),
    ]
}

fn totals_text(sum: &CacheTotals) -> String {
    let CacheTotals { entries, bytes, max_entries, max_bytes, left_off } = sum;
    let kept = counted(*entries, "kept answer");
    let all = format!("{kept} of at most {max_entries}, {bytes} of at most {max_bytes} bytes");
    match left_off {
        0 => all,
        _ => format!("{all}; {left_off} older ones are not shown"),
    }
}

/// For programs: the object that the daemon sent.
pub(super) fn to_json_line(answer: &ControlReply) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}
