//! The FreeSWITCH driver against a peer that says what the real one was seen to say; the clock is paused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use dialscript::channel::{
    Ask, Bounds, Cause, Channel, Destination, Ended, Exit, Heard, Interrupted, Keys, Left, Line,
    Meanwhile, Music, Reach, Sound,
};
use dialscript::esl::channel::EslChannel;
use dialscript::esl::link;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

const UUID: &str = "a816e3a2-e6b5-4283-ae5d-1a2affdd0fa8";

/// In the reply to `connect`, before the mode.
const CONNECTED: &str = "Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: ";

/// The switch's end of the connection.
struct FreeSwitch(BufReader<DuplexStream>);

impl FreeSwitch {
    /// The next command: its lines, and its body where it has one.
    async fn command(&mut self) -> String {
        let mut command = String::new();
        loop {
            let mut line = String::new();
            let read = timeout(Duration::from_secs(3600), self.0.read_line(&mut line)).await;
            assert_ne!(read.expect("no command came").unwrap(), 0, "the connection ended");
            if line == "\n" {
                break;
            }
            command.push_str(&line);
        }
        if let Some((_, length)) = command.split_once("content-length: ") {
            let mut body = vec![0; length.trim().parse().unwrap()];
            self.0.read_exact(&mut body).await.unwrap();
            command.push_str(std::str::from_utf8(&body).unwrap());
        }
        command
    }

