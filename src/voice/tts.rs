//! Text-to-speech by the engine that a script names, or by the default engine. If it fails, the fallback engine is
//! used.

mod engine_failure;
mod engine_health;
mod engine_voice;
mod openai;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::audio::{self, EncodedSound};
use super::engine_state::EngineState;
use super::engine_stats::{EngineSnapshot, EngineStats};
use super::program::{self, ProgramInput};
use super::settings::{SoundFormat, TtsBackend, TtsEngine, VoiceSettings};
use super::sound_fetcher::MAX_SOUND_BYTES;
use super::sound_store::SoundStore;
use super::sound_store::sound_key::SoundKey;
use crate::concurrency_limit::ConcurrencyLimit;
use crate::script::template::RedactedText;
use crate::script::voice::{RenderedSound, SoundError, VoiceParams};
use crate::web::client::HttpClient;

use engine_failure::EngineFailure;
use engine_health::EngineHealth;
use engine_voice::{EngineVoice, health_key_start};

pub(super) struct Synthesizer {
    default_engine: Option<Arc<TtsEngine>>,
    fallback_engine: Option<Arc<TtsEngine>>,
    named_engines: BTreeMap<String, Arc<TtsEngine>>,
    format: SoundFormat,
    timeout: Duration,
    client: Arc<HttpClient>,
    store: Arc<SoundStore>,
    limit: ConcurrencyLimit,
    engine_health: Arc<EngineHealth>,
    engine_stats: Arc<EngineStats>,
}

/// A text, and the engines to try, in the order of the attempts.
pub(super) struct SynthesisRequest {
    text: RedactedText,
    voices: Vec<EngineVoice>,
}

impl SynthesisRequest {
    /// Whether the result may be a text for the switch to speak. Only some calls can use such a result.
    pub(super) fn may_use_switch(&self) -> bool {
        self.voices.iter().any(EngineVoice::is_switch)
    }
}

/// Why an attempt with one engine failed.
enum SynthesisAttemptError {
    /// Another engine may succeed.
    Engine(String),
    /// The sound can't be stored, so another engine would not help.
    Store(SoundError),
}

impl Synthesizer {
    pub(super) fn new(
        settings: &VoiceSettings,
        client: Arc<HttpClient>,
        store: Arc<SoundStore>,
        limit: ConcurrencyLimit,
    ) -> Self {
        Self {
            default_engine: settings.default_engine.clone(),
            fallback_engine: settings.fallback_engine.clone(),
            named_engines: settings.named_engines.clone(),
            format: settings.format,
            timeout: settings.timeout,
            client,
            store,
            limit,
            engine_health: Arc::default(),
            engine_stats: Arc::new(EngineStats::new(engine_names(settings))),
        }
    }

    /// A synthesizer with these settings. If the engines are the same, their circuit breakers keep their states.
    pub(super) fn with_settings(&self, settings: &VoiceSettings, client: Arc<HttpClient>) -> Self {
        let has_same_engines = self.default_engine == settings.default_engine
            && self.fallback_engine == settings.fallback_engine
            && self.named_engines == settings.named_engines;
        self.engine_stats.set_engines(engine_names(settings));
        let new = Self::new(settings, client, self.store.clone(), self.limit.clone());
        let new = Self { engine_stats: self.engine_stats.clone(), ..new };
        match has_same_engines {
            true => Self { engine_health: self.engine_health.clone(), ..new },
            false => new,
        }
    }

    /// Chooses the engines for a text. `has_tts` tells whether the switch can speak texts itself.
    ///
    /// # Errors
    ///
    /// If there is no engine.
    pub(super) fn synthesis_request(
        &self,
        text: RedactedText,
        params: &VoiceParams,
        has_tts: bool,
    ) -> Result<SynthesisRequest, SoundError> {
        let primary = self.primary_engine(params).ok_or_else(|| no_engine_error(params))?;
        let fallback = self.fallback_engine.as_ref().filter(|fallback| *fallback != primary);
        let fallback = fallback.map(|fallback| EngineVoice::fallback(fallback, params));
        let voices = [Some(EngineVoice::primary(primary, params)), fallback].into_iter().flatten();
        let voices: Vec<_> = voices.filter(|voice| has_tts || !voice.is_switch()).collect();
        if voices.is_empty() {
            return Err(SoundError(
                "the switch has no text-to-speech, and no other engine is configured".into(),
            ));
        }
        Ok(SynthesisRequest { text, voices })
    }

