//! Waiting for an answer, with and without music.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_quick_answer_starts_no_music_and_a_late_one_stops_it_before_the_next_sound() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        asterisk.answers("SET MUSIC OFF", "200 result=0").await;
        asterisk.answers(r#"STREAM FILE "/s/welcome" """#, "200 result=0 endpos=8000").await;
    };
    let music = Some(HoldMusic::Class("jazz".into()));
    let hold_media = HoldMedia { delay: Duration::from_millis(300), music, ..HoldMedia::default() };
    let calls = async {
        channel.wait(sleep(Duration::from_millis(299)), &hold_media).await.unwrap();
        channel.wait(sleep(Duration::from_millis(301)), &hold_media).await.unwrap();
        channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await.unwrap();
    };
    tokio::join!(calls, switch);
}

#[tokio::test(start_paused = true)]
async fn sounds_used_as_music_are_interrupted_and_replies_stay_in_order() {
    for late_reply in ["", "200 result=0 endpos=800\n"] {
        let AgiCall { mut channel, mut asterisk, .. } = call().await;
        let switch = async {
            asterisk.answers(r#"STREAM FILE "/s/music" """#, "200 result=0 endpos=8000").await;
            asterisk.expect_command(r#"STREAM FILE "/s/music" """#).await;
            asterisk.answers("NOOP", &format!("{late_reply}200 result=0")).await;
            asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
            asterisk.expect_close().await;
        };
        let music = Some(HoldMusic::Sounds([Sound::File("/s/music.wav".into())].into()));
        let hold_media = HoldMedia { delay: Duration::ZERO, music, ..HoldMedia::default() };
        let calls = async {
            // The first round takes a while, so that the music is not taken for a busy loop.
            channel.wait(sleep(Duration::from_secs(1)), &hold_media).await.unwrap();
            channel.hand_over(&[("A", "b".into())], &Exit::Continue).await
        };
        let slow_switch = async {
            sleep(Duration::from_millis(200)).await;
            switch.await;
        };
        assert_eq!(tokio::join!(calls, slow_switch).0, HandoverResult::Completed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_511_reply_to_a_sound_used_as_music_is_not_taken_for_the_reply_to_noop() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("ANSWER", "200 result=0").await;
        asterisk.expect_command(r#"STREAM FILE "/s/music" """#).await;
        let dead = "511 Command Not Permitted on a dead channel or intercept routine";
        asterisk.answers("NOOP", &format!("{dead}\n200 result=0")).await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
        asterisk.expect_close().await;
    };
    let music = Some(HoldMusic::Sounds([Sound::File("/s/music.wav".into())].into()));
    let hold_media = HoldMedia { delay: Duration::ZERO, music, ..HoldMedia::default() };
    let calls = async {
        channel.pick_up(true).await.unwrap();
        channel.wait(sleep(Duration::from_secs(1)), &hold_media).await.unwrap();
        channel.hand_over(&[("A", "b".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, HandoverResult::CallerHungUp);
}

#[tokio::test(start_paused = true)]
async fn a_half_sent_command_is_completed_before_the_next() {
    let AgiCall { mut channel, mut asterisk, .. } =
        call_over(duplex(16), Duration::from_secs(3600)).await;
    let music = Some(HoldMusic::Class("default".into()));
    let hold_media = HoldMedia { delay: Duration::ZERO, music, ..HoldMedia::default() };
    let switch = async {
        sleep(Duration::from_secs(2)).await;
        asterisk.answers(r#"SET MUSIC ON "default""#, "200 result=0").await;
        asterisk.answers("SET MUSIC OFF", "200 result=0").await;
        asterisk.answers(r#"SET VARIABLE "V" "1""#, "200 result=1").await;
    };
    let call = async {
        channel.wait(sleep(Duration::from_secs(1)), &hold_media).await.unwrap();
        channel.hand_over(&[("V", "1".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(call, switch).0, HandoverResult::Completed);
}

/// Music at once, and a reassurance each five seconds.
fn reassuring(music: HoldMusic, keeps_keys: bool) -> HoldMedia {
    let sounds = [Sound::File("/s/wait.wav".into()), Sound::File("/s/please.wav".into())].into();
    let reassurance = Some(Reassurance { every: Duration::from_secs(5), sounds });
    HoldMedia {
        music: Some(music),
        reassurance,
        keep_type_ahead: keeps_keys,
        ..HoldMedia::default()
    }
}

fn jazz() -> HoldMusic {
    HoldMusic::Class("jazz".into())
}

const EACH_KEY: &str = "0123456789*#ABCD";

#[tokio::test(start_paused = true)]
async fn a_reassurance_stops_the_music_which_starts_again_after_it() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let started = Instant::now();
    let switch = async {
        for second in [5, 12] {
            asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
            asterisk.expect_command(r#"STREAM FILE "/s/wait" """#).await;
            assert_eq!(started.elapsed().as_secs(), second);
            sleep(Duration::from_secs(1)).await;
            asterisk.says("200 result=0 endpos=8000").await;
            asterisk.expect_command(r#"STREAM FILE "/s/please" """#).await;
            sleep(Duration::from_secs(1)).await;
            asterisk.says("200 result=0 endpos=8000").await;
        }
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        asterisk.answers("SET MUSIC OFF", "200 result=0").await;
        asterisk.answers(r#"STREAM FILE "/s/welcome" """#, "200 result=0 endpos=8000").await;
    };
    let calls = async {
        channel.wait(sleep(Duration::from_secs(15)), &reassuring(jazz(), false)).await.unwrap();
        channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await.unwrap();
    };
    tokio::join!(calls, switch);
}

#[tokio::test(start_paused = true)]
async fn an_answer_interrupts_a_reassurance_and_no_music_needs_to_be_stopped() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        asterisk.expect_command(r#"STREAM FILE "/s/wait" """#).await;
        asterisk.answers("NOOP", "200 result=0").await;
        asterisk.answers(r#"STREAM FILE "/s/welcome" """#, "200 result=0 endpos=8000").await;
    };
    let calls = async {
        channel.wait(sleep(Duration::from_secs(6)), &reassuring(jazz(), false)).await.unwrap();
        channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await.unwrap();
    };
    tokio::join!(calls, switch);
}

#[tokio::test(start_paused = true)]
async fn a_missing_reassurance_sound_does_not_end_the_wait() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        for sound in ["wait", "please"] {
            let stream = format!(r#"STREAM FILE "/s/{sound}" """#);
            asterisk.answers(&stream, "200 result=-1 endpos=0").await;
            asterisk.answers("CHANNEL STATUS", "200 result=6").await;
        }
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
    };
    let hold_media = reassuring(jazz(), false);
    let waited = channel.wait(sleep(Duration::from_secs(6)), &hold_media);
    assert_eq!(tokio::join!(waited, switch).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_in_a_reassurance_ends_the_wait() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        asterisk.expect_command(r#"STREAM FILE "/s/wait" """#).await;
        asterisk.says("200 result=-1 endpos=800\nHANGUP").await;
        asterisk.answers("CHANNEL STATUS", "200 result=6").await;
    };
    let hold_media = reassuring(jazz(), false);
    let waited = channel.wait(pending::<()>(), &hold_media);
    assert_eq!(tokio::join!(waited, switch).0, Err(Interruption::caller_hung_up()));
}

#[tokio::test(start_paused = true)]
async fn keys_are_kept_in_silence_during_music_in_a_reassurance_and_at_the_end() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let hold_media = HoldMedia { delay: Duration::from_millis(300), ..reassuring(jazz(), true) };
    let (wait, please) = (stream("wait"), stream("please"));
    let switch = async {
        asterisk.expect_command("WAIT FOR DIGIT 300").await;
        sleep(Duration::from_millis(100)).await;
        asterisk.says(&digit('1')).await;
        asterisk.expect_command("WAIT FOR DIGIT 200").await;
        sleep(Duration::from_millis(200)).await;
        asterisk.says("200 result=0").await;
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        asterisk.answers("WAIT FOR DIGIT 4700", &digit('2')).await;
        asterisk.expect_command("WAIT FOR DIGIT 4700").await;
        sleep(Duration::from_millis(4700)).await;
        asterisk.says("200 result=0").await;
        asterisk.answers(&wait, &key('3', 800)).await;
        asterisk.answers(&format!("{wait} 800"), "200 result=0 endpos=8000").await;
        asterisk.answers(&please, "200 result=0 endpos=8000").await;
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        asterisk.expect_command("WAIT FOR DIGIT 5000").await;
        asterisk.answers("NOOP", &format!("{}\n200 result=0", digit('4'))).await;
        asterisk.answers("SET MUSIC OFF", "200 result=0").await;
    };
    let calls = async {
        channel.wait(sleep(Duration::from_secs(6)), &hold_media).await.unwrap();
        ask(&mut channel, &["/s/welcome.wav"], &four_digits()).await
    };
    assert_eq!(tokio::join!(calls, switch).0, heard("1234", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn keys_are_kept_in_sounds_used_as_music_also_when_a_reassurance_interrupts_them() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let music = HoldMusic::Sounds([Sound::File("/s/music.wav".into())].into());
    let (music_file, wait) = (stream("music"), stream("wait"));
    let switch = async {
        asterisk.expect_command(&music_file).await;
        sleep(Duration::from_secs(1)).await;
        asterisk.says(&key('1', 8000)).await;
        asterisk.expect_command(&format!("{music_file} 8000")).await;
        asterisk.answers("NOOP", &format!("{}\n200 result=0", key('2', 40_000))).await;
        asterisk.expect_command(&wait).await;
        asterisk.answers("NOOP", &format!("{}\n200 result=0", key('3', 800))).await;
        asterisk.expect_command(r#"STREAM FILE "/s/welcome" "0123456789#""#).await;
        asterisk.says(&key('4', 800)).await;
        asterisk.answers(r#"STREAM FILE "/s/welcome" "" 800"#, "200 result=0 endpos=8000").await;
    };
    let calls = async {
        channel.wait(sleep(Duration::from_millis(5500)), &reassuring(music, true)).await.unwrap();
        let patient = DigitOptions { barge_in: false, ..four_digits() };
        ask(&mut channel, &["/s/welcome.wav"], &patient).await
    };
    assert_eq!(tokio::join!(calls, switch).0, heard("1234", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn kept_keys_end_the_outcome_prompt_and_answer_the_next_question() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let hold_media = HoldMedia { keep_type_ahead: true, ..HoldMedia::default() };
    let switch = async {
        for pressed in "12".chars() {
            asterisk.answers("WAIT FOR DIGIT 60000", &digit(pressed)).await;
        }
        asterisk.expect_command("WAIT FOR DIGIT 60000").await;
        asterisk.answers("NOOP", "200 result=1\n200 result=0").await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
    };
    let question = four_digits();
    let calls = async {
        channel.wait(sleep(Duration::from_secs(2)), &hold_media).await.unwrap();
        channel.play(&mut sounds(&["/s/found.wav"]), TypeAhead::Keep(&question)).await.unwrap();
        ask(&mut channel, &["/s/welcome.wav"], &question).await
    };
    assert_eq!(tokio::join!(calls, switch).0, heard("12", DigitsEnd::Terminator));
}

#[tokio::test(start_paused = true)]
async fn a_noop_that_asterisk_read_together_with_the_sound_is_sent_again() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.expect_command(r#"STREAM FILE "/s/music" """#).await;
        asterisk.expect_command("NOOP").await;
        let began = Instant::now();
        // It is in Asterisk's buffer, and the sound plays to its end.
        asterisk.says("200 result=0 endpos=8000").await;
        asterisk.expect_command("NOOP").await;
        assert_eq!(began.elapsed().as_millis(), 250);
        asterisk.says("200 result=0\n200 result=0").await;
        asterisk.answers(r#"STREAM FILE "/s/welcome" """#, "200 result=0 endpos=8000").await;
    };
    let music = Some(HoldMusic::Sounds([Sound::File("/s/music.wav".into())].into()));
    let hold_media = HoldMedia { music, ..HoldMedia::default() };
    let calls = async {
        channel.wait(sleep(Duration::from_secs(1)), &hold_media).await.unwrap();
        channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_while_music_stops_for_a_reassurance_keeps_replies_in_order() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let music = HoldMusic::Sounds([Sound::File("/s/music.wav".into())].into());
    let switch = async {
        asterisk.expect_command(&stream("music")).await;
        asterisk.expect_command("NOOP").await;
        // The answer comes before its reply.
        sleep(Duration::from_millis(100)).await;
        asterisk.says(&format!("{}\n200 result=0", key('1', 40_000))).await;
        asterisk.answers(r#"STREAM FILE "/s/welcome" """#, "200 result=0 endpos=8000").await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
    };
    let calls = async {
        channel.wait(sleep(Duration::from_millis(5050)), &reassuring(music, true)).await.unwrap();
        channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await.unwrap();
        ask(&mut channel, &[], &four_digits()).await
    };
    assert_eq!(tokio::join!(calls, switch).0, heard("1", DigitsEnd::Terminator));
}

#[tokio::test(start_paused = true)]
async fn a_sound_that_just_started_is_interrupted_after_a_short_delay() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let started = Instant::now();
    let music = HoldMusic::Sounds([Sound::File("/s/music.wav".into())].into());
    let music_file = stream("music");
    let switch = async {
        asterisk.expect_command(&music_file).await;
        sleep(Duration::from_millis(4990)).await;
        asterisk.says(&key('1', 39_920)).await;
        asterisk.expect_command(&format!("{music_file} 39920")).await;
        // A line that comes in the same moment would stay in Asterisk's buffer.
        asterisk.answers("NOOP", "200 result=0").await;
        assert_eq!(started.elapsed().as_millis(), 4990 + 50);
        asterisk.expect_command(&stream("wait")).await;
        asterisk.answers("NOOP", "200 result=0").await;
    };
    let hold_media = reassuring(music, true);
    let waited = channel.wait(sleep(Duration::from_secs(6)), &hold_media);
    assert_eq!(tokio::join!(waited, switch).0, Ok(()));
}

fn stream(name: &str) -> String {
    format!(r#"STREAM FILE "/s/{name}" "{EACH_KEY}""#)
}
