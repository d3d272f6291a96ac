//! An engine with everything that makes its sound of a text.

use std::sync::Arc;

use crate::channel::{Sound, Spoken};
use crate::script::voice::{Made, Manner, Speed};
use crate::voice::program::Values;
use crate::voice::settings::{Format, Say, SayBy};
use crate::voice::store::key::Key;

/// An engine, its voice, its language and its speed.
pub(super) struct Speaker {
    pub(super) say: Arc<Say>,
    pub(super) voice: Option<Arc<str>>,
    language: Arc<str>,
    pub(super) speed: Speed,
}

impl Speaker {
    /// The engine that a script means.
    pub(super) fn first(say: &Arc<Say>, manner: &Manner) -> Self {
        let instead = Self::instead(say, manner);
        Self { voice: manner.voice.clone().or(instead.voice), ..instead }
    }

    /// The engine that speaks instead of it: it knows no voices of the other.
    pub(super) fn instead(say: &Arc<Say>, manner: &Manner) -> Self {
        Self {
            voice: say.voice.clone(),
            language: manner.language.clone().unwrap_or_else(|| say.language.clone()),
            speed: manner.speed.unwrap_or(say.speed),
            say: say.clone(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.say.name
    }

    /// What works or fails: a voice that is missing is no fault of the others.
    pub(super) fn with_voice(&self) -> String {
        let voice = self.voice.as_deref().unwrap_or_default();
        format!("{} {voice} {}", self.say.name, self.language)
    }

    pub(super) fn is_the_switch(&self) -> bool {
        matches!(self.say.by, SayBy::Switch(_))
    }

    /// What programs are told. Where no voice is named the language is one: espeak-ng takes it as such.
    pub(super) fn values(&self) -> Values<'_> {
        let voice = self.voice.as_deref().unwrap_or(&self.language);
        Values { voice, language: &self.language, speed: self.speed }
    }

    /// Where it is the switch that speaks: nothing has to be made.
    pub(super) fn spoken(&self, text: &str) -> Option<Made> {
        let SayBy::Switch(engine) = &self.say.by else { return None };
        let voice = self.voice.as_deref().unwrap_or_default();
        let spoken =
            Spoken { engine: engine.clone(), voice: voice.to_owned(), text: text.to_owned() };
        Some(Made { sound: Sound::Spoken(Arc::new(spoken)), hold: Arc::new(()) })
    }

    /// What its sound of a text is known by.
    pub(super) fn key(&self, text: &str, format: Format) -> Key {
        let Speed(speed) = self.speed;
        let numbers = format!("{speed} {format:?}");
        let voice = self.voice.as_deref().unwrap_or_default();
        let parts = ["text", self.name(), voice, &self.language, &numbers, text];
        Key::of(parts.into_iter().chain(self.settings()).map(str::as_bytes))
    }

    /// Of the engine, what its sounds depend on.
    fn settings(&self) -> Vec<&str> {
        match &self.say.by {
            SayBy::Command(program) => {
                let arguments = program.arguments.iter().map(String::as_str);
                [program.program.as_str()].into_iter().chain(arguments).collect()
            }
            SayBy::Http(service) => vec![service.url.as_str(), &service.model],
            SayBy::Switch(engine) => vec![engine],
        }
    }
}
