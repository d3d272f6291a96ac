//! Times, ways to serve, and texts from outside, for people.

use std::fmt::Write;
use std::time::Duration;

use humantime::format_duration;

use crate::control::protocol::Kept;
use crate::trigger::cache::Serves;

/// Digits of a key that a list shows.
const DIGITS: usize = 12;

/// `3m 20s`; what is an hour or more to the minute.
pub(super) fn time(milliseconds: u64) -> String {
    let step = match milliseconds {
        0..1000 => 1,
        1000..3_600_000 => 1000,
        _ => 60_000,
    };
    format_duration(Duration::from_millis(milliseconds / step * step)).to_string()
}

/// The beginning of a key.
pub(super) fn short(kept: &Kept) -> String {
    kept.key.chars().take(DIGITS).collect()
}

/// How an answer serves now.
pub(super) fn serves(kept: &Kept) -> String {
    let Some(now) = kept.ahead.first() else { return "no call any more".to_owned() };
    let left = time(now.until_ms);
    match now.serves {
        Serves::Fresh => format!("fresh for {left}"),
        Serves::Stale => format!("stale, served for {left}"),
        Serves::LastResort => format!("only when there is no answer, for {left}"),
    }
}

/// A text that may come from outside: nothing in it moves a terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut plain, sign| {
        match sign.is_control() {
            true => drop(write!(plain, "{}", sign.escape_default())),
            false => plain.push(sign),
        }
        plain
    })
}
