//! Callers who speak: what is understood, keys instead, silence, and engines that fail.

use crate::script::equal::call::CallRow;
use crate::support::fake_voice::FakeRecognizer;

/// 1 s of prompt.
const NUMBER: &str = r#"
    [prompt]
    say = "Welcome"
    repeat = 1
    [speech]
    language = "en"
    filter = "numeric"
    length = 4
    start = "3s"
    silence = "2s"
    maximum = "6s"
    [keypress]
    length = 4
    first_digit = "3s"
    gap = "2s"
    [trigger]
    url = "http://shop.example/?said={speech}&typed={keypress}&id={input}"
    [otherwise]
    then = "goto {input}@next"
    [no_input]
    say = "Bye"
    then = "goto none@next"
    [invalid_input]
    then = "goto wrong@next"
    [no_response]
    then = "hangup"
"#;

const WORDS: &str = r#"
    [prompt]
    say = "Welcome"
    [speech]
    language = "en"
    start = "3s"
    silence = "2s"
    maximum = "6s"
    MORE
    [[branch]]
    when = { pattern = "^(yes|yeah)" }
    then = "goto yes@next"
    [otherwise]
    then = "script told"
    [no_input]
    say = "Bye"
"#;

const TOLD: &str = r#"
    [trigger]
    url = "http://shop.example/{main.speech}?a={main.input}"
    [response]
    key = "code"
    [otherwise]
    set = { SAID = "{main.speech}" }
    say = "{say:main.speech}"
    then = "goto told@next"
    [no_response]
    then = "hangup"
"#;

const FIRST: &str = r#"
    [otherwise]
    say = "One"
    then = "script question"
"#;

fn number() -> CallRow {
    CallRow::of(NUMBER)
}

/// One that is answered.
fn right() -> CallRow {
    number().json(100, "{}")
}

fn without_barge_in() -> CallRow {
    let keypress = "[keypress]\nbarge_in = false";
    CallRow::of(NUMBER.replace("[keypress]", keypress)).json(100, "{}")
}

/// Something is said before the question.
fn first() -> CallRow {
    CallRow::of(FIRST).and("question", NUMBER).json(100, "{}")
}

fn words(more: &str) -> CallRow {
    CallRow::of(WORDS.replace("MORE", more)).and("told", TOLD)
}

const CODE: &str = r#"{"code": 1}"#;

