//! What callers say, recorded: the replies are those that were seen.

use super::*;

const RECORD: &str = r##"RECORD FILE "/r/abc" wav "0123456789#" 15000 s=2"##;
const RECORD_ALL_KEYS: &str = r##"RECORD FILE "/r/abc" wav "0123456789*#ABCD" 15000 s=2"##;
const ONLY_SILENCE: &str = "200 result=13009 (timeout) endpos=8160";
const SOMETHING: &str = "200 result=9462 (timeout) endpos=36320";

fn listen() -> SpeechOptions {
    SpeechOptions {
        source: AsrSource::Recording("/r/abc.wav".into()),
        no_input_timeout: Duration::from_secs(5),
        end_silence: Duration::from_millis(1500),
        max_duration: Duration::from_secs(15),
        digits: None,
    }
}

fn listen_or_ask() -> SpeechOptions {
    SpeechOptions { digits: Some(four_digits()), ..listen() }
}

async fn said(
    listen: SpeechOptions,
    switch: impl AsyncFnOnce(&mut Asterisk),
) -> Result<SpeechResult, Interruption> {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let mut nothing = sounds(&[]);
    tokio::join!(channel.collect_speech(&mut nothing, &listen), switch(&mut asterisk)).0
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_speaks_in_the_second_round_is_recorded() {
    let said = said(listen(), async |asterisk| {
        asterisk.expect_command(RECORD_ALL_KEYS).await;
        sleep(Duration::from_millis(2020)).await;
        asterisk.says(ONLY_SILENCE).await;
        asterisk.answers(RECORD_ALL_KEYS, SOMETHING).await;
    });
    assert_eq!(said.await, Ok(SpeechResult::Recorded));
}

#[tokio::test(start_paused = true)]
async fn silence_is_recorded_in_rounds_until_the_start_timeout() {
    let started = Instant::now();
    let said = said(listen(), async |asterisk| {
        for _ in 0..3 {
            asterisk.expect_command(RECORD_ALL_KEYS).await;
            sleep(Duration::from_millis(2020)).await;
            asterisk.says(ONLY_SILENCE).await;
        }
    });
    assert_eq!(said.await, Ok(SpeechResult::NoInput));
    assert_eq!(started.elapsed(), Duration::from_millis(6060));
}

#[tokio::test(start_paused = true)]
async fn a_telephone_that_sends_no_audio_in_silence_counts_as_silent() {
    let said = said(listen(), async |asterisk| {
        asterisk.expect_command(RECORD_ALL_KEYS).await;
        sleep(Duration::from_secs(15)).await;
        asterisk.says("200 result=0 (timeout) endpos=0").await;
    });
    assert_eq!(said.await, Ok(SpeechResult::NoInput));
}

#[tokio::test(start_paused = true)]
async fn an_utterance_of_the_maximum_length_is_recorded() {
    for reply in ["200 result=0 (timeout) endpos=120000", "200 result=0 (timeout) endpos=800"] {
        let said = said(listen(), async |asterisk| asterisk.answers(RECORD_ALL_KEYS, reply).await);
        assert_eq!(said.await, Ok(SpeechResult::Recorded), "{reply}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_ends_the_recording_and_is_the_first_digit() {
    let said = said(listen_or_ask(), async |asterisk| {
        asterisk.answers(RECORD, "200 result=52 (dtmf) endpos=6400").await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('7')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
    });
    let heard = Digits { digits: "47".into(), end: DigitsEnd::Terminator };
    assert_eq!(said.await, Ok(SpeechResult::Digits(heard)));
}

#[tokio::test(start_paused = true)]
async fn after_a_key_in_the_prompt_nothing_is_recorded() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(ASK, &key('4', 800)).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
    };
    let mut prompt = sounds(&["/s/number.wav"]);
    let listen = listen_or_ask();
    let (said, ()) = tokio::join!(channel.collect_speech(&mut prompt, &listen), switch);
    let heard = Digits { digits: "4".into(), end: DigitsEnd::Terminator };
    assert_eq!(said, Ok(SpeechResult::Digits(heard)));
}

#[tokio::test(start_paused = true)]
async fn if_keys_are_not_allowed_any_key_ends_the_utterance() {
    let said = said(listen(), async |asterisk| {
        asterisk.answers(RECORD_ALL_KEYS, "200 result=42 (dtmf) endpos=18400").await;
    });
    assert_eq!(said.await, Ok(SpeechResult::Recorded));
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_the_switch_can_not_write_to_is_reported() {
    let said = said(listen(), async |asterisk| {
        asterisk.answers(RECORD_ALL_KEYS, "200 result=-1 (writefile)").await;
        asterisk.answers("CHANNEL STATUS", "200 result=6").await;
    });
    let reason = "Asterisk cannot write to the recordings folder";
    assert_eq!(said.await, Ok(SpeechResult::Failed(reason.into())));
}

#[tokio::test(start_paused = true)]
async fn a_broken_channel_is_distinguished_from_a_failed_recording() {
    for (status, expected) in [
        (DEAD, Err(Interruption::caller_hung_up())),
        ("200 result=6", Ok(SpeechResult::Failed("Asterisk cannot record: randomerror".into()))),
    ] {
        let said = said(listen(), async |asterisk| {
            asterisk.answers(RECORD_ALL_KEYS, "200 result=-1 (randomerror) endpos=0").await;
            asterisk.answers("CHANNEL STATUS", status).await;
        });
        assert_eq!(said.await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_while_recording_is_reported_as_a_hang_up() {
    let said = said(listen(), async |asterisk| {
        asterisk.answers(RECORD_ALL_KEYS, "200 result=-1 (hangup) endpos=16000\nHANGUP").await;
    });
    assert_eq!(said.await, Err(Interruption::caller_hung_up()));
}

#[tokio::test(start_paused = true)]
async fn silence_is_rounded_up_to_whole_seconds_and_at_least_one() {
    for (milliseconds, seconds) in [(0, 1), (200, 1), (1000, 1), (1001, 2), (2500, 3)] {
        let listen = SpeechOptions { end_silence: Duration::from_millis(milliseconds), ..listen() };
        let record = format!(r##"RECORD FILE "/r/abc" wav "0123456789*#ABCD" 15000 s={seconds}"##);
        let said = said(listen, async |asterisk| asterisk.answers(&record, SOMETHING).await);
        assert_eq!(said.await, Ok(SpeechResult::Recorded));
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_never_ends_times_out() {
    let AgiCall { mut channel, asterisk: _silent, .. } = call().await;
    let started = Instant::now();
    let said = channel.collect_speech(&mut sounds(&[]), &listen()).await;
    assert!(matches!(said, Err(Interruption::ConnectionLost(_))), "{said:?}");
    assert_eq!(started.elapsed().as_secs(), 25);
}

#[tokio::test(start_paused = true)]
async fn on_shutdown_a_recording_ends_normally_and_the_call_is_handed_over() {
    let AgiCall { mut channel, mut asterisk, stop } = call().await;
    let switch = async {
        asterisk.expect_command(RECORD_ALL_KEYS).await;
        stop.cancel();
        sleep(Duration::from_secs(3)).await;
        asterisk.says(SOMETHING).await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
        asterisk.expect_close().await;
    };
    let calls = async {
        let said = channel.collect_speech(&mut sounds(&[]), &listen()).await;
        assert_eq!(said, Err(Interruption::Shutdown));
        channel.hand_over(&[("A", "b".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, HandoverResult::Completed);
}
