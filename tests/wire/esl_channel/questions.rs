//! Prompts and questions: keys, barge-in, kept keys, silence.

use std::time::Duration;

use dialscript::channel::{
    Channel, DigitOptions, DigitsEnd, Exit, HandoverResult, Interruption, TypeAhead,
};
use tokio::time::{Instant, sleep};

use crate::wire::esl_channel::switch::{EslCall, call, call_with};
use crate::wire::questions::{ask, four_digits, heard, sounds};

#[tokio::test(start_paused = true)]
async fn a_key_interrupts_the_prompt_and_keys_during_the_interruption_count() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let prompt = switch.starts("playback", "/s/number.wav").await;
        switch.key('4').await;
        switch.breaks().await;
        switch.key('7').await;
        switch.ends(&prompt).await;
        switch.key('1').await;
        switch.key('1').await;
    };
    let question = four_digits();
    let asked = ask(&mut channel, &["/s/number.wav", "/s/never-heard.wav"], &question);
    assert_eq!(tokio::join!(asked, calls).0, heard("4711", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_the_question_its_terminator_and_its_clear_key_count() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let prompt = switch.starts("playback", "/s/number.wav").await;
        switch.key('3').await;
        switch.key('*').await;
        switch.breaks().await;
        switch.ends(&prompt).await;
        for key in ['2', '*', 'a', '3', '1', '#'] {
            switch.key(key).await;
        }
    };
    let keys = "12A".chars().collect();
    let question = DigitOptions { keys, clear: Some('*'), ..four_digits() };
    let asked = ask(&mut channel, &["/s/number.wav"], &question);
    assert_eq!(tokio::join!(asked, calls).0, heard("A1", DigitsEnd::Terminator));
}

#[tokio::test(start_paused = true)]
async fn without_barge_in_the_prompt_plays_on_and_its_keys_count() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let prompt = switch.starts("playback", "/s/number.wav").await;
        switch.key('4').await;
        switch.key('7').await;
        switch.key('9').await;
        sleep(Duration::from_secs(3)).await;
        switch.ends(&prompt).await;
    };
    let question = DigitOptions { max_digits: 2, barge_in: false, ..four_digits() };
    let asked = ask(&mut channel, &["/s/number.wav"], &question);
    assert_eq!(tokio::join!(asked, calls).0, heard("47", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn the_first_digit_timeout_applies_first_and_then_the_inter_digit_timeout() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        sleep(Duration::from_millis(15_900)).await;
        switch.key('4').await;
        sleep(Duration::from_millis(2_000)).await;
        switch.key('*').await;
    };
    let question = four_digits();
    let started = Instant::now();
    let (asked, ()) = tokio::join!(ask(&mut channel, &[], &question), calls);
    assert_eq!(asked, heard("4", DigitsEnd::Timeout));
    assert_eq!(started.elapsed().as_millis(), 19_900, "a key without meaning lengthens nothing");
}

#[tokio::test(start_paused = true)]
async fn type_ahead_from_an_earlier_sound_comes_first_and_skips_the_prompt() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let sound = switch.starts("playback", "/s/welcome.wav").await;
        switch.key('9').await;
        switch.breaks().await;
        switch.ends(&sound).await;
        switch.key('8').await;
    };
    let question = DigitOptions { max_digits: 2, ..four_digits() };
    let asked = async {
        channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Keep(&question)).await.unwrap();
        channel.collect_digits(&mut sounds(&["/s/number.wav"]), &question).await
    };
    assert_eq!(tokio::join!(asked, calls).0, heard("98", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn keys_in_a_sound_without_a_following_question_are_discarded_and_interrupt_nothing() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let sound = switch.starts("playback", "/s/welcome.wav").await;
        switch.key('9').await;
        switch.ends(&sound).await;
    };
    let mut welcome = sounds(&["/s/welcome.wav"]);
    let played = channel.play(&mut welcome, TypeAhead::Discard);
    assert_eq!(tokio::join!(played, calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_entering_leaves_the_digits_so_far() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.key('4').await;
        switch.hangs_up().await;
        switch.disconnects().await;
    };
    let question = four_digits();
    let asked = async {
        let asked = ask(&mut channel, &[], &question).await;
        (asked, channel.hand_over(&[("A", "b".into())], &Exit::Continue).await)
    };
    let ((asked, left), ()) = tokio::join!(asked, calls);
    assert_eq!(asked, Err(Interruption::CallerHungUp { digits: "4".into() }));
    assert_eq!(left, HandoverResult::CallerHungUp);
}

#[tokio::test(start_paused = true)]
async fn without_async_a_question_is_refused_with_a_reason_and_sounds_work() {
    let EslCall { mut channel, mut switch, .. } = call_with("static", "full", "").await;
    let calls = async {
        switch.takes("playback_terminators=none").await;
        switch.takes("/s/welcome.wav").await;
    };
    let played = async {
        channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await.unwrap();
        ask(&mut channel, &["/s/number.wav"], &four_digits()).await
    };
    let asked = tokio::join!(played, calls).0;
    assert!(
        matches!(&asked, Err(Interruption::Unsupported(reason)) if reason.contains("has no `async`"))
    );
}
