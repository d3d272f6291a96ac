//! What callers hear while an answer is awaited, and what becomes of their keys then.

use crate::script::equal::call::CallRow;

/// The key at 0.5 s is the input: the wait begins then.
const CALL: &str = r#"
    [keypress]
    length = 1
    [trigger]
    url = "http://shop.example/?id={keypress}"
    timeout = "60s"
    music = "default"
    MORE
    [otherwise]
    play = "switch:found"
    then = "script next"
    [no_input]
    [no_response]
    play = "switch:bye"
    then = "goto 100@agents"
"#;

const NEXT: &str = r#"
    [prompt]
    play = "switch:number"
    [keypress]
    length = 4
    first_digit = "2s"
    gap = "2s"
    [otherwise]
    then = "goto {keypress}@next"
    [no_input]
    then = "goto none@next"
"#;

const REASSURE: &str = r#"
    [trigger.reassure]
    play = "switch:jingle"
    say = "One"
    every = "5s"
"#;

const KEEP: &str = "keys = \"keep\"";

fn call(more: &str) -> CallRow {
    CallRow::of(CALL.replace("MORE", more)).and("next", NEXT).keys("500:1").cached("One")
}

fn without_music(more: &str) -> CallRow {
    let script = CALL.replace("MORE", more).replace("music = \"default\"", "");
    CallRow::of(script).and("next", NEXT).keys("500:1").cached("One")
}

fn with_sounds(more: &str) -> CallRow {
    let script = CALL.replace("MORE", more).replace("\"default\"", "\"switch:welcome\"");
    CallRow::of(script).and("next", NEXT).keys("500:1").cached("One")
}

/// Keys are kept, and there is a reassurance.
fn keeps() -> CallRow {
    call(&[KEEP, REASSURE].concat())
}

