//! How many round trips a call needs, if the switch is far from the daemon.
//!
//! The connection between the driver and the simulated switch delays everything, and the clock is paused. A round trip
//! takes 400 ms, and everything else takes much less. So each time is a number of round trips. A half is one direction:
//! what the switch reports, or the last command.
//!
//! The numbers are exact, so that a command that waits for the reply to another one is noticed. If you change what a
//! driver sends, and a number becomes smaller, write the smaller number here. `integration/load/distance` measures the
//! same with real switches.

mod link;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use dialscript::agi::channel::AgiChannel;
use dialscript::agi::connection as agi;
use dialscript::agi::peers::{AgiPeer, AgiPeers};
use dialscript::channel::{CallLimits, Channel, HandoverResult};
use dialscript::esl::channel::EslChannel;
use dialscript::esl::connection as esl;
use dialscript::fake::destinations::FakeDestinations;
use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::phone::{CallEvent, TimedCallEvent};
use dialscript::fake::sound::FakeSounds;
use dialscript::fake::{asterisk, freeswitch};
use dialscript::script::activity::CallProgress;
use dialscript::script::call_state::ScriptArguments;
use dialscript::script::definition::ScriptLibrary;
use dialscript::script::run::run;
use dialscript::trace::TraceContext;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::script::distance::link::distant_link;
use crate::script::equal::upstream::FakeUpstream;
use crate::support::config_folder::ConfigFolder;
use crate::support::fake_voice::FakeVoice;
use crate::support::phone_log::PhoneLog;

/// The longest hand-over here still ends within its timeout.
const ROUND_TRIP: Duration = Duration::from_millis(400);
const HOST: &str = "127.0.0.1:8084";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CALL_LIMIT: Duration = Duration::from_secs(3600);

/// The web application is next to the daemon, and answers at once.
const SCRIPT: &str = r#"
    [prompt]
    play = "switch:number"
    [keypress]
    length = 4
    gap = "9s"
    [trigger]
    url = "http://shop.example/orders?id={keypress}"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    set = { ORDER_STATUS = "{$status}" }
    BRANCH
    [no_input]
    [no_response]
"#;

/// What the branch does, besides setting a variable.
const SOUND: &str = "play = \"switch:found\"\nthen = \"continue\"";
const LANGUAGE: &str = "language = \"de\"\nplay = \"switch:found\"";
const CONTINUE_IN_LANGUAGE: &str = "language = \"de\"\nthen = \"continue\"";
const CONTINUE: &str = "then = \"continue\"";
const GOTO: &str = "then = \"goto 9100@shipping\"";

#[tokio::test(start_paused = true)]
async fn a_distant_asterisk_waits_for_as_many_round_trips_as_before() {
    let [sound, proceed, goto] = [SOUND, CONTINUE, GOTO].map(DistantCall::of);
    let peers = Arc::default();
    let first = proceed.on_asterisk(&peers).await;
    assert_eq!(
        first.until_dialplan(),
        3.0,
        "the key, LEN, all variables, the end of the connection"
    );
    // The other calls begin within the minute for which the reply to LEN is remembered.
    let sound = sound.on_asterisk(&peers).await;
    assert_eq!(sound.until_prompt(), 2.0, "the environment, ANSWER, STREAM FILE");
    assert_eq!(sound.until_next_sound(), 2.0, "the key, SET VARIABLE, STREAM FILE");
    assert_eq!(proceed.on_asterisk(&peers).await.until_dialplan(), 2.0, "the same without LEN");
    assert_eq!(
        goto.on_asterisk(&peers).await.until_dialplan(),
        7.0,
        "DIALPLAN_EXISTS between 2, 3 to go"
    );
}

#[tokio::test(start_paused = true)]
async fn a_distant_freeswitch_waits_for_no_reply_between_the_key_and_the_next_step() {
    let [sound, proceed, goto] = [SOUND, CONTINUE, GOTO].map(DistantCall::of);
    let sound = sound.on_freeswitch().await;
    assert_eq!(sound.until_prompt(), 1.5, "connect and its reply, answer and playback");
    assert_eq!(sound.until_next_sound(), 1.0, "the key, the variable and playback");
    assert_eq!(proceed.on_freeswitch().await.until_dialplan(), 1.0, "the variables and exit");
    let goto = goto.on_freeswitch().await.until_dialplan();
    assert_eq!(goto, 1.0, "the variables, the transfer and exit");
}

/// The language is set by the command that sets the variables.
#[tokio::test(start_paused = true)]
async fn a_language_costs_no_round_trip_of_its_own() {
    let [sound, proceed] = [LANGUAGE, CONTINUE_IN_LANGUAGE].map(DistantCall::of);
    let peers = Arc::default();
    proceed.on_asterisk(&peers).await;
    assert_eq!(proceed.on_asterisk(&peers).await.until_dialplan(), 2.0, "the key, all variables");
    let next_sound = sound.on_asterisk(&peers).await.until_next_sound();
    assert_eq!(next_sound, 2.0, "the key, SET VARIABLE, STREAM FILE");
    assert_eq!(proceed.on_freeswitch().await.until_dialplan(), 1.0, "the variables and exit");
    let next_sound = sound.on_freeswitch().await.until_next_sound();
    assert_eq!(next_sound, 1.0, "the key, the variables and playback");
}

