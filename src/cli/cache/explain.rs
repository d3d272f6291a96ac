//! `dialscript cache explain`.

use super::format::{escape_control, format_time};
use super::list;
use crate::cli::table::print_line;
use crate::config::counted;
use crate::control::protocol::{
    ControlEntry, ControlReply, ControlUpstream, ScriptCachePolicy, ScriptCacheReport,
};
use crate::trigger::circuit_breaker::BreakerState;
use crate::trigger::response_cache::{ResponseCacheStats, ResponseFreshness};

/// A script with all that is kept for it, or one kept answer.
pub(super) fn print_explanation(answers: &[ControlReply]) {
    match answers {
        [ControlReply::Script(script), kept @ ..] => {
            self::print_script(script);
            list::print_entries(kept);
        }
        [ControlReply::Kept(kept)] => print_entry(kept),
        _ => {}
    }
}

fn print_script(script: &ScriptCacheReport) {
    print_policy(&script.script, &script.keeps);
    if matches!(script.keeps, ScriptCachePolicy::Answers { .. })
        || script.tally != ResponseCacheStats::default()
    {
        print_tally(&script.tally);
    }
    script.upstreams.iter().for_each(print_upstream);
}

fn print_policy(script: &str, keeps: &ScriptCachePolicy) {
    match keeps {
        ScriptCachePolicy::AsksNobody => {
            print_line(&format!("{script} keeps nothing: it has no [trigger]."))
        }
        ScriptCachePolicy::Background => print_line(&format!(
            "{script} keeps nothing: with `background = true` nobody waits for its answers."
        )),
        ScriptCachePolicy::Nothing => print_line(&format!(
            "{script} keeps nothing. To keep the answers that a [[branch]] handles, write `cache = \"5m\"` \
             into its [response]."
        )),
        ScriptCachePolicy::Answers { fresh_ms, stale_ms, stale_if_error_ms, by } => {
            print_line(&format!("{script} keeps the answers that a [[branch]] handles."));
            print_line(&format!("  the same request   {}", same_request_text(by.as_deref())));
            let times = [
                ("cache", *fresh_ms, "nobody asks again"),
                ("stale_for", *stale_ms, "then it serves at once, and is asked for again"),
                ("stale_if_error", *stale_if_error_ms, "then it serves where there is no answer"),
            ];
            for (key, time, what) in times.into_iter().filter(|(_, time, _)| *time > 0) {
                print_line(&format!("  {key:<18} {}: {what}", self::format_time(time)));
            }
        }
    }
}

fn same_request_text(by: Option<&[String]>) -> String {
    match by {
        None => "has the same URL, headers and body (there is no `cache_key`)".to_owned(),
        Some([]) => "is any to this URL (`cache_key` names no value)".to_owned(),
        Some(values) => {
            format!("has the same {} (`cache_key`)", escape_control(&values.join(" and ")))
        }
    }
}

fn print_tally(tally: &ResponseCacheStats) {
    let ResponseCacheStats { hits, stale, misses, joined, kept, unhandled, failed } = *tally;
    print_line("Since the daemon began:");
    print_line(&format!("  {} served a kept answer", counted_calls(hits)));
    print_line(&format!("  {} served an old one", counted_calls(stale)));
    print_line(&format!(
        "  {} without one; {joined} of these joined a request under way",
        counted_calls(misses)
    ));
    print_line(&format!("  {} kept", counted_answers(kept)));
    print_line(&format!(
        "  {} not kept, since no [[branch]] handled them",
        counted_answers(unhandled)
    ));
    print_line(&format!(
        "  {} not kept, since the web application failed",
        counted_answers(failed)
    ));
}

fn counted_calls(number: u64) -> String {
    counted_u64(number, "call")
}

fn counted_answers(number: u64) -> String {
    counted_u64(number, "answer")
}

fn counted_u64(number: u64, word: &str) -> String {
    counted(usize::try_from(number).unwrap_or(usize::MAX), word)
}

fn print_upstream(upstream: &ControlUpstream) {
    let ControlUpstream { name, breaker, under_way, answered, failed, refused } = upstream;
    let stands = match breaker {
        BreakerState::Closed => "is asked as usual (its breaker is closed)",
        BreakerState::HalfOpen => {
            "was left alone, and is tried by one request at a time (its breaker is half-open)"
        }
        BreakerState::Open => "is left alone, since it failed (its breaker is open)",
    };
    print_line(&format!("{} {stands}:", escape_control(name)));
    print_line(&format!(
        "  {} with a reply, {failed} without, {refused} not sent, {under_way} under way",
        counted_u64(*answered, "request"),
    ));
}

fn print_entry(kept: &ControlEntry) {
    print_line(&format!("{}  {}", kept.key, escape_control(&kept.request)));
    print_line(&format!(
        "  asked {} ago by {}: HTTP status {}, {} bytes",
        format_time(kept.age_ms),
        escape_control(&kept.script),
        kept.status,
        kept.bytes
    ));
    if kept.ahead.is_empty() {
        let script = escape_control(&kept.script);
        print_line(&format!("  no call is served it any more, by the times that {script} has now"));
    }
    let mut begins = 0;
    for ahead in &kept.ahead {
        let from = if begins == 0 { "now" } else { "then" };
        let lasts = format_time(ahead.until_ms - begins);
        print_line(&format!("  {from}, for {lasts}: {}", serves_text(ahead.serves)));
        begins = ahead.until_ms;
    }
}

fn serves_text(serves: ResponseFreshness) -> &'static str {
    match serves {
        ResponseFreshness::Fresh => "a call is served it at once, and nobody asks",
        ResponseFreshness::Stale => {
            "a call is served it at once, and it is asked for again behind the call"
        }
        ResponseFreshness::LastResort => "a call is served it when there is no answer",
    }
}