rows! {
    music_starts_after_the_delay_of_the_script:
        call("music_after = \"3s\"").json(3300, "{}").ends("no_input", "none@next")
            .hears("up <default > found number");
    an_answer_before_the_delay_starts_no_music:
        call("music_after = \"3s\"").json(2700, "{}").ends("no_input", "none@next").hears("up found number");
    a_reassurance_repeats_with_music_in_between:
        call(REASSURE).json(13_000, "{}").ends("no_input", "none@next")
            .hears("up <default > jingle One <default > jingle One <default > found number");
    a_reassurance_without_music:
        without_music(REASSURE).json(11_500, "{}").ends("no_input", "none@next")
            .hears("up jingle One jingle| found number");
    a_reassurance_before_the_music:
        call(&["music_after = \"8s\"", REASSURE].concat()).json(9000, "{}").ends("no_input", "none@next")
            .hears("up jingle One <default > found number");
    sounds_used_as_music_are_interrupted_by_a_reassurance:
        with_sounds(REASSURE).json(8500, "{}").ends("no_input", "none@next")
            .hears("up welcome welcome welcome| jingle One welcome welcome| found number");
    an_answer_ends_a_reassurance:
        call(REASSURE).json(5400, "{}").ends("no_input", "none@next")
            .hears("up <default > jingle| found number");
    a_text_that_is_not_cached_delays_nothing:
        call(&REASSURE.replace("One", "Two")).json(6500, "{}").ends("no_input", "none@next")
            .hears("up <default > jingle <default > found number");
    a_hang_up_in_a_reassurance:
        call(REASSURE).json(9000, "{}").hangs_up(5800).ends("hangup", "HangupHandler")
            .hears("up <default > jingle hangs-up|");
    a_shutdown_in_a_reassurance:
        call(REASSURE).json(9000, "{}").shuts_down(5800).ends("error", "NextStep").hears("up <default > jingle|");
    no_answer_after_a_reassurance:
        call(REASSURE).no_answer(8000).ends("no_response", "100@agents")
            .hears("up <default > jingle One <default > bye");
    keys_are_discarded_by_default:
        call(REASSURE).keys("500:1 650:4 2000:7 5800:1 7500:1").json(9000, "{}").ends("no_input", "none@next")
            .hears("up <default > jingle One <default > found number");
    keys_in_silence_music_and_a_reassurance_answer_the_next_question:
        keeps().keys("500:1 650:4 2000:7 5800:1 7500:1").json(9000, "{}").ends("otherwise", "4711@next")
            .hears("up <default > jingle One <default >");
    keys_in_sounds_used_as_music_are_kept_too:
        with_sounds(&[KEEP, REASSURE].concat()).keys("500:1 650:4 2000:7 5800:1 7500:1").json(9000, "{}")
            .ends("otherwise", "4711@next")
            .hears("up welcome welcome welcome| jingle One welcome welcome|");
    a_key_just_before_the_answer_is_kept:
        keeps().keys("500:1 2440:4 8000:#").json(2000, "{}").ends("otherwise", "4@next");
    kept_keys_and_further_ones_are_one_input:
        keeps().keys("500:1 1200:4 1400:7 2800:1 3000:#").json(2000, "{}").ends("otherwise", "471@next")
            .hears("up <default >");
    a_terminator_is_kept_too:
        keeps().keys("500:1 1200:4 1400:# 1600:9").json(2000, "{}").ends("otherwise", "4@next");
    kept_keys_that_the_next_question_does_not_accept_are_skipped:
        keeps().keys("500:1 1200:* 1400:4 1600:A 1800:#").json(2000, "{}").ends("otherwise", "4@next");
    keys_are_kept_past_a_script_without_a_question:
        CallRow::of(CALL.replace("MORE", KEEP).replace("then = \"script next\"", "then = \"script between\""))
            .and("between", "[prompt]\nplay = \"switch:jingle\"\n[otherwise]\nthen = \"script next\"")
            .and("next", NEXT).keys("500:1 1200:4 1400:#").json(2000, "{}").ends("otherwise", "4@next")
            .hears("up <default > found jingle");
    variables_are_set_before_kept_keys_count:
        CallRow::of(CALL.replace("MORE", KEEP).replace("play = \"switch:found\"", "set = { A = \"b\" }"))
            .and("next", NEXT).keys("500:1 1200:4 1400:#").json(2000, "{}").ends("otherwise", "4@next")
            .hears("up <default >").sets_variable("a", "b");
    kept_keys_answer_the_repeated_question:
        CallRow::of(CALL.replace("MORE", KEEP).replace("then = \"script next\"", "then = \"again\"")
            + "[prompt]\nplay = \"switch:number\"\nrepeat = 1")
            .keys("500:1 1700:2").json(2000, "{}").json(100, "{}").ends("invalid_input", "NextStep")
            .requests(&["asks http://shop.example/?id=1 ", "asks http://shop.example/?id=2 "])
            .hears("up number| <default > found");
    a_hang_up_after_keys_were_kept:
        keeps().keys("500:1 1200:4").json(9000, "{}").hangs_up(5800).ends("hangup", "HangupHandler")
            .hears("up <default > jingle hangs-up|");
    keys_on_request_are_not_pressed_in_music_or_a_reassurance:
        call(REASSURE).keys_on_request("1,4711").json(9000, "{}").ends("otherwise", "4711@next")
            .hears("up <default > jingle One <default > found|");
    keys_on_request_are_not_pressed_in_a_wait_that_keeps_keys:
        keeps().keys_on_request("1,4711").json(9000, "{}").ends("otherwise", "4711@next")
            .hears("up <default > jingle One <default > found|");
    keys_on_request_are_not_pressed_in_sounds_used_as_music:
        with_sounds(&[KEEP, REASSURE].concat()).keys_on_request("1,4711").json(9000, "{}")
            .ends("otherwise", "4711@next")
            .hears("up welcome welcome welcome| jingle One welcome welcome| found|");
}
