//! Keys and their times.

use crate::script::equal::call::CallRow;

/// 3 s of prompt; then 8 s for the first digit, and 2 s for each next one.
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

fn number(more: &str) -> CallRow {
    CallRow::of(NUMBER.replace("MORE", more))
}

fn asked_again(times: u32, more: &str) -> CallRow {
    let repeat = format!("play = \"switch:number\"\nrepeat = {times}");
    CallRow::of(NUMBER.replace("MORE", more).replace(r#"play = "switch:number""#, &repeat))
}

fn with_prompt(play: &str) -> CallRow {
    CallRow::of(NUMBER.replace("MORE", "").replace(r#"play = "switch:number""#, play))
}

rows! {
    a_key_ends_the_prompt:
        number("").keys("1000:4 1200:7 1400:1 1600:1").ends("otherwise", "4711@next").hears("up number|");
    keys_forty_milliseconds_apart_all_count:
        number("").keys("1000:4 1040:7 1080:1 1120:1").ends("otherwise", "4711@next");
    keys_while_the_prompt_is_interrupted_count:
        number("").keys("1000:4 1020:7 1040:1 1060:1").ends("otherwise", "4711@next");
    all_keys_after_the_prompt:
        number("").keys("3500:4 3700:7 3900:1 4100:1").ends("otherwise", "4711@next").hears("up number");
    keys_in_the_prompt_and_after_it_without_barge_in:
        number("barge_in = false").keys("1000:4 2000:7 3500:1 3700:1")
            .ends("otherwise", "4711@next").hears("up number");
    without_barge_in_all_keys_may_come_in_the_prompt:
        number("barge_in = false").keys("500:4 700:7 900:1 1100:1")
            .ends("otherwise", "4711@next").hears("up number");
    without_barge_in_a_terminator_does_not_end_the_prompt:
        number("barge_in = false").keys("500:4 700:#").ends("otherwise", "4@next").hears("up number");
    a_fifth_key_does_not_count:
        number("").keys("1000:4 1200:7 1400:1 1600:1 1800:9").ends("otherwise", "4711@next");
    the_terminator_ends_the_input:
        number("").keys("3500:4 3700:7 3900:#").ends("otherwise", "47@next");
    a_lone_terminator_is_no_input_and_ends_the_prompt:
        number("").keys("1000:#").ends("no_input", "none@next").hears("up number| bye");
    another_terminator:
        number("terminator = \"*\"").keys("1000:4 1200:#  1400:7 1600:*").ends("otherwise", "47@next");
    a_star_that_is_not_the_terminator_is_ignored:
        number("").keys("1000:* 3500:4 3700:* 3900:7").ends("otherwise", "47@next").hears("up number");
    without_a_terminator_only_silence_ends_the_input:
        number("terminator = \"\"").keys("1000:4 1200:# 1400:* 1600:7").ends("otherwise", "47@next");
    silence_after_the_prompt_is_no_input:
        number("").ends("no_input", "none@next").hears("up number bye");
    a_first_digit_just_in_time:
        number("").keys("10900:4").ends("otherwise", "4@next");
    a_first_digit_just_too_late:
        number("").keys("11150:4").ends("no_input", "none@next");
    a_next_digit_just_in_time:
        number("").keys("4000:4 5900:7 7800:1").ends("otherwise", "471@next");
    a_next_digit_just_too_late:
        number("").keys("4000:4 6100:7").ends("otherwise", "4@next");
    after_a_key_in_the_prompt_the_inter_digit_timeout_applies:
        number("").keys("1000:4 2900:7 5050:1").ends("otherwise", "47@next").hears("up number|");
    without_barge_in_the_inter_digit_timeout_starts_at_the_end_of_the_prompt:
        number("barge_in = false").keys("500:4 4850:7").ends("otherwise", "47@next");
    first_digit_sets_its_own_timeout:
        number("first_digit = \"1s\"").keys("4200:4").ends("no_input", "none@next");
    too_few_digits:
        number("min_length = 3").keys("1000:4 1200:7 1400:#").ends("invalid_input", "47@wrong");
    a_pattern_that_fails:
        number("pattern = \"[1-9].*\"").keys("1000:0 1200:7 1400:1 1600:1")
            .ends("invalid_input", "0711@wrong");
    silence_repeats_the_question:
        asked_again(2, "first_digit = \"1s\"")
            .ends("no_input", "none@next").hears("up number number number bye");
    too_few_digits_repeat_the_question_and_the_second_input_counts:
        asked_again(1, "min_length = 3").keys("1000:4 1200:# 2500:4 2700:7 2900:1 3100:1")
            .ends("otherwise", "4711@next").hears("up number| number|");
    a_pattern_that_fails_again_and_again:
        asked_again(1, "pattern = \"[1-9].*\"").keys("500:0 700:# 1500:0 1700:#")
            .ends("invalid_input", "0@wrong").hears("up number| number|");
    several_sounds_are_one_prompt:
        with_prompt(r#"play = ["switch:welcome", "switch:number"]"#).keys("2500:4 2700:#")
            .ends("otherwise", "4@next").hears("up welcome number|");
    a_key_in_the_first_sound_skips_the_second:
        with_prompt(r#"play = ["switch:welcome", "switch:number"]"#).keys("1500:4 1700:#")
            .ends("otherwise", "4@next").hears("up welcome|");
    a_file_of_the_library_in_a_prompt:
        with_prompt(r#"play = ["file", "switch:jingle"]"#).keys("1300:4 1500:#")
            .ends("otherwise", "4@next").hears("up file jingle|");
    a_missing_sound_is_skipped:
        with_prompt(r#"play = ["switch:missing", "switch:jingle"]"#).keys("300:4 500:#")
            .ends("otherwise", "4@next").hears("up no-missing jingle|");
    a_question_without_a_prompt:
        with_prompt("").keys("1000:4 1200:#").ends("otherwise", "4@next").hears("up");
    a_channel_that_was_picked_up_before:
        number("").answered().keys("1000:4 1200:#").ends("otherwise", "4@next").hears("up number|");
    without_a_length_the_inter_digit_timeout_ends_the_input:
        CallRow::of(NUMBER.replace("MORE", "").replace("length = 4\n", "")).keys("1000:1 1100:2 1200:3 1300:4 1400:5 1500:6")
            .ends("otherwise", "123456@next");
}
