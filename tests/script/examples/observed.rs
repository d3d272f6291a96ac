//! A call that is over, as a dialogue.

use std::time::Duration;

use dialscript::fake::phone::{CallEvent, TimedCallEvent};

use crate::script::equal::observed::{exit, variables};
use crate::script::equal::switches::FinishedCall;
use crate::script::equal::upstream::NotedRequest;
use crate::script::examples::dialogue::DialogueLine;

/// After what the caller hears, so much time without a key or a word is silence.
const SILENCE: Duration = Duration::from_secs(1);

/// The lines of a call, each with the time at which it was over.
#[derive(Default)]
pub(crate) struct ObservedDialogue {
    pub(crate) lines: Vec<(DialogueLine, Duration)>,
}

impl ObservedDialogue {
    pub(crate) fn of(call: &FinishedCall) -> Self {
        let (events, requests) = (call.phone_log.all(), call.web.noted());
        let mut observed = Self::default();
        let mut now = Duration::ZERO;
        for (count, timed) in events.iter().enumerate() {
            observed.add_requests(&requests, count, timed.at);
            observed.add_event(timed);
            now = timed.at;
        }
        observed.add_requests(&requests, events.len(), now);
        observed.add_end(&events, now);
        observed
    }

    pub(crate) fn texts(&self) -> Vec<DialogueLine> {
        self.lines.iter().map(|(line, _)| line.clone()).collect()
    }

    fn add(&mut self, verb: &'static str, text: impl Into<String>, at: Duration) {
        self.lines.push((DialogueLine::new(verb, text), at));
    }

    /// Adds to a line if the last one has the same verb.
    fn extend(&mut self, verb: &'static str, separator: &str, text: &str, until: Duration) {
        match self.lines.last_mut().filter(|(line, _)| line.verb == verb) {
            Some((line, end)) => {
                line.text = format!("{}{separator}{text}", line.text);
                *end = until;
            }
            None => self.add(verb, text, until),
        }
    }

    /// Notes that the caller was silent since the last line.
    fn add_silence(&mut self, now: Duration) {
        let heard = self.lines.last().filter(|(line, _)| line.verb == "hears");
        if heard.is_some_and(|(_, end)| now.saturating_sub(*end) >= SILENCE) {
            self.add("is silent", "", now);
        }
    }

    fn add_requests(&mut self, requests: &[NotedRequest], count: usize, now: Duration) {
        for request in requests.iter().filter(|request| request.after_events == count) {
            self.add_silence(now);
            self.add(request.how, written(request), now);
        }
    }

    fn add_event(&mut self, timed: &TimedCallEvent) {
        let at = timed.at;
        match &timed.event {
            CallEvent::SoundStarted { sound, duration } => {
                self.add_silence(at);
                self.extend("hears", " ", &name(sound), at + *duration);
            }
            CallEvent::SoundMissing { sound } => self.add("hears", format!("(no {sound})"), at),
            CallEvent::KeyPressed(key) => self.extend("presses", "", &key.to_string(), at),
            CallEvent::CallerSpoke { text, duration } => self.add("says", text, at + *duration),
            CallEvent::CallerHungUp => self.add("hangs up", "", at),
            _ => {}
        }
    }

    fn add_end(&mut self, events: &[TimedCallEvent], now: Duration) {
        self.add_silence(now);
        let variables = variables(events);
        for (name, value) in variables.iter().filter(|(name, _)| !name.starts_with("dialscript_")) {
            self.add("sets", format!("{}={value}", name.to_ascii_uppercase()), now);
        }
        let exit = exit(events);
        match exit.strip_prefix("hung up ") {
            Some("16") => self.add("is hung up", "", now),
            Some(cause) => self.add("is hung up", cause, now),
            None if exit == "NextStep" => {
                self.add("continues", &*variables["dialscript_outcome"], now)
            }
            None if exit == "HangupHandler" => {}
            None => self.add("goes to", exit, now),
        }
    }
}

/// In one line.
fn written(request: &NotedRequest) -> String {
    let method = if request.method == "GET" { "" } else { &*request.method };
    let body = request.body.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{method} {} {body}", request.url).trim().to_owned()
}

/// The text of a sound, or the name of a file.
fn name(sound: &str) -> String {
    let file = sound.strip_prefix('/').and_then(|path| path.rsplit('/').next()).unwrap_or(sound);
    file.strip_suffix(".wav").unwrap_or(file).to_owned()
}
