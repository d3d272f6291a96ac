//! A row on each switch.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use dialscript::agi::channel::AgiChannel;
use dialscript::agi::connection as agi;
use dialscript::agi::peers::AgiPeer;
use dialscript::channel::{CallLimits, Channel, HandoverResult};
use dialscript::esl::channel::EslChannel;
use dialscript::esl::connection as esl;
use dialscript::fake::destinations::FakeDestinations;
use dialscript::fake::phone::Phone;
use dialscript::fake::sound::{FakeSounds, SoundLength};
use dialscript::fake::{asterisk, freeswitch};
use dialscript::script::activity::CallProgress;
use dialscript::script::call_state::ScriptArguments;
use dialscript::script::definition::ScriptLibrary;
use dialscript::script::observed_channel::ObservedChannel;
use dialscript::script::report::CallReport;
use dialscript::script::run::run;
use dialscript::trace::TraceContext;
use tempfile::TempDir;
use tokio::io::duplex;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::script::equal::call::CallRow;
use crate::script::equal::observed::ObservedCall;
use crate::script::equal::upstream::FakeUpstream;
use crate::support::fake_voice::FakeVoice;
use crate::support::phone_log::PhoneLog;

const HOST: &str = "127.0.0.1:8084";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the activity of a call is looked at. One that lasts for two looks is recorded.
const ACTIVITY_INTERVAL: Duration = Duration::from_millis(50);
/// Bound for a call that does not end by itself.
const FAR: Duration = Duration::from_secs(6 * 3600);

/// A call that is over, and all that was recorded of it.
pub(crate) struct FinishedCall {
    pub(crate) phone_log: PhoneLog,
    report: CallReport,
    activities: Vec<&'static str>,
    pub(crate) web: FakeUpstream,
    voice: FakeVoice,
    _recordings: TempDir,
}

impl FinishedCall {
    pub(crate) fn observed(self) -> ObservedCall {
        let asked = self.web.asked();
        ObservedCall::of(&self.phone_log, self.report, self.activities, asked, &self.voice)
    }
}

pub(crate) async fn on_asterisk(call: &CallRow, library: &ScriptLibrary) -> FinishedCall {
    let (ours, theirs) = duplex(64 * 1024);
    let (phone_log, recordings) = (PhoneLog::default(), TempDir::new().unwrap());
    let web = call.web(&phone_log);
    let voice = call.voice(recordings.path());
    let (phone, sounds) = (phone(call, &phone_log), sounds(call));
    let query = call.arguments.iter().map(|(name, value)| format!("{name}={value}"));
    let query = query.collect::<Vec<_>>().join("&");
    let line =
        if call.answered { asterisk::FakeLineState::Up } else { asterisk::FakeLineState::Ringing };
    let fake_call = asterisk::FakeAsteriskCall {
        script: format!("{}?{query}", call.first_script),
        caller: call.caller.into(),
        caller_name: call.caller_name.into(),
        line_state: line,
        ..asterisk::FakeAsteriskCall::default()
    };
    let switch = tokio::spawn(async move {
        asterisk::run_agi(theirs, HOST, &fake_call, FakeDestinations::All, sounds, phone).await
    });
    let (link, environment) = agi::open(ours, bounds(call), CONNECT_TIMEOUT).await.unwrap();
    let arguments = environment.script_request().arguments.into_iter().collect();
    let peer = AgiPeer::new(Arc::default(), Ipv4Addr::LOCALHOST.into(), &environment);
    let (report, activities) = runs(
        AgiChannel::new(link, &environment, peer),
        (library, call.first_script),
        (&web, &voice),
        arguments,
    )
    .await;
    timeout(FAR, switch).await.expect("AGI() did not end").unwrap();
    FinishedCall { phone_log, report, activities, web, voice, _recordings: recordings }
}

