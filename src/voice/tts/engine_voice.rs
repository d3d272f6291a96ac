//! An engine, and the voice, language and speed to use with it.

use std::sync::Arc;

use crate::channel::{Sound, SwitchTts};
use crate::script::voice::{RenderedSound, SpeakingRate, VoiceParams};
use crate::voice::program::ProgramValues;
use crate::voice::settings::{SoundFormat, TtsBackend, TtsEngine};
use crate::voice::sound_store::sound_key::SoundKey;

/// With what the keys of [`EngineVoice::health_key`] of all voices of an engine begin.
pub(super) fn health_key_start(engine: &TtsEngine) -> String {
    format!("{} ", engine.name)
}

pub(super) struct EngineVoice {
    pub(super) engine: Arc<TtsEngine>,
    pub(super) voice: Option<Arc<str>>,
    language: Arc<str>,
    pub(super) speed: SpeakingRate,
}

impl EngineVoice {
    /// For the engine that the script names, or the default engine. The engine's settings apply to everything that the
    /// script does not set.
    pub(super) fn primary(engine: &Arc<TtsEngine>, params: &VoiceParams) -> Self {
        let fallback = Self::fallback(engine, params);
        Self { voice: params.voice.clone().or(fallback.voice), ..fallback }
    }

    /// For the fallback engine. The voice that the script sets is not used, since it belongs to the primary engine.
    pub(super) fn fallback(engine: &Arc<TtsEngine>, params: &VoiceParams) -> Self {
        Self {
            voice: engine.voice_for(params),
            language: params.language.clone().unwrap_or_else(|| engine.language.clone()),
            speed: params.speed.unwrap_or(engine.speed),
            engine: engine.clone(),
        }
    }

    pub(super) fn engine_name(&self) -> &str {
        &self.engine.name
    }

    /// The key of the circuit breaker. It includes the voice: a voice that is not installed must not open the breaker
    /// of the engine's other voices.
    pub(super) fn health_key(&self) -> String {
        let voice = self.voice.as_deref().unwrap_or_default();
        format!("{}{voice} {}", health_key_start(&self.engine), self.language)
    }

    pub(super) fn is_switch(&self) -> bool {
        matches!(self.engine.backend, TtsBackend::Switch(_))
    }

    /// If no voice is set, `{voice}` is the language: espeak-ng accepts that.
    pub(super) fn program_values(&self) -> ProgramValues<'_> {
        let voice = self.voice.as_deref().unwrap_or(&self.language);
        ProgramValues { voice, language: &self.language, speed: self.speed }
    }

    /// Returns the text for the switch to speak, if this is an engine of the switch. Nothing is rendered then.
    pub(super) fn switch_sound(&self, text: &str) -> Option<RenderedSound> {
        let TtsBackend::Switch(engine) = &self.engine.backend else { return None };
        let voice = self.voice.as_deref().unwrap_or_default();
        let tts =
            SwitchTts { engine: engine.clone(), voice: voice.to_owned(), text: text.to_owned() };
        Some(RenderedSound { sound: Sound::Tts(Arc::new(tts)), guard: Arc::new(()) })
    }

    /// The key under which this voice's sound of a text is stored.
    pub(super) fn sound_key(&self, text: &str, format: SoundFormat) -> SoundKey {
        let SpeakingRate(speed) = self.speed;
        let numbers = format!("{speed} {format:?}");
        let voice = self.voice.as_deref().unwrap_or_default();
        let parts = ["text", self.engine_name(), voice, &self.language, &numbers, text];
        SoundKey::from_parts(parts.into_iter().chain(self.key_parts()).map(str::as_bytes))
    }

    /// The settings of the engine that change its sounds.
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
