//! A fake caller, switch, web application and speech engines, with a record of what was done.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use dialscript::channel::digits::{DigitCollector, TypeAheadBuffer};
use dialscript::channel::{
    Caller, Channel, Destination, DestinationCheck, DigitOptions, Digits, DigitsEnd, Exit,
    HandoverResult, HoldMedia, HoldMusic, Interruption, LineState, Reassurance, RecognizeOptions,
    RecognizeResult, RecordOptions, RecordResult, Sound, SoundStream, SpeechOptions, SpeechResult,
    TypeAhead,
};
use dialscript::script::activity::CallProgress;
use dialscript::script::answer::TriggerAnswer;
use dialscript::script::call_state::ScriptArguments;
use dialscript::script::definition::{Script, ScriptLibrary};
use dialscript::script::report::CallReport;
use dialscript::script::request::{
    CacheStatus, RequestTimings, TriggerClient, TriggerError, TriggerRequest, TriggerResult,
};
use dialscript::script::run::run;
use dialscript::trace::TraceContext;

use crate::support::config_folder::ConfigFolder;
use crate::support::fake_voice::{ActionLog, FakeVoice};

/// A fake caller and switch, with a record of what was done.
pub(super) struct FakeChannel {
    caller: Arc<Caller>,
    pub(super) line: LineState,
    pub(super) enters: VecDeque<Result<&'static str, Interruption>>,
    /// How long each question for digits takes.
    pub(super) question_time: Duration,
    /// The result of each speech question. After the last one, words.
    pub(super) says: VecDeque<Result<SpeechResult, Interruption>>,
    pub(super) leaves_while_waiting: bool,
    /// The caller hangs up while waiting for the answer with this number, from 1.
    pub(super) leaves_at_request: Option<usize>,
    /// The caller hangs up while this sound plays.
    pub(super) leaves_while_hearing: Option<&'static str>,
    /// The answers that were given to the call.
    given: GivenAnswers,
    pub(super) reach: DestinationCheck,
    done: ActionLog,
}

type GivenAnswers = Arc<Mutex<Vec<Weak<TriggerAnswer>>>>;

impl FakeChannel {
    fn does(&self, what: impl Into<String>) {
        self.done.lock().unwrap().push(what.into());
    }

    async fn plays(&self, sounds: &mut impl SoundStream) {
        while let Some(sound) = sounds.next().await {
            self.does(format!("play {sound:?}"));
        }
        if self.given.lock().unwrap().iter().any(|answer| answer.strong_count() > 0) {
            self.does("a whole answer is held");
        }
    }
}

/// The fake overrides `play`, `collect_digits` and `collect_speech`, the only callers of a driver's other methods.
const OVERRIDDEN: &str = "only the provided methods call this";

impl Channel for FakeChannel {
    fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    async fn pick_up(&mut self, answer: bool) -> Result<LineState, Interruption> {
        if answer && self.line == LineState::Ringing {
            self.does("pick up");
            self.line = LineState::Up;
        }
        Ok(self.line)
    }

    async fn play(
        &mut self,
        sounds: &mut impl SoundStream,
        keys: TypeAhead<'_>,
    ) -> Result<(), Interruption> {
        self.plays(sounds).await;
        if let TypeAhead::Keep(_) = keys {
            self.does("keep keys");
        }
        let last = self.done.lock().unwrap().last().cloned();
        match (self.leaves_while_hearing, last) {
            (Some(sound), Some(last)) if last == format!("play {sound}") => {
                Err(Interruption::caller_hung_up())
            }
            _ => Ok(()),
        }
    }

    async fn collect_digits(
        &mut self,
        sounds: &mut impl SoundStream,
        _: &DigitOptions,
    ) -> Result<Digits, Interruption> {
        self.plays(sounds).await;
        self.does("ask");
        tokio::time::sleep(self.question_time).await;
        let digits = self.enters.pop_front().unwrap_or(Ok(""))?.to_owned();
        Ok(Digits { digits, end: DigitsEnd::Timeout })
    }

    async fn collect_speech(
        &mut self,
        sounds: &mut impl SoundStream,
        listen: &SpeechOptions,
    ) -> Result<SpeechResult, Interruption> {
        self.plays(sounds).await;
        let keys = if listen.digits.is_some() { " or ask" } else { "" };
        self.does(format!("listen by {:?}{keys}", listen.source));
        self.says.pop_front().unwrap_or(Ok(SpeechResult::NoInput))
    }

    fn has_tts(&self) -> bool {
        false
    }

    fn type_ahead(&mut self) -> &mut TypeAheadBuffer {
        unreachable!("{OVERRIDDEN}")
    }

    async fn prepare_question(
        &mut self,
        _: Option<&str>,
        _: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        unreachable!("{OVERRIDDEN}")
    }

