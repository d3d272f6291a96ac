//! Texts into sounds: by the engine that a script names or the daemon's own, else by the fallback engine.

pub mod engine_health;
mod engine_voice;
mod openai;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::audio::{self, EncodedSound};
use super::program::{self, ProgramInput};
use super::settings::{SoundFormat, TtsBackend, TtsEngine, VoiceSettings};
use super::sound_fetcher::MAX_SOUND_BYTES;
use super::sound_store::SoundStore;
use super::sound_store::sound_key::SoundKey;
use crate::script::template::RedactedText;
use crate::script::voice::{RenderedSound, SoundError, VoiceParams};
use crate::web::client::HttpClient;

use engine_health::EngineHealth;
use engine_voice::EngineVoice;

/// So many signs of a text in a row tell something of it.
const REVEALING_CHARS: usize = 8;

/// The engines.
pub struct Synthesizer {
    default_engine: Option<Arc<TtsEngine>>,
    fallback_engine: Option<Arc<TtsEngine>>,
    named_engines: BTreeMap<String, Arc<TtsEngine>>,
    format: SoundFormat,
    timeout: Duration,
    client: Arc<HttpClient>,
    store: Arc<SoundStore>,
    permits: Semaphore,
    engine_health: EngineHealth,
}

/// A text, and who may speak it: the first who can does.
pub struct SynthesisRequest {
    text: RedactedText,
    voices: Vec<EngineVoice>,
}

impl SynthesisRequest {
    /// Whether the switch is one of those who may speak it: what comes of it is then nothing for a call elsewhere.
    pub fn may_use_switch(&self) -> bool {
        self.voices.iter().any(EngineVoice::is_switch)
    }
}

/// Why an engine made no sound.
struct EngineFailure {
    /// What may be told.
    reason: String,
    /// What it said itself, for the log alone.
    stderr_line: Option<String>,
}

/// Why there is no sound from one engine.
enum SynthesisAttemptError {
    /// Another one may make it.
    Engine(String),
    /// There is no place for it.
    Store(SoundError),
}

impl Synthesizer {
    /// Nothing is spoken.
    pub fn new(settings: &VoiceSettings, client: Arc<HttpClient>, store: Arc<SoundStore>) -> Self {
        Self {
            default_engine: settings.default_engine.clone(),
            fallback_engine: settings.fallback_engine.clone(),
            named_engines: settings.named_engines.clone(),
            format: settings.format,
            timeout: settings.timeout,
            client,
            store,
            permits: Semaphore::new(settings.max_concurrent),
            engine_health: EngineHealth::default(),
        }
    }

    /// A text with the engines for it. `speaks`: the switch can speak itself.
    ///
    /// # Errors
    ///
    /// Where there are none.
    pub fn synthesis_request(
        &self,
        text: RedactedText,
        manner: &VoiceParams,
        speaks: bool,
    ) -> Result<SynthesisRequest, SoundError> {
        let first = match &manner.engine {
            Some(name) => self.named_engines.get(&**name),
            None => self.default_engine.as_ref(),
        };
        let first = first.ok_or_else(|| no_engine_error(manner))?;
        let fallback = self.fallback_engine.as_ref().filter(|fallback| *fallback != first);
        let fallback = fallback.map(|fallback| EngineVoice::fallback(fallback, manner));
        let speakers = [Some(EngineVoice::primary(first, manner)), fallback].into_iter().flatten();
        let speakers: Vec<_> = speakers.filter(|s| speaks || !s.is_switch()).collect();
        if speakers.is_empty() {
            return Err(SoundError(
                "the switch does not speak, and there is no other engine".into(),
            ));
        }
        Ok(SynthesisRequest { text, voices: speakers })
    }

    /// What a text's sound is known by; `None` where nothing of it may be kept.
    pub fn sound_key(&self, text: &SynthesisRequest) -> Option<SoundKey> {
        self.sound_key_for(text.voices.first()?, &text.text)
    }

    fn sound_key_for(&self, speaker: &EngineVoice, text: &RedactedText) -> Option<SoundKey> {
        (!text.is_sensitive()).then(|| speaker.sound_key(text.text(), self.format))
    }

    /// The sound, where it is there: that of the fallback engine only while the first one is left alone.
    pub fn cached(&self, text: &SynthesisRequest) -> Option<RenderedSound> {
        for speaker in &text.voices {
            let made = self.cached_by(speaker, &text.text);
            if made.is_some()
                || !self.engine_health.is_circuit_open(&speaker.health_key(), Instant::now())
            {
                return made;
            }
        }
        None
    }

    fn cached_by(&self, speaker: &EngineVoice, text: &RedactedText) -> Option<RenderedSound> {
        let kept = || Some(self.store.get(self.sound_key_for(speaker, text)?)?.rendered());
        speaker.switch_sound(text.text()).or_else(kept)
    }

