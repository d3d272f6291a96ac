//! Waiting for an answer, with music.

use std::future::pending;
use std::time::Duration;

use dialscript::channel::{
    Channel, DigitOptions, DigitsEnd, HoldMedia, HoldMusic, Interruption, Reassurance, Sound,
    TypeAhead,
};
use tokio::time::{Instant, sleep};

use crate::wire::esl_channel::switch::{EslCall, call, call_with};
use crate::wire::questions::{ask, four_digits, heard, sounds};

#[tokio::test(start_paused = true)]
async fn a_quick_answer_starts_no_music_and_a_late_one_interrupts_it() {
    let variables = "variable_playback_timeout_sec: 60\n";
    let EslCall { mut channel, mut switch, .. } = call_with("async", "full", variables).await;
    let calls = async {
        // Music has a time limit, in case the daemon is gone by then. A later prompt has its own limit.
        switch.sets("playback_timeout_sec=30").await;
        let music = switch.starts("playback", "local_stream://jazz").await;
        switch.breaks().await;
        switch.ends(&music).await;
        switch.sets("playback_timeout_sec=60;playback_terminators=none").await;
        switch.runs("playback", "/s/found.wav").await;
    };
    let music = Some(HoldMusic::Class("jazz".into()));
    let hold_media = HoldMedia { delay: Duration::from_millis(300), music, ..HoldMedia::default() };
    let waited = async {
        channel.wait(sleep(Duration::from_millis(299)), &hold_media).await.unwrap();
        channel.wait(sleep(Duration::from_millis(301)), &hold_media).await.unwrap();
        channel.play(&mut sounds(&["/s/found.wav"]), TypeAhead::Discard).await.unwrap();
    };
    tokio::join!(waited, calls);
}

