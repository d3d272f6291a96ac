//! What a web application answers, and when.

use crate::script::equal::call::CallRow;

const ORDER: &str = r#"
    [prompt]
    play = "switch:number"
    repeat = 1
    [keypress]
    length = 2
    gap = "1s"
    [trigger]
    url = "http://shop.example/orders?caller={caller}&id={keypress}&n={attempt}&a={arg.a}"
    body = "who={caller_name}&id={keypress}"
    music = "default"
    [response]
    key = "data.code"
    [[branch]]
    when = "200"
    set = { ORDER_STATUS = "{$data.status}" }
    play = "switch:found"
    then = "goto 9100@shipping"
    [[branch]]
    when = "404"
    play = "switch:unknown"
    then = "again"
    [[branch]]
    when = { min = 300, max = 399 }
    then = "goto range@x"
    [[branch]]
    when = { pattern = "^ORD-[0-9]+$" }
    then = "goto pattern@x"
    [[branch]]
    when = { status = "5xx" }
    then = "hangup 38"
    [[branch]]
    when = { absent = true }
    then = "goto absent@x"
    [[branch]]
    when = "cached"
    then = "again"
    [otherwise]
    then = "goto other@x"
    [no_input]
    then = "hangup"
    [no_response]
    play = "switch:bye"
    then = "goto 100@agents"
"#;

const BACKGROUND: &str = r#"
    [prompt]
    play = "switch:jingle"
    [keypress]
    length = 1
    [trigger]
    url = "http://shop.example/told"
    body = { key = "{keypress}", from = "{caller}" }
    background = true
    [otherwise]
    play = "switch:bye"
    then = "goto {keypress}@told"
    [no_input]
    then = "continue"
"#;

const LOOKS: &str = r#"
    [trigger]
    url = "http://shop.example/looks"
    [response]
    key = "code"
    [[branch]]
    when = { present = true }
    then = "goto there@x"
    [no_response]
    then = "continue"
"#;

/// Looks up the customer, then runs `order`.
const CUSTOMER: &str = r#"
    [trigger]
    url = "http://shop.example/customers?phone={caller}"
    [response]
    key = "found"
    [[branch]]
    when = "yes"
    set = { CUSTOMER = "{$customer.name}" }
    then = "script order"
    [no_response]
"#;

const CUSTOMERS_ORDER: &str = r#"
    [prompt]
    play = "switch:number"
    repeat = 1
    [keypress]
    length = 2
    gap = "1s"
    [trigger]
    url = "http://shop.example/orders?customer={$customer.id}&id={keypress}&before={order.$code}"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    set = { STATUS = "{$status}", OWNER = "{main.$customer.name}", NOBODY = "{$customer.name}" }
    then = "goto {$to}@{main.$customer.context}"
    [[branch]]
    when = "404"
    then = "again"
    [no_input]
    [no_response]
"#;

const TYPED: &str = "1000:4 1200:7";

fn order() -> CallRow {
    CallRow::of(ORDER).argument("a", "b").keys(TYPED)
}

fn order_with(from: &str, to: &str) -> CallRow {
    assert!(ORDER.contains(from));
    CallRow::of(ORDER.replace(from, to)).argument("a", "b").keys(TYPED)
}

/// Requests of the same input are the same, and their answer is cached.
fn cached() -> CallRow {
    let same_request = ORDER.replace("&n={attempt}", "");
    CallRow::of(same_request.replace("key = \"data.code\"", "key = \"data.code\"\ncache = \"5m\""))
        .argument("a", "b")
}

const FOUND: &str = r#"{"data": {"code": 200, "status": "in 2 days; 'soon'"}}"#;