    /// Makes the sound.
    ///
    /// # Errors
    ///
    /// When no engine made it in its time, or it can't be written.
    pub async fn synthesize(&self, text: &SynthesisRequest) -> Result<RenderedSound, SoundError> {
        let mut until = Instant::now() + self.timeout;
        let Ok(Ok(_place)) = timeout_at(until, self.permits.acquire()).await else {
            return Err(SoundError(format!("no engine was free within {:?}", self.timeout)));
        };
        let mut reasons = Vec::new();
        for speaker in &text.voices {
            match self.synthesize_with(speaker, &text.text, until).await {
                Ok(made) => return Ok(made),
                Err(SynthesisAttemptError::Engine(reason)) => {
                    reasons.push(format!("{}: {reason}", speaker.engine_name()))
                }
                Err(SynthesisAttemptError::Store(mute)) => return Err(mute),
            }
            until = Instant::now() + self.timeout;
        }
        Err(SoundError(reasons.join("; ")))
    }

    async fn synthesize_with(
        &self,
        speaker: &EngineVoice,
        text: &RedactedText,
        until: Instant,
    ) -> Result<RenderedSound, SynthesisAttemptError> {
        if let Some(made) = self.cached_by(speaker, text) {
            return Ok(made);
        }
        let begun = Instant::now();
        if self.engine_health.is_circuit_open(&speaker.health_key(), begun) {
            return Err(SynthesisAttemptError::Engine(
                "it is left alone after several failures".into(),
            ));
        }
        let late = || EngineFailure::from(format!("no sound within {:?}", self.timeout));
        let sounds = timeout_at(until, self.run_engine(speaker, text.text(), until)).await;
        match sounds.unwrap_or_else(|_| Err(late())) {
            Ok(sounds) => {
                self.engine_health.record_success(&speaker.health_key());
                let put = self.store.put(self.sound_key_for(speaker, text), sounds, None).await;
                Ok(put.map_err(SynthesisAttemptError::Store)?.rendered())
            }
            Err(failure) => {
                // What was spent waiting for a place is not the engine's.
                if (until - begun) * 2 >= self.timeout {
                    self.record_failure(speaker, text, &failure);
                }
                Err(SynthesisAttemptError::Engine(failure.reason))
            }
        }
    }

    async fn run_engine(
        &self,
        speaker: &EngineVoice,
        text: &str,
        until: Instant,
    ) -> Result<Vec<EncodedSound>, EngineFailure> {
        let made = match &speaker.engine.backend {
            TtsBackend::Command(program) => {
                let time = until - Instant::now();
                program::run(
                    program,
                    &speaker.program_values(),
                    ProgramInput::Text(text),
                    time,
                    MAX_SOUND_BYTES,
                )
                .await?
            }
            TtsBackend::Http(service) => {
                openai::synthesize(&self.client, service, speaker, text).await?
            }
            TtsBackend::Switch(_) => return Err("the switch does not speak".to_owned().into()),
        };
        let format = self.format;
        let sounds = tokio::task::spawn_blocking(move || audio::convert(made, format)).await;
        let unheard =
            |reason: String| EngineFailure::from(format!("what it made can't be heard: {reason}"));
        let sounds = sounds.map_err(|_| unheard("it could not be read".into()))?;
        sounds.map_err(|error| unheard(error.to_string()))
    }

    fn record_failure(&self, speaker: &EngineVoice, text: &RedactedText, failure: &EngineFailure) {
        if self.engine_health.record_failure(&speaker.health_key(), Instant::now()) {
            let engine = speaker.engine_name();
            let complaint =
                failure.stderr_line.as_deref().filter(|words| !reveals_text(words, text));
            warn!(engine, reason = failure.reason, complaint, "an engine that speaks fails");
        }
    }
}

/// Whether an engine's words may tell something of the text: engines repeat what they can't read.
fn reveals_text(words: &str, text: &RedactedText) -> bool {
    let signs: Vec<char> = text.text().trim().chars().collect();
    let mut pieces = signs.windows(signs.len().clamp(1, REVEALING_CHARS));
    text.is_sensitive() || pieces.any(|piece| words.contains(&piece.iter().collect::<String>()))
}

fn no_engine_error(manner: &VoiceParams) -> SoundError {
    SoundError(match &manner.engine {
        Some(name) => format!("no engine is named {name}"),
        None => "no engine speaks: none is named, and espeak-ng is not installed".into(),
    })
}

impl From<String> for EngineFailure {
    fn from(reason: String) -> Self {
        Self { reason, stderr_line: None }
    }
}

impl From<program::ProgramError> for EngineFailure {
    fn from(failed: program::ProgramError) -> Self {
        Self { reason: failed.to_string(), stderr_line: failed.stderr_line }
    }
}