#[tokio::test(start_paused = true)]
async fn the_next_sound_is_queued_behind_music_that_has_played_for_some_time() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_timeout_sec=30").await;
        let music = switch.starts("playback", "event-lock: true\n").await;
        switch.breaks().await;
        switch.sets("playback_timeout_sec=;playback_terminators=none").await;
        let sound = switch.starts("playback", "/s/found.wav").await;
        switch.ends(&music).await;
        switch.ends(&sound).await;
    };
    let music = Some(HoldMusic::Class("jazz".into()));
    let hold_media = HoldMedia { music, ..HoldMedia::default() };
    let waited = async {
        channel.wait(sleep(Duration::from_secs(1)), &hold_media).await.unwrap();
        channel.play(&mut sounds(&["/s/found.wav"]), TypeAhead::Discard).await
    };
    assert_eq!(tokio::join!(waited, calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn music_that_may_not_have_begun_is_interrupted_until_it_ends() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_timeout_sec=30").await;
        let music = switch.starts("playback", "local_stream://jazz").await;
        for _ in 0..3 {
            switch.breaks().await;
        }
        switch.ends(&music).await;
    };
    let music = Some(HoldMusic::Class("jazz".into()));
    let hold_media = HoldMedia { music, ..HoldMedia::default() };
    let waited = channel.wait(sleep(Duration::from_millis(10)), &hold_media);
    assert_eq!(tokio::join!(waited, calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn music_behind_a_slow_answer_is_interrupted_until_it_ends() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        let answer = switch.starts("answer", "").await;
        switch.sets("playback_timeout_sec=30").await;
        let music = switch.starts("playback", "local_stream://jazz").await;
        switch.breaks().await;
        switch.ends(&answer).await;
        switch.breaks().await;
        switch.ends(&music).await;
    };
    let music = Some(HoldMusic::Class("jazz".into()));
    let hold_media = HoldMedia { music, ..HoldMedia::default() };
    let waited = async {
        channel.pick_up(true).await.unwrap();
        channel.wait(sleep(Duration::from_secs(2)), &hold_media).await
    };
    assert_eq!(tokio::join!(waited, calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn without_full_music_is_interrupted_by_an_application_inside_it() {
    let EslCall { mut channel, mut switch, .. } = call_with("async", "single-channel", "").await;
    let calls = async {
        switch.starts("multiset", "playback_timeout_sec=30").await;
        let music = switch.starts("playback", "local_stream://jazz").await;
        let broken_off = switch.starts("break", "").await;
        switch.ends(&broken_off).await;
        switch.ends(&music).await;
        switch.starts("multiset", "playback_timeout_sec=;playback_terminators=none").await;
        switch.runs("playback", "/s/found.wav").await;
    };
    let music = Some(HoldMusic::Class("jazz".into()));
    let hold_media = HoldMedia { music, ..HoldMedia::default() };
    let waited = async {
        channel.wait(sleep(Duration::from_secs(2)), &hold_media).await.unwrap();
        channel.play(&mut sounds(&["/s/found.wav"]), TypeAhead::Discard).await
    };
    assert_eq!(tokio::join!(waited, calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_waiting_ends_the_wait() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let hold_media = HoldMedia::default();
    let waited = channel.wait(pending::<()>(), &hold_media);
    assert_eq!(tokio::join!(waited, switch.hangs_up()).0, Err(Interruption::caller_hung_up()));
}

/// Music at once, and a reassurance each five seconds.
fn reassuring(keeps_keys: bool) -> HoldMedia {
    let sounds = [Sound::File("/s/wait.wav".into()), Sound::File("/s/please.wav".into())].into();
    let reassurance = Some(Reassurance { every: Duration::from_secs(5), sounds });
    let music = Some(HoldMusic::Class("jazz".into()));
    HoldMedia { music, reassurance, keep_type_ahead: keeps_keys, ..HoldMedia::default() }
}

#[tokio::test(start_paused = true)]
async fn a_reassurance_interrupts_the_music_which_starts_again_after_it() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let started = Instant::now();
    let calls = async {
        switch.sets("playback_timeout_sec=30").await;
        for second in [5, 12] {
            let music = switch.starts("playback", "local_stream://jazz").await;
            switch.breaks().await;
            assert_eq!(started.elapsed().as_secs(), second);
            if second == 5 {
                switch.sets("playback_terminators=none").await;
            }
            switch.ends(&music).await;
            for file in ["/s/wait.wav", "/s/please.wav"] {
                let sound = switch.starts("playback", file).await;
                sleep(Duration::from_secs(1)).await;
                switch.ends(&sound).await;
            }
        }
        let music = switch.starts("playback", "local_stream://jazz").await;
        switch.breaks().await;
        switch.ends(&music).await;
    };
    let hold_media = reassuring(false);
    let waited = channel.wait(sleep(Duration::from_secs(15)), &hold_media);
    assert_eq!(tokio::join!(waited, calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_interrupts_a_reassurance() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_timeout_sec=30;playback_terminators=none").await;
        let sound = switch.starts("playback", "/s/wait.wav").await;
        switch.breaks().await;
        switch.ends(&sound).await;
    };
    let hold_media = HoldMedia { music: None, ..reassuring(false) };
    let waited = channel.wait(sleep(Duration::from_secs(6)), &hold_media);
    assert_eq!(tokio::join!(waited, calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_played_during_a_wait_if_it_could_not_be_interrupted() {
    let EslCall { mut channel, switch: _switch, .. } = call_with("static", "full", "").await;
    let hold_media = reassuring(false);
    assert_eq!(channel.wait(sleep(Duration::from_secs(20)), &hold_media).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn keys_are_kept_during_music_in_a_reassurance_and_until_the_next_question() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none;playback_timeout_sec=30").await;
        let music = switch.starts("playback", "local_stream://jazz").await;
        switch.key('1').await;
        switch.breaks().await;
        switch.key('2').await;
        switch.ends(&music).await;
        let sound = switch.starts("playback", "/s/wait.wav").await;
        switch.key('3').await;
        switch.breaks().await;
        switch.ends(&sound).await;
        switch.key('4').await;
        switch.sets("playback_timeout_sec=;A=b").await;
        switch.key('#').await;
    };
    let question = DigitOptions { max_digits: 8, ..four_digits() };
    let hold_media = reassuring(true);
    let asked = async {
        channel.wait(sleep(Duration::from_secs(6)), &hold_media).await.unwrap();
        channel.set_variables(&[("A", "b".into())]).await.unwrap();
        channel.play(&mut sounds(&["/s/found.wav"]), TypeAhead::Keep(&question)).await.unwrap();
        ask(&mut channel, &["/s/welcome.wav"], &question).await
    };
    assert_eq!(tokio::join!(asked, calls).0, heard("1234", DigitsEnd::Terminator));
}

#[tokio::test(start_paused = true)]
async fn keys_in_a_wait_are_discarded_unless_they_are_kept() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let pressed = async {
        switch.key('1').await;
        sleep(Duration::from_secs(2)).await;
        switch.key('2').await;
        switch.key('#').await;
    };
    let asked = async {
        let hold_media = HoldMedia::default();
        channel.wait(sleep(Duration::from_secs(1)), &hold_media).await.unwrap();
        ask(&mut channel, &[], &four_digits()).await
    };
    assert_eq!(tokio::join!(asked, pressed).0, heard("2", DigitsEnd::Terminator));
}
