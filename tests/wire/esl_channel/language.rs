//! The language of the channel: set together with variables.

use std::time::Duration;

use dialscript::channel::{Channel, Exit, HandoverResult, Sound, TypeAhead};
use tokio::time::sleep;

use crate::wire::esl_channel::switch::{EslCall, call_with};

/// Sets the language and a variable, lets FreeSWITCH spell, and hands the call over.
async fn spells_in(language: &str, dialplan: &str, first: &str, said: &str) {
    let EslCall { mut channel, mut switch, .. } = call_with("async", "full", dialplan).await;
    let calls = async {
        switch.sets(first).await;
        let spelling = switch.starts("say", said).await;
        sleep(Duration::from_secs(1)).await;
        switch.completes_without_response(&spelling).await;
        switch.sets("playback_terminators=;dialscript_outcome=matched").await;
        switch.disconnects().await;
    };
    let left = async {
        channel.set_language(language);
        channel.set_variables(&[("A", "1".to_owned())]).await.unwrap();
        let mut sounds = [Sound::Digits("12".into())].into_iter();
        channel.play(&mut sounds, TypeAhead::Discard).await.unwrap();
        channel.hand_over(&[("DIALSCRIPT_OUTCOME", "matched".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(left, calls).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn the_language_is_set_with_the_variables_and_the_switch_spells_in_it() {
    let first = "default_language=pt-BR;A=1;playback_terminators=none";
    spells_in("pt-BR", "variable_default_language: en\n", first, "pt number iterated 12\n").await;
}

#[tokio::test(start_paused = true)]
async fn the_variable_that_has_precedence_is_set_too_if_the_dialplan_has_set_it() {
    let first = "default_language=de;language=de;A=1;playback_terminators=none";
    spells_in("de", "variable_language: fr\n", first, "de number iterated 12\n").await;
}
