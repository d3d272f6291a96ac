//! Parts of a prompt that are still being made.

use super::*;

/// The second part is there after five seconds.
const PARTS: &[(u64, &str)] = &[(0, "/s/welcome.wav"), (5, "/s/number.wav")];
const LONG_WAIT: &str = "WAIT FOR DIGIT 60000";

#[tokio::test(start_paused = true)]
async fn keys_while_the_next_part_is_synthesized_end_the_prompt() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let started = Instant::now();
    let switch = async {
        asterisk.answers(PROMPT, "200 result=0 endpos=8000").await;
        asterisk.expect_command(LONG_WAIT).await;
        sleep(Duration::from_secs(2)).await;
        asterisk.says(&digit('4')).await;
        for pressed in ['7', '1', '1'] {
            asterisk.answers("WAIT FOR DIGIT 4000", &digit(pressed)).await;
        }
    };
    let (mut prompt, question) = (late(PARTS), four_digits());
    let (asked, ()) = tokio::join!(channel.collect_digits(&mut prompt, &question), switch);
    assert_eq!(asked, heard("4711", DigitsEnd::MaxDigits));
    assert_eq!(started.elapsed().as_secs(), 2, "the part that nobody hears is not waited for");
}

#[tokio::test(start_paused = true)]
async fn a_part_is_played_as_soon_as_it_is_ready_and_a_key_in_it_ends_the_prompt() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let started = Instant::now();
    let switch = async {
        asterisk.answers(PROMPT, "200 result=0 endpos=8000").await;
        asterisk.expect_command(LONG_WAIT).await;
        asterisk.answers("NOOP", "200 result=1\n200 result=0").await;
        assert_eq!(started.elapsed().as_secs(), 5);
        asterisk.answers(ASK, &key('4', 800)).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
    };
    let mut prompt = late(&[(0, "/s/welcome.wav"), (5, "/s/number.wav"), (9, "/s/bye.wav")]);
    let question = four_digits();
    let (asked, ()) = tokio::join!(channel.collect_digits(&mut prompt, &question), switch);
    assert_eq!(asked, heard("4", DigitsEnd::Terminator));
}

#[tokio::test(start_paused = true)]
async fn a_key_at_the_moment_a_part_becomes_ready_is_not_lost() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(PROMPT, "200 result=0 endpos=8000").await;
        asterisk.expect_command(LONG_WAIT).await;
        asterisk.answers("NOOP", &format!("{}\n200 result=0", digit('4'))).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
    };
    let (mut prompt, question) = (late(PARTS), four_digits());
    let (asked, ()) = tokio::join!(channel.collect_digits(&mut prompt, &question), switch);
    assert_eq!(asked, heard("4", DigitsEnd::Terminator));
}

#[tokio::test(start_paused = true)]
async fn without_barge_in_keys_pressed_while_synthesizing_count_and_the_prompt_goes_on() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(LONG_WAIT, &digit('4')).await;
        asterisk.answers(LONG_WAIT, &digit('7')).await;
        asterisk.expect_command(LONG_WAIT).await;
        asterisk.answers("NOOP", "200 result=1\n200 result=0").await;
        asterisk.answers(SILENT_ASK, "200 result=0 endpos=8000").await;
    };
    let question = DigitOptions { max_digits: 2, barge_in: false, ..four_digits() };
    let mut prompt = late(&[(5, "/s/number.wav")]);
    let (asked, ()) = tokio::join!(channel.collect_digits(&mut prompt, &question), switch);
    assert_eq!(asked, heard("47", DigitsEnd::MaxDigits));
}

#[tokio::test(start_paused = true)]
async fn a_part_that_takes_long_to_synthesize_is_awaited() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.expect_command(LONG_WAIT).await;
        sleep(Duration::from_secs(60)).await;
        asterisk.says("200 result=0").await;
        asterisk.expect_command(LONG_WAIT).await;
        asterisk.answers("NOOP", "200 result=1\n200 result=0").await;
        asterisk.answers(ASK, "200 result=0 endpos=8000").await;
        asterisk.answers("WAIT FOR DIGIT 16000", &digit('#')).await;
    };
    let (mut prompt, question) = (late(&[(70, "/s/number.wav")]), four_digits());
    let (asked, ()) = tokio::join!(channel.collect_digits(&mut prompt, &question), switch);
    assert_eq!(asked, heard("", DigitsEnd::Terminator));
}

#[tokio::test(start_paused = true)]
async fn without_keys_no_command_is_sent_while_a_part_is_synthesized() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r#"STREAM FILE "/s/welcome" """#, "200 result=0 endpos=8000").await;
        asterisk.answers(SILENT_ASK, "200 result=0 endpos=8000").await;
    };
    let mut parts = late(PARTS);
    let (played, ()) = tokio::join!(channel.play(&mut parts, TypeAhead::Discard), switch);
    assert_eq!(played, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_a_part_is_synthesized_leaves_the_digits_so_far() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(LONG_WAIT, &digit('4')).await;
        asterisk.answers(LONG_WAIT, "200 result=-1\nHANGUP").await;
    };
    let question = DigitOptions { barge_in: false, ..four_digits() };
    let mut prompt = late(&[(5, "/s/number.wav")]);
    let (asked, ()) = tokio::join!(channel.collect_digits(&mut prompt, &question), switch);
    assert_eq!(asked, Err(Interruption::CallerHungUp { digits: "4".into() }));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_a_part_is_synthesized_ends_a_prompt_without_a_question() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let started = Instant::now();
    let switch = async {
        sleep(Duration::from_secs(1)).await;
        asterisk.says("HANGUP").await;
    };
    let mut prompt = late(&[(5, "/s/number.wav")]);
    let (played, ()) = tokio::join!(channel.play(&mut prompt, TypeAhead::Discard), switch);
    assert_eq!(played, Err(Interruption::caller_hung_up()));
    assert_eq!(started.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_while_a_part_is_synthesized_hands_the_call_over_with_its_variables() {
    let AgiCall { mut channel, mut asterisk, stop } = call().await;
    let switch = async {
        asterisk.expect_command(LONG_WAIT).await;
        stop.cancel();
        asterisk.answers("NOOP", "200 result=1\n200 result=0").await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
        asterisk.expect_close().await;
    };
    let (mut prompt, question) = (late(&[(5, "/s/number.wav")]), four_digits());
    let calls = async {
        let asked = channel.collect_digits(&mut prompt, &question).await;
        assert_eq!(asked, Err(Interruption::Shutdown));
        channel.hand_over(&[("A", "b".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, HandoverResult::Completed);
}