    async fn play_sounds(
        &mut self,
        _: &[Sound],
        _: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        unreachable!("{OVERRIDDEN}")
    }

    async fn wait_for_key(
        &mut self,
        _: Duration,
        _: &mut DigitCollector<'_>,
    ) -> Result<(), Interruption> {
        unreachable!("{OVERRIDDEN}")
    }

    async fn wait_in_silence<T: Send>(
        &mut self,
        _: impl Future<Output = T> + Send,
        _: Option<&mut DigitCollector<'_>>,
    ) -> Result<Option<T>, Interruption> {
        unreachable!("{OVERRIDDEN}")
    }

    async fn record(
        &mut self,
        _: &RecordOptions<'_>,
        _: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecordResult, Interruption> {
        unreachable!("{OVERRIDDEN}")
    }

    async fn recognize(
        &mut self,
        _: &RecognizeOptions<'_>,
        _: Option<&Sound>,
        _: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        unreachable!("{OVERRIDDEN}")
    }

    async fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        hold_media: &HoldMedia,
    ) -> Result<T, Interruption> {
        if let Some(HoldMusic::Sounds(sounds)) = &hold_media.music {
            self.does(format!("music {sounds:?}"));
        }
        if let Some(Reassurance { every, sounds }) = &hold_media.reassurance {
            self.does(format!("every {every:?} {sounds:?}"));
        }
        if hold_media.keep_type_ahead {
            self.does("keep keys");
        }
        let done = work.await;
        let request_count = self.given.lock().unwrap().len();
        if self.leaves_while_waiting || self.leaves_at_request == Some(request_count) {
            Err(Interruption::caller_hung_up())
        } else {
            Ok(done)
        }
    }

    async fn check_destination(
        &mut self,
        to: &Destination,
    ) -> Result<DestinationCheck, Interruption> {
        self.does(format!("look up {to:?}"));
        Ok(self.reach)
    }

    async fn set_variables(&mut self, variables: &[(&str, String)]) -> Result<(), Interruption> {
        for (name, value) in variables {
            self.does(format!("set {name}={value}"));
        }
        Ok(())
    }

    fn set_language(&mut self, language: &str) {
        self.does(format!("language {language}"));
    }

    async fn hand_over(self, variables: &[(&str, String)], exit: &Exit) -> HandoverResult {
        for (name, value) in variables {
            self.does(format!("{name}={value}"));
        }
        self.does(format!("{exit:?}"));
        HandoverResult::Completed
    }
}

/// A fake web application, with a record of its requests.
#[derive(Default)]
pub(super) struct FakeTriggers {
    answers: Mutex<VecDeque<Result<TriggerAnswer, TriggerError>>>,
    pub(super) cache: CacheStatus,
    given: GivenAnswers,
    done: ActionLog,
}

impl FakeTriggers {
    fn does(&self, what: impl Into<String>) {
        self.done.lock().unwrap().push(what.into());
    }
}

impl TriggerClient for FakeTriggers {
    async fn send(&self, request: TriggerRequest, _: &Arc<Script>) -> TriggerResult {
        self.does(format!("request {}", request.target.url.text()));
        if let Some((body, _)) = &request.body {
            self.does(format!("body {}", body.text()));
            self.does(format!("shown body {}", body.redacted()));
        }
        self.does(format!("shown request {}", request.target.redacted()));
        let answer = self.answers.lock().unwrap().pop_front().expect("one request too many");
        let answer = answer.map(Arc::new);
        self.given.lock().unwrap().extend(answer.iter().map(Arc::downgrade));
        TriggerResult {
            answer,
            cache: self.cache,
            timings: RequestTimings::default(),
            first_error: None,
        }
    }

    fn send_detached(&self, request: TriggerRequest, script: &Arc<Script>) {
        self.does(format!("{} tells {}", script.name, request.target.url.text()));
        if let Some((body, _)) = &request.body {
            self.does(format!("{} sends {}", script.name, body.text()));
            self.does(format!("{} shows {}", script.name, body.redacted()));
        }
    }
}

/// A call of a test: scripts by name, the first one runs.
pub(super) struct ScriptCall {
    scripts: Vec<(&'static str, &'static str)>,
    daemon: &'static str,
    pub(super) channel: FakeChannel,
    pub(super) triggers: FakeTriggers,
    pub(super) voice: FakeVoice,
}

/// The results of a call.
pub(super) struct Outcome {
    pub(super) done: Vec<String>,
    pub(super) report: CallReport,
}

