//! `dialscript cache explain`.

use super::format::format_time;
use super::list;
use crate::circuit_breaker::BreakerState;
use crate::cli::terminal::{escape_control, print_line};
use crate::config::counted;
use crate::control::protocol::{
    ControlEntry, ControlReply, ControlUpstream, ScriptCachePolicy, ScriptCacheReport,
};
use crate::trigger::response_cache::{ResponseCacheStats, ResponseFreshness};

/// Prints a script with its cached answers, or one cached answer.
pub(super) fn print_explanation(replies: &[ControlReply]) {
    match replies {
        [ControlReply::Script(report), entries @ ..] => {
            print_script(report);
            list::print_entries(entries);
        }
        [ControlReply::Entry(entry)] => print_entry(entry),
        _ => {}
    }
}

fn print_script(report: &ScriptCacheReport) {
    print_policy(&report.script, &report.policy);
    if matches!(report.policy, ScriptCachePolicy::Enabled { .. })
        || report.stats != ResponseCacheStats::default()
    {
        print_stats(&report.stats);
    }
    report.upstreams.iter().for_each(print_upstream);
}

fn print_policy(script: &str, policy: &ScriptCachePolicy) {
    match policy {
        ScriptCachePolicy::NoTrigger => {
            print_line(&format!("{script} caches nothing: it has no [trigger]."))
        }
        ScriptCachePolicy::Background => print_line(&format!(
            "{script} caches nothing: with `background = true` the answers are not used."
        )),
        ScriptCachePolicy::Disabled => print_line(&format!(
            "{script} caches nothing. To cache answers that match a [[branch]], add `cache = \"5m\"` to [response]."
        )),
        ScriptCachePolicy::Enabled { fresh_ms, stale_ms, stale_if_error_ms, key_values: by } => {
            print_line(&format!("{script} caches answers that match a [[branch]]."));
            print_line(&format!("  cache key          {}", cache_key_text(by.as_deref())));
            let times = [
                ("cache", *fresh_ms, "fresh: no request is made"),
                ("stale_for", *stale_ms, "stale: served at once and refreshed in the background"),
                ("stale_if_error", *stale_if_error_ms, "served if the request fails"),
            ];
            for (key, time, what) in times.into_iter().filter(|(_, time, _)| *time > 0) {
                print_line(&format!("  {key:<18} {}: {what}", format_time(time)));
            }
        }
    }
}

fn cache_key_text(values: Option<&[String]>) -> String {
    match values {
        None => "URL, headers and body (no `cache_key` set)".to_owned(),
        Some([]) => "the URL alone (`cache_key` names no value)".to_owned(),
        Some(values) => format!("{} (`cache_key`)", escape_control(&values.join(" and "))),
    }
}

fn print_stats(stats: &ResponseCacheStats) {
    let ResponseCacheStats { hits, stale, misses, joined, cached, unhandled, failed } = *stats;
    let calls = |number| counted_u64(number, "call");
    let answers = |number| counted_u64(number, "answer");
    print_line("Since the daemon started:");
    print_line(&format!("  {} served a fresh answer", calls(hits)));
    print_line(&format!("  {} served a stale answer", calls(stale)));
    print_line(&format!("  {} missed; {joined} joined a request in progress", calls(misses)));
    print_line(&format!("  {} cached", answers(cached)));
    print_line(&format!("  {} not cached: no [[branch]] matched", answers(unhandled)));
    print_line(&format!("  {} not cached: the web application failed", answers(failed)));
}

fn counted_u64(number: u64, word: &str) -> String {
    counted(usize::try_from(number).unwrap_or(usize::MAX), word)
}

fn print_upstream(upstream: &ControlUpstream) {
    let ControlUpstream { name, breaker, active_requests: under_way, answered, failed, refused } =
        upstream;
    let state = match breaker {
        BreakerState::Closed => "closed",
        BreakerState::HalfOpen => "half-open: one trial request at a time",
        BreakerState::Open => "open after failures",
    };
    print_line(&format!("{}: circuit breaker {state}", escape_control(name)));
    print_line(&format!(
        "  {} answered, {failed} failed, {refused} not sent, {under_way} in progress",
        counted_u64(*answered, "request"),
    ));
}

fn print_entry(entry: &ControlEntry) {
    let script = escape_control(&entry.script);
    print_line(&format!("{}  {}", entry.key, escape_control(&entry.request)));
    print_line(&format!(
        "  stored {} ago by {script}: HTTP status {}, {} bytes",
        format_time(entry.age_ms),
        entry.status,
        entry.bytes
    ));
    if entry.phases.is_empty() {
        print_line(&format!("  expired under the current settings of {script}"));
    }
    let mut started_ms = 0;
    for phase in &entry.phases {
        let from = if started_ms == 0 { "now" } else { "then" };
        let duration = format_time(phase.until_ms - started_ms);
        print_line(&format!("  {from}, for {duration}: {}", freshness_text(phase.serves)));
        started_ms = phase.until_ms;
    }
}

fn freshness_text(freshness: ResponseFreshness) -> &'static str {
    match freshness {
        ResponseFreshness::Fresh => "fresh: served without a request",
        ResponseFreshness::Stale => "stale: served at once and refreshed in the background",
        ResponseFreshness::LastResort => "served if the request fails",
    }
}
