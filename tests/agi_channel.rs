//! The Asterisk driver against a peer that says line by line what the real one was seen to say; the clock is paused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use dialscript::agi::channel::AgiChannel;
use dialscript::agi::link;
use dialscript::channel::{
    Ask, Bounds, Cause, Channel, Destination, Ended, Exit, Heard, Interrupted, Keys, Left, Line,
    Meanwhile, Music, Reach, Sound,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

const ENVIRONMENT: &str = "agi_network: yes\nagi_network_script: order-status\n\
    agi_channel: PJSIP/local-00000001\nagi_language: en\nagi_uniqueid: 1795354671.156\n\
    agi_callerid: 100\nagi_calleridname: Ann\nagi_callingpres: 0\nagi_dnid: 9000\n\
    agi_context: test\nagi_extension: 9000\nagi_priority: 2\n\n";

/// The switch's end of the connection.
struct Asterisk(BufReader<DuplexStream>);

impl Asterisk {
    async fn hears(&mut self, command: &str) {
        let mut line = String::new();
        let heard = timeout(Duration::from_secs(3600), self.0.read_line(&mut line)).await;
        heard.unwrap_or_else(|_| panic!("{command:?} never came")).unwrap();
        assert_eq!(line.trim_end_matches('\n'), command);
    }

    async fn says(&mut self, lines: &str) {
        self.0.write_all(format!("{lines}\n").as_bytes()).await.unwrap();
    }

    async fn answers(&mut self, command: &str, reply: &str) {
        self.hears(command).await;
        self.says(reply).await;
    }

    async fn hears_the_end(&mut self) {
        let mut line = String::new();
        assert_eq!(self.0.read_line(&mut line).await.unwrap(), 0, "more came: {line:?}");
    }
}

struct Call {
    channel: AgiChannel<DuplexStream>,
    asterisk: Asterisk,
    stop: CancellationToken,
}

async fn call() -> Call {
    call_of_at_most(Duration::from_secs(3600)).await
}

async fn call_of_at_most(longest: Duration) -> Call {
    call_over(duplex(64 * 1024), longest).await
}

async fn call_over((ours, theirs): (DuplexStream, DuplexStream), longest: Duration) -> Call {
    let mut asterisk = Asterisk(BufReader::new(theirs));
    let stop = CancellationToken::new();
    let bounds = Bounds { stop: stop.clone(), ends: Instant::now() + longest };
    let open = link::open(ours, bounds, Duration::from_secs(5));
    let (opened, said) = tokio::join!(open, asterisk.0.write_all(ENVIRONMENT.as_bytes()));
    let ((link, environment), ()) = (opened.unwrap(), said.unwrap());
    Call { channel: AgiChannel::new(link, &environment), asterisk, stop }
}

async fn ask(
    channel: &mut AgiChannel<DuplexStream>,
    prompt: &'static [&str],
    ask: &Ask,
) -> Result<Heard, Interrupted> {
    channel.ask(&mut sounds(prompt), ask).await
}

fn four_digits() -> Ask {
    Ask {
        most: 4,
        first_digit: Duration::from_secs(16),
        gap: Duration::from_secs(4),
        terminator: Some('#'),
        barge_in: true,
    }
}

fn sounds(names: &'static [&str]) -> impl Iterator<Item = Sound> + Send {
    names.iter().map(|name| Sound::File(Arc::from(*name)))
}

fn heard(digits: &str, ended: Ended) -> Result<Heard, Interrupted> {
    Ok(Heard { digits: digits.into(), ended })
}

fn key(key: char, endpos: u32) -> String {
    format!("200 result={} endpos={endpos}", u32::from(key))
}

fn digit(key: char) -> String {
    format!("200 result={}", u32::from(key))
}

const PROMPT: &str = r##"STREAM FILE "/s/welcome" "0123456789#""##;
const ASK: &str = r##"STREAM FILE "/s/number" "0123456789#""##;

#[tokio::test(start_paused = true)]
async fn a_key_in_the_second_file_of_a_prompt_ends_it_and_is_the_first_digit() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(PROMPT, "200 result=0 endpos=8000").await;
        asterisk.answers(ASK, &key('4', 800)).await;
        for digit_pressed in ['7', '1', '1'] {
            asterisk.answers("WAIT FOR DIGIT 4000", &digit(digit_pressed)).await;
        }
    };
    let mut prompt = sounds(&["/s/welcome.wav", "/s/number.wav"]);
    let question = four_digits();
    let (asked, ()) = tokio::join!(channel.ask(&mut prompt, &question), switch);
    assert_eq!(asked, heard("4711", Ended::Full));
}

