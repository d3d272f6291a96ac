//! Menus, ways on, chains of scripts.

use crate::script::equal::call::CallRow;

/// A menu: 3 s of prompt, then 1 s.
const MENU: &str = r#"
    [prompt]
    play = "switch:number"
    repeat = 1
    [keypress]
    length = 1
    gap = "1s"
    [[branch]]
    when = "1"
    then = "goto 9100@shipping"
    [[branch]]
    when = "2"
    play = "switch:unknown"
    then = "again"
    [[branch]]
    when = ["3", "4"]
    then = "hangup busy"
    [[branch]]
    when = "5"
    play = ["switch:found", "switch:bye"]
    then = "hangup"
    [[branch]]
    when = { min = 6, max = 7 }
    set = { CHOICE = "a {keypress}; 'b' \\ $x, \"c\" 100%", EMPTY = "" }
    [[branch]]
    when = "8"
    then = "goto {arg.to}"
    [[branch]]
    when = "9"
    play = "switch:welcome"
    then = "script pin"
    [no_input]
    then = "continue"
    [invalid_input]
    then = "goto operator"
"#;

const PIN: &str = r#"
    [prompt]
    play = "switch:number"
    [keypress]
    length = 2
    gap = "1s"
    sensitive = true
    [otherwise]
    set = { CHOSEN = "{main.keypress}" }
    then = "goto 1@{script}"
    [no_input]
    then = "continue"
"#;

const NOTICE: &str = r#"
    [prompt]
    answer = false
    [trigger]
    url = "http://shop.example/missed?from={caller}&name={caller_name}&to={called}&why={arg.why}"
    background = true
"#;

const CIRCLE: &str = "[otherwise]\nthen = \"script main\"\n";

fn menu() -> CallRow {
    CallRow::of(MENU).and("pin", PIN)
}

rows! {
    a_menu_without_a_trigger:
        menu().keys("1000:1").ends("matched", "9100@shipping").hears("up number|");
    a_list_of_values_and_a_hangup_cause:
        menu().keys("1000:4").ends("matched", "hung up 17");
    an_outcome_prompt_and_a_normal_hang_up:
        menu().keys("1000:5").ends("matched", "hung up 16").hears("up number| found bye");
    variables_with_special_characters:
        menu().keys("1000:6").ends("matched", "NextStep");
    a_key_that_no_branch_matches_is_asked_again:
        menu().keys("1000:0 4000:1").ends("matched", "9100@shipping").hears("up number| number|");
    a_key_that_no_branch_matches_is_invalid_input_after_the_last_repeat:
        menu().keys("1000:0 4000:0").ends("invalid_input", "operator@from-phones").hears("up number| number|");
    a_key_that_no_branch_matches_and_then_silence_is_no_input:
        menu().keys("1000:0").ends("no_input", "NextStep").hears("up number| number");
    again_within_repeat_asks_again:
        menu().keys("1000:2 4000:1").ends("matched", "9100@shipping").hears("up number| unknown number|");
    again_beyond_repeat_is_invalid_input:
        menu().keys("1000:2 4000:2").ends("invalid_input", "operator@from-phones")
            .hears("up number| unknown number| unknown");
    a_key_in_the_sound_before_again_is_the_next_input:
        menu().keys("1000:2 2000:1").ends("matched", "9100@shipping").hears("up number| unknown|");
    a_key_in_the_last_sound_is_discarded_and_interrupts_nothing:
        menu().keys("1000:5 1500:1 2500:*").ends("matched", "hung up 16").hears("up number| found bye");
    a_chain_of_scripts:
        menu().keys("1000:9 3600:4 3800:7").ends("otherwise", "1@pin").hears("up number| welcome number|");
    keys_typed_ahead_in_a_chain:
        menu().keys("1000:9 1500:4 1700:7").ends("otherwise", "1@pin").hears("up number| welcome|");
    one_key_typed_ahead_and_one_after_it:
        menu().keys("1000:9 2000:4 2400:7").ends("otherwise", "1@pin").hears("up number| welcome|");
    a_sensitive_input_that_is_not_whole:
        menu().keys("1000:9 3600:4").ends("otherwise", "1@pin");
    no_input_in_a_chain:
        menu().keys("1000:9").ends("no_input", "NextStep").hears("up number| welcome number");
    priority_1_is_the_beginning_of_the_extension:
        CallRow::of("[otherwise]\nthen = \"goto 9100@shipping,{arg.priority}\"\n").argument("priority", "1")
            .ends("otherwise", "9100@shipping");
    a_destination_of_an_argument:
        menu().argument("to", "200").keys("1000:8").ends("matched", "200@from-phones");
    an_invalid_destination:
        menu().argument("to", "200,1").keys("1000:8").ends("error", "NextStep");
    a_silent_caller_hears_a_menu_twice:
        menu().ends("no_input", "NextStep").hears("up number number");
    a_background_request_of_a_call_that_is_not_picked_up:
        CallRow::of(NOTICE).argument("why", "busy").ends("otherwise", "NextStep").hears("");
    sounds_and_questions_of_a_call_that_is_not_picked_up_are_skipped:
        CallRow::of(MENU.replace("repeat = 1", "repeat = 1\nanswer = false")).and("pin", PIN)
            .ends("no_input", "NextStep").hears("");
    a_sound_alone:
        CallRow::of("[prompt]\nplay = \"switch:welcome\"\n").keys("500:1")
            .ends("otherwise", "NextStep").hears("up welcome");
    a_chain_of_scripts_in_a_loop_ends:
        CallRow::of(CIRCLE).ends("error", "NextStep");
}
