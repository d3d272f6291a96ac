//! Waiting for an answer, with music.

use std::future::pending;
use std::time::Duration;

use dialscript::channel::{Channel, Interrupted, Meanwhile, Music};
use tokio::time::sleep;

use crate::switch::{Call, call, call_with};

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_soon_starts_no_music_and_a_late_one_breaks_it_off() {
    let variables = "variable_playback_timeout_sec: 60\n";
    let Call { mut channel, mut switch, .. } = call_with("async", "full", variables).await;
    let calls = async {
        // Music has an end, even if we should be gone by then; a prompt behind it has its own.
        switch.runs("set", "playback_timeout_sec=30").await;
        let music = switch.starts("playback", "local_stream://jazz").await;
        let broken_off = switch.starts("break", "").await;
        switch.ends(&music).await;
        switch.ends(&broken_off).await;
        switch.runs("set", "execute-app-arg: playback_timeout_sec=60\n").await;
    };
    let music = Some(Music::Class("jazz".into()));
    let meanwhile = Meanwhile { after: Duration::from_millis(300), music, ..Meanwhile::default() };
    let waited = async {
        channel.wait(sleep(Duration::from_millis(299)), &meanwhile).await.unwrap();
        channel.wait(sleep(Duration::from_millis(301)), &meanwhile).await.unwrap();
    };
    tokio::join!(waited, calls);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_waiting_ends_the_wait() {
    let Call { mut channel, mut switch, .. } = call().await;
    let meanwhile = Meanwhile::default();
    let waited = channel.wait(pending::<()>(), &meanwhile);
    assert_eq!(tokio::join!(waited, switch.hangs_up()).0, Err(Interrupted::caller_left()));
}
