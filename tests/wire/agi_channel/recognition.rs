//! What callers say, recognised by an engine of Asterisk's: the replies are those of `handle_speechrecognize`.

use super::*;

const CREATE: &str = r#"SPEECH CREATE "ears""#;
const RECOGNISE: &str = r#"SPEECH RECOGNIZE "" 20"#;
const WORDS: &str = r#"200 result=1 (speech) endpos=0 results=2 score0=40 text0="for" grammar0=digits score1=90 text1="four "seven"" grammar1=digits"#;

fn listen(grammar: &str) -> SpeechOptions {
    SpeechOptions {
        source: AsrSource::Switch { engine: "ears".into(), grammar: grammar.into() },
        no_input_timeout: Duration::from_secs(5),
        end_silence: Duration::from_millis(1500),
        max_duration: Duration::from_secs(15),
        digits: None,
    }
}

async fn said(
    listen: SpeechOptions,
    prompt: &'static [&'static str],
    switch: impl AsyncFnOnce(&mut Asterisk),
) -> Result<SpeechResult, Interruption> {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let mut prompt = sounds(prompt);
    tokio::join!(channel.collect_speech(&mut prompt, &listen), switch(&mut asterisk)).0
}

fn understood() -> Result<SpeechResult, Interruption> {
    Ok(SpeechResult::Words("four \"seven\"".into()))
}

