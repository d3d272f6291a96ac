//! Times, ways to serve, and texts from outside, for people.

use std::fmt::Write;
use std::time::Duration;

use humantime::format_duration;

use crate::control::protocol::ControlEntry;
use crate::trigger::response_cache::ResponseFreshness;

/// Digits of a key that a list shows.
const SHOWN_KEY_DIGITS: usize = 12;

/// `3m 20s`; what is an hour or more to the minute.
pub(super) fn format_time(milliseconds: u64) -> String {
    let step = match milliseconds {
        0..1000 => 1,
        1000..3_600_000 => 1000,
        _ => 60_000,
    };
    format_duration(Duration::from_millis(milliseconds / step * step)).to_string()
}

/// The beginning of a key.
pub(super) fn short_key(kept: &ControlEntry) -> String {
    kept.key.chars().take(SHOWN_KEY_DIGITS).collect()
}

/// How an answer serves now.
pub(super) fn serves_until(kept: &ControlEntry) -> String {
    let Some(now) = kept.ahead.first() else { return "no call any more".to_owned() };
    let left = format_time(now.until_ms);
    match now.serves {
        ResponseFreshness::Fresh => format!("fresh for {left}"),
        ResponseFreshness::Stale => format!("stale, served for {left}"),
        ResponseFreshness::LastResort => format!("only when there is no answer, for {left}"),
    }
}

/// A text that may come from outside: nothing in it moves a terminal.
pub(super) fn escape_control(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut plain, sign| {
        match sign.is_control() {
            true => drop(write!(plain, "{}", sign.escape_default())),
            false => plain.push(sign),
        }
        plain
    })
}
