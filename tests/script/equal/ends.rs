//! Hang-ups, a shutdown of the daemon, and the call limit.

use crate::script::equal::call::CallRow;

const CALL: &str = r#"
    [prompt]
    play = "switch:number"
    [keypress]
    length = 2
    gap = "2s"
    [trigger]
    url = "http://shop.example/?id={keypress}"
    music = "default"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    set = { ORDER_STATUS = "sent" }
    play = "switch:found"
    then = "goto 9100@shipping"
    [no_input]
    then = "continue"
    [no_response]
    then = "continue"
"#;

/// Both keys at 1.2 s, the answer at 3.2 s, the last sound until 4.2 s.
fn call() -> CallRow {
    CallRow::of(CALL).keys("1000:4 1200:7").json(2000, r#"{"code": 200}"#)
}

fn silent() -> CallRow {
    CallRow::of(CALL)
}

/// The same script, with a request for who hangs up.
fn reporting_hang_ups() -> CallRow {
    let hangup = r#"
    [hangup]
    url = "http://shop.example/gone?id={keypress}"
    body = "n={caller}"
    "#;
    CallRow::of(format!("{CALL}{hangup}"))
}

/// The same script, with a report of every call.
fn reporting_ends() -> CallRow {
    let ended = r#"
    [ended]
    url = "http://shop.example/ended?id={keypress}&o={outcome}&c={code}"
    body = "s={script}&d={duration}&p={path}"
    "#;
    CallRow::of(format!("{CALL}{ended}"))
}

/// A script that leads to one without a report.
fn reporting_chain() -> CallRow {
    let first = r#"
    [keypress]
    length = 1
    gap = "2s"
    [otherwise]
    then = "script next"
    [no_input]
    [ended]
    url = "http://shop.example/ended?first={keypress}&next={next.keypress}"
    body = "o={outcome}&s={script}&d={duration}&p={path}"
    "#;
    let next = r#"
    [prompt]
    play = "switch:number"
    [keypress]
    length = 1
    gap = "2s"
    [otherwise]
    then = "hangup"
    [no_input]
    "#;
    CallRow::of(first).and("next", next)
}

rows! {
    nothing_interrupts_the_call:
        call().ends("matched", "9100@shipping").hears("up number| <default > found");
    a_hang_up_in_the_prompt:
        silent().hangs_up(1500).ends("hangup", "HangupHandler").hears("up number hangs-up|");
    a_hang_up_while_nothing_was_entered:
        silent().hangs_up(4500).ends("hangup", "HangupHandler").hears("up number hangs-up");
    a_hang_up_while_collecting_leaves_the_digits:
        silent().keys("1000:4").hangs_up(2000).ends("hangup", "HangupHandler").hears("up number| hangs-up");
    a_hang_up_before_the_music:
        call().hangs_up(1400).ends("hangup", "HangupHandler").hears("up number| hangs-up");
    a_hang_up_in_the_music:
        call().hangs_up(2500).ends("hangup", "HangupHandler").hears("up number| <default hangs-up");
    a_hang_up_in_the_outcome_prompt:
        call().hangs_up(3700).ends("hangup", "HangupHandler");
    a_shutdown_in_the_prompt:
        silent().shuts_down(1500).ends("error", "NextStep").hears("up number|");
    a_shutdown_while_collecting_digits:
        silent().keys("1000:4").shuts_down(2000).ends("error", "NextStep").hears("up number|");
    a_shutdown_in_the_music:
        call().shuts_down(2500).ends("error", "NextStep").hears("up number| <default >");
    a_shutdown_in_the_outcome_prompt:
        call().shuts_down(3700).ends("error", "NextStep").hears("up number| <default > found|");
    the_call_limit_ends_a_call_in_the_prompt:
        silent().call_limit(1500).ends("error", "NextStep").hears("up number|");
    the_call_limit_ends_a_call_in_the_music:
        call().call_limit(2500).ends("error", "NextStep").hears("up number| <default >");
    the_call_limit_ends_a_call_while_collecting_digits:
        silent().call_limit(5000).ends("error", "NextStep").hears("up number");
    a_hang_up_in_the_prompt_is_reported:
        reporting_hang_ups().hangs_up(1500).ends("hangup", "HangupHandler").requests(&["tells http://shop.example/gone?id= n=%2B49%2030%2F1"]);
    a_hang_up_while_collecting_is_reported_with_the_digits:
        reporting_hang_ups().keys("1000:4").hangs_up(2000).ends("hangup", "HangupHandler")
            .requests(&["tells http://shop.example/gone?id=4 n=%2B49%2030%2F1"]);
    a_hang_up_in_the_music_is_reported:
        reporting_hang_ups().keys("1000:4 1200:7").json(2000, r#"{"code": 200}"#).hangs_up(2500)
            .ends("hangup", "HangupHandler")
            .requests(&["asks http://shop.example/?id=47 ", "tells http://shop.example/gone?id=47 n=%2B49%2030%2F1"]);
    a_hang_up_in_the_outcome_prompt_is_reported:
        reporting_hang_ups().keys("1000:4 1200:7").json(2000, r#"{"code": 200}"#).hangs_up(3700)
            .ends("hangup", "HangupHandler")
            .requests(&["asks http://shop.example/?id=47 ", "tells http://shop.example/gone?id=47 n=%2B49%2030%2F1"]);
    a_call_that_is_not_hung_up_reports_nothing:
        reporting_hang_ups().keys("1000:4 1200:7").json(2000, r#"{"code": 200}"#).ends("matched", "9100@shipping")
            .requests(&["asks http://shop.example/?id=47 "]);
    a_call_that_a_shutdown_ends_reports_nothing:
        reporting_hang_ups().shuts_down(1500).ends("error", "NextStep").requests(&[]);
    a_call_that_goes_to_a_destination_is_reported_at_its_end:
        reporting_ends().keys("1000:4 1200:7").json(2000, r#"{"code": 200}"#).ends("matched", "9100@shipping")
            .requests(&["asks http://shop.example/?id=47 ",
                "tells http://shop.example/ended?id=47&o=matched&c=200 s=main&d=4&p=main%3Amatched"]);
    a_call_without_input_is_reported_at_its_end:
        reporting_ends().ends("no_input", "NextStep")
            .requests(&["tells http://shop.example/ended?id=&o=no_input&c= s=main&d=7&p=main%3Ano_input"]);
    a_hang_up_is_reported_as_the_end:
        reporting_ends().keys("1000:4").hangs_up(2200).ends("hangup", "HangupHandler")
            .requests(&["tells http://shop.example/ended?id=4&o=hangup&c= s=main&d=2&p=main%3Ahangup"]);
    a_shutdown_is_reported_as_the_end:
        reporting_ends().shuts_down(1200).ends("error", "NextStep")
            .requests(&["tells http://shop.example/ended?id=&o=error&c= s=main&d=1&p=main%3Aerror"]);
    the_call_limit_is_reported_as_the_end:
        reporting_ends().call_limit(2200).ends("error", "NextStep")
            .requests(&["tells http://shop.example/ended?id=&o=error&c= s=main&d=2&p=main%3Aerror"]);
    the_end_of_a_chain_is_reported_by_the_script_that_says_how:
        reporting_chain().keys("1500:3 3200:8").ends("otherwise", "hung up 16")
            .requests(&["tells http://shop.example/ended?first=3&next=8 \
                o=otherwise&s=next&d=3&p=main%3Aotherwise%2Cnext%3Aotherwise"]);
    a_hang_up_in_a_chain_is_reported_by_the_script_that_says_how:
        reporting_chain().keys("1500:3").hangs_up(3200).ends("hangup", "HangupHandler")
            .requests(&["tells http://shop.example/ended?first=3&next= \
                o=hangup&s=next&d=3&p=main%3Aotherwise%2Cnext%3Ahangup"]);
}
