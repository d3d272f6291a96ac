//! What callers hear while an answer is awaited, and what becomes of their keys then.

use crate::script::equal::call::Call;

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

fn call(more: &str) -> Call {
    Call::of(CALL.replace("MORE", more)).and("next", NEXT).keys("500:1").at_hand("One")
}

fn without_music(more: &str) -> Call {
    let script = CALL.replace("MORE", more).replace("music = \"default\"", "");
    Call::of(script).and("next", NEXT).keys("500:1").at_hand("One")
}

fn with_sounds(more: &str) -> Call {
    let script = CALL.replace("MORE", more).replace("\"default\"", "\"switch:welcome\"");
    Call::of(script).and("next", NEXT).keys("500:1").at_hand("One")
}

/// Keys are kept, and there is a reassurance.
fn keeps() -> Call {
    call(&[KEEP, REASSURE].concat())
}

rows! {
    music_begins_after_a_time_of_the_scripts_own:
        call("music_after = \"3s\"").json(3300, "{}").ends("no_input", "none@next")
            .hears("up <default > found number");
    an_answer_before_that_starts_no_music:
        call("music_after = \"3s\"").json(2700, "{}").ends("no_input", "none@next").hears("up found number");
    a_reassurance_is_heard_again_and_again_with_music_between:
        call(REASSURE).json(13_000, "{}").ends("no_input", "none@next")
            .hears("up <default > jingle One <default > jingle One <default > found number");
    a_reassurance_without_music:
        without_music(REASSURE).json(11_500, "{}").ends("no_input", "none@next")
            .hears("up jingle One jingle| found number");
    a_reassurance_before_the_music:
        call(&["music_after = \"8s\"", REASSURE].concat()).json(9000, "{}").ends("no_input", "none@next")
            .hears("up jingle One <default > found number");
    music_of_sounds_is_broken_off_for_a_reassurance:
        with_sounds(REASSURE).json(8500, "{}").ends("no_input", "none@next")
            .hears("up welcome welcome welcome| jingle One welcome welcome| found number");
    an_answer_ends_a_reassurance:
        call(REASSURE).json(5400, "{}").ends("no_input", "none@next")
            .hears("up <default > jingle| found number");
    a_text_that_is_not_at_hand_delays_nothing:
        call(&REASSURE.replace("One", "Two")).json(6500, "{}").ends("no_input", "none@next")
            .hears("up <default > jingle <default > found number");
    a_hang_up_in_a_reassurance:
        call(REASSURE).json(9000, "{}").hangs_up(5800).ends("hangup", "HangupHandler")
            .hears("up <default > jingle hangs-up|");
    a_stop_in_a_reassurance:
        call(REASSURE).json(9000, "{}").stops(5800).ends("error", "NextStep").hears("up <default > jingle|");
    no_answer_after_a_reassurance:
        call(REASSURE).no_answer(8000).ends("no_response", "100@agents")
            .hears("up <default > jingle One <default > bye");
    keys_are_dropped_where_nothing_is_said_of_them:
        call(REASSURE).keys("500:1 650:4 2000:7 5800:1 7500:1").json(9000, "{}").ends("no_input", "none@next")
            .hears("up <default > jingle One <default > found number");
    keys_in_silence_music_and_a_reassurance_answer_the_next_question:
        keeps().keys("500:1 650:4 2000:7 5800:1 7500:1").json(9000, "{}").ends("otherwise", "4711@next")
            .hears("up <default > jingle One <default >");
    keys_in_music_of_sounds_are_kept_too:
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
    what_means_nothing_to_the_next_question_is_passed_over:
        keeps().keys("500:1 1200:* 1400:4 1600:A 1800:#").json(2000, "{}").ends("otherwise", "4@next");
    keys_are_kept_while_nobody_asks:
        Call::of(CALL.replace("MORE", KEEP).replace("then = \"script next\"", "then = \"script between\""))
            .and("between", "[prompt]\nplay = \"switch:jingle\"\n[otherwise]\nthen = \"script next\"")
            .and("next", NEXT).keys("500:1 1200:4 1400:#").json(2000, "{}").ends("otherwise", "4@next")
            .hears("up <default > found jingle");
    variables_are_set_before_kept_keys_count:
        Call::of(CALL.replace("MORE", KEEP).replace("play = \"switch:found\"", "set = { A = \"b\" }"))
            .and("next", NEXT).keys("500:1 1200:4 1400:#").json(2000, "{}").ends("otherwise", "4@next")
            .hears("up <default >").leaves("a", "b");
    kept_keys_answer_the_same_question_that_is_asked_again:
        Call::of(CALL.replace("MORE", KEEP).replace("then = \"script next\"", "then = \"again\"")
            + "[prompt]\nplay = \"switch:number\"\nrepeat = 1")
            .keys("500:1 1700:2").json(2000, "{}").json(100, "{}").ends("invalid_input", "NextStep")
            .requests(&["asks http://shop.example/?id=1 ", "asks http://shop.example/?id=2 "])
            .hears("up number| <default > found");
    a_hang_up_after_keys_were_kept:
        keeps().keys("500:1 1200:4").json(9000, "{}").hangs_up(5800).ends("hangup", "HangupHandler")
            .hears("up <default > jingle hangs-up|");
    who_presses_keys_when_asked_is_asked_by_no_music_and_no_reassurance:
        call(REASSURE).when_asked("1,4711").json(9000, "{}").ends("otherwise", "4711@next")
            .hears("up <default > jingle One <default > found|");
    nor_where_keys_are_kept:
        keeps().when_asked("1,4711").json(9000, "{}").ends("otherwise", "4711@next")
            .hears("up <default > jingle One <default > found|");
    nor_by_music_of_sounds:
        with_sounds(&[KEEP, REASSURE].concat()).when_asked("1,4711").json(9000, "{}")
            .ends("otherwise", "4711@next")
            .hears("up welcome welcome welcome| jingle One welcome welcome| found|");
}