    fn primary_engine(&self, params: &VoiceParams) -> Option<&Arc<TtsEngine>> {
        match &params.engine {
            Some(name) => self.named_engines.get(&**name),
            None => self.default_engine.as_ref(),
        }
    }

    /// The states of the engines that the daemon's file names, the default engine first.
    pub(super) fn engine_states(&self) -> Vec<EngineState> {
        let now = Instant::now();
        let engines = self.default_engine.iter().chain(&self.fallback_engine);
        let mut states = Vec::<EngineState>::new();
        for engine in engines.chain(self.named_engines.values()) {
            if states.iter().all(|state| state.name != engine.name) {
                let (breaker, last_failure) =
                    self.engine_health.engine_state(&health_key_start(engine), now);
                let (name, breaker) = (engine.name.clone(), Some(breaker));
                states.push(EngineState { name, breaker, last_failure });
            }
        }
        states
    }

    pub(super) fn snapshot(&self) -> EngineSnapshot {
        self.engine_stats.snapshot()
    }

    /// The language in which texts with these parameters are spoken; `None` if it is not certain.
    pub(super) fn text_language(&self, params: &VoiceParams) -> Option<Arc<str>> {
        self.primary_engine(params)?.spoken_language(params)
    }

    /// Returns the key of the primary engine's sound. `None` if the text is sensitive: the sound must not be cached
    /// then.
    pub(super) fn sound_key(&self, request: &SynthesisRequest) -> Option<SoundKey> {
        self.sound_key_for(request.voices.first()?, &request.text)
    }

    fn sound_key_for(&self, voice: &EngineVoice, text: &RedactedText) -> Option<SoundKey> {
        (!text.is_sensitive()).then(|| voice.sound_key(text.text(), self.format))
    }

    /// Returns a stored sound. The fallback engine's sound is returned only while the circuit breaker of the primary
    /// engine is open. Otherwise the primary engine must get another attempt.
    pub(super) fn cached(&self, request: &SynthesisRequest) -> Option<RenderedSound> {
        for voice in &request.voices {
            let sound = self.cached_by(voice, &request.text);
            if sound.is_some()
                || !self.engine_health.is_circuit_open(&voice.health_key(), Instant::now())
            {
                return sound;
            }
        }
        None
    }

    fn cached_by(&self, voice: &EngineVoice, text: &RedactedText) -> Option<RenderedSound> {
        let stored = || Some(self.store.get(self.sound_key_for(voice, text)?)?.rendered());
        voice.switch_sound(text.text()).or_else(stored)
    }

    /// Tries one engine after the other. Each one has the whole timeout. The timeout of the first one includes the wait
    /// for a permit.
    ///
    /// # Errors
    ///
    /// If all engines fail or time out, or the sound can't be stored.
    pub(super) async fn synthesize(
        &self,
        request: &SynthesisRequest,
    ) -> Result<RenderedSound, SoundError> {
        let mut deadline = Instant::now() + self.timeout;
        let Ok(_permit) = timeout_at(deadline, self.limit.acquire()).await else {
            let timeout = self.timeout;
            return Err(SoundError(format!(
                "no text-to-speech engine was free within {timeout:?}"
            )));
        };
        let mut reasons = Vec::new();
        for voice in &request.voices {
            match self.synthesize_with(voice, &request.text, deadline).await {
                Ok(sound) => return Ok(sound),
                Err(SynthesisAttemptError::Engine(reason)) => {
                    reasons.push(format!("{}: {reason}", voice.engine_name()))
                }
                Err(SynthesisAttemptError::Store(error)) => return Err(error),
            }
            deadline = Instant::now() + self.timeout;
        }
        Err(SoundError(reasons.join("; ")))
    }

