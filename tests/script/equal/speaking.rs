//! Texts that are spoken: their order, parts that are late, keys meanwhile, and engines that fail.

use crate::script::equal::call::CallRow;

/// 2.5 s of prompt in five parts.
const PARTS: &str = r#"
    [prompt]
    say = ["One", "Two", "Three", "Four", "Five"]
    [keypress]
    length = 2
    first_digit = "3s"
    gap = "2s"
    MORE
    [otherwise]
    then = "goto {keypress}@next"
    [no_input]
    say = "Bye"
    then = "hangup"
"#;

const VALUES: &str = r#"
    [trigger]
    url = "http://shop.example/"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    say = "SAID"
    then = "goto found@x"
    [no_response]
    say = "Bye"
"#;

const AGAIN: &str = r#"
    [prompt]
    say = "Welcome"
    repeat = 1
    [keypress]
    length = 2
    gap = "2s"
    [[branch]]
    when = "11"
    say = "{digits:keypress} Two"
    then = "again"
    [otherwise]
    say = "Five"
    then = "script next"
    [no_input]
    then = "hangup"
    [invalid_input]
    say = "Bye"
"#;

const NEXT: &str = r#"
    [prompt]
    say = "Four"
    [keypress]
    length = 2
    gap = "2s"
    [otherwise]
    then = "goto {keypress}@{main.keypress}"
    [no_input]
    then = "hangup"
"#;

const PIN: &str = r#"
    [prompt]
    say = "Welcome"
    [keypress]
    length = 3
    sensitive = true
    [otherwise]
    say = "One {digits:keypress} Two"
    [no_input]
    then = "hangup"
"#;

fn echo(keypress: &str) -> CallRow {
    let next = NEXT.replace("Four", "{digits:main.keypress} Two");
    let next = next.replace("[keypress]", &format!("[keypress]\n{keypress}"));
    CallRow::of(AGAIN.replace("say = \"Five\"\n", "")).and("next", next)
}

