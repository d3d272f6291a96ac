//! The observed results of a call, in a form that is the same for both switches.

use std::collections::BTreeMap;
use std::time::Duration;

use dialscript::channel::HandoverResult;
use dialscript::fake::phone::{CallEvent, Continuation, TimedCallEvent};
use dialscript::script::report::CallReport;

use crate::support::fake_voice::FakeVoice;
use crate::support::phone_log::PhoneLog;

/// Everything that must be equal on both switches.
#[derive(Debug, PartialEq)]
pub(crate) struct ObservedCall {
    pub(crate) outcome: String,
    /// How the dialplan continues.
    pub(crate) exit: String,
    pub(crate) heard: Vec<String>,
    digits: usize,
    said: usize,
    pub(crate) asked: ApproximateTime,
    waited: ApproximateTime,
    /// Number of recordings that were not deleted.
    pub(crate) recordings: usize,
    /// Requests to the synthesizers and recognizers.
    pub(crate) engines: Vec<String>,
    code: String,
    script: String,
    pub(crate) reason: Option<String>,
    left: Option<HandoverResult>,
    /// What `dialscript calls` would have shown, one after the other.
    pub(crate) activities: Vec<&'static str>,
    pub(crate) requests: Vec<String>,
    /// By their names in lower case.
    pub(crate) variables: BTreeMap<String, String>,
}

/// A time that equals another one within 250 ms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ApproximateTime(pub(crate) Duration);

impl PartialEq for ApproximateTime {
    fn eq(&self, other: &Self) -> bool {
        self.0.abs_diff(other.0) < Duration::from_millis(250)
    }
}

impl ObservedCall {
    pub(crate) fn of(
        log: &PhoneLog,
        report: CallReport,
        activities: Vec<&'static str>,
        requests: Vec<String>,
        voice: &FakeVoice,
    ) -> Self {
        let events = log.all();
        Self {
            outcome: report.outcome.as_str().to_owned(),
            exit: exit(&events),
            heard: heard(&events),
            digits: report.digit_count,
            said: report.speech_characters,
            asked: ApproximateTime(report.prompt_time),
            waited: ApproximateTime(report.wait_time),
            recordings: recordings(voice),
            engines: voice.actions.lock().unwrap().clone(),
            code: report.code,
            script: report.script,
            reason: report.reason,
            left: report.handover,
            activities,
            requests,
            variables: variables(&events),
        }
    }
}

fn recordings(voice: &FakeVoice) -> usize {
    let folder = voice.recordings_folder.as_ref().map(std::fs::read_dir);
    folder.and_then(Result::ok).map_or(0, Iterator::count)
}

pub(crate) fn exit(events: &[TimedCallEvent]) -> String {
    let hung_up = events.iter().find_map(|timed| match timed.event {
        CallEvent::SwitchHungUp(cause) => Some(format!("hung up {cause}")),
        _ => None,
    });
    let goes_on = events.iter().find_map(|timed| match &timed.event {
        CallEvent::DialplanContinued(Continuation::Destination(place)) => {
            Some(place.strip_suffix(",1").unwrap_or(place).to_owned())
        }
        CallEvent::DialplanContinued(other) => Some(format!("{other:?}")),
        _ => None,
    });
    hung_up.or(goes_on).expect("a call that goes on nowhere")
}

/// Variables that were set before the caller hung up.
pub(crate) fn variables(events: &[TimedCallEvent]) -> BTreeMap<String, String> {
    let living = events.iter().take_while(|timed| timed.event != CallEvent::CallerHungUp);
    let variable = |timed: &TimedCallEvent| match &timed.event {
        CallEvent::VariableSet { name, value } => Some((variable_name(name), value.clone())),
        _ => None,
    };
    let mut variables: BTreeMap<_, _> = living.filter_map(variable).map(same_language).collect();
    variables.retain(|name, value| name != LANGUAGE || value != FIRST_LANGUAGE);
    variables
}

/// The name in lower case, and `language` for the language of the channel.
fn variable_name(name: &str) -> String {
    match name {
        "CHANNEL(language)" | "default_language" => LANGUAGE.to_owned(),
        name => name.to_ascii_lowercase(),
    }
}

const LANGUAGE: &str = "language";
/// The language of the channel when the call begins. Asterisk is not told it again.
const FIRST_LANGUAGE: &str = "en";

/// Each switch has its own form for a language with a region.
fn same_language((name, value): (String, String)) -> (String, String) {
    let value = if name == LANGUAGE { value.replace('_', "-") } else { value };
    (name, value)
}

/// Sounds by their names, with a `|` after one that was interrupted.
fn heard(events: &[TimedCallEvent]) -> Vec<String> {
    let mut heard: Vec<String> = Vec::new();
    let (mut plays, mut rest): (Option<Duration>, Option<InterruptedSound>) = (None, None);
    for timed in events {
        match &timed.event {
            CallEvent::SoundStarted { sound, duration: lasts } => {
                let goes_on = rest.take().is_some_and(|rest| rest.is(timed.at, sound, *lasts));
                match heard.last_mut().filter(|_| goes_on) {
                    Some(last) => drop(last.pop()),
                    None => heard.push(name(sound)),
                }
                plays = Some(timed.at + *lasts);
            }
            CallEvent::SoundInterrupted { sound, .. } => {
                rest =
                    plays.map(|ends| InterruptedSound { at: timed.at, sound: sound.clone(), ends });
                heard.last_mut().unwrap().push('|');
            }
            CallEvent::MusicStarted(class) => heard.push(format!("<{class}")),
            CallEvent::MusicStopped => heard.push(">".into()),
            CallEvent::SoundMissing { sound } => heard.push(format!("no-{}", name(sound))),
            CallEvent::PickedUp => heard.push("up".into()),
            CallEvent::CallerSpoke { text, .. } => heard.push(format!("says:{}", one_word(text))),
            CallEvent::CallerHungUp => heard.push("hangs-up".into()),
            _ => {}
        }
    }
    heard
}

/// The rest of an interrupted sound. Without barge-in, Asterisk interrupts a sound at each key and continues it.
struct InterruptedSound {
    at: Duration,
    sound: String,
    ends: Duration,
}

impl InterruptedSound {
    fn is(&self, at: Duration, sound: &str, lasts: Duration) -> bool {
        let ends = at + lasts;
        at == self.at && sound == self.sound && ends.abs_diff(self.ends) < Duration::from_millis(2)
    }
}

/// Asterisk takes file names without an extension, and the switches have different commands for digits and letters.
fn name(sound: &str) -> String {
    let says = [
        ("digits ", "digits:"),
        ("letters ", "letters:"),
        ("say en number iterated ", "digits:"),
        ("say en name_spelled pronounced ", "letters:"),
    ];
    for (begins, says) in says {
        if let Some(signs) = sound.strip_prefix(begins) {
            return format!("{says}{signs}");
        }
    }
    let is_path = sound.starts_with('/') || sound.contains("://");
    let of_library = sound.split_once("/sounds/").map(|(_, name)| name);
    let name = of_library.or_else(|| sound.rsplit('/').next().filter(|_| is_path)).unwrap_or(sound);
    one_word(name.strip_suffix(".wav").unwrap_or(name))
}

fn one_word(text: &str) -> String {
    text.replace(' ', "_")
}
