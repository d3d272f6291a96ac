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
async fn music_at_a_url_that_is_not_there_yet_is_left_out() {
    Call::of(MUSIC).answers_json("{}").runs().await.in_order(&["music [ring]"]);
}