    async fn says(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    async fn takes(&mut self, wanted: &str) -> String {
        let command = self.command().await;
        assert!(command.contains(wanted), "{wanted:?} is not in {command:?}");
        self.says("Content-Type: command/reply\nReply-Text: +OK\n\n").await;
        command
    }

    /// An application starts; its name for the events.
    async fn starts(&mut self, application: &str, argument: &str) -> String {
        let command = self.takes(&format!("execute-app-name: {application}\n")).await;
        assert!(command.contains(argument), "{argument:?} is not in {command:?}");
        let uuid = command.lines().find_map(|line| line.strip_prefix("Event-UUID: "));
        uuid.expect("an execute without Event-UUID").to_owned()
    }

    async fn event(&mut self, name: &str, headers: &str) {
        let body = format!("Event-Name: {name}\nUnique-ID: {UUID}\n{headers}\n");
        let length = body.len();
        let head = format!("Content-Length: {length}\nContent-Type: text/event-plain\n\n");
        self.says(&(head + &body)).await;
    }

    async fn ends(&mut self, uuid: &str) {
        let headers = format!("Application-UUID: {uuid}\nApplication-Response: FILE%20PLAYED\n");
        self.event("CHANNEL_EXECUTE_COMPLETE", &headers).await;
    }

    async fn runs(&mut self, application: &str, argument: &str) {
        let uuid = self.starts(application, argument).await;
        self.ends(&uuid).await;
    }

    async fn key(&mut self, key: char) {
        let key = if key == '#' { "%23".to_owned() } else { key.to_string() };
        self.event("DTMF", &format!("DTMF-Digit: {key}\nDTMF-Duration: 800\n")).await;
    }

    async fn hangs_up(&mut self) {
        self.event("CHANNEL_HANGUP", "Hangup-Cause: NORMAL_CLEARING\n").await;
    }

    async fn says_goodbye(&mut self) {
        self.takes("exit").await;
        self.says("Content-Type: text/disconnect-notice\nContent-Length: 0\n\n").await;
        self.0.get_mut().shutdown().await.unwrap();
    }
}

struct Call {
    channel: EslChannel<DuplexStream>,
    switch: FreeSwitch,
    stop: CancellationToken,
}

async fn call() -> Call {
    call_with("async", "full", "").await
}

async fn call_with(mode: &str, control: &str, variables: &str) -> Call {
    let (ours, theirs) = duplex(64 * 1024);
    let mut switch = FreeSwitch(BufReader::new(theirs));
    let stop = CancellationToken::new();
    let ends = Instant::now() + Duration::from_secs(3600);
    let bounds = Bounds { stop: stop.clone(), ends };
    let data = format!(
        "Event-Name: CHANNEL_DATA\nUnique-ID: {UUID}\nAnswer-State: ringing\nCaller-Dialplan: XML\n\
         Caller-Context: public\nCaller-Caller-ID-Number: 1000\nCaller-Destination-Number: 9000\n\
         {variables}Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: {mode}\n\
         Control: {control}\n\n"
    );
    let greeting = async {
        assert_eq!(switch.command().await, "connect\n");
        switch.says(&data).await;
        if control == "full" {
            switch.takes(&format!("filter Unique-ID {UUID}")).await;
            switch.takes("event plain CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP").await;
        } else {
            switch.takes("myevents").await;
        }
    };
    let open = link::open(ours, bounds, Duration::from_secs(5));
    let (opened, ()) = tokio::join!(open, greeting);
    let (link, data) = opened.unwrap();
    Call { channel: EslChannel::new(link, data), switch, stop }
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

async fn ask(
    channel: &mut EslChannel<DuplexStream>,
    prompt: &'static [&str],
    ask: &Ask,
) -> Result<Heard, Interrupted> {
    channel.ask(&mut sounds(prompt), ask).await
}

fn heard(digits: &str, ended: Ended) -> Result<Heard, Interrupted> {
    Ok(Heard { digits: digits.into(), ended })
}

#[tokio::test(start_paused = true)]
async fn a_key_breaks_the_prompt_off_and_keys_that_come_meanwhile_count() {
    let Call { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.runs("set", "playback_terminators=none").await;
        let prompt = switch.starts("playback", "/s/number.wav").await;
        switch.key('4').await;
        let broken_off = switch.starts("break", "").await;
        switch.key('7').await;
        switch.ends(&prompt).await;
        switch.ends(&broken_off).await;
        switch.key('1').await;
        switch.key('1').await;
    };
    let question = four_digits();
    let asked = ask(&mut channel, &["/s/number.wav", "/s/never-heard.wav"], &question);
    assert_eq!(tokio::join!(asked, calls).0, heard("4711", Ended::Full));
}

#[tokio::test(start_paused = true)]
async fn without_barge_in_the_prompt_plays_on_and_its_keys_count() {
    let Call { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.runs("set", "playback_terminators=none").await;
        let prompt = switch.starts("playback", "/s/number.wav").await;
        switch.key('4').await;
        switch.key('7').await;
        switch.key('9').await;
        sleep(Duration::from_secs(3)).await;
        switch.ends(&prompt).await;
    };
    let question = Ask { most: 2, barge_in: false, ..four_digits() };
    let asked = ask(&mut channel, &["/s/number.wav"], &question);
    assert_eq!(tokio::join!(asked, calls).0, heard("47", Ended::Full));
}

#[tokio::test(start_paused = true)]
async fn silence_is_waited_for_first_long_and_then_a_gap() {
    let Call { mut channel, mut switch, .. } = call().await;
    let calls = async {
        sleep(Duration::from_millis(15_900)).await;
        switch.key('4').await;
        sleep(Duration::from_millis(2_000)).await;
        switch.key('*').await;
    };
    let question = four_digits();
    let started = Instant::now();
    let (asked, ()) = tokio::join!(ask(&mut channel, &[], &question), calls);
    assert_eq!(asked, heard("4", Ended::Silence));
    assert_eq!(started.elapsed().as_millis(), 19_900, "a key without meaning lengthens nothing");
}

#[tokio::test(start_paused = true)]
async fn keys_kept_from_an_earlier_sound_come_first_and_skip_the_prompt() {
    let Call { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.runs("set", "playback_terminators=none").await;
        let sound = switch.starts("playback", "/s/welcome.wav").await;
        switch.key('9').await;
        switch.runs("break", "").await;
        switch.ends(&sound).await;
        switch.key('8').await;
    };
    let question = Ask { most: 2, ..four_digits() };
    let asked = async {
        channel.play(&mut sounds(&["/s/welcome.wav"]), Keys::Kept(&question)).await.unwrap();
        channel.ask(&mut sounds(&["/s/number.wav"]), &question).await
    };
    assert_eq!(tokio::join!(asked, calls).0, heard("98", Ended::Full));
}

#[tokio::test(start_paused = true)]
async fn keys_in_a_sound_that_no_question_follows_are_lost_and_interrupt_nothing() {
    let Call { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.runs("set", "playback_terminators=none").await;
        let sound = switch.starts("playback", "/s/welcome.wav").await;
        switch.key('9').await;
        switch.ends(&sound).await;
    };
    let mut welcome = sounds(&["/s/welcome.wav"]);
    let played = channel.play(&mut welcome, Keys::Ignored);
    assert_eq!(tokio::join!(played, calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_entering_leaves_what_was_entered() {
    let Call { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.key('4').await;
        switch.hangs_up().await;
        switch.says_goodbye().await;
    };
    let question = four_digits();
    let asked = async {
        let asked = ask(&mut channel, &[], &question).await;
        (asked, channel.leave(&[("A", "b".into())], &Exit::Continue).await)
    };
    let ((asked, left), ()) = tokio::join!(asked, calls);
    assert_eq!(asked, Err(Interrupted::CallerLeft { digits: "4".into() }));
    assert_eq!(left, Left::CallerGone);
}

#[tokio::test(start_paused = true)]
async fn an_application_that_never_ends_is_given_up() {
    let Call { mut channel, mut switch, .. } = call().await;
    let (picked_up, _) = tokio::join!(channel.pick_up(true), switch.starts("answer", ""));
    assert!(matches!(picked_up, Err(Interrupted::SwitchLost(_))), "{picked_up:?}");
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_picked_up_once_and_only_where_that_is_allowed() {
    let Call { mut channel, mut switch, .. } = call().await;
    assert_eq!(channel.pick_up(false).await, Ok(Line::Ringing));
    let calls = async {
        assert_eq!(channel.pick_up(true).await, Ok(Line::Up));
        assert_eq!(channel.pick_up(true).await, Ok(Line::Up));
    };
    tokio::join!(calls, switch.runs("answer", ""));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_soon_starts_no_music_and_a_late_one_breaks_it_off() {
    let variables = "variable_playback_timeout_sec: 60\n";
    let Call { mut channel, mut switch, .. } = call_with("async", "full", variables).await;
    let calls = async {
        // Music has an end, even if we should be gone by then; a prompt behind it has its own.
        switch.runs("set", "playback_timeout_sec=30").await;
        let music = switch.starts("playback", "local_stream://jazz").await;
        let broken_off = switch.starts("break", "").await;
        switch.ends(&music).await;
        switch.ends(&broken_off).await;
        switch.runs("set", "execute-app-arg: playback_timeout_sec=60\n").await;
    };
    let music = Some(Music::Class("jazz".into()));
    let meanwhile = Meanwhile { after: Duration::from_millis(300), music };
    let waited = async {
        channel.wait(sleep(Duration::from_millis(299)), &meanwhile).await.unwrap();
        channel.wait(sleep(Duration::from_millis(301)), &meanwhile).await.unwrap();
    };
    tokio::join!(waited, calls);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_while_waiting_ends_the_wait() {
    let Call { mut channel, mut switch, .. } = call().await;
    let meanwhile = Meanwhile::default();
    let waited = channel.wait(pending::<()>(), &meanwhile);
    assert_eq!(tokio::join!(waited, switch.hangs_up()).0, Err(Interrupted::caller_left()));
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_a_prompt_breaks_it_off_and_hands_the_call_over_with_its_variables() {
    let Call { mut channel, mut switch, stop } = call().await;
    let calls = async {
        switch.runs("set", "playback_terminators=none").await;
        let sound = switch.starts("playback", "/s/welcome.wav").await;
        stop.cancel();
        switch.runs("break", "").await;
        switch.ends(&sound).await;
        switch.runs("multiset", "dialscript_outcome=error").await;
        switch.says_goodbye().await;
    };
    let played = async {
        let played = channel.play(&mut sounds(&["/s/welcome.wav"]), Keys::Ignored).await;
        assert_eq!(played, Err(Interrupted::Stopping));
        channel.leave(&[("DIALSCRIPT_OUTCOME", "error".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(played, calls).0, Left::AsAsked);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_is_made_without_resume_and_with_socket_resume_switched_off() {
    let variables = "variable_socket_resume: true\nvariable_playback_terminators: %23\n";
    let Call { mut channel, mut switch, .. } = call_with("async", "full", variables).await;
    let calls = async {
        let set = switch.starts("multiset", "^^;").await;
        switch.ends(&set).await;
        switch.runs("transfer", "9100 XML shipping").await;
        switch.says_goodbye().await;
    };
    let context = Some("shipping".to_owned());
    let to = Destination { extension: "9100".into(), context, priority: None };
    let left = async {
        assert_eq!(channel.reaches(&to).await, Ok(Reach::Unknown));
        channel.leave(&[], &Exit::Goto(to)).await
    };
    assert_eq!(tokio::join!(left, calls).0, Left::AsAsked);
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_for_the_call_is_as_before_and_the_outcome_is_last() {
    let variables = "variable_playback_terminators: %23\n";
    let Call { mut channel, mut switch, .. } = call_with("async", "full", variables).await;
    let calls = async {
        switch.runs("set", "playback_terminators=none").await;
        switch.runs("playback", "/s/welcome.wav").await;
        let wanted = "^^;playback_terminators=#;dialscript_code=7;dialscript_outcome=otherwise";
        switch.runs("multiset", wanted).await;
        switch.says_goodbye().await;
    };
    let variables =
        [("DIALSCRIPT_CODE", "7".to_owned()), ("DIALSCRIPT_OUTCOME", "otherwise".to_owned())];
    let left = async {
        channel.play(&mut sounds(&["/s/welcome.wav"]), Keys::Ignored).await.unwrap();
        channel.leave(&variables, &Exit::Continue).await
    };
    assert_eq!(tokio::join!(left, calls).0, Left::AsAsked);
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_has_its_cause() {
    for (cause, number) in [(None, 16), (Some(Cause(17)), 17)] {
        let Call { channel, mut switch, .. } = call().await;
        let calls = async {
            switch.runs("multiset", "").await;
            switch.takes(&format!("hangup-cause: {number}\n")).await;
            switch.hangs_up().await;
            switch.says_goodbye().await;
        };
        let exit = Exit::Hangup(cause);
        assert_eq!(tokio::join!(channel.leave(&[], &exit), calls).0, Left::AsAsked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_priority_is_nowhere() {
    let Call { mut channel, switch: _silent, .. } = call().await;
    let priority = Some("2".to_owned());
    let to = Destination { extension: "1".into(), context: None, priority };
    assert_eq!(channel.reaches(&to).await, Ok(Reach::No));
}

#[tokio::test(start_paused = true)]
async fn without_async_a_question_is_refused_in_words_and_sounds_work() {
    let Call { mut channel, mut switch, .. } = call_with("static", "full", "").await;
    let calls = async {
        switch.takes("playback_terminators=none").await;
        switch.takes("/s/welcome.wav").await;
    };
    let played = async {
        channel.play(&mut sounds(&["/s/welcome.wav"]), Keys::Ignored).await.unwrap();
        ask(&mut channel, &["/s/number.wav"], &four_digits()).await
    };
    let asked = tokio::join!(played, calls).0;
    assert!(matches!(&asked, Err(Interrupted::Refused(reason)) if reason.contains("async full")));
}

#[tokio::test(start_paused = true)]
async fn a_hostile_value_is_nothing_that_freeswitch_evaluates() {
    let Call { mut channel, mut switch, .. } = call().await;
    let set = channel.set("V", "a\n${system(id)} $${b} %[c]");
    let calls = switch.runs("set", "V=a $(system(id)) $$(b) %(c)");
    assert_eq!(tokio::join!(set, calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_is_connected_and_seen_in_park_before_it_is_let_go() {
    let (ours, theirs) = duplex(64 * 1024);
    let mut switch = FreeSwitch(BufReader::new(theirs));
    let calls = async {
        assert_eq!(switch.command().await, "connect\n");
        switch
            .says(&format!(
                "Event-Name: CHANNEL_DATA\nUnique-ID: {UUID}\n{CONNECTED}async\nControl: full\n\n"
            ))
            .await;
        switch.takes("filter").await;
        switch.takes("event plain").await;
        let uuid = switch.starts("eval", "").await;
        let early = timeout(Duration::from_millis(500), switch.command()).await;
        assert!(early.is_err(), "{early:?} was said before the call was in park");
        switch.ends(&uuid).await;
        switch.says_goodbye().await;
    };
    tokio::join!(link::refuse(ours, Duration::from_secs(2)), calls);
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_without_async_is_let_go_without_resume() {
    let (ours, theirs) = duplex(64 * 1024);
    let mut switch = FreeSwitch(BufReader::new(theirs));
    let calls = async {
        assert_eq!(switch.command().await, "connect\n");
        let variable = "variable_socket_resume: true";
        let data = format!(
            "Event-Name: CHANNEL_DATA\nUnique-ID: {UUID}\n{variable}\n{CONNECTED}static\nControl: full\n\n"
        );
        switch.says(&data).await;
        switch.takes("filter").await;
        switch.takes("event plain").await;
        switch.runs("eval", "").await;
        switch.runs("unset", "execute-app-arg: socket_resume\n").await;
        switch.says_goodbye().await;
    };
    tokio::join!(link::refuse(ours, Duration::from_secs(2)), calls);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_somebody_else_transferred_is_not_acted_on_any_more() {
    let Call { mut channel, mut switch, .. } = call().await;
    let calls = async {
        let socket =
            "Application: socket\nApplication-UUID: 7e6c2b1a-0000-4000-8000-000000000000\n";
        switch.event("CHANNEL_EXECUTE_COMPLETE", socket).await;
        switch.key('4').await;
        switch.says_goodbye().await;
    };
    let question = four_digits();
    let asked = async {
        let asked = ask(&mut channel, &[], &question).await;
        assert_eq!(asked, Err(Interrupted::caller_left()));
        channel.leave(&[("A", "b".into())], &Exit::Hangup(None)).await
    };
    assert_eq!(tokio::join!(asked, calls).0, Left::CallerGone);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_identifier_a_filter_would_misread_is_served_all_the_same() {
    for unique_id in ["a84b4c@10.0.0.5", "-a84b4c", ""] {
        let (ours, theirs) = duplex(64 * 1024);
        let mut switch = FreeSwitch(BufReader::new(theirs));
        let ends = Instant::now() + Duration::from_secs(60);
        let bounds = Bounds { stop: CancellationToken::new(), ends };
        let greeting = async {
            assert_eq!(switch.command().await, "connect\n");
            let id = unique_id.replace('@', "%40");
            let data = format!("Event-Name: CHANNEL_DATA\nUnique-ID: {id}\n");
            let rest = "Content-Type: command/reply\nSocket-Mode: async\nControl: full\n\n";
            switch.says(&(data + rest)).await;
            switch.takes("myevents").await;
        };
        let open = link::open(ours, bounds, Duration::from_secs(5));
        assert!(tokio::join!(open, greeting).0.is_ok(), "{unique_id:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_does_not_read_is_given_up() {
    let (ours, _deaf) = duplex(4);
    let bounds = Bounds { stop: CancellationToken::new(), ends: Instant::now() };
    let opened = link::open(ours, bounds, Duration::from_secs(5)).await.map(drop);
    assert!(matches!(opened, Err(Interrupted::SwitchLost(_))));
}

#[tokio::test(start_paused = true)]
async fn a_switch_without_first_words_is_given_up() {
    let (ours, _theirs) = duplex(1024);
    let bounds = Bounds { stop: CancellationToken::new(), ends: Instant::now() };
    let opened = link::open(ours, bounds, Duration::from_secs(5)).await.map(drop);
    assert!(matches!(opened, Err(Interrupted::SwitchLost(_))));
}