rows! {
    a_quick_answer_starts_no_music:
        order().json(150, FOUND).ends("matched", "9100@shipping").hears("up number| found");
    a_late_answer_interrupts_the_music:
        order().json(2000, FOUND).ends("matched", "9100@shipping").hears("up number| <default > found");
    an_answer_just_after_the_music_started:
        order().json(420, FOUND).ends("matched", "9100@shipping").hears("up number| <default > found");
    sounds_as_music_are_repeated_until_the_answer_comes:
        order_with(r#"music = "default""#, r#"music = "switch:jingle""#).json(2100, FOUND)
            .ends("matched", "9100@shipping").hears("up number| jingle jingle jingle| found");
    keys_while_waiting_for_the_answer_are_discarded:
        order().keys("1000:4 1200:7 2000:1 2400:*").json(2000, FOUND).ends("matched", "9100@shipping");
    keys_in_music_of_sounds_do_not_end_it:
        order_with(r#"music = "default""#, r#"music = "switch:number""#).keys("1000:4 1200:7 2500:* 2700:#")
            .json(2000, FOUND).ends("matched", "9100@shipping").hears("up number| number| found");
    no_answer_in_time:
        order().no_answer(5000).ends("no_response", "100@agents").hears("up number| <default > bye");
    silence_while_the_answer_is_awaited:
        order_with(r#"music = "default""#, "").json(2000, FOUND)
            .ends("matched", "9100@shipping").hears("up number| found");
    a_page_of_html_is_no_answer:
        order().answer(100, 200, "text/html", "<html><body>200</body></html>")
            .ends("no_response", "100@agents")
            .hears("up number| bye");
    an_error_of_http_without_a_branch:
        order().answer(100, 404, "application/json", r#"{"data": {"code": "gone"}}"#)
            .ends("otherwise", "other@x");
    a_number_in_a_range:
        order().json(100, r#"{"data": {"code": 350.5}}"#).ends("matched", "range@x");
    a_value_that_matches_a_pattern:
        order().json(100, r#"{"data": {"code": "ORD-17"}}"#).ends("matched", "pattern@x");
    a_status_of_the_web_application:
        order().answer(100, 503, "application/json", "{}").ends("matched", "hung up 38");
    a_value_that_is_absent:
        order().json(100, r#"{"data": {"code": null}}"#).ends("matched", "absent@x");
    a_value_that_is_present:
        CallRow::of(LOOKS).json(100, r#"{"code": ""}"#).ends("matched", "there@x").hears("");
    an_absent_value_does_not_match_present:
        CallRow::of(LOOKS).json(100, "{}").ends("otherwise", "NextStep").hears("");
    a_status_by_its_number:
        order_with("\"5xx\"", "404").answer(100, 404, "text/plain", "").ends("matched", "hung up 38");
    a_request_in_the_background_of_a_question:
        CallRow::of(BACKGROUND).keys("500:7").ends("otherwise", "7@told").hears("up jingle| bye");
    a_value_that_no_branch_names:
        order().json(100, r#"{"data": {"code": "what; is 'this', \\ $200?"}}"#).ends("otherwise", "other@x");
    an_answer_in_xml:
        order().answer(100, 200, "text/xml", "<data><code>200</code><status>sent</status></data>")
            .ends("matched", "9100@shipping");
    an_answer_that_asks_again:
        order().keys("1000:4 1200:7 5000:8 5200:9").json(400, r#"{"data": {"code": "404"}}"#).json(100, FOUND)
            .ends("matched", "9100@shipping");
    an_answer_that_asks_again_is_typed_ahead:
        order().keys("1000:4 1200:7 2500:8 2700:9").json(100, r#"{"data": {"code": "404"}}"#).json(100, FOUND)
            .ends("matched", "9100@shipping").hears("up number| unknown| found");
    an_answer_from_the_cache:
        cached().keys("1000:4 1200:7 3000:4 3200:7")
            .json(100, r#"{"data": {"code": "cached"}}"#).ends("invalid_input", "hung up 16");
    a_value_with_line_breaks:
        order().json(100, r#"{"data": {"code": 200, "status": "a\nb\r\nc"}}"#)
            .ends("matched", "9100@shipping");
    answers_of_earlier_scripts_stay_readable_after_again:
        CallRow::of(CUSTOMER).and("order", CUSTOMERS_ORDER).keys("1000:4 1200:7 3000:4 3200:8")
            .json(100, r#"{"found": "yes", "customer": {"id": 12, "name": "Ann", "context": "gold"}}"#)
            .json(100, r#"{"code": 404}"#).json(100, r#"{"code": 200, "status": "shipped", "to": "9100"}"#)
            .requests(&[
                "asks http://shop.example/customers?phone=%2B49%2030%2F1 ",
                "asks http://shop.example/orders?customer=12&id=47&before= ",
                "asks http://shop.example/orders?customer=12&id=48&before=404 ",
            ])
            .sets_variable("customer", "Ann").sets_variable("status", "shipped")
            .sets_variable("owner", "Ann").sets_variable("nobody", "").ends("matched", "9100@gold");
    a_value_with_spaces_at_both_ends_and_other_alphabets:
        order().json(100, r#"{"data": {"code": 200, "status": "  grüße € 😀  "}}"#)
            .ends("matched", "9100@shipping");
}
