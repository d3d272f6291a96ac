//! An engine with everything that makes its sound of a text.

use std::sync::Arc;

use crate::channel::{Sound, SwitchTts};
use crate::script::voice::{RenderedSound, SpeakingRate, VoiceParams};
use crate::voice::program::ProgramValues;
use crate::voice::settings::{SoundFormat, TtsBackend, TtsEngine};
use crate::voice::sound_store::sound_key::SoundKey;

/// An engine, its voice, its language and its speed.
pub(super) struct EngineVoice {
    pub(super) engine: Arc<TtsEngine>,
    pub(super) voice: Option<Arc<str>>,
    language: Arc<str>,
    pub(super) speed: SpeakingRate,
}

impl EngineVoice {
    /// The engine that a script means.
    pub(super) fn primary(say: &Arc<TtsEngine>, manner: &VoiceParams) -> Self {
        let instead = Self::fallback(say, manner);
        Self { voice: manner.voice.clone().or(instead.voice), ..instead }
    }

    /// The engine that speaks instead of it: it knows no voices of the other.
    pub(super) fn fallback(say: &Arc<TtsEngine>, manner: &VoiceParams) -> Self {
        Self {
            voice: say.voice.clone(),
            language: manner.language.clone().unwrap_or_else(|| say.language.clone()),
            speed: manner.speed.unwrap_or(say.speed),
            engine: say.clone(),
        }
    }

    pub(super) fn engine_name(&self) -> &str {
        &self.engine.name
    }

    /// What works or fails: a voice that is missing is no fault of the others.
    pub(super) fn health_key(&self) -> String {
        let voice = self.voice.as_deref().unwrap_or_default();
        format!("{} {voice} {}", self.engine.name, self.language)
    }

    pub(super) fn is_switch(&self) -> bool {
        matches!(self.engine.backend, TtsBackend::Switch(_))
    }

    /// What programs are told. Where no voice is named the language is one: espeak-ng takes it as such.
    pub(super) fn program_values(&self) -> ProgramValues<'_> {
        let voice = self.voice.as_deref().unwrap_or(&self.language);
        ProgramValues { voice, language: &self.language, speed: self.speed }
    }

    /// Where it is the switch that speaks: nothing has to be made.
    pub(super) fn switch_sound(&self, text: &str) -> Option<RenderedSound> {
        let TtsBackend::Switch(engine) = &self.engine.backend else { return None };
        let voice = self.voice.as_deref().unwrap_or_default();
        let spoken =
            SwitchTts { engine: engine.clone(), voice: voice.to_owned(), text: text.to_owned() };
        Some(RenderedSound { sound: Sound::Tts(Arc::new(spoken)), guard: Arc::new(()) })
    }

    /// What its sound of a text is known by.
    pub(super) fn sound_key(&self, text: &str, format: SoundFormat) -> SoundKey {
        let SpeakingRate(speed) = self.speed;
        let numbers = format!("{speed} {format:?}");
        let voice = self.voice.as_deref().unwrap_or_default();
        let parts = ["text", self.engine_name(), voice, &self.language, &numbers, text];
        SoundKey::from_parts(parts.into_iter().chain(self.key_parts()).map(str::as_bytes))
    }

    /// Of the engine, what its sounds depend on.
    fn key_parts(&self) -> Vec<&str> {
        match &self.engine.backend {
            TtsBackend::Command(program) => {
                let arguments = program.arguments.iter().map(String::as_str);
                [program.executable.as_str()].into_iter().chain(arguments).collect()
            }
            TtsBackend::Http(service) => vec![service.url.as_str(), &service.model],
            TtsBackend::Switch(engine) => vec![engine],
        }
    }
}