#[tokio::test(start_paused = true)]
async fn silence_is_waited_for_first_long_and_then_a_gap() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(ASK, "200 result=0 endpos=8000").await;
        asterisk.hears("WAIT FOR DIGIT 16000").await;
        sleep(Duration::from_secs(15)).await;
        asterisk.says(&digit('4')).await;
        asterisk.hears("WAIT FOR DIGIT 4000").await;
        sleep(Duration::from_secs(4)).await;
        asterisk.says("200 result=0").await;
    };
    let question = four_digits();
    let (asked, ()) = tokio::join!(ask(&mut channel, &["/s/number.wav"], &question), switch);
    assert_eq!(asked, heard("4", Ended::Silence));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_means_nothing_does_not_lengthen_the_wait() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.hears("WAIT FOR DIGIT 16000").await;
        sleep(Duration::from_secs(10)).await;
        asterisk.says(&digit('*')).await;
        asterisk.hears("WAIT FOR DIGIT 6000").await;
        sleep(Duration::from_secs(6)).await;
        asterisk.says("200 result=0").await;
    };
    let question = four_digits();
    let (asked, ()) = tokio::join!(ask(&mut channel, &[], &question), switch);
    assert_eq!(asked, heard("", Ended::Silence));
}

#[tokio::test(start_paused = true)]
async fn the_terminator_ends_the_input_and_is_no_part_of_it() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("WAIT FOR DIGIT 16000", &digit('1')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
    };
    let question = four_digits();
    let (asked, ()) = tokio::join!(ask(&mut channel, &[], &question), switch);
    assert_eq!(asked, heard("1", Ended::Terminator));
}

#[tokio::test(start_paused = true)]
async fn without_barge_in_a_prompt_goes_on_where_a_key_stopped_it_and_the_key_counts() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(ASK, &key('4', 800)).await;
        asterisk.answers(&format!("{ASK} 800"), &key('7', 4800)).await;
        asterisk.answers(r##"STREAM FILE "/s/number" "" 4800"##, "200 result=0 endpos=8000").await;
    };
    let question = Ask { most: 2, barge_in: false, ..four_digits() };
    let (asked, ()) = tokio::join!(ask(&mut channel, &["/s/number.wav"], &question), switch);
    assert_eq!(asked, heard("47", Ended::Full));
}

#[tokio::test(start_paused = true)]
async fn without_a_terminator_no_key_ends_the_input() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        let prompt = r##"STREAM FILE "/s/number" "0123456789""##;
        asterisk.answers(prompt, "200 result=0 endpos=8000").await;
        asterisk.answers("WAIT FOR DIGIT 16000", &digit('1')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('#')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('2')).await;
    };
    let question = Ask { most: 2, terminator: None, ..four_digits() };
    let (asked, ()) = tokio::join!(ask(&mut channel, &["/s/number.wav"], &question), switch);
    assert_eq!(asked, heard("12", Ended::Full));
}