impl ScriptCall {
    pub(super) fn of(script: &'static str) -> Self {
        let done = ActionLog::default();
        let caller = Caller {
            number: "+49 30/1".into(),
            call_id: "1795.1".into(),
            language: "en".into(),
            context: "public".into(),
            ..Caller::default()
        };
        let channel = FakeChannel {
            caller: Arc::new(caller),
            line: LineState::Ringing,
            enters: VecDeque::new(),
            question_time: Duration::ZERO,
            says: VecDeque::new(),
            leaves_while_waiting: false,
            leaves_at_request: None,
            leaves_while_hearing: None,
            given: GivenAnswers::default(),
            reach: DestinationCheck::Exists,
            done: done.clone(),
        };
        let voice = FakeVoice { actions: done.clone(), ..FakeVoice::default() };
        let triggers = FakeTriggers {
            done,
            cache: CacheStatus::Miss,
            given: channel.given.clone(),
            ..FakeTriggers::default()
        };
        Self { scripts: vec![("main", script)], daemon: "", channel, triggers, voice }
    }

    pub(super) fn and(mut self, name: &'static str, script: &'static str) -> Self {
        self.scripts.push((name, script));
        self
    }

    pub(super) fn enters<const N: usize>(mut self, digits: [&'static str; N]) -> Self {
        self.channel.enters = digits.into_iter().map(Ok).collect();
        self
    }

    /// The daemon's file.
    pub(super) fn by(mut self, daemon: &'static str) -> Self {
        self.daemon = daemon;
        self
    }

    /// What the recordings hold, one after the other.
    pub(super) fn says<const N: usize>(mut self, words: [&'static str; N]) -> Self {
        self.channel.says = words.iter().map(|_| Ok(SpeechResult::Recorded)).collect();
        self.voice.transcripts = Mutex::new(words.into_iter().map(Ok).collect());
        self
    }

    pub(super) fn answers(self, status: u16, content_type: &str, body: &str) -> Self {
        let answer = TriggerAnswer::parse(status, Some(content_type), body.as_bytes());
        self.triggers.answers.lock().unwrap().push_back(Ok(answer));
        self
    }

    pub(super) fn answers_json(self, body: &str) -> Self {
        self.answers(200, "application/json", body)
    }

    pub(super) fn does_not_answer(self) -> Self {
        let late = TriggerError::TimedOut(Duration::from_secs(5));
        self.triggers.answers.lock().unwrap().push_back(Err(late));
        self
    }

    pub(super) async fn runs(self) -> Outcome {
        let library = library(self.daemon, &self.scripts);
        let script = library.scripts["main"].clone();
        let done = self.channel.done.clone();
        let arguments =
            [("order".to_owned(), "a b".to_owned())].into_iter().collect::<ScriptArguments>();
        let services = (&self.triggers, &self.voice);
        let (trace, progress) = (TraceContext::default(), CallProgress::default());
        let call = run(self.channel, &library, services, script, arguments, trace, &progress);
        let report = call.await;
        let done = done.lock().unwrap().clone();
        Outcome { done, report }
    }
}

fn library(daemon: &str, scripts: &[(&str, &str)]) -> Arc<ScriptLibrary> {
    let folder = ConfigFolder::with_scripts(scripts);
    folder.daemon_file(daemon).config().library
}

impl Outcome {
    pub(super) fn variable(&self, name: &str) -> &str {
        let prefix = format!("DIALSCRIPT_{name}=");
        let found = self.done.iter().rev().find_map(|what| what.strip_prefix(&prefix));
        found.unwrap_or_else(|| panic!("no {prefix} in {:#?}", self.done))
    }

    pub(super) fn exit(&self) -> &str {
        self.done.last().unwrap()
    }

    pub(super) fn count(&self, what: &str) -> usize {
        self.done.iter().filter(|done| done.starts_with(what)).count()
    }

    #[track_caller]
    pub(super) fn in_order(&self, wanted: &[&str]) {
        let mut done = self.done.iter();
        for what in wanted {
            assert!(done.any(|done| done == what), "{what:?} not (there) in {:#?}", self.done);
        }
    }
}

pub(super) const ORDER: &str = r#"
    [prompt]
    play = "switch:number"
    repeat = 2
    [keypress]
    length = 4
    pattern = "[1-9].*"
    [trigger]
    url = "http://shop.example/orders?caller={caller}&id={keypress}&a={arg.order}&n={attempt}"
    [response]
    key = "data.code"
    cache = "5m"
    [[branch]]
    when = "200"
    play = "switch:found"
    set = { ORDER_STATUS = "{$data.status}" }
    then = "goto 9100@shipping"
    [[branch]]
    when = "404"
    play = "switch:unknown"
    then = "again"
    [[branch]]
    when = { status = "5xx" }
    then = "hangup busy"
    [otherwise]
    then = "continue"
    [no_input]
    play = "switch:bye"
    then = "hangup"
    [invalid_input]
    then = "goto 1@invalid"
    [no_response]
    then = "goto {keypress}@agents,help"
"#;
