//! `dialscript cache list`.

use super::words::{plain, serves, short, time};
use crate::cli::table::{say, table};
use crate::config::counted;
use crate::control::protocol::{Answer, Kept, Sum};

/// A line for each, and one for all.
pub(super) fn show(answers: &[Answer]) {
    lines(answers);
    answers.iter().for_each(|answer| {
        if let Answer::Sum(sum) = answer {
            say(&in_all(sum));
        }
    });
}

/// The kept answers among them, as a table; nothing where there are none.
pub(super) fn lines(answers: &[Answer]) {
    let head = ["KEY", "SCRIPT", "REQUEST", "STATUS", "AGE", "SERVES", "BYTES"];
    let kept = answers.iter().filter_map(|answer| match answer {
        Answer::Kept(kept) => Some(line(kept)),
        _ => None,
    });
    let lines: Vec<_> = std::iter::once(head.map(str::to_owned)).chain(kept).collect();
    if lines.len() > 1 {
        table(&lines);
    }
}

fn line(kept: &Kept) -> [String; 7] {
    [
        short(kept),
        plain(&kept.script),
        plain(&kept.request),
        kept.status.to_string(),
        time(kept.age_ms),
        serves(kept),
        kept.bytes.to_string(),
    ]
}

fn in_all(sum: &Sum) -> String {
    let Sum { entries, bytes, max_entries, max_bytes, left_off } = sum;
    let kept = counted(*entries, "kept answer");
    let all = format!("{kept} of at most {max_entries}, {bytes} of at most {max_bytes} bytes");
    match left_off {
        0 => all,
        _ => format!("{all}; {left_off} older ones are not shown"),
    }
}

/// For programs: the object that the daemon sent.
pub(super) fn as_json(answer: &Answer) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}