#[tokio::test(start_paused = true)]
async fn the_best_result_is_used_and_the_last_sound_plays_during_recognition() {
    let prompt = &["/s/welcome.wav", "/s/number.wav"];
    let said = said(listen("/g/digits.gram"), prompt, async |asterisk| {
        asterisk.answers(r#"STREAM FILE "/s/welcome" """#, "200 result=0 endpos=8000").await;
        asterisk.answers(CREATE, "200 result=1").await;
        let load = r#"SPEECH LOAD GRAMMAR "dialscript" "/g/digits.gram""#;
        asterisk.answers(load, "200 result=1").await;
        asterisk.answers(r#"SPEECH ACTIVATE GRAMMAR "dialscript""#, "200 result=1").await;
        asterisk.answers(r#"SPEECH RECOGNIZE "/s/number" 20"#, WORDS).await;
        asterisk.answers("SPEECH DESTROY", "200 result=1").await;
    });
    assert_eq!(said.await, understood());
}

#[tokio::test(start_paused = true)]
async fn an_asterisk_without_the_engine_can_not_recognize_speech() {
    let said = said(listen(""), &[], async |asterisk| {
        asterisk.answers(CREATE, "200 result=0").await;
    });
    let reason = "Asterisk cannot load the speech engine: ears";
    assert_eq!(said.await, Ok(SpeechResult::Failed(reason.into())));
}

#[tokio::test(start_paused = true)]
async fn a_refused_recognition_command_does_not_end_the_call() {
    let said = said(listen(""), &[], async |asterisk| {
        asterisk.answers(CREATE, "510 Invalid or unknown command").await;
    });
    assert_eq!(said.await, Ok(SpeechResult::Failed("510: invalid or unknown command".into())));
}

#[tokio::test(start_paused = true)]
async fn a_grammar_of_the_engine_is_activated_and_a_refused_one_is_reported() {
    let grammar = "builtin:speech/transcribe";
    let said = said(listen(grammar), &[], async |asterisk| {
        asterisk.answers(CREATE, "200 result=1").await;
        let activate = format!(r#"SPEECH ACTIVATE GRAMMAR "{grammar}""#);
        asterisk.answers(&activate, "200 result=0").await;
        asterisk.answers("SPEECH DESTROY", "200 result=1").await;
    });
    let reason = format!("the speech engine rejected the grammar {grammar}");
    assert_eq!(said.await, Ok(SpeechResult::Failed(reason)));
}

#[tokio::test(start_paused = true)]
async fn unrecognized_speech_gives_no_words_and_silence_gives_no_input() {
    let unheard = "SPEECH RECOGNIZE failed";
    for (reply, expected) in [
        ("200 result=1 (speech) endpos=0 results=0 ", SpeechResult::Words(String::new())),
        ("200 result=1 (timeout) endpos=0", SpeechResult::NoInput),
        ("200 result=0", SpeechResult::Failed(unheard.into())),
    ] {
        let said = said(listen(""), &[], async |asterisk| {
            asterisk.answers(CREATE, "200 result=1").await;
            asterisk.answers(RECOGNISE, reply).await;
            asterisk.answers("SPEECH DESTROY", "200 result=1").await;
        });
        assert_eq!(said.await, Ok(expected), "{reply}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_ends_the_recognition_and_the_next_one_is_waited_for_at_once() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(CREATE, "200 result=1").await;
        let recognise = r#"SPEECH RECOGNIZE "/s/number" 20"#;
        asterisk.answers(recognise, "200 result=1 (digit) digit=4 endpos=0").await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
        asterisk.answers("SPEECH DESTROY", "200 result=1").await;
        asterisk.answers(CREATE, "200 result=1").await;
        asterisk.answers(RECOGNISE, "200 result=1 (timeout) endpos=0").await;
        asterisk.answers("SPEECH DESTROY", "200 result=1").await;
    };
    let listen = SpeechOptions { digits: Some(four_digits()), ..listen("") };
    let calls = async {
        let said = channel.collect_speech(&mut sounds(&["/s/number.wav"]), &listen).await;
        let heard = Digits { digits: "4".into(), end: DigitsEnd::Terminator };
        assert_eq!(said, Ok(SpeechResult::Digits(heard)));
        channel.collect_speech(&mut sounds(&[]), &listen).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Ok(SpeechResult::NoInput));
}

#[tokio::test(start_paused = true)]
async fn an_ignored_key_continues_recognition_for_the_remaining_time() {
    let listen = SpeechOptions { digits: Some(four_digits()), ..listen("") };
    let said = said(listen, &[], async |asterisk| {
        asterisk.answers(CREATE, "200 result=1").await;
        let star = "200 result=1 (digit) digit=* endpos=0";
        asterisk.answers(RECOGNISE, star).await;
        asterisk.expect_command(RECOGNISE).await;
        sleep(Duration::from_secs(8)).await;
        asterisk.says(star).await;
        asterisk.answers(r#"SPEECH RECOGNIZE "" 12"#, WORDS).await;
        asterisk.answers("SPEECH DESTROY", "200 result=1").await;
    });
    assert_eq!(said.await, understood());
}

#[tokio::test(start_paused = true)]
async fn a_prompt_without_barge_in_is_played_before_the_engine_listens() {
    let keys = Some(DigitOptions { barge_in: false, ..four_digits() });
    let said =
        said(SpeechOptions { digits: keys, ..listen("") }, &["/s/number.wav"], async |asterisk| {
            asterisk.answers(ASK, "200 result=0 endpos=8000").await;
            asterisk.answers(CREATE, "200 result=1").await;
            asterisk.answers(RECOGNISE, WORDS).await;
            asterisk.answers("SPEECH DESTROY", "200 result=1").await;
        });
    assert_eq!(said.await, understood());
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_during_recognition_is_reported_as_a_hang_up() {
    let said = said(listen(""), &[], async |asterisk| {
        asterisk.answers(CREATE, "200 result=1").await;
        asterisk.answers(RECOGNISE, "200 result=1 (hangup) endpos=0\nHANGUP").await;
    });
    assert_eq!(said.await, Err(Interruption::caller_hung_up()));
}

#[tokio::test(start_paused = true)]
async fn a_recognition_that_never_ends_times_out() {
    let said = said(listen(""), &[], async |asterisk| {
        asterisk.answers(CREATE, "200 result=1").await;
        asterisk.expect_command(RECOGNISE).await;
        sleep(Duration::from_secs(31)).await;
    });
    let said = said.await;
    assert!(matches!(said, Err(Interruption::ConnectionLost(_))), "{said:?}");
}
