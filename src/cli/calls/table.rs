//! The active calls as a table.

use crate::cli::elapsed::elapsed_text;
use crate::cli::terminal::{self, print_line, print_table};
use crate::config::counted;
use crate::control::protocol::{CallStatus, CallTotals, ControlReply};

/// The most characters of a cell whose text comes from outside.
const MAX_CELL_CHARACTERS: usize = 40;

/// The reply of the daemon.
pub(super) struct CallList {
    pub(super) calls: Vec<CallStatus>,
    pub(super) totals: CallTotals,
}

impl From<Vec<ControlReply>> for CallList {
    fn from(replies: Vec<ControlReply>) -> Self {
        let (mut calls, mut totals) = (Vec::new(), None);
        for reply in replies {
            match reply {
                ControlReply::Call(call) => calls.push(call),
                ControlReply::CallTotals(sum) => totals = Some(sum),
                _ => {}
            }
        }
        let totals = totals.unwrap_or(CallTotals { calls: calls.len(), omitted: 0 });
        Self { calls, totals }
    }
}

/// Prints a table of the calls, and a line with their number. Of more than `max_rows` calls only the oldest are shown.
pub(super) fn print_call_table(list: &CallList, max_rows: usize) {
    let head = ["AGE", "SWITCH", "CALLER", "SCRIPT", "ACTIVITY", "CALL ID"].map(str::to_owned);
    let rows: Vec<_> =
        std::iter::once(head).chain(list.calls.iter().take(max_rows).map(row)).collect();
    if rows.len() > 1 {
        print_table(&rows);
    }
    let count = counted(list.totals.calls, "active call");
    match list.totals.calls.saturating_sub(rows.len() - 1) {
        0 => print_line(&count),
        omitted => print_line(&format!("{count}; the youngest {omitted} are not shown")),
    }
}

fn row(call: &CallStatus) -> [String; 6] {
    let or_dash = |text: Option<&String>| match text {
        Some(text) if !text.is_empty() => shortened(text),
        _ => "-".to_owned(),
    };
    [
        elapsed_text(call.age_ms),
        call.switch.clone(),
        or_dash(call.caller.as_ref()),
        script_text(call),
        format!("{} {}", activity_text(call), elapsed_text(call.activity_ms)),
        or_dash(call.call_id.as_ref()),
    ]
}

/// The script that runs; after others, as `menu > order`, or `menu > … > order` if there were more than two.
fn script_text(call: &CallStatus) -> String {
    match (&call.script, &call.first_script) {
        (None, _) => "-".to_owned(),
        (Some(script), None) => shortened(script),
        (Some(script), Some(first)) if call.scripts <= 2 => {
            format!("{} > {}", shortened(first), shortened(script))
        }
        (Some(script), Some(first)) => {
            format!("{} > … > {}", shortened(first), shortened(script))
        }
    }
}

/// What the call is doing, in words. An activity that a newer daemon knows is shown by its name.
fn activity_text(call: &CallStatus) -> String {
    let text = match call.activity.as_str() {
        "connecting" => "waiting for the switch",
        "picking_up" => "picking up",
        "playing_prompt" => "playing a prompt",
        "waiting_for_sound" => "waiting for a sound",
        "waiting_for_key" => "waiting for a key",
        "listening" => "listening to the caller",
        "recognizing_speech" => "recognizing speech",
        "requesting" => {
            let host = call.host.as_deref().unwrap_or("its web application");
            return format!("requesting {} for", shortened(host));
        }
        "applying_outcome" => "applying the outcome",
        "handing_over" => "handing over",
        other => other,
    };
    shortened(text)
}

fn shortened(text: &str) -> String {
    terminal::shortened(text, MAX_CELL_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use crate::cli::calls::table::{activity_text, row, script_text};
    use crate::control::protocol::CallStatus;
    use crate::script::activity::CallActivity;

    fn call(activity: &str) -> CallStatus {
        CallStatus {
            switch: "asterisk".into(),
            peer: "127.0.0.1".into(),
            age_ms: 5_000,
            call_id: Some("1.1".into()),
            caller: Some(String::new()),
            script: Some("order".into()),
            first_script: None,
            scripts: 1,
            activity: activity.into(),
            activity_ms: 2_100,
            host: None,
        }
    }

    #[test]
    fn every_activity_has_words_of_its_own() {
        for activity in CallActivity::ALL {
            let name = activity.as_str();
            assert_ne!(activity_text(&call(name)), name);
        }
        assert_eq!(activity_text(&call("singing")), "singing");
    }

    #[test]
    fn a_request_names_its_host_and_its_duration() {
        let call = CallStatus { host: Some("shop.example".into()), ..call("requesting") };
        assert_eq!(row(&call)[4], "requesting shop.example for 2.1 s");
    }

    #[test]
    fn a_chain_shows_its_first_and_its_running_script() {
        let of = |first: &str, scripts| {
            let first_script = Some(first.to_owned());
            script_text(&CallStatus { first_script, scripts, ..call("requesting") })
        };
        assert_eq!([of("menu", 2), of("menu", 3)], ["menu > order", "menu > … > order"]);
        assert_eq!(script_text(&CallStatus { script: None, ..call("connecting") }), "-");
    }
}
