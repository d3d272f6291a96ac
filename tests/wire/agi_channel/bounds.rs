//! Shutdowns, call limits, and a switch that stops replying.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_shutdown_while_waiting_for_a_digit_hands_the_call_over_with_its_variables() {
    let AgiCall { mut channel, mut asterisk, stop } = call().await;
    let switch = async {
        asterisk.expect_command("WAIT FOR DIGIT 16000").await;
        stop.cancel();
        asterisk.answers("NOOP", "200 result=1\n200 result=0").await;
        asterisk.answers(r#"SET VARIABLE "DIALSCRIPT_OUTCOME" "error""#, "200 result=1").await;
        asterisk.expect_close().await;
    };
    let question = four_digits();
    let calls = async {
        let asked = channel.collect_digits(&mut sounds(&[]), &question).await;
        assert_eq!(asked, Err(Interruption::Shutdown));
        channel.hand_over(&[("DIALSCRIPT_OUTCOME", "error".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_in_a_prompt_hands_the_call_over_with_its_variables() {
    let AgiCall { mut channel, mut asterisk, stop } = call().await;
    let switch = async {
        asterisk.expect_command(r#"STREAM FILE "/s/welcome" """#).await;
        stop.cancel();
        asterisk.answers("NOOP", "200 result=0").await;
        asterisk.answers(r#"SET VARIABLE "DIALSCRIPT_OUTCOME" "error""#, "200 result=1").await;
        asterisk.expect_close().await;
    };
    let calls = async {
        let played = channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await;
        assert_eq!(played, Err(Interruption::Shutdown));
        channel.hand_over(&[("DIALSCRIPT_OUTCOME", "error".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn the_call_limit_applies_in_every_wait() {
    let AgiCall { mut channel, asterisk: _silent, .. } =
        call_with_limit(Duration::from_secs(60)).await;
    let waited = channel.wait(pending::<()>(), &HoldMedia::default()).await;
    assert_eq!(waited, Err(Interruption::MaxCallDuration));
    let AgiCall { mut channel, asterisk: _silent, .. } =
        call_with_limit(Duration::from_secs(60)).await;
    let played = channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await;
    assert_eq!(played, Err(Interruption::MaxCallDuration));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_can_not_be_interrupted_ends_at_the_call_limit() {
    let recording = AsrSource::Recording("/r/abc.wav".into());
    let engine = AsrSource::Switch { engine: "".into(), grammar: "".into() };
    for (source, wanted, reply) in [
        (recording, RECORD_OF_4_S, "200 result=0 (timeout) endpos=32000"),
        (engine, r#"SPEECH RECOGNIZE "" 4"#, "200 result=1 (timeout)"),
    ] {
        let longest = Duration::from_secs(4);
        let AgiCall { mut channel, mut asterisk, .. } = call_with_limit(longest).await;
        let times = [5, 2, 15].map(Duration::from_secs);
        let [start, silence, maximum] = times;
        let switch = async {
            if wanted != RECORD_OF_4_S {
                asterisk.answers(r#"SPEECH CREATE """#, "200 result=1").await;
            }
            asterisk.expect_command(wanted).await;
            sleep(longest + Duration::from_millis(20)).await;
            asterisk.says(reply).await;
            asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
            asterisk.expect_close().await;
        };
        let listen = SpeechOptions {
            source,
            no_input_timeout: start,
            end_silence: silence,
            max_duration: maximum,
            digits: None,
        };
        let calls = async {
            let said = channel.collect_speech(&mut sounds(&[]), &listen).await;
            assert_eq!(said, Err(Interruption::MaxCallDuration));
            channel.hand_over(&[("A", "b".into())], &Exit::Continue).await
        };
        assert_eq!(tokio::join!(calls, switch).0, HandoverResult::Completed);
    }
}

const RECORD_OF_4_S: &str = r##"RECORD FILE "/r/abc" wav "0123456789*#ABCD" 4000 s=2"##;

#[tokio::test(start_paused = true)]
async fn a_switch_that_never_replies_times_out_and_so_does_the_hand_over() {
    let AgiCall { mut channel, asterisk: _silent, .. } = call().await;
    let started = Instant::now();
    let picked_up = channel.pick_up(true).await;
    assert!(matches!(picked_up, Err(Interruption::ConnectionLost(_))), "{picked_up:?}");
    let left = channel.hand_over(&[("A", "b".into())], &Exit::Continue).await;
    assert_eq!(left, HandoverResult::ConnectionLost);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_reply_to_no_command_means_that_the_switch_is_out_of_step() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    asterisk.says("200 result=1").await;
    let waited = channel.wait(pending::<()>(), &HoldMedia::default()).await;
    assert!(matches!(waited, Err(Interruption::ConnectionLost(_))), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reply_times_out_on_time_after_an_earlier_longer_wait() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let started = Instant::now();
    let switch = async {
        asterisk.expect_command(r#"STREAM FILE "/s/welcome" """#).await;
        sleep(Duration::from_secs(60)).await;
        asterisk.says("200 result=0 endpos=480000").await;
        asterisk.expect_command(r#"SET VARIABLE "V" "1""#).await;
    };
    let call = async {
        channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await.unwrap();
        let set = channel.set_variables(&[("V", "1".into())]).await;
        assert!(matches!(set, Err(Interruption::ConnectionLost(_))));
        assert_eq!(started.elapsed().as_secs(), 70);
    };
    tokio::join!(call, switch);
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_does_not_read_times_out() {
    let AgiCall { mut channel, asterisk: _silent, .. } =
        call_over(duplex(16), Duration::from_secs(3600)).await;
    let started = Instant::now();
    let set = channel.set_variables(&[("V", "1".into())]).await;
    assert!(matches!(set, Err(Interruption::ConnectionLost(_))));
    assert_eq!(started.elapsed().as_secs(), 10);
    assert_eq!(channel.hand_over(&[], &Exit::Continue).await, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_sends_nothing_at_the_start_times_out() {
    let (ours, _theirs) = duplex(1024);
    let ends = Instant::now() + Duration::from_secs(3600);
    let bounds = CallLimits { stop: CancellationToken::new(), ends_at: ends };
    let opened = connection::open(ours, bounds, Duration::from_secs(5)).await.map(drop);
    assert!(matches!(opened, Err(Interruption::ConnectionLost(_))));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_sent_while_the_environment_is_still_arriving() {
    let (ours, theirs) = duplex(16);
    let mut asterisk = Asterisk(BufReader::new(theirs));
    let switch = async {
        asterisk.0.write_all(ENVIRONMENT.as_bytes()).await.unwrap();
        asterisk.expect_command("failure").await;
        asterisk.expect_close().await;
    };
    tokio::join!(connection::refuse(ours, Duration::from_secs(2)), switch);
}

/// Without the buffers, and without what both switches share.
#[tokio::test(start_paused = true)]
async fn a_call_in_a_question_takes_less_than_1700_bytes_of_the_driver() {
    let AgiCall { mut channel, .. } = call().await;
    let channel_bytes = size_of_val(&channel);
    let (mut sounds, options) = (sounds(&["/s/number"]), four_digits());
    let question = channel.collect_digits(&mut sounds, &options);
    assert!(channel_bytes + size_of_val(&question) < 1_700, "{}", size_of_val(&question));
}
