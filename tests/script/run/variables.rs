//! When the variables of an outcome are set.

use dialscript::channel::DestinationCheck;

use super::call::ScriptCall;

const SILENT: &str = r#"
    [otherwise]
    set  = { FIRST = "1", SECOND = "2" }
"#;
const TRANSFERRED: &str = r#"
    [otherwise]
    set  = { FIRST = "1", SECOND = "2" }
    then = "goto 9100@shipping"
"#;
const SPOKEN: &str = r#"
    [otherwise]
    set  = { FIRST = "1" }
    play = "switch:bye"
"#;
const CHAINED: &str = r#"
    [otherwise]
    set  = { FIRST = "1" }
    then = "script next"
"#;

#[tokio::test]
async fn the_hand_over_sets_the_variables_of_an_outcome_without_sounds_before_the_standard_ones() {
    let ended = ScriptCall::of(SILENT).runs().await;
    ended.in_order(&["FIRST=1", "SECOND=2", "DIALSCRIPT_SCRIPT=main"]);
    assert_eq!(ended.count("set FIRST"), 0);
    assert_eq!(ended.count("FIRST"), 1);
}

#[tokio::test]
async fn variables_are_set_before_the_destination_is_looked_for() {
    let mut call = ScriptCall::of(TRANSFERRED);
    call.channel.reach = DestinationCheck::Missing;
    let ended = call.runs().await;
    ended.in_order(&["set FIRST=1", "set SECOND=2", "DIALSCRIPT_OUTCOME=error", "Continue"]);
}

#[tokio::test]
async fn variables_are_set_before_sounds_and_before_another_script() {
    let ended = ScriptCall::of(SPOKEN).runs().await;
    ended.in_order(&["set FIRST=1", "play bye", "DIALSCRIPT_SCRIPT=main"]);
    assert_eq!(ended.count("FIRST"), 0);
    let ended = ScriptCall::of(CHAINED).and("next", SPOKEN).runs().await;
    ended.in_order(&["set FIRST=1", "set FIRST=1", "pick up", "play bye"]);
}
