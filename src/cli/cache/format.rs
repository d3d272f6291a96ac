//! Cached answers as text.

use std::time::Duration;

use humantime::format_duration;

use crate::control::protocol::ControlEntry;
use crate::trigger::response_cache::ResponseFreshness;

/// How many hexadecimal digits of a key are shown.
const SHOWN_KEY_DIGITS: usize = 12;

/// Formats a time, such as `3m 20s`. Times of an hour or more are cut to minutes.
pub(super) fn format_time(milliseconds: u64) -> String {
    let step = match milliseconds {
        0..1000 => 1,
        1000..3_600_000 => 1000,
        _ => 60_000,
    };
    format_duration(Duration::from_millis(milliseconds / step * step)).to_string()
}

pub(super) fn short_key(entry: &ControlEntry) -> String {
    entry.key.chars().take(SHOWN_KEY_DIGITS).collect()
}

/// How the answer can be served now, and for how long.
pub(super) fn state_text(entry: &ControlEntry) -> String {
    let Some(phase) = entry.phases.first() else { return "expired".to_owned() };
    let left = format_time(phase.until_ms);
    match phase.serves {
        ResponseFreshness::Fresh => format!("fresh for {left}"),
        ResponseFreshness::Stale => format!("stale, served for {left}"),
        ResponseFreshness::LastResort => format!("on error only, for {left}"),
    }
}