pub(crate) async fn on_freeswitch(call: &CallRow, library: &ScriptLibrary) -> FinishedCall {
    let (ours, theirs) = duplex(64 * 1024);
    let (phone_log, recordings) = (PhoneLog::default(), TempDir::new().unwrap());
    let web = call.web(&phone_log);
    let voice = call.voice(recordings.path());
    let (phone, sounds) = (phone(call, &phone_log), sounds(call));
    let argument =
        |(name, value): &(&str, &str)| (format!("dialscript_arg_{name}"), (*value).into());
    let fake_call = freeswitch::FakeFreeSwitchCall {
        script: call.first_script.into(),
        caller: call.caller.into(),
        caller_name: call.caller_name.into(),
        answered: call.answered,
        variables: call.arguments.iter().map(argument).collect(),
        ..freeswitch::FakeFreeSwitchCall::default()
    };
    let switch = tokio::spawn(async move {
        freeswitch::run_socket(theirs, HOST, &fake_call, FakeDestinations::All, sounds, phone).await
    });
    let (link, data) = esl::open(ours, bounds(call), CONNECT_TIMEOUT).await.unwrap();
    let arguments = data.arguments().map(|(name, value)| (name.into_owned(), value.into_owned()));
    let arguments = arguments.collect();
    let (report, activities) =
        runs(EslChannel::new(link, data), (library, call.first_script), (&web, &voice), arguments)
            .await;
    let ended = timeout(FAR, switch).await.expect("socket did not end").unwrap();
    let stays = ended.variables.contains_key("playback_terminators");
    assert!(
        !stays || report.handover == Some(HandoverResult::CallerHungUp),
        "it stays on the channel"
    );
    FinishedCall { phone_log, report, activities, web, voice, _recordings: recordings }
}

async fn runs(
    channel: impl Channel,
    (library, first_script): (&ScriptLibrary, &str),
    engines: (&FakeUpstream, &FakeVoice),
    arguments: ScriptArguments,
) -> (CallReport, Vec<&'static str>) {
    let script = library.scripts[first_script].clone();
    let (trace, progress) = (TraceContext::default(), CallProgress::default());
    let mut activities = Vec::new();
    let channel = ObservedChannel::new(channel, &progress);
    let call = run(channel, library, engines, script, arguments, trace, &progress);
    let ran = tokio::select! {
        ran = timeout(FAR, call) => ran,
        () = record_activities(&progress, &mut activities) => unreachable!(),
    };
    (ran.expect("the script did not end"), activities)
}

/// Records the activities that last for some time.
async fn record_activities(progress: &CallProgress, activities: &mut Vec<&'static str>) {
    let mut last = progress.now().activity;
    loop {
        sleep(ACTIVITY_INTERVAL).await;
        let activity = progress.now().activity;
        let lasts = activity == last;
        if lasts && activities.last() != Some(&activity.as_str()) {
            activities.push(activity.as_str());
        }
        last = activity;
    }
}

fn phone(call: &CallRow, phone_log: &PhoneLog) -> Phone {
    phone_log.phone(call.keypresses(), call.hangs_up).with_utterances(call.utterances())
}

fn bounds(call: &CallRow) -> CallLimits {
    let stop = CancellationToken::new();
    if let Some(after) = call.shuts_down {
        let stop = stop.clone();
        tokio::spawn(async move {
            sleep(after).await;
            stop.cancel();
        });
    }
    CallLimits { stop, ends_at: Instant::now() + call.call_limit }
}

/// How long the sounds of the switch are, in milliseconds.
const SOUNDS: [(&str, u64); 16] = [
    ("number", 3000),
    ("welcome", 2000),
    ("found", 1000),
    ("unknown", 2000),
    ("bye", 1000),
    ("jingle", 700),
    ("Welcome", 1000),
    ("One", 500),
    ("Two", 500),
    ("Three", 500),
    ("Four", 500),
    ("Five", 500),
    ("Bye", 1000),
    ("4", 400),
    ("7", 400),
    ("1", 400),
];

fn sounds(call: &CallRow) -> FakeSounds {
    let length = |milliseconds| Some(SoundLength { samples: milliseconds * 8, rate: 8000 });
    if let Some(all) = call.sound_length {
        let samples = u64::try_from(all.as_millis()).unwrap() * 8;
        return FakeSounds::default().with_default(SoundLength { samples, rate: 8000 });
    }
    let all = SOUNDS.into_iter();
    all.fold(FakeSounds::default().with("missing", None), |sounds, (name, milliseconds)| {
        sounds.with(name, length(milliseconds))
    })
}