/// A script, and its folder.
struct DistantCall(ConfigFolder);

/// The events of a call.
struct DistantCallEvents(Vec<TimedCallEvent>);

impl DistantCall {
    fn of(branch: &str) -> Self {
        let folder = ConfigFolder::new();
        folder.script("main", &SCRIPT.replace("BRANCH", branch));
        Self(folder)
    }

    async fn on_asterisk(&self, peers: &Arc<AgiPeers>) -> DistantCallEvents {
        let (daemon, switch) = distant_link(ROUND_TRIP / 2);
        let log = PhoneLog::default();
        let phone = log.phone(keys(), None);
        let call = asterisk::FakeAsteriskCall {
            script: "main".into(),
            ..asterisk::FakeAsteriskCall::default()
        };
        let switch = tokio::spawn(async move {
            let (destinations, sounds) = (FakeDestinations::All, FakeSounds::default());
            asterisk::run_agi(switch, HOST, &call, destinations, sounds, phone).await
        });
        let (connection, environment) = agi::open(daemon, limits(), CONNECT_TIMEOUT).await.unwrap();
        let peer = AgiPeer::new(peers.clone(), Ipv4Addr::LOCALHOST.into(), &environment);
        run_script(AgiChannel::new(connection, &environment, peer), &self.0.config().library).await;
        switch.await.unwrap();
        DistantCallEvents(log.all())
    }

    async fn on_freeswitch(&self) -> DistantCallEvents {
        let (daemon, switch) = distant_link(ROUND_TRIP / 2);
        let log = PhoneLog::default();
        let phone = log.phone(keys(), None);
        let call = freeswitch::FakeFreeSwitchCall {
            script: "main".into(),
            ..freeswitch::FakeFreeSwitchCall::default()
        };
        let switch = tokio::spawn(async move {
            let (destinations, sounds) = (FakeDestinations::All, FakeSounds::default());
            freeswitch::run_socket(switch, HOST, &call, destinations, sounds, phone).await
        });
        let (connection, data) = esl::open(daemon, limits(), CONNECT_TIMEOUT).await.unwrap();
        run_script(EslChannel::new(connection, data), &self.0.config().library).await;
        switch.await.unwrap();
        DistantCallEvents(log.all())
    }
}

/// The next key follows after more than a round trip: Asterisk drops a key that it receives before the command that
/// waits for it.
fn keys() -> DtmfSource {
    let keys = [(6, '4'), (9, '7'), (12, '1'), (15, '1')];
    DtmfSource::timed(keys.map(|(at, key)| (Duration::from_secs(at), key)).into())
}

fn limits() -> CallLimits {
    CallLimits { stop: CancellationToken::new(), ends_at: Instant::now() + CALL_LIMIT }
}

async fn run_script(channel: impl Channel, library: &Arc<ScriptLibrary>) {
    let body = r#"{"code": 200, "status": "packed"}"#;
    let answer = (Duration::ZERO, Ok((200, "application/json", body)));
    let (web, voice) = (FakeUpstream::with_answers(vec![answer]), FakeVoice::default());
    let (script, trace) = (library.scripts["main"].clone(), TraceContext::default());
    let (arguments, progress) = (ScriptArguments::default(), CallProgress::default());
    let report = run(channel, library, (&web, &voice), script, arguments, trace, &progress).await;
    assert_eq!(report.outcome.as_str(), "matched", "{:?}", report.reason);
    assert_eq!(report.handover, Some(HandoverResult::Completed));
}

impl DistantCallEvents {
    /// Round trips from the beginning of the call to its first sound.
    fn until_prompt(&self) -> f64 {
        round_trips(self.time_of(is_sound).unwrap())
    }

    /// Round trips from the last key to the next sound.
    fn until_next_sound(&self) -> f64 {
        let last_key = self.last_key();
        let is_next = |timed: &&TimedCallEvent| timed.at >= last_key && is_sound(timed);
        round_trips(self.time_of(|timed| is_next(&timed)).unwrap() - last_key)
    }

    /// Round trips from the last key until the dialplan continues.
    fn until_dialplan(&self) -> f64 {
        let is_end =
            |timed: &TimedCallEvent| matches!(timed.event, CallEvent::DialplanContinued(_));
        round_trips(self.time_of(is_end).unwrap() - self.last_key())
    }

    fn last_key(&self) -> Duration {
        let is_key = |timed: &&TimedCallEvent| matches!(timed.event, CallEvent::KeyPressed(_));
        let keys: Vec<_> = self.0.iter().filter(is_key).collect();
        assert_eq!(keys.len(), 4, "{:?}", self.0);
        keys[3].at
    }

    fn time_of(&self, wanted: impl Fn(&TimedCallEvent) -> bool) -> Option<Duration> {
        self.0.iter().find(|timed| wanted(timed)).map(|timed| timed.at)
    }
}

fn is_sound(timed: &TimedCallEvent) -> bool {
    matches!(timed.event, CallEvent::SoundStarted { .. })
}

/// Rounded to halves: a simulated FreeSWITCH starts an application only every 20 ms.
fn round_trips(time: Duration) -> f64 {
    (time.as_secs_f64() / ROUND_TRIP.as_secs_f64() * 2.0).round() / 2.0
}
