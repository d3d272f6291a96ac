//! Which keys are input, and the key that begins anew.

use crate::script::equal::call::CallRow;

/// 3 s of prompt; then 8 s for the first key, and 2 s for each next one.
const NUMBER: &str = r#"
    [prompt]
    play = "switch:number"
    [keypress]
    length = 4
    gap = "2s"
    MORE
    [otherwise]
    then = "goto {keypress}@next"
    [no_input]
    play = "switch:bye"
    then = "goto none@next"
    [invalid_input]
    then = "goto {keypress}@wrong"
"#;

/// `*` begins the menu anew, `#` is a choice.
const MENU: &str = r##"
    [prompt]
    play = "switch:number"
    repeat = 2
    [keypress]
    keys = "12*#"
    length = 1
    gap = "2s"
    [[branch]]
    when = "*"
    play = "switch:jingle"
    then = "again"
    [[branch]]
    when = "#"
    then = "goto pound@next"
    [[branch]]
    when = { min = 1 }
    then = "goto {keypress}@next"
    [no_input]
    then = "goto none@next"
"##;

/// The key at 0.5 s is the input, and the answer comes 2 s later. The keys until then are for the next script.
const WAIT: &str = r#"
    [keypress]
    length = 1
    [trigger]
    url = "http://shop.example/"
    keys = "keep"
    [otherwise]
    play = "switch:found"
    then = "script next"
    [no_input]
    [no_response]
"#;

const SPOKEN: &str = r##"
    [prompt]
    play = "switch:number"
    repeat = 1
    [keypress]
    keys = "0-4*"
    length = 4
    first_digit = "2s"
    gap = "2s"
    clear = "#"
    [speech]
    language = "en"
    filter = "numeric"
    silence = "1s"
    [otherwise]
    then = "goto {input}@next"
    [no_input]
    then = "goto none@next"
    [invalid_input]
    then = "goto wrong@next"
"##;

fn number(more: &str) -> CallRow {
    CallRow::of(NUMBER.replace("MORE", more))
}

fn clearable(more: &str) -> CallRow {
    number(&format!("clear = \"*\"\n{more}"))
}

fn menu() -> CallRow {
    CallRow::of(MENU)
}

/// The next script has these lines in `[keypress]`.
fn waits(more: &str) -> CallRow {
    CallRow::of(WAIT).and("next", NUMBER.replace("MORE", more)).json(2000, "{}")
}

fn speaks(spoken: &str) -> CallRow {
    let outcome = format!("[otherwise]\nsay = \"{spoken}\"");
    CallRow::of(NUMBER.replace("MORE", "keys = \"0-9*#\"").replace("[otherwise]", &outcome))
}

fn in_english(mut row: CallRow) -> CallRow {
    row.engine_language = Some("en");
    row
}

fn spoken() -> CallRow {
    CallRow::of(SPOKEN)
}

