//! Speech recognition by a program, a web service, a vosk server or the switch.
//!
//! What a caller says and what an engine returns never appear in a log, an error or a `Debug` text.

mod command;
mod limits;
mod openai;
mod utterance;
mod vosk;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, timeout_at};

use super::engine_state::{EngineState, LastFailure};
use super::engine_stats::{EngineSnapshot, EngineStats};
use super::program;
use super::recordings::{RecordingFolder, SpeechRecording};
use super::settings::{AsrBackend, AsrEngine, VoiceSettings};
use crate::channel::AsrSource;
use crate::concurrency_limit::ConcurrencyLimit;
use crate::script::voice::AsrError;
use crate::web::client::HttpClient;
use utterance::UtteranceAudio;

pub use limits::MAX_TRANSCRIPT_BYTES;

/// Speech recognition by the engine that the daemon's file names.
pub struct Recognizer {
    engine: Option<Arc<AsrEngine>>,
    recordings: Arc<RecordingFolder>,
    client: Arc<HttpClient>,
    timeout: Duration,
    limit: ConcurrencyLimit,
    engine_stats: Arc<EngineStats>,
    last_failure: Arc<Mutex<Option<LastFailure>>>,
}

impl Recognizer {
    /// Also deletes recordings and temporary folders that an earlier process left behind.
    pub fn new(settings: &VoiceSettings, client: Arc<HttpClient>) -> Self {
        program::remove_stale_folders();
        Self {
            engine: settings.asr_engine.clone(),
            recordings: Arc::new(RecordingFolder::new(&settings.recordings_folder)),
            client,
            timeout: settings.timeout,
            limit: ConcurrencyLimit::new(settings.max_concurrent.max(1)),
            engine_stats: Arc::new(EngineStats::new(engine_name(settings))),
            last_failure: Arc::default(),
        }
    }

    /// A recognizer with these settings, except the folder of recordings. The limit on concurrent transcriptions
    /// changes for both.
    pub(super) fn with_settings(&self, settings: &VoiceSettings, client: Arc<HttpClient>) -> Self {
        self.limit.set_max(settings.max_concurrent);
        self.engine_stats.set_engines(engine_name(settings));
        Self {
            engine: settings.asr_engine.clone(),
            recordings: self.recordings.clone(),
            client,
            timeout: settings.timeout,
            limit: self.limit.clone(),
            engine_stats: self.engine_stats.clone(),
            last_failure: match self.engine == settings.asr_engine {
                true => self.last_failure.clone(),
                false => Arc::default(),
            },
        }
    }

    pub(super) fn engine_state(&self) -> Option<EngineState> {
        let name = self.engine.as_ref()?.name.clone();
        let last_failure = self.last_failure.lock().clone();
        Some(EngineState { name, breaker: None, last_failure })
    }

    pub(super) fn snapshot(&self) -> EngineSnapshot {
        self.engine_stats.snapshot()
    }

    /// Returns how the channel is to get the caller's speech: by the switch's own recognition, or by a recording. The
    /// recording does not exist yet: the switch makes it.
    ///
    /// # Errors
    ///
    /// If no engine is configured, or the system provides no random numbers for the recording's name.
    pub fn asr_source(&self) -> Result<(AsrSource, Option<SpeechRecording>), AsrError> {
        match &self.configured_engine()?.backend {
            AsrBackend::Switch { engine, grammar } => {
                Ok((AsrSource::Switch { engine: engine.clone(), grammar: grammar.clone() }, None))
            }
            _ => {
                let recording = self.recordings.new_recording()?;
                Ok((AsrSource::Recording(recording.on_switch().clone()), Some(recording)))
            }
        }
    }

    /// Turns a recording into text on one line, at most [`MAX_TRANSCRIPT_BYTES`] long. The text is empty if nothing was
    /// recognized. The recording is deleted as soon as it has been read.
    ///
    /// # Errors
    ///
    /// If the recording can't be read, the engine fails, or the timeout passes. The timeout includes the wait for a
    /// permit.
    pub async fn transcribe(
        &self,
        recording: SpeechRecording,
        language: &str,
    ) -> Result<String, AsrError> {
        let started = Instant::now();
        let deadline = started + self.timeout;
        let engine = self.configured_engine()?;
        let Ok(permit) = timeout_at(deadline, self.limit.acquire()).await else {
            return Err(self.record_failure(engine, "no recognizer was free in time"));
        };
        // On the heap, since every call would hold room for this large future.
        let transcribed = Box::pin(self.transcribe_with(engine, recording, language));
        let transcript = timeout_at(deadline, transcribed).await;
        drop(permit);
        self.engine_stats.record_time(&engine.name, started.elapsed());
        let reason = match transcript {
            Ok(Ok(text)) => {
                self.record_success();
                return Ok(on_one_line(&text));
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no result within {:?}", self.timeout),
        };
        Err(self.record_failure(engine, &reason))
    }

    fn record_success(&self) {
        if let Some(failure) = &mut *self.last_failure.lock() {
            failure.recovered = true;
        }
    }

    fn record_failure(&self, engine: &AsrEngine, reason: &str) -> AsrError {
        self.engine_stats.record_error(&engine.name);
        *self.last_failure.lock() = Some(LastFailure::new(reason, Instant::now()));
        AsrError(format!("{}: {reason}", engine.name))
    }

    fn configured_engine(&self) -> Result<&AsrEngine, AsrError> {
        let engine = self.engine.as_deref();
        engine.ok_or_else(|| AsrError("no speech recognizer is configured".into()))
    }

    async fn transcribe_with(
        &self,
        engine: &AsrEngine,
        recording: SpeechRecording,
        language: &str,
    ) -> Result<String, AsrError> {
        let read = tokio::task::spawn_blocking(move || UtteranceAudio::read(&recording)).await;
        let utterance = read.map_err(|_| AsrError("could not read the recording".into()))??;
        if utterance.samples.is_empty() {
            return Ok(String::new());
        }
        match &engine.backend {
            AsrBackend::Command(program) => {
                command::transcribe(program, &utterance, language, self.timeout).await
            }
            AsrBackend::Http(service) => {
                openai::transcribe(&self.client, service, &utterance, language).await
            }
            AsrBackend::Vosk(url) => {
                vosk::transcribe(url, self.client.tls_config(url), &utterance).await
            }
            AsrBackend::Switch { .. } => {
                Err(AsrError("the switch does the recognition itself".into()))
            }
        }
    }
}

/// The engine that recordings are transcribed with.
fn engine_name(settings: &VoiceSettings) -> impl Iterator<Item = &str> {
    let engine = settings.asr_engine.iter();
    let engine = engine.filter(|engine| !matches!(engine.backend, AsrBackend::Switch { .. }));
    engine.map(|engine| engine.name.as_str())
}

/// Replaces each run of white space and control characters by one space.
fn on_one_line(transcript: &str) -> String {
    let words = transcript.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let mut line = words.join(" ");
    line.truncate(line.floor_char_boundary(MAX_TRANSCRIPT_BYTES));
    line
}
