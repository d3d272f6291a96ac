//! The language of a call: `language` of an outcome, from there to the end of the call.

use crate::script::equal::call::CallRow;

/// The key 1 is English, and the key 2 German. The library has `file` in German, and without a language.
const MENU: &str = r#"
    [prompt]
    play = ["switch:number", "file"]
    say = "One"
    repeat = 1
    [keypress]
    length = 1
    [[branch]]
    when = "1"
    language = "en"
    then = "script order"
    [[branch]]
    when = "2"
    language = "de"
    set = { CHOSEN = "{language}" }
    play = "file"
    say = "Two"
    then = "script order"
    [[branch]]
    when = "3"
    language = "pt-BR"
    then = "goto 1@{language}"
    [[branch]]
    when = "4"
    language = "de"
    say = "Four"
    then = "again"
    [[branch]]
    when = "5"
    language = "de"
    then = "script written"
    [no_input]
    then = "hangup"
"#;

/// Its texts have no language of their own.
const ORDER: &str = r#"
    [prompt]
    say = "Welcome"
    [speech]
    filter = "numeric"
    start = "3s"
    silence = "2s"
    maximum = "6s"
    [trigger]
    url = "http://shop.example/{input}?in={language}"
    [otherwise]
    play = "file"
    say = "{digits:input}"
    then = "continue"
    [no_input]
    then = "hangup"
    [no_response]
    then = "hangup"
"#;

/// Its texts are written in French, and callers speak it.
const WRITTEN: &str = r#"
    [prompt]
    play = "file"
    say = "Welcome"
    [voice]
    language = "fr"
    [speech]
    language = "fr"
    start = "3s"
    silence = "2s"
    maximum = "6s"
    [otherwise]
    language = "es"
    say = "Five"
    then = "hangup"
    [no_input]
    then = "hangup"
"#;

fn menu() -> CallRow {
    let row = CallRow::of(MENU).and("order", ORDER).and("written", WRITTEN);
    row.sound("de/file.wav")
}

rows! {
    german_from_the_outcome_on:
        menu().keys("1000:2").says(4500, 1000, "vier sieben").json(100, "{}")
            .ends("otherwise", "NextStep")
            .hears("up number| de/file Two Welcome says:vier_sieben de/file 4 7")
            .requests(&["asks http://shop.example/47?in=de "])
            .sets_variable("chosen", "de")
            .sets_variable("language", "de")
            .engines(&[
                "say One", "say Two in de", "say Welcome in de", "recognize de 1.0 s", "delete the recording",
                "say 4 in de", "say 7 in de",
            ]);
    the_language_that_the_channel_has_already_is_set_for_texts_too:
        menu().keys("1000:1").says(3000, 1000, "four seven").json(100, "{}")
            .ends("otherwise", "NextStep")
            .hears("up number| Welcome says:four_seven file 4 7")
            .engines(&[
                "say One", "say Welcome in en", "recognize en 1.0 s", "delete the recording", "say 4 in en",
                "say 7 in en",
            ]);
    a_language_with_a_region_and_no_sound:
        menu().keys("1000:3").ends("matched", "1@pt-BR").sets_variable("language", "pt-BR");
    the_question_is_asked_again_in_the_language:
        menu().keys("1000:4 5000:2").says(9000, 1000, "vier").json(100, "{}")
            .ends("otherwise", "NextStep")
            .hears("up number| Four number de/file| de/file Two Welcome says:vier de/file 4")
            .engines(&[
                "say One", "say Four in de", "say One in de", "say Two in de", "say Welcome in de",
                "recognize de 1.0 s", "delete the recording", "say 4 in de",
            ]);
    a_script_with_a_language_of_its_own_is_spoken_and_heard_in_it_until_an_outcome_sets_another:
        menu().keys("1000:5").says(4500, 1000, "bonjour")
            .ends("otherwise", "hung up 16")
            .hears("up number| de/file Welcome says:bonjour Five")
            .sets_variable("language", "es")
            .engines(&[
                "say One", "say Welcome", "recognize fr 1.0 s", "delete the recording", "say Five in es",
            ]);
    the_language_is_set_even_if_the_caller_hangs_up_during_the_sound:
        menu().keys("1000:2").hangs_up(1500).ends("hangup", "HangupHandler").sets_variable("language", "de");
}