rows! {
    star_and_pound_are_input_and_end_the_prompt:
        number("keys = \"0-9*#\"").keys("1000:* 1200:9 1400:# 1600:7").ends("otherwise", "*9#7@next")
            .hears("up number|");
    letters_are_input:
        number("keys = \"A-D\"").keys("1000:1 1200:A 1400:D 1600:#").ends("otherwise", "AD@next");
    digits_that_are_no_input_are_ignored_and_interrupt_nothing:
        number("keys = \"1-3\"").keys("1000:4 1200:0 3500:3 3700:9 3900:1 4100:#")
            .ends("otherwise", "31@next").hears("up number");
    pound_among_the_keys_ends_no_input:
        number("keys = \"0-9#\"").keys("3500:4 3700:# 3900:7").ends("otherwise", "4#7@next");
    star_ends_the_input_that_can_have_a_pound:
        number("keys = \"0-9#\"\nterminator = \"*\"").keys("3500:4 3700:# 3900:*").ends("otherwise", "4#@next");
    without_barge_in_star_counts_in_the_prompt:
        number("keys = \"0-9*\"\nbarge_in = false").keys("500:* 700:4 3500:7 3700:#")
            .ends("otherwise", "*47@next").hears("up number");
    a_pattern_on_star_and_digits:
        number("keys = \"0-9*\"\npattern = '\\*[0-9]+'").keys("1000:7 1200:* 1400:#")
            .ends("invalid_input", "7*@wrong");
    a_menu_with_a_choice_for_star_asks_again:
        menu().keys("500:* 2500:2").ends("matched", "2@next").hears("up number| jingle number|");
    a_menu_with_a_choice_for_pound:
        menu().keys("500:3 1000:#").ends("matched", "pound@next").hears("up number|");
    keys_in_a_menu_are_pressed_when_it_asks:
        menu().keys_on_request("*,#").ends("matched", "pound@next").hears("up number| jingle|");
    the_clear_key_drops_the_input:
        clearable("").keys("3500:4 3700:7 3900:* 4100:1 4300:2 4500:#").ends("otherwise", "12@next")
            .hears("up number");
    the_clear_key_can_be_pressed_again_and_again:
        clearable("").keys("3500:4 3700:* 3900:* 4100:7 4300:* 4500:1 4700:2 4900:3 5100:4")
            .ends("otherwise", "1234@next");
    the_clear_key_alone_ends_the_prompt_which_is_not_played_again:
        clearable("").keys("1000:*").ends("no_input", "none@next").hears("up number| bye");
    after_the_clear_key_the_first_key_has_its_time_again:
        clearable("").keys("1000:4 2500:* 10000:7").ends("otherwise", "7@next");
    after_the_clear_key_silence_is_no_input:
        clearable("first_digit = \"1s\"").keys("3500:4 4000:* 5300:7").ends("no_input", "none@next");
    without_barge_in_the_clear_key_counts_in_the_prompt:
        clearable("barge_in = false").keys("500:4 700:7 900:* 1100:1 3500:2 3700:#")
            .ends("otherwise", "12@next").hears("up number");
    without_barge_in_the_first_key_after_a_clear_key_has_its_time_from_the_end_of_the_prompt:
        clearable("barge_in = false").keys("500:4 700:* 10500:7").ends("otherwise", "7@next")
            .hears("up number");
    the_clear_key_after_the_last_key_is_too_late:
        clearable("").keys("1000:4 1200:7 1400:1 1600:1 1800:*").ends("otherwise", "4711@next");
    the_clear_key_and_the_terminator_can_be_swapped:
        number("clear = \"#\"\nterminator = \"*\"").keys("3500:4 3700:# 3900:7 4100:*")
            .ends("otherwise", "7@next");
    pound_that_clears_is_no_terminator:
        number("clear = \"#\"").keys("3500:4 3700:# 3900:7").ends("otherwise", "7@next");
    keys_forty_milliseconds_apart_are_cleared:
        clearable("").keys("1000:4 1040:7 1080:* 1120:1 1160:#").ends("otherwise", "1@next");
    the_clear_key_drops_keys_pressed_while_an_answer_was_awaited:
        waits("clear = \"*\"").keys("500:1 1200:4 1400:* 1600:7 1800:#").ends("otherwise", "7@next")
            .hears("up");
    the_clear_key_drops_keys_pressed_before_the_question:
        waits("clear = \"*\"").keys("500:1 2700:* 2900:7 3100:#").ends("otherwise", "7@next")
            .hears("up found|");
    star_pressed_while_an_answer_was_awaited_is_input_of_a_question_that_takes_it:
        waits("keys = \"0-9*\"").keys("500:1 1200:* 1400:4 1600:#").ends("otherwise", "*4@next")
            .hears("up");
    a_hang_up_after_the_clear_key:
        clearable("").keys("3500:4 3700:*").hangs_up(5000).ends("hangup", "HangupHandler");
    star_and_pound_are_spoken_by_their_names:
        in_english(speaks("{digits:keypress}")).keys("1000:* 1200:9 1400:# 1600:7").ends("otherwise", "*9#7@next")
            .hears("up number| star 9 pound 7");
    star_and_pound_are_spoken_by_the_switch:
        speaks("{digits:keypress}").failing("*").keys("1000:* 1200:9 1400:# 1600:7")
            .ends("otherwise", "*9#7@next").hears("up number| letters:* digits:9 letters:# digits:7");
    a_spoken_number_of_the_keys:
        spoken().says(4000, 1000, "four two").ends("otherwise", "42@next");
    a_spoken_number_of_other_keys_is_not_valid:
        spoken().says(4000, 1000, "four seven").says(12_000, 1000, "nine").ends("invalid_input", "wrong@next");
    the_clear_key_ends_the_listening:
        spoken().keys("4000:# 5000:* 5200:1").ends("otherwise", "*1@next");
}