#[tokio::test(start_paused = true)]
async fn keys_kept_from_an_earlier_sound_come_first_and_skip_the_prompt() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(PROMPT, &key('9', 100)).await;
        asterisk.answers("WAIT FOR DIGIT 4000", &digit('8')).await;
    };
    let question = Ask { most: 2, ..four_digits() };
    let calls = async {
        channel.play(&mut sounds(&["/s/welcome.wav"]), Keys::Kept(&question)).await.unwrap();
        channel.ask(&mut sounds(&["/s/number.wav"]), &question).await
    };
    assert_eq!(tokio::join!(calls, switch).0, heard("98", Ended::Full));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_entering_leaves_what_was_entered() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("WAIT FOR DIGIT 16000", &digit('4')).await;
        asterisk.answers("WAIT FOR DIGIT 4000", "200 result=-1\nHANGUP").await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
        asterisk.hears_the_end().await;
    };
    let question = four_digits();
    let calls = async {
        let asked = channel.ask(&mut sounds(&[]), &question).await;
        (asked, channel.leave(&[("A", "b".into())], &Exit::Continue).await)
    };
    let ((asked, left), ()) = tokio::join!(calls, switch);
    assert_eq!(asked, Err(Interrupted::CallerLeft { digits: "4".into() }));
    assert_eq!(left, Left::CallerGone);
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_that_comes_before_the_next_reply_is_not_taken_for_it() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("ANSWER", "200 result=0").await;
        asterisk.hears(r#"STREAM FILE "/s/welcome" """#).await;
        asterisk
            .says("HANGUP\n511 Command Not Permitted on a dead channel or intercept routine")
            .await;
    };
    let calls = async {
        assert_eq!(channel.pick_up(true).await, Ok(Line::Up));
        channel.play(&mut sounds(&["/s/welcome.wav"]), Keys::Ignored).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Err(Interrupted::caller_left()));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_was_dead_from_the_start_is_gone_but_can_still_wait_for_an_answer() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        let dead = "511 Command Not Permitted on a dead channel or intercept routine";
        asterisk.answers("ANSWER", dead).await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
    };
    let music = Some(Music::Class("default".into()));
    let meanwhile = Meanwhile { after: Duration::ZERO, music };
    let calls = async {
        assert_eq!(channel.pick_up(true).await, Ok(Line::Gone));
        let work = async {
            sleep(Duration::from_secs(1)).await;
            42
        };
        assert_eq!(channel.wait(work, &meanwhile).await, Ok(42));
        channel.leave(&[("A", "b".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Left::CallerGone);
}

#[tokio::test(start_paused = true)]
async fn a_ringing_channel_that_must_not_be_picked_up_stays_so() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = asterisk.answers("CHANNEL STATUS", "200 result=4");
    assert_eq!(tokio::join!(channel.pick_up(false), switch).0, Ok(Line::Ringing));
}

#[tokio::test(start_paused = true)]
async fn a_missing_sound_is_told_from_a_hang_up_and_the_call_goes_on() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r#"STREAM FILE "/s/welcome" """#, "200 result=-1 endpos=0").await;
        asterisk.answers("CHANNEL STATUS", "200 result=6").await;
        asterisk.answers(r#"STREAM FILE "/s/number" """#, "200 result=0 endpos=8000").await;
    };
    let mut both = sounds(&["/s/welcome.wav", "/s/number.wav"]);
    let (played, ()) = tokio::join!(channel.play(&mut both, Keys::Ignored), switch);
    assert_eq!(played, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_soon_starts_no_music_and_a_late_one_ends_it_before_the_next_sound() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        asterisk.answers("SET MUSIC OFF", "200 result=0").await;
        asterisk.answers(r#"STREAM FILE "/s/welcome" """#, "200 result=0 endpos=8000").await;
    };
    let music = Some(Music::Class("jazz".into()));
    let meanwhile = Meanwhile { after: Duration::from_millis(300), music };
    let calls = async {
        channel.wait(sleep(Duration::from_millis(299)), &meanwhile).await.unwrap();
        channel.wait(sleep(Duration::from_millis(301)), &meanwhile).await.unwrap();
        channel.play(&mut sounds(&["/s/welcome.wav"]), Keys::Ignored).await.unwrap();
    };
    tokio::join!(calls, switch);
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_that_is_found_out_by_ending_the_music_still_leaves_the_variables() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("ANSWER", "200 result=0").await;
        asterisk.answers(r#"SET MUSIC ON "jazz""#, "200 result=0").await;
        let dead = "511 Command Not Permitted on a dead channel or intercept routine";
        asterisk.answers("SET MUSIC OFF", dead).await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
        asterisk.hears_the_end().await;
    };
    let music = Some(Music::Class("jazz".into()));
    let meanwhile = Meanwhile { after: Duration::ZERO, music };
    let calls = async {
        assert_eq!(channel.pick_up(true).await, Ok(Line::Up));
        channel.wait(sleep(Duration::from_secs(1)), &meanwhile).await.unwrap();
        channel.leave(&[("A", "b".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Left::CallerGone);
}

#[tokio::test(start_paused = true)]
async fn sounds_as_music_are_broken_off_without_getting_out_of_step() {
    for late_reply in ["", "200 result=0 endpos=800\n"] {
        let Call { mut channel, mut asterisk, .. } = call().await;
        let switch = async {
            asterisk.answers(r#"STREAM FILE "/s/music" """#, "200 result=0 endpos=8000").await;
            asterisk.hears(r#"STREAM FILE "/s/music" """#).await;
            asterisk.answers("NOOP", &format!("{late_reply}200 result=0")).await;
            asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
            asterisk.hears_the_end().await;
        };
        let music = Some(Music::Sounds([Sound::File("/s/music.wav".into())].into()));
        let meanwhile = Meanwhile { after: Duration::ZERO, music };
        let calls = async {
            // The music must not look like a busy loop: its first turn takes a while.
            channel.wait(sleep(Duration::from_secs(1)), &meanwhile).await.unwrap();
            channel.leave(&[("A", "b".into())], &Exit::Continue).await
        };
        let slow_switch = async {
            sleep(Duration::from_millis(200)).await;
            switch.await;
        };
        assert_eq!(tokio::join!(calls, slow_switch).0, Left::AsAsked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_511_to_a_sound_as_music_is_not_taken_for_the_reply_to_noop() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.answers("ANSWER", "200 result=0").await;
        asterisk.hears(r#"STREAM FILE "/s/music" """#).await;
        let dead = "511 Command Not Permitted on a dead channel or intercept routine";
        asterisk.answers("NOOP", &format!("{dead}\n200 result=0")).await;
        asterisk.answers(r#"SET VARIABLE "A" "b""#, "200 result=1").await;
        asterisk.hears_the_end().await;
    };
    let music = Some(Music::Sounds([Sound::File("/s/music.wav".into())].into()));
    let meanwhile = Meanwhile { after: Duration::ZERO, music };
    let calls = async {
        channel.pick_up(true).await.unwrap();
        channel.wait(sleep(Duration::from_secs(1)), &meanwhile).await.unwrap();
        channel.leave(&[("A", "b".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Left::CallerGone);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_waiting_ends_the_wait() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let meanwhile = Meanwhile::default();
    let switch = asterisk.says("HANGUP");
    let (waited, ()) = tokio::join!(channel.wait(pending::<()>(), &meanwhile), switch);
    assert_eq!(waited, Err(Interrupted::caller_left()));
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_a_digit_is_awaited_hands_the_call_over_with_its_variables() {
    let Call { mut channel, mut asterisk, stop } = call().await;
    let switch = async {
        asterisk.hears("WAIT FOR DIGIT 16000").await;
        stop.cancel();
        asterisk.answers("NOOP", "200 result=1\n200 result=0").await;
        asterisk.answers(r#"SET VARIABLE "DIALSCRIPT_OUTCOME" "error""#, "200 result=1").await;
        asterisk.hears_the_end().await;
    };
    let question = four_digits();
    let calls = async {
        let asked = channel.ask(&mut sounds(&[]), &question).await;
        assert_eq!(asked, Err(Interrupted::Stopping));
        channel.leave(&[("DIALSCRIPT_OUTCOME", "error".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Left::AsAsked);
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_a_prompt_hands_the_call_over_with_its_variables() {
    let Call { mut channel, mut asterisk, stop } = call().await;
    let switch = async {
        asterisk.hears(r#"STREAM FILE "/s/welcome" """#).await;
        stop.cancel();
        asterisk.answers("NOOP", "200 result=0").await;
        asterisk.answers(r#"SET VARIABLE "DIALSCRIPT_OUTCOME" "error""#, "200 result=1").await;
        asterisk.hears_the_end().await;
    };
    let calls = async {
        let played = channel.play(&mut sounds(&["/s/welcome.wav"]), Keys::Ignored).await;
        assert_eq!(played, Err(Interrupted::Stopping));
        channel.leave(&[("DIALSCRIPT_OUTCOME", "error".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Left::AsAsked);
}

#[tokio::test(start_paused = true)]
async fn the_longest_call_is_bounded_in_every_wait() {
    let Call { mut channel, asterisk: _silent, .. } =
        call_of_at_most(Duration::from_secs(60)).await;
    let waited = channel.wait(pending::<()>(), &Meanwhile::default()).await;
    assert_eq!(waited, Err(Interrupted::TooLong));
    let Call { mut channel, asterisk: _silent, .. } =
        call_of_at_most(Duration::from_secs(60)).await;
    let played = channel.play(&mut sounds(&["/s/welcome.wav"]), Keys::Ignored).await;
    assert_eq!(played, Err(Interrupted::TooLong));
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_never_replies_is_given_up_and_leaving_is_bounded_too() {
    let Call { mut channel, asterisk: _silent, .. } = call().await;
    let started = Instant::now();
    let picked_up = channel.pick_up(true).await;
    assert!(matches!(picked_up, Err(Interrupted::SwitchLost(_))), "{picked_up:?}");
    let left = channel.leave(&[("A", "b".into())], &Exit::Continue).await;
    assert_eq!(left, Left::SwitchLost);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_reply_to_no_command_means_that_the_switch_is_out_of_step() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    asterisk.says("200 result=1").await;
    let waited = channel.wait(pending::<()>(), &Meanwhile::default()).await;
    assert!(matches!(waited, Err(Interrupted::SwitchLost(_))), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_destination_is_looked_up_and_then_said_whole() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        let exists = r#"GET VARIABLE "DIALPLAN_EXISTS(shipping,9100,1)""#;
        asterisk.answers(exists, "200 result=1 (1)").await;
        asterisk.answers(r#"SET CONTEXT "shipping""#, "200 result=0").await;
        asterisk.answers(r#"SET EXTENSION "9100""#, "200 result=0").await;
        asterisk.answers(r#"SET PRIORITY "1""#, "200 result=0").await;
        asterisk.hears_the_end().await;
    };
    let to =
        Destination { extension: "9100".into(), context: Some("shipping".into()), priority: None };
    let calls = async {
        assert_eq!(channel.reaches(&to).await, Ok(Reach::Yes));
        channel.leave(&[], &Exit::Goto(to)).await
    };
    assert_eq!(tokio::join!(calls, switch).0, Left::AsAsked);
}

#[tokio::test(start_paused = true)]
async fn a_destination_without_context_is_looked_up_in_the_calls_own() {
    for (note, reach) in [(" (0)", Reach::No), (" (1)", Reach::Yes), ("", Reach::Unknown)] {
        let Call { mut channel, mut asterisk, .. } = call().await;
        let to = Destination { extension: "1".into(), context: None, priority: Some("go".into()) };
        let exists = r#"GET VARIABLE "DIALPLAN_EXISTS(test,1,go)""#;
        let reply = format!("200 result=1{note}");
        let (reaches, ()) = tokio::join!(channel.reaches(&to), asterisk.answers(exists, &reply));
        assert_eq!(reaches, Ok(reach));
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_has_its_cause() {
    for (exit, command) in [
        (Exit::Hangup(None), r#"EXEC Hangup "16""#),
        (Exit::Hangup(Some(Cause(17))), r#"EXEC Hangup "17""#),
    ] {
        let Call { channel, mut asterisk, .. } = call().await;
        let switch = asterisk.answers(command, "200 result=-1\nHANGUP");
        assert_eq!(tokio::join!(channel.leave(&[], &exit), switch).0, Left::AsAsked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hostile_value_stays_one_argument_of_one_command() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let hostile = "a\"b\\c\r\nSET VARIABLE X 1\0${SHELL(id)}";
    let sent = r#"SET VARIABLE "V" "a\"b\\c  SET VARIABLE X 1 ${SHELL(id)}""#;
    let switch = asterisk.answers(sent, "200 result=1");
    assert_eq!(tokio::join!(channel.set("V", hostile), switch).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_broken_off_in_its_middle_is_finished_before_the_next() {
    let Call { mut channel, mut asterisk, .. } =
        call_over(duplex(16), Duration::from_secs(3600)).await;
    let music = Some(Music::Class("default".into()));
    let meanwhile = Meanwhile { after: Duration::ZERO, music };
    let switch = async {
        sleep(Duration::from_secs(2)).await;
        asterisk.answers(r#"SET MUSIC ON "default""#, "200 result=0").await;
        asterisk.answers("SET MUSIC OFF", "200 result=0").await;
        asterisk.answers(r#"SET VARIABLE "V" "1""#, "200 result=1").await;
    };
    let call = async {
        channel.wait(sleep(Duration::from_secs(1)), &meanwhile).await.unwrap();
        channel.leave(&[("V", "1".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(call, switch).0, Left::AsAsked);
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_given_up_in_its_own_time_although_a_longer_wait_came_before() {
    let Call { mut channel, mut asterisk, .. } = call().await;
    let started = Instant::now();
    let switch = async {
        asterisk.hears(r#"STREAM FILE "/s/welcome" """#).await;
        sleep(Duration::from_secs(60)).await;
        asterisk.says("200 result=0 endpos=480000").await;
        asterisk.hears(r#"SET VARIABLE "V" "1""#).await;
    };
    let call = async {
        channel.play(&mut sounds(&["/s/welcome.wav"]), Keys::Ignored).await.unwrap();
        let set = channel.set("V", "1").await;
        assert!(matches!(set, Err(Interrupted::SwitchLost(_))));
        assert_eq!(started.elapsed().as_secs(), 70);
    };
    tokio::join!(call, switch);
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_does_not_read_is_given_up() {
    let Call { mut channel, asterisk: _silent, .. } =
        call_over(duplex(16), Duration::from_secs(3600)).await;
    let started = Instant::now();
    assert!(matches!(channel.set("V", "1").await, Err(Interrupted::SwitchLost(_))));
    assert_eq!(started.elapsed().as_secs(), 10);
    assert_eq!(channel.leave(&[], &Exit::Continue).await, Left::AsAsked);
}

#[tokio::test(start_paused = true)]
async fn a_switch_without_first_words_is_given_up() {
    let (ours, _theirs) = duplex(1024);
    let ends = Instant::now() + Duration::from_secs(3600);
    let bounds = Bounds { stop: CancellationToken::new(), ends };
    let opened = link::open(ours, bounds, Duration::from_secs(5)).await.map(drop);
    assert!(matches!(opened, Err(Interrupted::SwitchLost(_))));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_heard_although_the_environment_is_still_under_way() {
    let (ours, theirs) = duplex(16);
    let mut asterisk = Asterisk(BufReader::new(theirs));
    let switch = async {
        asterisk.0.write_all(ENVIRONMENT.as_bytes()).await.unwrap();
        asterisk.hears("failure").await;
        asterisk.hears_the_end().await;
    };
    tokio::join!(link::refuse(ours, Duration::from_secs(2)), switch);
}
