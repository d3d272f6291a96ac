//! What `dialscript calls` shows during a call.

use crate::script::equal::call::CallRow;

const ORDER: &str = r#"
    [prompt]
    play = "switch:number"
    [keypress]
    length = 4
    gap = "2s"
    [trigger]
    url = "http://shop.example/?id={keypress}"
    [otherwise]
    play = "switch:found"
    then = "goto 1@next"
    [no_input]
    [no_response]
"#;

const PARTS: &str = r#"
    [prompt]
    say = ["One", "Two"]
    [keypress]
    length = 2
    first_digit = "3s"
    [otherwise]
    [no_input]
    then = "hangup"
"#;

const SPEECH: &str = r#"
    [prompt]
    say = "Welcome"
    [speech]
    language = "en"
    start = "3s"
    silence = "2s"
    maximum = "6s"
    [trigger]
    url = "http://shop.example/?said={speech}"
    [otherwise]
    then = "goto 1@next"
    [no_input]
    [no_response]
"#;

rows! {
    the_prompt_then_keys_then_the_request_then_the_sounds_of_the_outcome:
        CallRow::of(ORDER).keys("3500:4 3700:7 3900:1 4100:1").json(3000, "{}")
            .ends("otherwise", "1@next")
            .does(&["playing_prompt", "waiting_for_key", "requesting", "playing_prompt"]);
    a_sound_that_is_late:
        CallRow::of(PARTS).late("Two", 3000).ends("no_input", "hung up 16")
            .does(&["playing_prompt", "waiting_for_sound", "playing_prompt", "waiting_for_key"]);
    speech_is_recorded_and_then_recognized:
        CallRow::of(SPEECH).says(1500, 1000, "hello").recognition_time(2000).json(3000, "{}")
            .ends("otherwise", "1@next")
            .does(&["playing_prompt", "listening", "recognizing_speech", "requesting"]);
}