    async fn synthesize_with(
        &self,
        voice: &EngineVoice,
        text: &RedactedText,
        deadline: Instant,
    ) -> Result<RenderedSound, SynthesisAttemptError> {
        if let Some(sound) = self.cached_by(voice, text) {
            return Ok(sound);
        }
        let started = Instant::now();
        if self.engine_health.is_circuit_open(&voice.health_key(), started) {
            return Err(SynthesisAttemptError::Engine("its circuit breaker is open".into()));
        }
        let timed_out = || EngineFailure::from(format!("no sound within {:?}", self.timeout));
        let encoded = timeout_at(deadline, self.run_engine(voice, text.text(), deadline)).await;
        self.engine_stats.record_time(voice.engine_name(), started.elapsed());
        match encoded.unwrap_or_else(|_| Err(timed_out())) {
            Ok(encoded) => {
                self.engine_health.record_success(&voice.health_key());
                let stored = self.store.put(self.sound_key_for(voice, text), encoded, None).await;
                Ok(stored.map_err(SynthesisAttemptError::Store)?.rendered())
            }
            Err(failure) => {
                self.engine_stats.record_error(voice.engine_name());
                // If the wait for a permit took more than half of the timeout, the failure is not counted: the engine
                // had too little time.
                if (deadline - started) * 2 >= self.timeout {
                    self.record_failure(voice, text, &failure);
                }
                Err(SynthesisAttemptError::Engine(failure.reason))
            }
        }
    }

    async fn run_engine(
        &self,
        voice: &EngineVoice,
        text: &str,
        deadline: Instant,
    ) -> Result<Vec<EncodedSound>, EngineFailure> {
        let file = match &voice.engine.backend {
            TtsBackend::Command(program) => {
                let (values, input) = (voice.program_values(), ProgramInput::Text(text));
                let time_limit = deadline - Instant::now();
                program::run(program, &values, input, time_limit, MAX_SOUND_BYTES).await?
            }
            TtsBackend::Http(service) => {
                openai::synthesize(&self.client, service, voice, text).await?
            }
            TtsBackend::Switch(_) => {
                return Err("the switch has no text-to-speech".to_owned().into());
            }
        };
        let format = self.format;
        let converted = tokio::task::spawn_blocking(move || audio::convert(file, format)).await;
        let not_playable = |reason: String| {
            EngineFailure::from(format!("its output is not a playable sound: {reason}"))
        };
        let converted = converted.map_err(|_| not_playable("the conversion failed".into()))?;
        converted.map_err(|error| not_playable(error.to_string()))
    }

    fn record_failure(&self, voice: &EngineVoice, text: &RedactedText, failure: &EngineFailure) {
        if self.engine_health.record_failure(&voice.health_key(), &failure.reason, Instant::now()) {
            let engine = voice.engine_name();
            let stderr = failure.loggable_stderr(text);
            warn!(engine, reason = failure.reason, stderr, "text-to-speech engine failed");
        }
    }
}

/// The engines that sounds can be synthesized with.
fn engine_names(settings: &VoiceSettings) -> impl Iterator<Item = &str> {
    let VoiceSettings { default_engine, fallback_engine, named_engines, .. } = settings;
    let engines = default_engine.iter().chain(fallback_engine).chain(named_engines.values());
    let engines = engines.filter(|engine| !matches!(engine.backend, TtsBackend::Switch(_)));
    engines.map(|engine| engine.name.as_str())
}

fn no_engine_error(params: &VoiceParams) -> SoundError {
    SoundError(match &params.engine {
        Some(name) => format!("there is no text-to-speech engine named {name}"),
        None => {
            "no text-to-speech engine: none is configured, and espeak-ng is not installed".into()
        }
    })
}
