//! The reply to `calls`.

use std::sync::Arc;

use tokio::time::Instant;

use crate::control::protocol::{CallStatus, CallTotals, ControlReply};
use crate::script::activity::{CallActivity, ProgressSnapshot};
use crate::script::definition::Script;
use crate::server::ActiveCall;
use crate::telemetry::milliseconds;
use crate::trigger::fixed_url;

/// The most calls in the reply. The youngest are left out.
const MAX_LISTED_CALLS: usize = 10_000;
/// How many characters of a caller's number are shown at its end.
const SHOWN_NUMBER_CHARACTERS: usize = 2;

/// Describes the active calls, or only those that `script` runs. `reveal` shows the callers' numbers.
pub(super) fn describe_calls(
    calls: Vec<Arc<ActiveCall>>,
    script: Option<&str>,
    reveal: bool,
) -> Vec<ControlReply> {
    let mut replies = Vec::new();
    let mut totals = CallTotals { calls: 0, omitted: 0 };
    for call in calls {
        let progress = call.progress.now();
        let runs = |name| progress.script.as_ref().is_some_and(|script| script.name == name);
        if script.is_some_and(|name| !runs(name)) {
            continue;
        }
        totals.calls += 1;
        if replies.len() < MAX_LISTED_CALLS {
            replies.push(ControlReply::Call(describe_call(&call, progress, reveal)));
        }
    }
    totals.omitted = totals.calls - replies.len();
    replies.push(ControlReply::CallTotals(totals));
    replies
}

fn describe_call(call: &ActiveCall, progress: ProgressSnapshot, reveal: bool) -> CallStatus {
    let now = Instant::now();
    let age = |since| milliseconds(now.saturating_duration_since(since));
    let caller = progress.caller.as_ref();
    let number = |number: &String| if reveal { number.clone() } else { masked_number(number) };
    let (script, first) = (progress.script.as_ref(), progress.first_script.as_ref());
    let name = |script: &Script| script.name.clone();
    CallStatus {
        switch: call.switch.as_str().to_owned(),
        peer: call.peer.to_canonical().to_string(),
        age_ms: age(call.started_at),
        call_id: caller.map(|caller| caller.call_id.clone()),
        caller: caller.map(|caller| number(&caller.number)),
        script: script.map(|script| name(script)),
        first_script: first.filter(|_| progress.scripts > 1).map(|script| name(script)),
        scripts: progress.scripts,
        activity: progress.activity.as_str().to_owned(),
        activity_ms: age(progress.since),
        host: script
            .filter(|_| progress.activity == CallActivity::Requesting)
            .and_then(|script| requested_host(script)),
    }
}

/// The host of the script's request. If a value of the call decides it, as the script writes it: the value may be
/// private.
fn requested_host(script: &Script) -> Option<String> {
    let url = &script.trigger.as_ref()?.url;
    Some(match fixed_url(url) {
        Some(url) => {
            let host = url.host_str().unwrap_or_default();
            url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
        }
        None => written_host(&url.template.to_string()),
    })
}

/// The host and port of a URL with placeholders, without credentials.
fn written_host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_owned()
}

/// `***89` for `+49301234589`. A number with few characters is hidden completely.
fn masked_number(number: &str) -> String {
    let characters = number.chars().count();
    let hidden = match characters {
        0 => return String::new(),
        _ if characters > SHOWN_NUMBER_CHARACTERS * 2 => characters - SHOWN_NUMBER_CHARACTERS,
        _ => characters,
    };
    format!("***{}", number.chars().skip(hidden).collect::<String>())
}

#[cfg(test)]
mod tests {
    use crate::cli::serve::active_calls::{masked_number, written_host};

    #[test]
    fn a_callers_number_shows_its_last_two_digits_only_if_it_is_long() {
        let numbers = ["", "7", "1234", "12345", "+49301234589", "ünä€ñ"];
        assert_eq!(numbers.map(masked_number), ["", "***", "***", "***45", "***89", "***€ñ"]);
    }

    #[test]
    fn a_host_that_a_value_decides_is_shown_as_it_is_written() {
        assert_eq!(
            written_host("https://{arg.shop}.example:8443/a?b=c@d"),
            "{arg.shop}.example:8443"
        );
        assert_eq!(written_host("https://user:{secret.KEY}@{arg.host}"), "{arg.host}");
    }
}
