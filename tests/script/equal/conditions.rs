//! Branches with conditions on other values of the answer and on values of the call.

use crate::script::equal::call::CallRow;

/// Books an appointment: the day is free only for callers from Germany who have no appointment yet.
const CLINIC: &str = r#"
    [prompt]
    play = "switch:day"
    [keypress]
    length = 1
    [trigger]
    url = "http://clinic.example/days/{keypress}"
    [response]
    key = "data.code"
    [[branch]]
    when = "ok"
    and = [
        { key = "data.full", is = "false" },
        { of = "{caller}", pattern = '^\+49' },
        { key = "data.patient", is = ["none", "{arg.patient}"], not = true },
    ]
    then = "goto free@clinic"
    [[branch]]
    when = { is = ["ok", "maybe"] }
    and = { key = "data.left", min = 1, max = 3 }
    then = "goto few@clinic"
    [[branch]]
    when = { of = "{$data.desk} {keypress}", is = "A 4" }
    then = "goto desk@clinic"
    [[branch]]
    when = { key = "data.reason", present = true, not = true }
    then = "goto noreason@clinic"
    [[branch]]
    when = { status = "5xx" }
    and = { of = "{caller}", absent = true, not = true }
    then = "goto down@clinic"
    [otherwise]
    then = "goto other@clinic"
    [no_input]
    [no_response]
    then = "goto nobody@clinic"
"#;

/// The new PIN is entered twice, and must be the same.
const PIN: &str = r#"
    [keypress]
    length = 4
    [[branch]]
    when = { present = true }
    then = "script repeated"
    [no_input]
"#;

const REPEATED: &str = r#"
    [prompt]
    play = "switch:again"
    repeat = 1
    [keypress]
    length = 4
    [[branch]]
    when = { is = "{main.keypress}" }
    then = "goto stored@pin"
    [no_input]
    [invalid_input]
    then = "goto differs@pin"
"#;

/// Has neither a question nor a request.
const LIST: &str = r#"
    [[branch]]
    when = [{ of = "{caller}", is = ["100", "+49 30/1"] }, { of = "{arg.vip}", present = true }]
    then = "goto known@x"
    [[branch]]
    when = { of = "{caller}", absent = true }
    then = "goto withheld@x"
    [otherwise]
    then = "goto unknown@x"
"#;

/// Tests texts of the call first, whatever the answer is.
const TEXTS_FIRST: &str = r#"
    [trigger]
    url = "http://shop.example/"
    [[branch]]
    when = { of = "{caller}", pattern = '^\+49' }
    then = "goto german@x"
    [no_response]
    then = "goto nobody@x"
"#;

/// Has no response key, and says what an answer must not be.
const NEGATED_WITHOUT_KEY: &str = r#"
    [trigger]
    url = "http://shop.example/"
    retry = 0
    [[branch]]
    when = { is = "full", not = true }
    then = "goto free@x"
    [[branch]]
    when = [{ key = "locked", is = "true", not = true }, { key = "locked", absent = true }]
    then = "goto unlocked@x"
    [no_response]
    then = "goto nobody@x"
"#;

/// A code that the dialplan gives, and the one that it must be.
const CODE: &str = r#"
    [[branch]]
    when = { of = "A-{arg.given}", is = "A-{arg.code}" }
    then = "goto equal@x"
    [otherwise]
    then = "goto other@x"
"#;

fn clinic(answer: &'static str) -> CallRow {
    CallRow::of(CLINIC).argument("patient", "4711").keys("1000:4").json(100, answer)
}

fn called_by(caller: &'static str, mut row: CallRow) -> CallRow {
    row.caller = caller;
    row
}

fn list() -> CallRow {
    CallRow::of(LIST)
}

