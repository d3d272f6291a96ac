//! Fake speech engines with the behavior that a test chooses. They log what they are asked to do.

use std::collections::VecDeque;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialscript::channel::{AsrSource, Sound};
use dialscript::script::voice::{
    AsrError, RenderedSound, SoundError, SoundRequest, VoiceParams, VoiceService,
};
use tokio::time::{Instant, sleep, sleep_until};

/// All actions in their order. The fake switch of the same call can add its actions to the same list.
pub(crate) type ActionLog = Arc<Mutex<Vec<String>>>;

/// A synthesizer, whose sounds have the names of their texts, and a recognizer.
#[derive(Default)]
pub(crate) struct FakeVoice {
    /// Texts and URLs for which no sound can be created; `*` means all.
    pub(crate) failing: Vec<&'static str>,
    /// Texts and URLs whose sound is ready only after this time.
    pub(crate) slow: Vec<(&'static str, Duration)>,
    /// Texts and URLs whose sound is already cached.
    pub(crate) cached: Vec<&'static str>,
    /// The result of each recognition: the words, or the error.
    pub(crate) transcripts: Mutex<VecDeque<Result<&'static str, &'static str>>>,
    /// How long each recognition takes.
    pub(crate) recognition_time: Duration,
    /// The folder of the recordings; `None` if the switch does not write any.
    pub(crate) recordings_folder: Option<PathBuf>,
    pub(crate) recognizer: FakeRecognizer,
    /// The language of the engine, if a script sets none.
    pub(crate) engine_language: Option<&'static str>,
    /// Whether the names of sounds end with `.wav`. Asterisk takes the last dot of a name for that of its extension, so
    /// texts with a dot need it.
    pub(crate) has_extensions: bool,
    pub(crate) actions: ActionLog,
}

#[derive(Clone, Copy, Default)]
pub(crate) enum FakeRecognizer {
    /// The engine recognizes recordings.
    #[default]
    Recording,
    /// The switch recognizes speech.
    Switch,
    /// No recognizer is configured.
    Missing,
}

/// A recording. It logs when it is deleted.
pub(crate) struct FakeRecording {
    actions: ActionLog,
    file: Option<PathBuf>,
}

impl FakeRecording {
    /// The length of the speech in the recording, as ` 1.0 s`. `None` if there is no file.
    fn speech_length(&self) -> Option<String> {
        let mut wav = hound::WavReader::open(self.file.as_ref()?).ok()?;
        let spoken = wav.samples::<i16>().filter(|sample| !matches!(sample, Ok(0))).count();
        Some(format!(" {:.1} s", spoken as f64 / f64::from(wav.spec().sample_rate)))
    }
}

impl Drop for FakeRecording {
    fn drop(&mut self) {
        log_action(&self.actions, "delete the recording");
        if let Some(file) = &self.file {
            drop(std::fs::remove_file(file));
        }
    }
}

fn log_action(actions: &ActionLog, action: impl Into<String>) {
    actions.lock().unwrap().push(action.into());
}

/// The text or the URL of a request, and the action for the log.
fn name_and_action(request: &SoundRequest) -> (String, String) {
    match request {
        SoundRequest::Text { text, voice_params } => {
            let sensitive = if text.is_sensitive() { "sensitive " } else { "" };
            let engine = voice_params.engine.iter().map(|engine| format!(" by {engine}"));
            let language = voice_params.language.iter().filter(|_| voice_params.in_call_language);
            let language = language.map(|language| format!(" in {language}"));
            let voice: String = engine.chain(language).collect();
            let action = format!("say {sensitive}{}{voice}", text.text());
            (text.text().to_owned(), action)
        }
        SoundRequest::Url { url, decides_host } => {
            let checked = if *decides_host { "checked " } else { "" };
            (url.text().to_owned(), format!("fetch {checked}{}", url.text()))
        }
    }
}

impl FakeVoice {
    fn rendered(&self, name: &str) -> RenderedSound {
        let extension = if self.has_extensions { ".wav" } else { "" };
        RenderedSound {
            sound: Sound::File(format!("{name}{extension}").into()),
            guard: Arc::new(()),
        }
    }
}

impl VoiceService for FakeVoice {
    type PendingRender = Pin<Box<dyn Future<Output = Result<RenderedSound, SoundError>> + Send>>;
    type AsrRecording = FakeRecording;

    fn render(&self, request: SoundRequest, _: bool) -> Self::PendingRender {
        let (name, action) = name_and_action(&request);
        log_action(&self.actions, action);
        let fails = self.failing.iter().any(|failing| *failing == "*" || *failing == name);
        let ready_at = self
            .slow
            .iter()
            .find(|(slow, _)| *slow == name)
            .map(|(_, time)| Instant::now() + *time);
        let rendered = self.rendered(&name);
        Box::pin(async move {
            if let Some(ready_at) = ready_at {
                sleep_until(ready_at).await;
            }
            if fails { Err(SoundError("the engine is broken".into())) } else { Ok(rendered) }
        })
    }

    fn cached(&self, request: SoundRequest, _: bool) -> Option<RenderedSound> {
        let (name, _) = name_and_action(&request);
        self.cached.contains(&&*name).then(|| self.rendered(&name))
    }

    fn text_language(&self, voice_params: &VoiceParams) -> Option<Arc<str>> {
        voice_params.language.clone().or_else(|| self.engine_language.map(Arc::from))
    }

    fn switch_sound(&self, sound: &Sound) -> Sound {
        match sound {
            Sound::File(file) if file.starts_with("/far/") => Sound::Url(file.clone()),
            other => other.clone(),
        }
    }

    fn asr_source(&self) -> Result<(AsrSource, Option<FakeRecording>), AsrError> {
        match self.recognizer {
            FakeRecognizer::Recording => {
                let file = self.recordings_folder.as_ref().map(|folder| folder.join("1.wav"));
                let name = file.as_ref().map(|file| file.to_string_lossy().into_owned());
                let name = name.unwrap_or_else(|| "/recordings/1.wav".into());
                let recording = FakeRecording { actions: self.actions.clone(), file };
                Ok((AsrSource::Recording(name.into()), Some(recording)))
            }
            FakeRecognizer::Switch => {
                Ok((AsrSource::Switch { engine: "".into(), grammar: "digits".into() }, None))
            }
            FakeRecognizer::Missing => Err(AsrError("no speech recognizer is configured".into())),
        }
    }

    async fn transcribe(
        &self,
        recording: FakeRecording,
        language: &str,
    ) -> Result<String, AsrError> {
        let speech_length = recording.speech_length().unwrap_or_default();
        log_action(&self.actions, format!("recognize {language}{speech_length}"));
        sleep(self.recognition_time).await;
        drop(recording);
        let words = self.transcripts.lock().unwrap().pop_front().unwrap_or(Ok(""));
        words.map(str::to_owned).map_err(|reason| AsrError(reason.into()))
    }
}
