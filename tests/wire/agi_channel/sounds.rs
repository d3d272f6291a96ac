//! Prompts: sounds of every kind, and sounds that are missing.

use dialscript::channel::{MomentForm, SwitchMoment, SwitchTts};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_missing_sound_is_distinguished_from_a_hang_up_and_the_call_goes_on() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r#"STREAM FILE "/s/welcome" """#, "200 result=-1 endpos=0").await;
        asterisk.answers("CHANNEL STATUS", "200 result=6").await;
        asterisk.answers(r#"STREAM FILE "/s/number" """#, "200 result=0 endpos=8000").await;
    };
    let mut both = sounds(&["/s/welcome.wav", "/s/number.wav"]);
    let (played, ()) = tokio::join!(channel.play(&mut both, TypeAhead::Discard), switch);
    assert_eq!(played, Ok(()));
}

async fn played(
    sounds: Vec<Sound>,
    switch: impl AsyncFnOnce(&mut Asterisk),
) -> Result<(), Interruption> {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let mut sounds = sounds.into_iter();
    let played = channel.play(&mut sounds, TypeAhead::Discard);
    tokio::join!(played, switch(&mut asterisk)).0
}

#[tokio::test(start_paused = true)]
async fn a_sound_of_the_sound_server_is_played_by_its_whole_url() {
    let url = "http://10.0.0.5:8085/s/0123456789abcdef0123456789abcdef.wav";
    let played = played(vec![Sound::Url(url.into())], async |asterisk| {
        let stream = format!(r#"STREAM FILE "{url}" """#);
        asterisk.answers(&stream, "200 result=0 endpos=8000").await;
    });
    assert_eq!(played.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_sound_of_the_sound_server_that_the_switch_can_not_fetch_is_skipped() {
    let sounds = vec![Sound::Url("http://10.0.0.5/x.wav".into()), Sound::File("/s/a.wav".into())];
    let played = played(sounds, async |asterisk| {
        let fetch = r#"STREAM FILE "http://10.0.0.5/x.wav" """#;
        asterisk.answers(fetch, "200 result=-1 endpos=0").await;
        asterisk.answers("CHANNEL STATUS", "200 result=6").await;
        asterisk.answers(r#"STREAM FILE "/s/a" """#, "200 result=0 endpos=8000").await;
    });
    assert_eq!(played.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn digits_and_letters_are_spoken_by_the_switch_and_a_text_for_its_synthesizer_is_skipped() {
    let spoken = SwitchTts { engine: "flite".into(), voice: "kal".into(), text: "hello".into() };
    let sounds = vec![
        Sound::Digits("0711".into()),
        Sound::Tts(Arc::new(spoken)),
        Sound::Letters("ab1".into()),
        // No digits alone: SAY DIGITS would refuse some of them.
        Sound::Digits("*12".into()),
    ];
    let played = played(sounds, async |asterisk| {
        asterisk.answers(r#"SAY DIGITS "0711" """#, "200 result=0").await;
        asterisk.answers(r#"SAY ALPHA "ab1" """#, "200 result=0").await;
        asterisk.answers(r#"SAY ALPHA "*12" """#, "200 result=0").await;
    });
    assert_eq!(played.await, Ok(()));
}

/// 1 December 2026, 14:30.
fn moment(form: MomentForm) -> Sound {
    Sound::Moment(SwitchMoment { form, clock_seconds: 1_796_135_400 })
}

#[tokio::test(start_paused = true)]
async fn a_date_is_said_in_the_order_of_the_language_and_in_pieces() {
    let sounds = vec![moment(MomentForm::DateTime), moment(MomentForm::Time)];
    let played = played(sounds, async |asterisk| {
        for format in ["ABd", "Y", "IMp", "IMp"] {
            let say = format!(r#"SAY DATETIME 1796135400 "" {format} UTC"#);
            asterisk.answers(&say, "200 result=0").await;
        }
    });
    assert_eq!(played.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn without_barge_in_a_key_cuts_one_part_of_a_date_short() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        let keys = "0123456789#";
        for (format, reply) in
            [("A", "200 result=0".to_owned()), ("B", digit('4')), ("d", digit('7'))]
        {
            asterisk
                .answers(&format!(r#"SAY DATETIME 1796135400 "{keys}" {format} UTC"#), &reply)
                .await;
        }
        asterisk.answers(r#"SAY DATETIME 1796135400 "" Y UTC"#, "200 result=0").await;
    };
    let question = DigitOptions { max_digits: 2, barge_in: false, ..four_digits() };
    let mut prompt = [moment(MomentForm::Date)].into_iter();
    let (asked, ()) = tokio::join!(channel.collect_digits(&mut prompt, &question), switch);
    assert_eq!(asked, heard("47", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn a_missing_sound_of_a_digit_is_distinguished_from_a_hang_up() {
    for (status, expected) in
        [("200 result=6", Ok(())), (DEAD, Err(Interruption::caller_hung_up()))]
    {
        let played = played(vec![Sound::Digits("1".into())], async |asterisk| {
            asterisk.answers(r#"SAY DIGITS "1" """#, "200 result=-1").await;
            asterisk.answers("CHANNEL STATUS", status).await;
        });
        assert_eq!(played.await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_interrupts_spoken_digits_and_is_the_first_digit() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r##"SAY DIGITS "0711" "0123456789#""##, &digit('4')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('7')).await;
    };
    let question = DigitOptions { max_digits: 2, ..four_digits() };
    let mut prompt = [Sound::Digits("0711".into()), Sound::Letters("x".into())].into_iter();
    let (asked, ()) = tokio::join!(channel.collect_digits(&mut prompt, &question), switch);
    assert_eq!(asked, heard("47", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn without_barge_in_a_key_cuts_one_character_short_and_the_rest_is_spoken() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r##"SAY ALPHA "a" "0123456789#""##, "200 result=0").await;
        asterisk.answers(r##"SAY ALPHA "b" "0123456789#""##, &digit('4')).await;
        asterisk.answers(r##"SAY ALPHA "c" "0123456789#""##, &digit('7')).await;
        asterisk.answers(r#"SAY ALPHA "d" """#, "200 result=0").await;
    };
    let question = DigitOptions { max_digits: 2, barge_in: false, ..four_digits() };
    let mut prompt = [Sound::Letters("abcd".into())].into_iter();
    let (asked, ()) = tokio::join!(channel.collect_digits(&mut prompt, &question), switch);
    assert_eq!(asked, heard("47", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn a_long_number_is_spoken_in_pieces_so_that_a_shutdown_does_not_wait_for_all_of_it() {
    let AgiCall { mut channel, mut asterisk, stop } = call().await;
    let switch = async {
        asterisk.answers(r#"SAY DIGITS "01234" """#, "200 result=0").await;
        asterisk.expect_command(r#"SAY DIGITS "56789" """#).await;
        stop.cancel();
        sleep(Duration::from_secs(4)).await;
        asterisk.says("200 result=0").await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
        asterisk.expect_close().await;
    };
    let calls = async {
        let mut number = [Sound::Digits("01234567890123456789".into())].into_iter();
        let played = channel.play(&mut number, TypeAhead::Discard).await;
        assert_eq!(played, Err(Interruption::Shutdown));
        channel.hand_over(&[("A", "b".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, HandoverResult::Completed);
}
