//! Callers who hang up, and channels that were dead from the start.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_entering_leaves_the_digits_so_far() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("WAIT FOR DIGIT 16000", &digit('4')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", "200 result=-1\nHANGUP").await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
        asterisk.expect_close().await;
    };
    let question = four_digits();
    let calls = async {
        let asked = channel.collect_digits(&mut sounds(&[]), &question).await;
        (asked, channel.hand_over(&[("A", "b".into())], &Exit::Continue).await)
    };
    let ((asked, left), ()) = tokio::join!(calls, switch);
    assert_eq!(asked, Err(Interruption::CallerHungUp { digits: "4".into() }));
    assert_eq!(left, HandoverResult::CallerHungUp);
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_notice_before_the_next_reply_is_not_taken_for_the_reply() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("ANSWER", "200 result=0").await;
        asterisk.expect_command(r#"STREAM FILE "/s/welcome" """#).await;
        asterisk
            .says("HANGUP\n511 Command Not Permitted on a dead channel or intercept routine")
            .await;
    };
    let calls = async {
        assert_eq!(channel.pick_up(true).await, Ok(LineState::Up));
        channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Err(Interruption::caller_hung_up()));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_was_dead_from_the_start_can_still_wait_for_an_answer() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        let dead = "511 Command Not Permitted on a dead channel or intercept routine";
        asterisk.answers("ANSWER", dead).await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
    };
    let music = Some(HoldMusic::Class("default".into()));
    let hold_media = HoldMedia { delay: Duration::ZERO, music, ..HoldMedia::default() };
    let calls = async {
        assert_eq!(channel.pick_up(true).await, Ok(LineState::HungUp));
        let work = async {
            sleep(Duration::from_secs(1)).await;
            42
        };
        assert_eq!(channel.wait(work, &hold_media).await, Ok(42));
        channel.hand_over(&[("A", "b".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, HandoverResult::CallerHungUp);
}

#[tokio::test(start_paused = true)]
async fn a_ringing_channel_that_must_not_be_picked_up_keeps_ringing() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = asterisk.answers("CHANNEL STATUS", "200 result=4");
    assert_eq!(tokio::join!(channel.pick_up(false), switch).0, Ok(LineState::Ringing));
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_noticed_while_stopping_the_music_still_sets_the_variables() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("ANSWER", "200 result=0").await;
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        let dead = "511 Command Not Permitted on a dead channel or intercept routine";
        asterisk.answers("SET MUSIC OFF", dead).await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
        asterisk.expect_close().await;
    };
    let music = Some(HoldMusic::Class("jazz".into()));
    let hold_media = HoldMedia { delay: Duration::ZERO, music, ..HoldMedia::default() };
    let calls = async {
        assert_eq!(channel.pick_up(true).await, Ok(LineState::Up));
        channel.wait(sleep(Duration::from_secs(1)), &hold_media).await.unwrap();
        channel.hand_over(&[("A", "b".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, HandoverResult::CallerHungUp);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_waiting_ends_the_wait() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let hold_media = HoldMedia::default();
    let switch = asterisk.says("HANGUP");
    let (waited, ()) = tokio::join!(channel.wait(pending::<()>(), &hold_media), switch);
    assert_eq!(waited, Err(Interruption::caller_hung_up()));
}

#[tokio::test(start_paused = true)]
async fn a_511_after_the_channel_was_ringing_is_a_hang_up_of_the_caller() {
    let dead = "511 Command Not Permitted on a dead channel or intercept routine";
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("CHANNEL STATUS", "200 result=4").await;
        asterisk.answers("CHANNEL STATUS", dead).await;
    };
    let calls = async {
        assert_eq!(channel.pick_up(false).await, Ok(LineState::Ringing));
        channel.pick_up(false).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Err(Interruption::caller_hung_up()));
}

#[tokio::test(start_paused = true)]
async fn a_511_after_the_music_has_started_is_a_hang_up_of_the_caller() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        let dead = "511 Command Not Permitted on a dead channel or intercept routine";
        asterisk.answers("SET MUSIC OFF", dead).await;
    };
    let music = Some(HoldMusic::Class("jazz".into()));
    let hold_media = HoldMedia { delay: Duration::ZERO, music, ..HoldMedia::default() };
    let calls = async {
        channel.wait(sleep(Duration::from_secs(1)), &hold_media).await.unwrap();
        let prepared = channel.prepare_question(None, None).await;
        (prepared, channel.wait(pending::<()>(), &hold_media).await)
    };
    let hung_up = Interruption::caller_hung_up();
    assert_eq!(tokio::join!(calls, switch).0, (Err(hung_up.clone()), Err(hung_up)));
}
