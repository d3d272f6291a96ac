//! Questions: a prompt, and the keys that come.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_key_in_the_second_file_of_a_prompt_ends_it_and_is_the_first_digit() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(PROMPT, "200 result=0 endpos=8000").await;
        asterisk.answers(ASK, &key('4', 800)).await;
        for digit_pressed in ['7', '1', '1'] {
            asterisk.answers("WAIT FOR DIGIT 4000", &digit(digit_pressed)).await;
        }
    };
    let mut prompt = sounds(&["/s/welcome.wav", "/s/number.wav"]);
    let question = four_digits();
    let (asked, ()) = tokio::join!(channel.collect_digits(&mut prompt, &question), switch);
    assert_eq!(asked, heard("4711", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn the_first_digit_timeout_applies_first_and_then_the_inter_digit_timeout() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(ASK, "200 result=0 endpos=8000").await;
        asterisk.expect_command("WAIT FOR DIGIT 16000").await;
        sleep(Duration::from_secs(15)).await;
        asterisk.says(&digit('4')).await;
        asterisk.expect_command("WAIT FOR DIGIT 4000").await;
        sleep(Duration::from_secs(4)).await;
        asterisk.says("200 result=0").await;
    };
    let question = four_digits();
    let (asked, ()) = tokio::join!(ask(&mut channel, &["/s/number.wav"], &question), switch);
    assert_eq!(asked, heard("4", DigitsEnd::Timeout));
}

#[tokio::test(start_paused = true)]
async fn an_ignored_key_does_not_extend_the_timeout() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.expect_command("WAIT FOR DIGIT 16000").await;
        sleep(Duration::from_secs(10)).await;
        asterisk.says(&digit('*')).await;
        asterisk.expect_command("WAIT FOR DIGIT 6000").await;
        sleep(Duration::from_secs(6)).await;
        asterisk.says("200 result=0").await;
    };
    let question = four_digits();
    let (asked, ()) = tokio::join!(ask(&mut channel, &[], &question), switch);
    assert_eq!(asked, heard("", DigitsEnd::Timeout));
}

#[tokio::test(start_paused = true)]
async fn the_terminator_ends_the_input_and_is_not_in_it() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("WAIT FOR DIGIT 16000", &digit('1')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
    };
    let question = four_digits();
    let (asked, ()) = tokio::join!(ask(&mut channel, &[], &question), switch);
    assert_eq!(asked, heard("1", DigitsEnd::Terminator));
}

#[tokio::test(start_paused = true)]
async fn without_barge_in_a_prompt_goes_on_where_a_key_stopped_it_and_the_key_counts() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(ASK, &key('4', 800)).await;
        asterisk.answers(&format!("{ASK} 800"), &key('7', 4800)).await;
        asterisk.answers(r##"STREAM FILE "/s/number" "" 4800"##, "200 result=0 endpos=8000").await;
    };
    let question = DigitOptions { max_digits: 2, barge_in: false, ..four_digits() };
    let (asked, ()) = tokio::join!(ask(&mut channel, &["/s/number.wav"], &question), switch);
    assert_eq!(asked, heard("47", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_the_question_its_terminator_and_its_clear_key_end_the_prompt() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r##"STREAM FILE "/s/number" "12*#A""##, &key('*', 800)).await;
        asterisk.answers("WAIT FOR DIGIT 16000", &digit('2')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('*')).await;
        asterisk.answers("WAIT FOR DIGIT 16000", &digit('a')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('3')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('1')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
    };
    let keys = "12A".chars().collect();
    let question = DigitOptions { keys, clear: Some('*'), ..four_digits() };
    let (asked, ()) = tokio::join!(ask(&mut channel, &["/s/number.wav"], &question), switch);
    assert_eq!(asked, heard("A1", DigitsEnd::Terminator));
}

#[tokio::test(start_paused = true)]
async fn without_a_terminator_no_key_ends_the_input() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        let prompt = r##"STREAM FILE "/s/number" "0123456789""##;
        asterisk.answers(prompt, "200 result=0 endpos=8000").await;
        asterisk.answers("WAIT FOR DIGIT 16000", &digit('1')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('2')).await;
    };
    let question = DigitOptions { max_digits: 2, terminator: None, ..four_digits() };
    let (asked, ()) = tokio::join!(ask(&mut channel, &["/s/number.wav"], &question), switch);
    assert_eq!(asked, heard("12", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn type_ahead_from_an_earlier_sound_comes_first_and_skips_the_prompt() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(PROMPT, &key('9', 100)).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('8')).await;
    };
    let question = DigitOptions { max_digits: 2, ..four_digits() };
    let calls = async {
        channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Keep(&question)).await.unwrap();
        channel.collect_digits(&mut sounds(&["/s/number.wav"]), &question).await
    };
    assert_eq!(tokio::join!(calls, switch).0, heard("98", DigitsEnd::MaxDigits));
}
