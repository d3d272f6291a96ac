//! The state of the daemon as text: what is wrong comes first.

use crate::circuit_breaker::BreakerState;
use crate::cli::elapsed::elapsed_text;
use crate::cli::status::problems::Problem;
use crate::cli::terminal::{escape_control, print_line, print_table, shortened};
use crate::config::counted;
use crate::control::protocol::{
    ControlUpstream, DaemonStatus, EngineKind, EngineStatus, ListenerStatus, ResponseCacheStatus,
    ScriptStatus,
};
use crate::script::definition::ScriptState;

/// The most characters of an error in the table of engines. The problems and `--json` have all of it.
const MAX_REASON_CHARACTERS: usize = 40;
/// The most scripts without a problem that are listed by name.
const MAX_LISTED_SCRIPTS: usize = 50;

pub(super) fn print_report(status: &DaemonStatus, scripts: &[ScriptStatus], problems: &[Problem]) {
    for Problem { problem, help } in problems {
        print_line(&format!("PROBLEM  {}", escape_control(problem)));
        print_line(&format!("         {}", escape_control(help)));
    }
    if !problems.is_empty() {
        print_line("");
    }
    print_daemon(status);
    print_caches(status);
    print_listeners(status);
    print_scripts(status, scripts);
    print_upstreams(status);
    print_engines(status);
}

/// Prints a line with a label.
fn print_field(label: &str, text: &str) {
    print_line(&format!("{label:<16} {}", escape_control(text)));
}

fn print_daemon(status: &DaemonStatus) {
    let commit = status.commit.as_ref().map(|commit| format!(" ({commit})"));
    let (version, commit) = (&status.version, commit.unwrap_or_default());
    let (state, uptime) = (status.state.as_str(), elapsed_text(status.uptime_ms));
    print_field(
        "dialscript",
        &format!("{version}{commit}, {state}, up {uptime}, process {}", status.pid),
    );
    print_field(
        "active calls",
        &format!("{} of at most {}", status.active_calls, status.max_calls),
    );
    print_field(
        "ended calls",
        &format!("{}, {} with the outcome error", status.ended_calls, status.failed_calls),
    );
    let refused = status.refused_calls.iter();
    let refused: Vec<_> = refused
        .map(|refused| format!("{} {} ({})", refused.calls, refused.reason, refused.switch))
        .collect();
    if !refused.is_empty() {
        print_field("refused calls", &refused.join(", "));
    }
    if let Some(reload) = &status.last_reload {
        let result = if reload.succeeded { "successful" } else { "failed" };
        let age = elapsed_text(reload.in_use_for_ms);
        print_field("last reload", &format!("{result}; the files in use were loaded {age} ago"));
    }
    if status.lost_log_lines > 0 {
        print_field("lost log lines", &status.lost_log_lines.to_string());
    }
}

fn print_caches(status: &DaemonStatus) {
    print_field("response cache", &response_cache_text(&status.response_cache));
    let sounds = &status.sound_cache;
    print_field(
        "sound cache",
        &format!(
            "{}, {} of at most {}",
            counted(sounds.sounds, "sound"),
            bytes_text(sounds.bytes),
            bytes_text(sounds.max_bytes)
        ),
    );
}

fn response_cache_text(cache: &ResponseCacheStatus) -> String {
    let bytes = |bytes| bytes_text(u64::try_from(bytes).unwrap_or(u64::MAX));
    let mut text = format!(
        "{} of at most {}, {} of at most {}",
        counted(cache.entries, "answer"),
        cache.max_entries,
        bytes(cache.bytes),
        bytes(cache.max_bytes)
    );
    let served = cache.hits + cache.stale;
    let asked = served + cache.misses;
    if let Some(percent) = (served * 100).checked_div(asked) {
        text.push_str(&format!("; {percent} % of {asked} served from it"));
    }
    match cache.shared_up {
        Some(true) => text.push_str("; shared cache up"),
        Some(false) => text.push_str("; shared cache down"),
        None => {}
    }
    text
}

/// A size with a unit, such as `3.2 MiB`.
fn bytes_text(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    match units.into_iter().find(|(shift, _)| bytes >> shift > 0) {
        Some((shift, unit)) => {
            let tenths = (bytes >> (shift - 10)) * 10 / 1024;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} bytes"),
    }
}

fn print_listeners(status: &DaemonStatus) {
    let head = ["LISTENER", "ADDRESS", "ALLOW"].map(str::to_owned);
    let row = |listener: &ListenerStatus| {
        [listener.switch.clone(), listener.address.clone(), listener.allow.join(" ")]
    };
    print_section(head, status.listeners.iter().map(row).collect());
}

fn print_scripts(status: &DaemonStatus, scripts: &[ScriptStatus]) {
    let head = ["SCRIPT", "VERSION", "STATE"].map(str::to_owned);
    let row = |script: &ScriptStatus| {
        let since = script.last_valid.as_deref().unwrap_or_default();
        let state = match script.state {
            ScriptState::Valid => "valid".to_owned(),
            ScriptState::LastValid => format!("the last valid version, of {since}"),
            ScriptState::Excluded => "excluded".to_owned(),
        };
        [script.name.clone(), script.version.clone().unwrap_or_else(|| "-".to_owned()), state]
    };
    let shown = scripts.iter().take(MAX_LISTED_SCRIPTS).map(row).collect::<Vec<_>>();
    let more = status.script_count - shown.len().min(status.script_count);
    print_section(head, shown);
    if more > 0 {
        print_line(&format!("and {}: see --json", counted(more, "more script")));
    }
}

fn print_upstreams(status: &DaemonStatus) {
    let head = ["WEB APPLICATION", "BREAKER", "IN PROGRESS", "ANSWERED", "FAILED", "NOT SENT"];
    let row = |upstream: &ControlUpstream| {
        [
            upstream.name.clone(),
            breaker_text(upstream.breaker).to_owned(),
            upstream.active_requests.to_string(),
            upstream.answered.to_string(),
            upstream.failed.to_string(),
            upstream.refused.to_string(),
        ]
    };
    print_section(head.map(str::to_owned), status.upstreams.iter().map(row).collect());
}

fn print_engines(status: &DaemonStatus) {
    let head = ["SPEECH ENGINE", "FOR", "BREAKER", "LAST ERROR"].map(str::to_owned);
    let row = |engine: &EngineStatus| {
        let kind = match engine.kind {
            EngineKind::TextToSpeech => "speaking",
            EngineKind::SpeechRecognition => "listening",
        };
        let error = engine.last_error.as_ref();
        let error = error.map(|error| {
            let reason = shortened(&error.reason, MAX_REASON_CHARACTERS);
            format!("{} ago: {reason}", elapsed_text(error.age_ms))
        });
        [
            engine.name.clone(),
            kind.to_owned(),
            engine.breaker.map_or("-", breaker_text).to_owned(),
            error.unwrap_or_else(|| "none".to_owned()),
        ]
    };
    print_section(head, status.speech_engines.iter().map(row).collect());
}

fn breaker_text(breaker: BreakerState) -> &'static str {
    match breaker {
        BreakerState::Closed => "closed",
        BreakerState::HalfOpen => "half-open",
        BreakerState::Open => "open",
    }
}

/// Prints an empty line and a table; nothing if the table has no rows.
fn print_section<const N: usize>(head: [String; N], rows: Vec<[String; N]>) {
    if !rows.is_empty() {
        print_line("");
        print_table(&std::iter::once(head).chain(rows).collect::<Vec<_>>());
    }
}