rows! {
    spoken_digits_are_the_input:
        right().says(1500, 1200, "four seven one one").ends("otherwise", "4711@next")
            .hears("up Welcome says:four_seven_one_one").sets_variable("dialscript_input", "4711")
            .requests(&["asks http://shop.example/?said=4711&typed=&id=4711 "]);
    digits_in_groups:
        right().says(2500, 800, "forty seven double one").ends("otherwise", "4711@next");
    speech_during_the_prompt_counts_from_the_end_of_the_prompt:
        right().says(500, 1540, "four seven one one").ends("otherwise", "4711@next");
    a_pause_within_an_utterance:
        right().says_recognized_as(1500, 600, "four seven", Ok("four seven one one")).says(3100, 600, "one one")
            .ends("otherwise", "4711@next").hears("up Welcome says:four_seven says:one_one");
    a_pause_that_is_too_long_ends_the_utterance:
        number().says(1500, 600, "four seven").says(5500, 600, "one one").ends("invalid_input", "wrong@next");
    spoken_digits_of_the_wrong_length_repeat_the_question_and_the_second_input_counts:
        right().says(1500, 600, "four seven").says(6000, 1200, "four seven one one")
            .ends("otherwise", "4711@next")
            .hears("up Welcome says:four_seven Welcome says:four_seven_one_one");
    words_without_digits_are_invalid_twice:
        number().says(1500, 600, "good morning").says(6000, 600, "hello").ends("invalid_input", "wrong@next")
            .hears("up Welcome says:good_morning Welcome says:hello");
    speech_without_words_is_no_input_and_repeats_the_question:
        number().says_recognized_as(1500, 600, "hm", Ok("")).says(6000, 600, "four").ends("invalid_input", "wrong@next")
            .hears("up Welcome says:hm Welcome says:four");
    silence_is_no_input_after_the_last_repeat:
        number().ends("no_input", "none@next").hears("up Welcome Welcome Bye").takes(10_000);
    wrong_words_and_then_keys:
        right().says(1500, 600, "hello").keys("6000:4 6200:7 6400:1 6600:1").ends("otherwise", "4711@next")
            .hears("up Welcome says:hello Welcome");
    keys_instead_of_speech_in_the_prompt:
        right().keys("500:4 700:7 900:1 1100:1").ends("otherwise", "4711@next").hears("up Welcome|")
            .requests(&["asks http://shop.example/?said=&typed=4711&id=4711 "]);
    keys_instead_of_speech_after_the_prompt:
        right().keys("2500:4 2700:7 2900:1 3100:1").ends("otherwise", "4711@next").hears("up Welcome");
    keys_pressed_quickly_while_it_is_recorded_all_count:
        right().keys("2500:4 2540:7 2580:1 2620:1").ends("otherwise", "4711@next").hears("up Welcome");
    keys_in_the_second_round_of_silence:
        right().keys("3700:4 3900:7 4100:1 4300:1").ends("otherwise", "4711@next").hears("up Welcome");
    keys_while_the_caller_speaks_win:
        right().says(1500, 2000, "let me type it").keys("2500:4 2700:7 2900:1 3100:1")
            .ends("otherwise", "4711@next").hears("up Welcome says:let_me_type_it");
    too_few_keys_after_speech_began:
        right().says(1500, 2000, "let me type it").keys("2500:4 2700:#").ends("otherwise", "4@next");
    a_lone_terminator_while_it_is_recorded_is_no_input:
        number().keys("2500:# 6000:#").ends("no_input", "none@next").hears("up Welcome Welcome Bye");
    a_star_while_it_is_recorded_changes_nothing:
        right().keys("1300:*").says(2000, 1200, "four seven one one").ends("otherwise", "4711@next");
    a_word_that_a_branch_names:
        words("").says(1500, 500, "yes please").ends("matched", "yes@next").hears("up Welcome says:yes_please");
    a_caller_who_begins_in_the_second_round_of_silence:
        words("").says(3500, 500, "yes").ends("matched", "yes@next").hears("up Welcome says:yes");
    a_caller_who_begins_at_the_end_of_a_round:
        words("").says(2700, 2000, "yes").ends("matched", "yes@next").hears("up Welcome says:yes");
    a_caller_who_begins_when_all_rounds_are_over:
        words("").says(5400, 500, "yes").ends("no_input", "NextStep").hears("up Welcome Bye");
    the_time_to_begin_is_rounded_up_to_rounds_of_silence:
        words("").says(4800, 500, "yes").ends("matched", "yes@next").hears("up Welcome says:yes");
    a_silence_of_a_fraction_is_rounded_up:
        CallRow::of(WORDS.replace("silence = \"2s\"", "silence = \"1.5s\"").replace("MORE", "")).and("told", TOLD)
            .says_recognized_as(1500, 500, "yes", Ok("yes or no")).says(3700, 500, "or no")
            .ends("matched", "yes@next").hears("up Welcome says:yes says:or_no");
    a_short_silence_does_not_make_the_time_to_begin_longer:
        CallRow::of(WORDS.replace("silence = \"2s\"", "silence = \"500ms\"").replace("MORE", "")).and("told", TOLD)
            .ends("no_input", "NextStep").takes(4000);
    one_second_of_silence:
        CallRow::of(WORDS.replace("silence = \"2s\"", "silence = \"500ms\"").replace("MORE", "")).and("told", TOLD)
            .says(1500, 500, "yes").says(3400, 500, "or no")
            .ends("matched", "yes@next").hears("up Welcome says:yes");
    a_short_word_in_one_second_of_silence:
        CallRow::of(WORDS.replace("silence = \"2s\"", "silence = \"500ms\"").replace("MORE", "")).and("told", TOLD)
            .says(1500, 300, "yes").ends("matched", "yes@next").hears("up Welcome says:yes");
    an_endless_utterance_is_cut_at_the_maximum_and_recognized:
        words("").says(1500, 20000, "yes and so on").ends("matched", "yes@next").takes(7000);
    words_in_a_url_and_in_a_variable:
        words("").says(1500, 800, "Anna & Ben/2?").json(100, CODE).ends("otherwise", "told@next")
            .hears("up Welcome says:Anna_&_Ben/2? Anna_&_Ben/2?").sets_variable("said", "Anna & Ben/2?")
            .requests(&["asks http://shop.example/Anna%20%26%20Ben%2F2%3F?a=Anna%20%26%20Ben%2F2%3F "]);
    sensitive_words_are_in_no_variable_of_the_daemon:
        words("sensitive = true").says(1500, 800, "open sesame").json(100, CODE).ends("otherwise", "told@next")
            .sets_variable("dialscript_input", "").sets_variable("said", "open sesame");
    any_key_ends_the_utterance_where_keys_are_not_allowed:
        words("").says(1500, 500, "yes").keys("2600:5").ends("matched", "yes@next").hears("up Welcome says:yes");
    a_key_before_any_speech_where_keys_are_not_allowed:
        words("").says_recognized_as(9000, 1, "-", Ok("")).keys("2000:5").ends("no_input", "NextStep").hears("up Welcome Bye");
    keys_in_the_prompt_are_discarded_where_keys_are_not_allowed:
        words("").keys("500:5").says(1500, 500, "yes").ends("matched", "yes@next").hears("up Welcome says:yes");
    a_speech_question_whose_prompt_fails_is_no_input_at_once:
        words("").failing("*").says(500, 500, "yes").ends("no_input", "NextStep").hears("up")
            .with_reason("the prompt could not be played: the engine is broken").takes(0);
    a_late_part_of_a_speech_question:
        words("").late("Welcome", 2000).says(3500, 500, "yes").ends("matched", "yes@next");
    keys_while_a_speech_question_is_synthesized:
        right().late("Welcome", 3000).keys("500:4 700:7 900:1 1100:1").ends("otherwise", "4711@next").hears("up");
    without_a_recognizer_and_without_keys:
        words("").with_recognizer(FakeRecognizer::Missing).ends("no_input", "NextStep").hears("up Bye")
            .with_reason("no speech recognizer is configured");
    without_a_recognizer_but_with_keys:
        right().with_recognizer(FakeRecognizer::Missing).keys("1500:4 1700:7 1900:1 2100:1").ends("otherwise", "4711@next")
            .hears("up Welcome");
    after_a_recognition_error_keys_are_collected:
        right().says_recognized_as(1500, 1000, "four", Err("it crashed")).keys("5500:4 5700:7 5900:1 6100:1")
            .ends("otherwise", "4711@next").hears("up Welcome says:four");
    a_recognition_error_where_keys_are_not_allowed:
        words("").says_recognized_as(1500, 1000, "yes", Err("it crashed")).ends("no_input", "NextStep")
            .hears("up Welcome says:yes Bye").with_reason("it crashed");
    the_switch_has_no_recognizer:
        words("").with_recognizer(FakeRecognizer::Switch).ends("no_input", "NextStep");
    the_switch_has_no_recognizer_but_keys_are_allowed:
        right().with_recognizer(FakeRecognizer::Switch).keys("1500:4 1700:7 1900:1 2100:1").ends("otherwise", "4711@next")
            .hears("up Welcome");
    the_recordings_folder_is_missing:
        words("").without_recording().ends("no_input", "NextStep").hears("up Welcome Bye");
    the_recordings_folder_is_missing_but_keys_are_allowed:
        right().without_recording().keys("1500:4 1700:7 1900:1 2100:1").ends("otherwise", "4711@next")
            .hears("up Welcome");
    without_barge_in_keys_in_the_prompt_count_when_it_is_over:
        without_barge_in().keys("300:4 500:7 700:1 900:1").ends("otherwise", "4711@next").hears("up Welcome");
    without_barge_in_keys_in_the_prompt_continue_after_it:
        without_barge_in().keys("300:4 500:7 1500:1 2000:1").ends("otherwise", "4711@next").hears("up Welcome");
    without_barge_in_speech_is_heard_after_the_prompt:
        without_barge_in().says(1500, 1200, "four seven one one").ends("otherwise", "4711@next");
    without_barge_in_the_switch_has_no_recognizer:
        without_barge_in().with_recognizer(FakeRecognizer::Switch).keys("300:4 1700:7 1900:1 2100:1")
            .ends("otherwise", "4711@next").hears("up Welcome");
    digits_that_the_switch_speaks_before_a_missing_recognizer:
        CallRow::of(NUMBER.replace("Welcome", "{digits:arg.n}")).argument("n", "1").json(100, "{}").failing("1")
            .with_recognizer(FakeRecognizer::Switch).keys("1500:4 1700:7 1900:1 2100:1").ends("otherwise", "4711@next")
            .hears("up digits:1");
    keys_in_an_earlier_text_are_for_the_speech_question:
        first().keys("200:4 800:7 900:1 1000:1").ends("otherwise", "4711@next").hears("up One|");
    keys_in_an_earlier_text_without_a_recognizer:
        first().with_recognizer(FakeRecognizer::Missing).keys("200:4 800:7 900:1 1000:1").ends("otherwise", "4711@next")
            .hears("up One|");
    keys_in_an_earlier_text_where_the_switch_has_no_recognizer:
        first().with_recognizer(FakeRecognizer::Switch).keys("200:4 800:7 900:1 1000:1").ends("otherwise", "4711@next")
            .hears("up One|");
    a_hang_up_before_any_speech:
        words("").hangs_up(2000).ends("hangup", "HangupHandler").hears("up Welcome hangs-up");
    a_hang_up_while_the_caller_speaks:
        words("").says(1500, 2000, "yes").hangs_up(2500).ends("hangup", "HangupHandler")
            .hears("up Welcome says:yes hangs-up");
    a_hang_up_during_recognition:
        words("").says(1500, 500, "yes").recognition_time(5000).hangs_up(6000).ends("hangup", "HangupHandler")
            .hears("up Welcome says:yes hangs-up");
    a_hang_up_after_keys_instead_of_speech:
        number().keys("2500:4 2700:7").hangs_up(3500).ends("hangup", "HangupHandler").hears("up Welcome hangs-up");
    a_shutdown_before_any_speech:
        words("").shuts_down(2000).ends("error", "NextStep").hears("up Welcome");
    a_shutdown_while_the_caller_speaks:
        words("").says(1500, 2000, "yes").shuts_down(2500).ends("error", "NextStep").hears("up Welcome says:yes");
    a_shutdown_during_recognition:
        words("").says(1500, 500, "yes").recognition_time(5000).shuts_down(6000).ends("error", "NextStep");
    the_call_limit_ends_a_call_while_the_caller_speaks:
        words("").says(1500, 3000, "yes").call_limit(2500).ends("error", "NextStep").hears("up Welcome says:yes");
    keys_during_recognition_are_discarded:
        right().says(1500, 1200, "four seven one one").recognition_time(2000).keys("5500:9")
            .ends("otherwise", "4711@next");
}
