//! Transcripts played again: the server's lines, the keys and the hang-ups at their times.

use std::fs;
use std::time::Duration;

use dialscript::fake::asterisk::{FakeAsteriskCall, FakeDestinations, FakeLineState};
use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::utterances::{FakeUtterance, UtteranceSource};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep_until};

use crate::support::data;
use crate::support::phone_log::PhoneLog;
use crate::wire::fake_asterisk::session::Server;

/// Commands that the fake does not have: they are left out of what is played, with their replies.
const NOT_PLAYED: [&str; 16] = [
    "GET DATA",
    "GET FULL",
    "GET VARIABLE UNIQUEID",
    "GET VARIABLE CHANNEL",
    "GET VARIABLE CALLERID(all)",
    "GET VARIABLE ENV",
    "SET CALLERID",
    "DATABASE",
    "SET AUTOHANGUP",
    "SEND ",
    "TDD",
    "RECEIVE",
    "ASYNCAGI",
    "EXEC Playback",
    "EXEC S",
    "EXEC W",
];

/// Those of `errors`, and what they leave behind.
const NOT_PLAYED_OF_ERRORS: [&str; 8] = [
    "EXEC Goto",
    "EXEC Gosub",
    "EXEC Read",
    "GET VARIABLE PLAYBACKSTATUS",
    "GET VARIABLE FOO",
    "GET VARIABLE SYSTEMSTATUS",
    "GET VARIABLE READSTATUS",
    "GET VARIABLE ERROR",
];

struct TranscriptEvent {
    at: Duration,
    what: TranscriptAction,
}

enum TranscriptAction {
    Server(Vec<u8>),
    Asterisk(String),
    Key(char),
    /// Speaks so long.
    Says(Duration),
    HangUp,
}

fn events(name: &str) -> Vec<TranscriptEvent> {
    let path = data::path(&format!("agi/22/{name}.txt"));
    let text = fs::read_to_string(path).unwrap();
    let body = text.split_once(" A> \\n\n").expect("an environment").1;
    body.lines().flat_map(read).collect()
}

