//! What is heard while an answer is awaited.

use super::call::ScriptCall;

const MUSIC: &str = r#"
    [trigger]
    url = "http://shop.example/"
    music = ["switch:ring", "https://shop.example/wait.mp3"]
    [otherwise]
    [no_response]
"#;

#[tokio::test]
async fn music_at_a_url_is_played_if_it_is_cached() {
    let mut call = ScriptCall::of(MUSIC).answers_json("{}");
    call.voice.cached = vec!["https://shop.example/wait.mp3"];
    call.runs().await.in_order(&["music [ring, https://shop.example/wait.mp3]"]);
}

#[tokio::test]
async fn sounds_and_music_use_the_location_that_the_switch_can_reach() {
    let script = r#"
        [prompt]
        play = "/far/hello.wav"
        [trigger]
        url = "http://shop.example/"
        music = ["/far/wait.wav"]
        [otherwise]
        [no_response]
    "#;
    let call = ScriptCall::of(script).by("[folders]\nsounds_on_switch = '/far'\n");
    let ended = call.answers_json("{}").runs().await;
    ended.in_order(&["play a sound of ours", "music [a sound of ours]"]);
}

#[tokio::test]
async fn music_at_a_url_that_is_not_cached_yet_is_skipped() {
    ScriptCall::of(MUSIC).answers_json("{}").runs().await.in_order(&["music [ring]"]);
}

const REASSURANCE: &str = r#"
    [voice]
    engine = "other"
    [trigger]
    url = "http://shop.example/"
    music_after = "2s"
    keys = "keep"
    [trigger.reassure]
    say = ["One moment.", "{play:https://shop.example/hold.mp3}"]
    play = ["switch:beep", "/far/please.wav"]
    every = "7s"
    [otherwise]
    [no_response]
"#;

const OTHER: &str = "[folders]\nsounds_on_switch = '/far'\n[speech.engines.other]\nengine = 'command'\n\
    command = ['/bin/true']\n";

#[tokio::test]
async fn the_cached_parts_of_a_reassurance_are_played_in_order() {
    let mut call = ScriptCall::of(REASSURANCE).by(OTHER).answers_json("{}");
    call.voice.cached = vec!["One moment.", "https://shop.example/hold.mp3"];
    let heard = "every 7s [beep, a sound of ours, One moment., https://shop.example/hold.mp3]";
    call.runs().await.in_order(&[heard, "keep keys"]);
}

#[tokio::test]
async fn a_text_of_a_reassurance_that_is_not_cached_yet_is_skipped() {
    let mut call = ScriptCall::of(REASSURANCE).by(OTHER).answers_json("{}");
    call.voice.cached = vec!["https://shop.example/hold.mp3"];
    let heard = "every 7s [beep, a sound of ours, https://shop.example/hold.mp3]";
    call.runs().await.in_order(&[heard]);
}

#[tokio::test]
async fn a_reassurance_without_any_cached_part_is_not_played() {
    let script = REASSURANCE.replace("play = [\"switch:beep\", \"/far/please.wav\"]", "");
    let ended = ScriptCall::of(script.leak()).by(OTHER).answers_json("{}").runs().await;
    assert_eq!(ended.count("every"), 0);
}