fn letters(more: &str) -> CallRow {
    let parts = PARTS.replace("MORE", more);
    CallRow::of(
        parts.replace(r#"["One", "Two", "Three", "Four", "Five"]"#, r#""{caller_name} Two""#),
    )
}

fn parts() -> CallRow {
    CallRow::of(PARTS.replace("MORE", ""))
}

fn without_barge_in() -> CallRow {
    CallRow::of(PARTS.replace("MORE", "barge_in = false"))
}

fn says(text: &str, answer: &'static str) -> CallRow {
    CallRow::of(VALUES.replace("SAID", text)).json(100, answer)
}

fn again() -> CallRow {
    CallRow::of(AGAIN).and("next", NEXT)
}

const FOUND: &str =
    r#"{"code": 200, "id": "471", "status": "sent", "sum": "1200", "rest": "-1.5"}"#;

rows! {
    texts_are_played_in_order:
        parts().ends("no_input", "hung up 16").hears("up One Two Three Four Five Bye").takes(5500);
    a_key_in_the_first_of_five_parts_skips_the_others:
        parts().keys("300:4 500:7").ends("otherwise", "47@next").hears("up One|");
    a_key_in_the_last_of_five_parts:
        parts().keys("2300:4 2500:7").ends("otherwise", "47@next").hears("up One Two Three Four Five|");
    keys_between_the_parts_all_count:
        parts().keys("980:4 1020:7").ends("otherwise", "47@next");
    without_barge_in_keys_in_all_parts_count:
        without_barge_in().keys("300:4 1800:7").ends("otherwise", "47@next")
            .hears("up One Two Three Four Five");
    the_first_digit_has_its_time_from_the_end_of_the_last_part:
        parts().keys("5300:4 5500:7").ends("otherwise", "47@next").hears("up One Two Three Four Five");
    a_late_part_is_awaited_in_order:
        parts().late("Two", 3000).ends("no_input", "hung up 16").hears("up One Two Three Four Five Bye")
            .takes(8000);
    a_late_part_is_synthesized_while_an_earlier_one_is_played:
        parts().late("Three", 900).keys("2700:4 2900:7").ends("otherwise", "47@next")
            .hears("up One Two Three Four Five");
    a_key_while_a_late_part_is_awaited_skips_it:
        parts().late("Two", 3000).keys("1500:4 1700:7").ends("otherwise", "47@next").hears("up One");
    a_key_before_the_first_part_is_ready:
        parts().late("One", 3000).keys("1500:4 1700:7").ends("otherwise", "47@next").hears("up");
    without_barge_in_keys_while_a_late_part_is_awaited_are_kept:
        without_barge_in().late("Two", 3000).keys("1500:4 1700:7").ends("otherwise", "47@next")
            .hears("up One Two Three Four Five");
    ignored_keys_while_a_late_part_is_awaited:
        parts().late("Two", 3000).keys("1500:* 1700:*").ends("no_input", "hung up 16")
            .hears("up One Two Three Four Five Bye");
    a_terminator_while_a_late_part_is_awaited:
        parts().late("Two", 3000).keys("1500:#").ends("no_input", "hung up 16").hears("up One Bye");
    a_failed_part_is_skipped:
        parts().failing("Three").keys("1800:4 1900:7").ends("otherwise", "47@next").hears("up One Two Four Five|");
    a_part_that_is_late_and_fails:
        parts().failing("Three").late("Three", 3000).ends("no_input", "hung up 16")
            .hears("up One Two Four Five Bye");
    a_question_whose_prompt_fails_is_no_input_at_once:
        parts().failing("*").ends("no_input", "hung up 16").hears("up")
            .with_reason("the prompt could not be played: the engine is broken").takes(0);
    a_question_whose_prompt_fails_uses_type_ahead:
        parts().failing("*").late("Five", 2000).keys("1000:4 1300:7").ends("otherwise", "47@next").hears("up");
    values_are_spoken_at_their_position_in_the_text:
        says("One {say:$status} Two {digits:$id} Three {number:$sum} Four", FOUND)
            .ends("matched", "found@x").hears("up One sent Two 4 7 1 Three 1200 Four");
    values_without_a_synthesizer_are_spoken_by_the_switch_itself:
        says("One {say:$status} Two {digits:$id} {number:$sum}", FOUND).failing("*")
            .ends("matched", "found@x").hears("up letters:sent digits:4 digits:7 digits:1 digits:1200");
    a_negative_number_is_not_spoken_by_the_switch:
        says("{number:$rest} Two", FOUND).failing("-1.5").ends("matched", "found@x").hears("up Two");
    absent_values_are_skipped:
        says("One {say:$nothing} Two {play:$none}", FOUND).ends("matched", "found@x").hears("up One Two");
    the_sound_of_a_url_that_is_a_value:
        says("One {play:$url} Two", r#"{"code": 200, "url": "https://shop.example/a/jingle"}"#)
            .ends("matched", "found@x").hears("up One jingle Two");
    texts_and_sounds_in_one_outcome:
        says("One {play:switch:jingle} {say:caller_name}", FOUND)
            .ends("matched", "found@x").hears("up One jingle Ann_&_Co");
    keys_in_an_outcome_text_are_for_the_next_question:
        again().keys("300:2 400:2 650:4 800:7").ends("otherwise", "47@22").hears("up Welcome| Five|");
    keys_while_an_outcome_text_is_synthesized_are_for_the_next_question:
        again().late("Five", 2000).keys("300:2 500:2 1200:4 1500:7").ends("otherwise", "47@22")
            .hears("up Welcome|");
    keys_in_digits_that_the_switch_speaks_are_for_the_repeated_question:
        again().failing("1").keys("300:1 500:1 1100:2 1700:2 5000:4 5200:7").ends("otherwise", "47@22")
            .hears("up Welcome| digits:1| Five Four");
    keys_in_digits_that_the_switch_speaks_interrupt_them:
        echo("").failing("1").failing("2").keys("300:1 500:2 900:4 1100:7").ends("otherwise", "47@12")
            .hears("up Welcome| digits:1|");
    without_barge_in_keys_after_digits_that_the_switch_speaks:
        echo("barge_in = false").failing("1").failing("2").keys("300:1 500:2 2100:4 2250:7").ends("otherwise", "47@12")
            .hears("up Welcome| digits:1 digits:2 Two");
    keys_in_letters_that_the_switch_speaks_interrupt_them:
        letters("").failing("Ann & Co").keys("300:1 500:2").ends("otherwise", "12@next").hears("up letters:AnnCo|");
    sounds_are_heard_before_texts:
        CallRow::of(PARTS.replace("MORE", "").replace("[prompt]", "[prompt]\nplay = \"switch:jingle\""))
            .keys("900:4 1100:7").ends("otherwise", "47@next").hears("up jingle One|");
    a_sensitive_value_is_spoken_in_one_piece:
        CallRow::of(PIN).keys("300:4 500:7 700:1").ends("otherwise", "NextStep").hears("up Welcome| One 4,_7,_1 Two").sets_variable("dialscript_input", "");
    a_sensitive_value_that_the_switch_speaks:
        CallRow::of(PIN).failing("4, 7, 1").keys("300:4 500:7 700:1").ends("otherwise", "NextStep")
            .hears("up Welcome| One digits:471 Two");
    a_hang_up_in_a_text:
        parts().hangs_up(1200).ends("hangup", "HangupHandler").hears("up One Two Three hangs-up|");
    a_hang_up_while_a_text_is_synthesized:
        parts().late("Two", 5000).hangs_up(2000).ends("hangup", "HangupHandler").hears("up One hangs-up");
    a_hang_up_while_an_outcome_text_is_synthesized:
        says("One Two {say:$status}", FOUND).late("sent", 5000).hangs_up(3000)
            .ends("hangup", "HangupHandler").hears("up One_Two hangs-up");
    a_hang_up_in_digits_that_the_switch_speaks:
        says("{say:$id}", FOUND).failing("*").hangs_up(1200).ends("hangup", "HangupHandler");
    a_shutdown_in_a_text:
        parts().shuts_down(1200).ends("error", "NextStep").hears("up One Two Three|");
    a_shutdown_while_a_text_is_synthesized:
        parts().late("Two", 5000).shuts_down(2000).ends("error", "NextStep").hears("up One");
    the_call_limit_ends_a_call_in_a_text:
        parts().call_limit(1200).ends("error", "NextStep").hears("up One Two Three|");
    the_call_limit_ends_a_call_while_a_text_is_synthesized:
        parts().late("Two", 5000).call_limit(2000).ends("error", "NextStep").hears("up One");
}