fn read(line: &str) -> Vec<TranscriptEvent> {
    let (time, rest) = line[1..].trim_start().split_once(' ').unwrap();
    let at = Duration::from_secs_f64(time.parse().unwrap());
    let one = |what| vec![TranscriptEvent { at, what }];
    match rest.split_at(3) {
        ("S> ", said) => one(TranscriptAction::Server(unescaped(said))),
        ("A> ", said) => match said.strip_suffix("\\n") {
            Some(said) => {
                one(TranscriptAction::Asterisk(String::from_utf8(unescaped(said)).unwrap()))
            }
            None => one(TranscriptAction::Asterisk(String::new())),
        },
        ("-- ", note) if note.starts_with("caller will press") => typed(at, note),
        ("-- ", note) if note.starts_with("caller starts to speak") => {
            let seconds = if note.ends_with("prompt3.wav") { 3 } else { 1 };
            one(TranscriptAction::Says(Duration::from_secs(seconds)))
        }
        ("-- ", note) => match note.strip_prefix("caller pressed ") {
            Some(key) => one(TranscriptAction::Key(key.chars().next().unwrap())),
            None if is_hang_up(note) => one(TranscriptAction::HangUp),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn is_hang_up(note: &str) -> bool {
    ["caller hangs up", "caller sends BYE", "core stop now"].contains(&note)
}

/// `caller will press 12 in 1.00 s, 100 ms each, 100 ms apart`: a key counts when it is released.
fn typed(at: Duration, note: &str) -> Vec<TranscriptEvent> {
    let words: Vec<_> = note.split(' ').collect();
    let number = |index: usize| words[index].parse::<f64>().unwrap();
    let (first, each, apart) = (number(5), number(7) / 1000.0, number(10) / 1000.0);
    let release = |index: usize| first + each + (each + apart) * index as f64;
    let keys = words[3].chars().enumerate();
    keys.map(|(index, key)| TranscriptEvent {
        at: at + Duration::from_secs_f64(release(index)),
        what: TranscriptAction::Key(key),
    })
    .collect()
}

fn unescaped(said: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = said.bytes();
    while let Some(byte) = rest.next() {
        let escaped = if byte == b'\\' { rest.next() } else { None };
        bytes.push(match escaped {
            None => byte,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'x') => {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
            }
            Some(other) => other,
        });
    }
    bytes
}

struct Replay {
    name: &'static str,
    server: Server,
    began: Instant,
    compared: usize,
    recordings: TempDir,
}

/// Plays a transcript and compares every reply; their number is the result.
async fn replay(name: &'static str, call: FakeAsteriskCall) -> usize {
    replay_until(name, call, Duration::MAX).await
}

async fn replay_until(name: &'static str, call: FakeAsteriskCall, end: Duration) -> usize {
    let events = events(name);
    let keys = events.iter().filter_map(|event| match event.what {
        TranscriptAction::Key(key) => Some((event.at, key)),
        _ => None,
    });
    let mut keys: Vec<_> = keys.collect();
    keys.sort_by_key(|(at, _)| *at);
    let hang_up = events.iter().find(|event| matches!(event.what, TranscriptAction::HangUp));
    let said = events.iter().filter_map(|event| match event.what {
        TranscriptAction::Says(lasts) => {
            Some((event.at, FakeUtterance { text: "so".into(), duration: lasts }))
        }
        _ => None,
    });
    let utterances = UtteranceSource::timed(said.collect());
    let phone = PhoneLog::default().phone(DtmfSource::timed(keys), hang_up.map(|event| event.at));
    let phone = phone.with_utterances(utterances);
    let places = FakeDestinations::Only(vec!["9009@test".into(), "1@nosuch".into()]);
    let began = Instant::now();
    let server = Server::of(call, places, phone).await;
    let recordings = TempDir::new().unwrap();
    let mut replay = Replay { name, server, began, compared: 0, recordings };
    replay.play(events.into_iter().filter(|event| event.at < end)).await;
    replay.compared
}

impl Replay {
    async fn play(&mut self, events: impl Iterator<Item = TranscriptEvent>) {
        let mut skips = false;
        for TranscriptEvent { at, what } in events {
            match what {
                TranscriptAction::Server(said) => {
                    skips = self.skips_command(&String::from_utf8_lossy(&said));
                    if !skips {
                        sleep_until(self.began + at).await;
                        // The session may have ended in the meantime: what it said then is compared.
                        drop(self.server.wire.write_all(&self.with_recordings_folder(said)).await);
                    }
                }
                TranscriptAction::Asterisk(said) if !skips => self.compare(at, &said).await,
                TranscriptAction::Asterisk(_)
                | TranscriptAction::Key(_)
                | TranscriptAction::Says(_)
                | TranscriptAction::HangUp => {}
            }
        }
    }

    /// The command, but for the folder of its recording.
    fn with_recordings_folder(&self, command: Vec<u8>) -> Vec<u8> {
        match String::from_utf8(command) {
            Ok(text) if text.starts_with("RECORD FILE /tmp/") => {
                let folder = format!("RECORD FILE {}/", self.recordings.path().display());
                text.replace("RECORD FILE /tmp/", &folder).into_bytes()
            }
            Ok(text) => text.into_bytes(),
            Err(error) => error.into_bytes(),
        }
    }

    fn skips_command(&self, command: &str) -> bool {
        let begins = |with: &&str| command.starts_with(with);
        let of_errors = self.name == "errors" && NOT_PLAYED_OF_ERRORS.iter().any(&begins);
        let unfinished = !command.ends_with('\n');
        let beeps = command.contains(" BEEP");
        of_errors || unfinished || beeps || NOT_PLAYED.iter().any(begins)
    }

    /// The words must be equal, and the times within the delays of a real machine and its network.
    async fn compare(&mut self, at: Duration, said: &str) {
        let heard = self.server.read_line().await;
        let place = format!("{} at {at:?}: {heard:?} for {said:?}", self.name);
        let ((words, position), (real_words, real_position)) = (parts(&heard), parts(said));
        assert_eq!(words, real_words, "{place}");
        assert!(position.abs_diff(real_position) <= 2400, "{place}");
        let off = self.began.elapsed().abs_diff(at);
        assert!(off < Duration::from_millis(150), "{place}: {off:?} off");
        self.compared += 1;
    }
}

/// The words of a reply, and its position. The position of a real Asterisk comes in steps and after network delays. The
/// remaining time of a recording only counts as zero or not.
fn parts(reply: &str) -> (&str, u64) {
    match reply.split_once(" endpos=") {
        Some((words, position)) => {
            let left = words != "200 result=0 (timeout)" && words.ends_with(" (timeout)");
            (if left { "(timeout)" } else { words }, position.parse().unwrap())
        }
        None => (reply, 0),
    }
}

fn picked_up() -> FakeAsteriskCall {
    FakeAsteriskCall {
        line_state: FakeLineState::Up,
        extension: "9105".into(),
        context: "test".into(),
        ..FakeAsteriskCall::default()
    }
}

#[tokio::test(start_paused = true)]
async fn commands_and_variables_get_the_same_replies_as_from_a_real_asterisk() {
    assert_eq!(replay("basic", picked_up()).await, 11);
    assert_eq!(replay_until("vars", picked_up(), Duration::from_secs_f64(3.055)).await, 54);
    assert_eq!(replay("order-status", picked_up()).await, 2);
    assert_eq!(replay("missing", picked_up()).await, 2);
}

#[tokio::test(start_paused = true)]
async fn wrong_commands_get_the_same_errors_as_from_a_real_asterisk() {
    assert_eq!(replay("errors", picked_up()).await, 54);
}

#[tokio::test(start_paused = true)]
async fn sounds_waits_and_keys_take_as_long_as_on_a_real_asterisk() {
    for (name, replies) in
        [("stream", 18), ("waitdigit", 14), ("typeahead", 14), ("sip-gap", 19), ("sip-moh", 5)]
    {
        assert_eq!((name, replay(name, picked_up()).await), (name, replies));
    }
}

#[tokio::test(start_paused = true)]
async fn recordings_end_as_on_a_real_asterisk() {
    assert_eq!(replay("sip-record", picked_up()).await, 7);
}

#[tokio::test(start_paused = true)]
async fn as_many_keys_are_lost_between_commands_as_on_a_real_asterisk() {
    // From there on keys are of 40 ms: Asterisk makes them last 80 ms, the fake does not.
    let replies = replay_until("sip-fast", picked_up(), Duration::from_secs(46)).await;
    assert_eq!(replies, 91);
    assert_eq!(replay("sip-mohget", picked_up()).await, 15);
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_is_reported_at_the_same_point_as_on_a_real_asterisk() {
    for (name, replies) in
        [("hup-idle", 14), ("hup-stream", 4), ("hup-wait", 2), ("sip-bye", 2), ("stop", 2)]
    {
        assert_eq!((name, replay(name, picked_up()).await), (name, replies));
    }
    assert_eq!(replay("hup-dyn", picked_up()).await, 4);
}

#[tokio::test(start_paused = true)]
async fn dialplan_variables_decide_how_a_hang_up_is_reported() {
    let with = |name: &str, value: &str| FakeAsteriskCall {
        variables: vec![(name.into(), value.into())],
        ..picked_up()
    };
    assert_eq!(replay("hup-nosig", with("AGISIGHUP", "no")).await, 2);
    assert_eq!(replay("hup-exit", with("AGIEXITONHANGUP", "yes")).await, 4);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_was_dead_from_the_start_accepts_the_same_commands_as_a_real_one() {
    let call =
        FakeAsteriskCall { line_state: FakeLineState::HungUp, caller: "100".into(), ..picked_up() };
    assert_eq!(replay("sip-dead", call).await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_with_the_same_lines_as_on_a_real_asterisk() {
    assert_eq!(replay("failure", picked_up()).await, 2);
    for name in ["goto", "goto2", "goto4"] {
        assert!(replay(name, picked_up()).await > 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_environment_has_the_same_lines_in_the_same_order_as_a_real_one() {
    let path = data::path("agi/22/order-status.txt");
    let text = fs::read_to_string(path).unwrap();
    let real = text.lines().filter_map(|line| line.split_once(" A> agi_")?.1.split_once(": "));
    let real: Vec<_> = real.map(|(key, _)| format!("agi_{key}")).collect();
    let call = FakeAsteriskCall {
        script: "order-status?x=1&y=a%20b".into(),
        arguments: vec!["first arg".into(), "second".into()],
        ..picked_up()
    };
    let phone = PhoneLog::default().phone(DtmfSource::none(), None);
    let server = Server::of(call, FakeDestinations::All, phone).await;
    let keys = server.environment.iter().map(|line| line.split_once(": ").unwrap().0);
    assert_eq!(keys.collect::<Vec<_>>(), real);
    let script = "agi_network_script: order-status?x=1&y=a%20b".to_owned();
    assert_eq!(server.environment[1], script);
    assert!(server.environment.contains(&"agi_arg_2: second".to_owned()));
}
