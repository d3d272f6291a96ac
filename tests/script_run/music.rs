//! What is heard while an answer is awaited.

use super::call::Call;

const MUSIC: &str = r#"
    [trigger]
    url = "http://shop.example/"
    music = ["switch:ring", "https://shop.example/wait.mp3"]
    [otherwise]
    [no_response]
"#;

#[tokio::test]
async fn music_at_a_url_is_heard_where_it_is_at_hand() {
    let mut call = Call::of(MUSIC).answers_json("{}");
    call.voice.at_hand = vec!["https://shop.example/wait.mp3"];
    call.runs().await.in_order(&["music [ring, https://shop.example/wait.mp3]"]);
}

#[tokio::test]
async fn sounds_and_music_are_played_by_where_the_switch_reaches_them() {
    let script = r#"
        [prompt]
        play = "/far/hello.wav"
        [trigger]
        url = "http://shop.example/"
        music = ["/far/wait.wav"]
        [otherwise]
        [no_response]
    "#;
    let call = Call::of(script).by("[folders]\nsounds_on_switch = '/far'\n");
    let ended = call.answers_json("{}").runs().await;
    ended.in_order(&["play a sound of ours", "music [a sound of ours]"]);
}

#[tokio::test]
async fn music_at_a_url_that_is_not_there_yet_is_left_out() {
    Call::of(MUSIC).answers_json("{}").runs().await.in_order(&["music [ring]"]);
}
