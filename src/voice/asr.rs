//! Speech into words: by a program, a web service, a vosk server, or the switch.
//!
//! Nothing that was said, and nothing that an engine says of it, is in a log, an error or a `Debug`.

mod command;
mod openai;
mod utterance;
mod vosk;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::program;
use super::recordings::{RecordingFolder, SpeechRecording};
use super::settings::{AsrBackend, AsrEngine, VoiceSettings};
use crate::channel::AsrSource;
use crate::script::voice::AsrError;
use crate::web::client::HttpClient;
use utterance::UtteranceAudio;

/// Most bytes of words that count; what is behind them is cut.
pub const MAX_TRANSCRIPT_BYTES: usize = 2000;
/// Most bytes of an engine's answer.
const MAX_REPLY_BYTES: usize = 256 * 1024;

/// Understands what callers say, by the engine of the daemon's file.
pub struct Recognizer {
    engine: Option<Arc<AsrEngine>>,
    recordings: RecordingFolder,
    client: Arc<HttpClient>,
    timeout: Duration,
    permits: Semaphore,
}

impl Recognizer {
    /// Sets up the engine, and deletes recordings and temporary files that were left behind.
    pub fn new(settings: &VoiceSettings, client: Arc<HttpClient>) -> Self {
        program::remove_stale_folders();
        Self {
            engine: settings.asr_engine.clone(),
            recordings: RecordingFolder::new(&settings.recordings_folder),
            client,
            timeout: settings.timeout,
            permits: Semaphore::new(settings.max_concurrent.clamp(1, Semaphore::MAX_PERMITS)),
        }
    }

    /// Who listens, and the recording where that is us.
    ///
    /// # Errors
    ///
    /// Where no engine listens.
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

    /// Turns a recording into words on one line, at most [`MOST_WORDS`] bytes of them; empty where nothing was
    /// understood. The recording is deleted as soon as it has been read.
    ///
    /// # Errors
    ///
    /// When the recording can't be read, or the engine fails or is late. Waiting for others counts as time.
    pub async fn transcribe(
        &self,
        recording: SpeechRecording,
        language: &str,
    ) -> Result<String, AsrError> {
        let deadline = Instant::now() + self.timeout;
        let listen = self.configured_engine()?;
        let Ok(turn) = timeout_at(deadline, self.permits.acquire()).await else {
            return Err(AsrError(format!("{}: too many utterances at once", listen.name)));
        };
        let understood =
            timeout_at(deadline, self.transcribe_with(listen, recording, language)).await;
        drop(turn);
        match understood {
            Ok(Ok(words)) => Ok(on_one_line(&words)),
            Ok(Err(deaf)) => Err(AsrError(format!("{}: {deaf}", listen.name))),
            Err(_) => Err(AsrError(format!("{}: no words within {:?}", listen.name, self.timeout))),
        }
    }

    fn configured_engine(&self) -> Result<&AsrEngine, AsrError> {
        self.engine.as_deref().ok_or_else(|| AsrError("no engine listens".into()))
    }

    async fn transcribe_with(
        &self,
        listen: &AsrEngine,
        recording: SpeechRecording,
        language: &str,
    ) -> Result<String, AsrError> {
        let read = tokio::task::spawn_blocking(move || UtteranceAudio::read(&recording)).await;
        let utterance = read.map_err(|_| AsrError("the recording can't be read".into()))??;
        if utterance.samples.is_empty() {
            return Ok(String::new());
        }
        match &listen.backend {
            AsrBackend::Command(program) => {
                command::transcribe(program, &utterance, language, self.timeout).await
            }
            AsrBackend::Http(service) => {
                openai::transcribe(&self.client, service, &utterance, language).await
            }
            AsrBackend::Vosk(url) => vosk::transcribe(url, &utterance).await,
            AsrBackend::Switch { .. } => Err(AsrError("the switch listens itself".into())),
        }
    }
}

/// Words on one line, with one blank between them.
fn on_one_line(words: &str) -> String {
    let words = words.split(|sign: char| sign.is_whitespace() || sign.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let mut plain = words.join(" ");
    plain.truncate(plain.floor_char_boundary(MAX_TRANSCRIPT_BYTES));
    plain
}
