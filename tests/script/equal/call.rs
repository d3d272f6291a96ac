//! A row: a script, a caller, a web application, and the expected results.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::utterances::{FakeUtterance, UtteranceSource};
use dialscript::script::definition::ScriptLibrary;
use dialscript::script::request::TriggerError;

use crate::script::equal::observed::{ApproximateTime, ObservedCall};
use crate::script::equal::switches::{on_asterisk, on_freeswitch};
use crate::script::equal::upstream::{DelayedAnswer, FakeUpstream};
use crate::support::config_folder::ConfigFolder;
use crate::support::fake_voice::{FakeRecognizer, FakeVoice};
use crate::support::phone_log::PhoneLog;

pub(crate) struct CallRow {
    scripts: Vec<(&'static str, String)>,
    /// Sounds of the library, besides `file.wav`.
    sounds: Vec<&'static str>,
    /// The script that the dialplan hands the call to.
    pub(crate) first_script: &'static str,
    pub(crate) caller: &'static str,
    pub(crate) caller_name: &'static str,
    /// The length of every sound. `None` gives each its own.
    pub(crate) sound_length: Option<Duration>,
    pub(crate) engine_language: Option<&'static str>,
    /// How long the caller thinks before the first key of an input that is pressed at a question.
    pub(crate) key_delay: Option<Duration>,
    keys: Vec<(Duration, char)>,
    keys_on_request: Option<&'static str>,
    says: Vec<(Duration, FakeUtterance)>,
    says_on_request: bool,
    /// The transcript or the recognition error of each utterance.
    transcripts: Vec<Result<&'static str, &'static str>>,
    recognition_time: Duration,
    recognizer: FakeRecognizer,
    can_record: bool,
    failing: Vec<&'static str>,
    late: Vec<(&'static str, Duration)>,
    cached: Vec<&'static str>,
    answers: Vec<DelayedAnswer>,
    pub(crate) arguments: Vec<(&'static str, &'static str)>,
    pub(crate) answered: bool,
    pub(crate) hangs_up: Option<Duration>,
    pub(crate) shuts_down: Option<Duration>,
    pub(crate) call_limit: Duration,
    outcome: &'static str,
    exit: &'static str,
    heard: Option<&'static str>,
    requests: Option<Vec<&'static str>>,
    variables: Vec<(&'static str, &'static str)>,
    reason: Option<&'static str>,
    takes: Option<Duration>,
    activities: Option<Vec<&'static str>>,
    engines: Option<Vec<&'static str>>,
}

impl CallRow {
    pub(crate) fn of(script: impl Into<String>) -> Self {
        Self {
            scripts: vec![("main", script.into())],
            sounds: Vec::new(),
            first_script: "main",
            caller: "+49 30/1",
            caller_name: "Ann & Co",
            sound_length: None,
            engine_language: None,
            key_delay: None,
            keys: Vec::new(),
            keys_on_request: None,
            says: Vec::new(),
            says_on_request: false,
            transcripts: Vec::new(),
            recognition_time: Duration::ZERO,
            recognizer: FakeRecognizer::Recording,
            can_record: true,
            failing: Vec::new(),
            late: Vec::new(),
            cached: Vec::new(),
            answers: Vec::new(),
            arguments: Vec::new(),
            answered: false,
            hangs_up: None,
            shuts_down: None,
            call_limit: Duration::from_secs(3600),
            outcome: "",
            exit: "",
            heard: None,
            requests: None,
            variables: Vec::new(),
            reason: None,
            takes: None,
            activities: None,
            engines: None,
        }
    }

    pub(crate) fn and(mut self, name: &'static str, script: impl Into<String>) -> Self {
        self.scripts.push((name, script.into()));
        self
    }

    /// Adds a file to the library of sounds.
    pub(crate) fn sound(mut self, file: &'static str) -> Self {
        self.sounds.push(file);
        self
    }

    /// Keys with their times in milliseconds after the pick-up: `1000:4 1200:7`.
    pub(crate) fn keys(mut self, keys: &str) -> Self {
        let key = |key: &str| {
            let (at, key) = key.split_once(':').unwrap();
            (Duration::from_millis(at.parse().unwrap()), key.parse().unwrap())
        };
        self.keys = keys.split_whitespace().map(key).collect();
        self
    }

    /// Keys that are pressed at a question. A comma waits for the next question.
    pub(crate) fn keys_on_request(mut self, keys: &'static str) -> Self {
        self.keys_on_request = Some(keys);
        self
    }

    /// An utterance that is recognized correctly. `at` is in milliseconds after the pick-up, `lasts` in milliseconds.
    pub(crate) fn says(self, at: u64, lasts: u64, words: &'static str) -> Self {
        self.says_recognized_as(at, lasts, words, Ok(words))
    }

    /// An utterance with another transcript than its words, or with a recognition error.
    pub(crate) fn says_recognized_as(
        mut self,
        at: u64,
        lasts: u64,
        words: &str,
        understood: Result<&'static str, &'static str>,
    ) -> Self {
        let utterance =
            FakeUtterance { text: words.into(), duration: Duration::from_millis(lasts) };
        self.says.push((Duration::from_millis(at), utterance));
        self.transcripts.push(understood);
        self
    }

    /// The times of the utterances do not matter: each is said when the switch listens for it.
    pub(crate) fn says_on_request(mut self) -> Self {
        self.says_on_request = true;
        self
    }

    /// Milliseconds that recognition takes for each utterance.
    pub(crate) fn recognition_time(mut self, time: u64) -> Self {
        self.recognition_time = Duration::from_millis(time);
        self
    }

    pub(crate) fn with_recognizer(mut self, recognizer: FakeRecognizer) -> Self {
        self.recognizer = recognizer;
        self
    }

    pub(crate) fn without_recording(mut self) -> Self {
        self.can_record = false;
        self
    }

    /// A text that can not be synthesized. `*` means every text.
    pub(crate) fn failing(mut self, text: &'static str) -> Self {
        self.failing.push(text);
        self
    }

    /// A text whose synthesis takes `after` milliseconds.
    pub(crate) fn late(mut self, text: &'static str, after: u64) -> Self {
        self.late.push((text, Duration::from_millis(after)));
        self
    }

    /// A text, or a sound at a URL, that is cached before the call.
    pub(crate) fn cached(mut self, name: &'static str) -> Self {
        self.cached.push(name);
        self
    }

    pub(crate) fn answer(
        mut self,
        after: u64,
        status: u16,
        kind: &'static str,
        body: &'static str,
    ) -> Self {
        self.answers.push((Duration::from_millis(after), Ok((status, kind, body))));
        self
    }

    pub(crate) fn json(self, after: u64, body: &'static str) -> Self {
        self.answer(after, 200, "application/json", body)
    }

    pub(crate) fn no_answer(mut self, after: u64) -> Self {
        let after = Duration::from_millis(after);
        self.answers.push((after, Err(TriggerError::TimedOut(after))));
        self
    }

    pub(crate) fn argument(mut self, name: &'static str, value: &'static str) -> Self {
        self.arguments.push((name, value));
        self
    }

    pub(crate) fn answered(mut self) -> Self {
        self.answered = true;
        self
    }

    pub(crate) fn hangs_up(mut self, after: u64) -> Self {
        self.hangs_up = Some(Duration::from_millis(after));
        self
    }

    pub(crate) fn shuts_down(mut self, after: u64) -> Self {
        self.shuts_down = Some(Duration::from_millis(after));
        self
    }

    pub(crate) fn call_limit(mut self, time: u64) -> Self {
        self.call_limit = Duration::from_millis(time);
        self
    }

    /// The expected `DIALSCRIPT_OUTCOME`, and how the dialplan continues.
    pub(crate) fn ends(mut self, outcome: &'static str, exit: &'static str) -> Self {
        (self.outcome, self.exit) = (outcome, exit);
        self
    }

    /// The expected sounds: in `number| found`, `number` is interrupted and `found` is not.
    pub(crate) fn hears(mut self, heard: &'static str) -> Self {
        self.heard = Some(heard);
        self
    }

    /// All expected requests to the web application.
    pub(crate) fn requests(mut self, requests: &[&'static str]) -> Self {
        self.requests = Some(requests.to_vec());
        self
    }

    /// A variable that the dialplan has at the end. Its name is in lower case.
    pub(crate) fn sets_variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    /// The expected reason in the log.
    pub(crate) fn with_reason(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Expected time in prompts and questions, in milliseconds, within 250 ms.
    pub(crate) fn takes(mut self, time: u64) -> Self {
        self.takes = Some(Duration::from_millis(time));
        self
    }

    /// What the call does, one after the other. Is compared only if it is set.
    pub(crate) fn does(mut self, activities: &[&'static str]) -> Self {
        self.activities = Some(activities.to_vec());
        self
    }

    /// All expected requests to the speech engines.
    pub(crate) fn engines(mut self, requests: &[&'static str]) -> Self {
        self.engines = Some(requests.to_vec());
        self
    }

    pub(crate) fn keypresses(&self) -> DtmfSource {
        match self.keys_on_request {
            Some(keys) => self.key_delay.map_or_else(
                || DtmfSource::on_request(keys),
                |delay| DtmfSource::on_request_after(delay, keys),
            ),
            None => DtmfSource::timed(self.keys.clone()),
        }
    }

    pub(crate) fn utterances(&self) -> UtteranceSource {
        match self.says_on_request {
            true => UtteranceSource::per_recording(
                self.says.iter().map(|(_, utterance)| utterance.clone()).collect(),
            ),
            false => UtteranceSource::timed(self.says.clone()),
        }
    }

    pub(crate) fn voice(&self, recordings: &Path) -> FakeVoice {
        FakeVoice {
            failing: self.failing.clone(),
            slow: self.late.clone(),
            cached: self.cached.clone(),
            transcripts: Mutex::new(self.transcripts.clone().into()),
            recognition_time: self.recognition_time,
            recordings_folder: Some(recordings.join(if self.can_record { "" } else { "missing" })),
            recognizer: self.recognizer,
            engine_language: self.engine_language,
            has_extensions: self.sound_length.is_some(),
            ..FakeVoice::default()
        }
    }

    pub(crate) fn web(&self, phone_log: &PhoneLog) -> FakeUpstream {
        FakeUpstream::with_answers(self.answers.clone()).beside(phone_log)
    }

    /// Hides the reason where each switch has its own words for it.
    fn compared(&self, mut seen: ObservedCall) -> ObservedCall {
        if !self.can_record || matches!(self.recognizer, FakeRecognizer::Switch) {
            seen.reason = seen.reason.map(|_| "its own".into());
        }
        if self.activities.is_none() {
            seen.activities.clear();
        }
        seen
    }

    pub(crate) async fn assert_same_on_both_switches(&self) {
        let (_folder, library) = library(&self.scripts, &self.sounds);
        let asterisk = self.compared(on_asterisk(self, &library).await.observed());
        let freeswitch = self.compared(on_freeswitch(self, &library).await.observed());
        assert_eq!(asterisk, freeswitch, "left is Asterisk, right is FreeSWITCH");
        assert_eq!(
            (&*asterisk.outcome, &*asterisk.exit),
            (self.outcome, self.exit),
            "{asterisk:#?}"
        );
        if let Some(heard) = self.heard {
            assert_eq!(asterisk.heard.join(" "), heard);
        }
        self.assert_expectations(&asterisk);
    }

    fn assert_expectations(&self, seen: &ObservedCall) {
        assert_eq!(seen.recordings, 0, "a recording is left over");
        if let Some(requests) = &self.requests {
            assert_eq!(seen.requests, *requests);
        }
        for (name, value) in &self.variables {
            assert_eq!(seen.variables.get(*name).map(String::as_str), Some(*value), "{name}");
        }
        if let Some(reason) = self.reason {
            assert_eq!(seen.reason.as_deref(), Some(reason));
        }
        if let Some(activities) = &self.activities {
            assert_eq!(seen.activities, *activities);
        }
        if let Some(engines) = &self.engines {
            assert_eq!(seen.engines, *engines);
        }
        if let Some(takes) = self.takes {
            assert_eq!(seen.asked, ApproximateTime(takes));
        }
    }
}

fn library(
    scripts: &[(&'static str, String)],
    sounds: &[&str],
) -> (ConfigFolder, Arc<ScriptLibrary>) {
    let folder = ConfigFolder::new();
    folder.daemon_file("[egress]\nallow_hosts = [\"shop.example\"]\n").sound("file.wav");
    for sound in sounds {
        folder.sound(sound);
    }
    for (name, text) in scripts {
        folder.script(name, text);
    }
    let library = folder.config().library;
    (folder, library)
}
