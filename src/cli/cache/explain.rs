//! `dialscript cache explain`.

use super::list;
use super::words::{plain, time};
use crate::cli::table::say;
use crate::config::counted;
use crate::control::protocol::{Answer, Explained, Keeps, Kept, Upstream};
use crate::trigger::breaker::Standing;
use crate::trigger::cache::{Serves, Tally};

/// A script with all that is kept for it, or one kept answer.
pub(super) fn show(answers: &[Answer]) {
    match answers {
        [Answer::Script(script), kept @ ..] => {
            self::script(script);
            list::lines(kept);
        }
        [Answer::Kept(kept)] => one(kept),
        _ => {}
    }
}

fn script(script: &Explained) {
    keeps(&script.script, &script.keeps);
    if matches!(script.keeps, Keeps::Answers { .. }) || script.tally != Tally::default() {
        did(&script.tally);
    }
    script.upstreams.iter().for_each(upstream);
}

fn keeps(script: &str, keeps: &Keeps) {
    match keeps {
        Keeps::AsksNobody => say(&format!("{script} keeps nothing: it has no [trigger].")),
        Keeps::Background => say(&format!(
            "{script} keeps nothing: with `background = true` nobody waits for its answers."
        )),
        Keeps::Nothing => say(&format!(
            "{script} keeps nothing. To keep the answers that a [[branch]] handles, write `cache = \"5m\"` \
             into its [response]."
        )),
        Keeps::Answers { fresh_ms, stale_ms, stale_if_error_ms, by } => {
            say(&format!("{script} keeps the answers that a [[branch]] handles."));
            say(&format!("  the same request   {}", same(by.as_deref())));
            let times = [
                ("cache", *fresh_ms, "nobody asks again"),
                ("stale_for", *stale_ms, "then it serves at once, and is asked for again"),
                ("stale_if_error", *stale_if_error_ms, "then it serves where there is no answer"),
            ];
            for (key, time, what) in times.into_iter().filter(|(_, time, _)| *time > 0) {
                say(&format!("  {key:<18} {}: {what}", self::time(time)));
            }
        }
    }
}

fn same(by: Option<&[String]>) -> String {
    match by {
        None => "has the same URL, headers and body (there is no `cache_key`)".to_owned(),
        Some([]) => "is any to this URL (`cache_key` names no value)".to_owned(),
        Some(values) => format!("has the same {} (`cache_key`)", plain(&values.join(" and "))),
    }
}

fn did(tally: &Tally) {
    let Tally { hits, stale, misses, joined, kept, unhandled, failed } = *tally;
    say("Since the daemon began:");
    say(&format!("  {} served a kept answer", calls(hits)));
    say(&format!("  {} served an old one", calls(stale)));
    say(&format!("  {} without one; {joined} of these joined a request under way", calls(misses)));
    say(&format!("  {} kept", answers(kept)));
    say(&format!("  {} not kept, since no [[branch]] handled them", answers(unhandled)));
    say(&format!("  {} not kept, since the web application failed", answers(failed)));
}

fn calls(number: u64) -> String {
    number_of(number, "call")
}

fn answers(number: u64) -> String {
    number_of(number, "answer")
}

fn number_of(number: u64, word: &str) -> String {
    counted(usize::try_from(number).unwrap_or(usize::MAX), word)
}

fn upstream(upstream: &Upstream) {
    let Upstream { name, breaker, under_way, answered, failed, refused } = upstream;
    let stands = match breaker {
        Standing::Closed => "is asked as usual (its breaker is closed)",
        Standing::HalfOpen => {
            "was left alone, and is tried by one request at a time (its breaker is half-open)"
        }
        Standing::Open => "is left alone, since it failed (its breaker is open)",
    };
    say(&format!("{} {stands}:", plain(name)));
    say(&format!(
        "  {} with a reply, {failed} without, {refused} not sent, {under_way} under way",
        number_of(*answered, "request"),
    ));
}

fn one(kept: &Kept) {
    say(&format!("{}  {}", kept.key, plain(&kept.request)));
    say(&format!(
        "  asked {} ago by {}: HTTP status {}, {} bytes",
        time(kept.age_ms),
        plain(&kept.script),
        kept.status,
        kept.bytes
    ));
    if kept.ahead.is_empty() {
        let script = plain(&kept.script);
        say(&format!("  no call is served it any more, by the times that {script} has now"));
    }
    let mut begins = 0;
    for ahead in &kept.ahead {
        let from = if begins == 0 { "now" } else { "then" };
        let lasts = time(ahead.until_ms - begins);
        say(&format!("  {from}, for {lasts}: {}", way(ahead.serves)));
        begins = ahead.until_ms;
    }
}

fn way(serves: Serves) -> &'static str {
    match serves {
        Serves::Fresh => "a call is served it at once, and nobody asks",
        Serves::Stale => "a call is served it at once, and it is asked for again behind the call",
        Serves::LastResort => "a call is served it when there is no answer",
    }
}