rows! {
    all_conditions_hold:
        clinic(r#"{"data": {"code": "ok", "full": false, "patient": "12"}}"#).ends("matched", "free@clinic");
    a_value_of_the_answer_fails:
        clinic(r#"{"data": {"code": "ok", "full": true, "patient": "12", "left": 2}}"#)
            .ends("matched", "few@clinic");
    a_negated_list_of_texts_fails_by_a_value_of_the_call:
        clinic(r#"{"data": {"code": "ok", "full": false, "patient": "4711", "left": 1.0}}"#)
            .ends("matched", "few@clinic");
    a_negated_list_of_texts_fails_by_a_fixed_text:
        clinic(r#"{"data": {"code": "ok", "full": false, "patient": "none", "left": 3}}"#)
            .ends("matched", "few@clinic");
    a_negated_test_holds_for_a_missing_value:
        clinic(r#"{"data": {"code": "ok", "full": false}}"#).ends("matched", "free@clinic");
    a_text_of_the_call_fails:
        called_by("100", clinic(r#"{"data": {"code": "ok", "full": false, "left": 2}}"#))
            .ends("matched", "few@clinic");
    a_list_of_texts_in_when_is_one_of_them:
        clinic(r#"{"data": {"code": "maybe", "left": "02"}}"#).ends("matched", "few@clinic");
    a_text_with_a_value_of_the_answer_that_is_judged:
        clinic(r#"{"data": {"code": "no", "desk": "A", "reason": "x"}}"#).ends("matched", "desk@clinic");
    a_value_that_is_not_present:
        clinic(r#"{"data": {"code": "no", "reason": null}}"#).ends("matched", "noreason@clinic");
    no_condition_holds:
        clinic(r#"{"data": {"code": "no", "reason": "x"}}"#).ends("otherwise", "other@clinic");
    a_status_and_a_text_of_the_call:
        CallRow::of(CLINIC).keys("1000:4").answer(100, 503, "text/html", "<html>")
            .ends("matched", "down@clinic");
    a_status_without_the_text_of_the_call:
        called_by("", CallRow::of(CLINIC).keys("1000:4"))
            .answer(100, 503, "text/html", "<html>").ends("no_response", "nobody@clinic");
    no_negated_test_holds_for_an_answer_that_cannot_be_read:
        CallRow::of(CLINIC).keys("1000:4").answer(100, 200, "application/json", "{")
            .ends("no_response", "nobody@clinic");
    no_negated_test_holds_for_an_error_without_a_response_key:
        CallRow::of(NEGATED_WITHOUT_KEY).answer(100, 503, "text/plain", "busy")
            .ends("no_response", "nobody@x");
    no_negated_test_holds_for_a_json_error_without_a_response_key:
        CallRow::of(NEGATED_WITHOUT_KEY).answer(100, 503, "application/json", r#"{"error": 1}"#)
            .ends("no_response", "nobody@x");
    a_negated_test_holds_for_a_success_without_a_response_key:
        CallRow::of(NEGATED_WITHOUT_KEY).answer(100, 200, "text/plain", "free")
            .ends("matched", "free@x");
    a_text_around_a_missing_value_equals_nothing:
        CallRow::of(CODE).argument("given", "").argument("code", "").ends("otherwise", "other@x");
    a_text_around_two_equal_values:
        CallRow::of(CODE).argument("given", "7").argument("code", "7").ends("matched", "equal@x");
    the_same_input_in_two_scripts:
        CallRow::of(PIN).and("repeated", REPEATED).keys_on_request("1234,1234")
            .ends("matched", "stored@pin");
    another_input_in_the_second_script:
        CallRow::of(PIN).and("repeated", REPEATED).keys_on_request("1234,1235,1236")
            .ends("invalid_input", "differs@pin").hears("up again| again|");
    a_caller_of_a_list_without_a_question:
        list().ends("matched", "known@x").hears("");
    an_argument_without_a_question:
        called_by("7", list().argument("vip", "yes"))
            .ends("matched", "known@x");
    a_withheld_number_without_a_question:
        called_by("", list())
            .ends("matched", "withheld@x");
    no_condition_on_texts_holds:
        called_by("7", list())
            .ends("otherwise", "unknown@x");
    a_text_of_the_call_with_a_usable_answer:
        CallRow::of(TEXTS_FIRST).answer(100, 200, "text/plain", "x").ends("matched", "german@x");
    a_text_of_the_call_makes_no_response_of_an_error:
        CallRow::of(TEXTS_FIRST).answer(100, 500, "text/plain", "x").ends("no_response", "nobody@x");
    a_text_of_the_call_makes_no_response_of_a_page_of_html:
        CallRow::of(TEXTS_FIRST).answer(100, 200, "text/html", "<html>").ends("no_response", "nobody@x");
}
