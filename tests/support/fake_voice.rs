//! Engines that speak and listen as a test wants them, and say what they were asked.

use std::collections::VecDeque;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialscript::channel::{AsrSource, Sound};
use dialscript::script::voice::{AsrError, RenderedSound, SoundError, SoundRequest, VoiceService};
use tokio::time::{Instant, sleep, sleep_until};

/// What was done, in order; shared with the switch of the same call.
pub(crate) type Done = Arc<Mutex<Vec<String>>>;

/// Speaks by sounds that are named after their texts, and hears what it was told before.
#[derive(Default)]
pub(crate) struct FakeVoice {
    /// Texts and URLs that are never made; `*` is all.
    pub(crate) mute: Vec<&'static str>,
    /// Texts and URLs that are made in this time alone.
    pub(crate) late: Vec<(&'static str, Duration)>,
    /// Texts and URLs that are there already.
    pub(crate) at_hand: Vec<&'static str>,
    /// The words of each utterance, or why they are not understood.
    pub(crate) hears: Mutex<VecDeque<Result<&'static str, &'static str>>>,
    /// How long it takes to understand one.
    pub(crate) understands_in: Duration,
    /// Where the switch records; without it nothing is recorded.
    pub(crate) records_in: Option<PathBuf>,
    /// Who listens.
    pub(crate) ear: FakeEar,
    pub(crate) done: Done,
}

#[derive(Clone, Copy, Default)]
pub(crate) enum FakeEar {
    /// The engine, by recordings.
    #[default]
    Recording,
    /// The switch.
    Switch,
    /// Nobody.
    Deaf,
}

/// A recording, which says when it is deleted.
pub(crate) struct FakeRecording {
    done: Done,
    file: Option<PathBuf>,
}

impl FakeRecording {
    /// How long somebody speaks in it.
    fn lasts(&self) -> Option<String> {
        let mut wav = hound::WavReader::open(self.file.as_ref()?).ok()?;
        let spoken = wav.samples::<i16>().filter(|sample| !matches!(sample, Ok(0))).count();
        Some(format!(" {:.1} s", spoken as f64 / f64::from(wav.spec().sample_rate)))
    }
}

impl Drop for FakeRecording {
    fn drop(&mut self) {
        does(&self.done, "delete the recording");
        if let Some(file) = &self.file {
            drop(std::fs::remove_file(file));
        }
    }
}

fn does(done: &Done, what: impl Into<String>) {
    done.lock().unwrap().push(what.into());
}

/// The text or the URL, and what it is asked for by.
fn shown(wanted: &SoundRequest) -> (String, String) {
    match wanted {
        SoundRequest::Text { text, voice_params: manner } => {
            let hidden = if text.is_sensitive() { "hidden " } else { "" };
            let engine = manner.engine.iter().map(|engine| format!(" by {engine}"));
            let how = format!("say {hidden}{}{}", text.text(), engine.collect::<String>());
            (text.text().to_owned(), how)
        }
        SoundRequest::Url { url, decides_host } => {
            let guarded = if *decides_host { "guarded " } else { "" };
            (url.text().to_owned(), format!("fetch {guarded}{}", url.text()))
        }
    }
}

fn made(name: &str) -> RenderedSound {
    RenderedSound { sound: Sound::File(name.into()), guard: Arc::new(()) }
}

impl VoiceService for FakeVoice {
    type PendingRender = Pin<Box<dyn Future<Output = Result<RenderedSound, SoundError>> + Send>>;
    type AsrRecording = FakeRecording;

    fn render(&self, wanted: SoundRequest, _: bool) -> Self::PendingRender {
        let (name, how) = shown(&wanted);
        does(&self.done, how);
        let is_mute = self.mute.iter().any(|mute| *mute == "*" || *mute == name);
        let late = self
            .late
            .iter()
            .find(|(late, _)| *late == name)
            .map(|(_, time)| Instant::now() + *time);
        Box::pin(async move {
            if let Some(late) = late {
                sleep_until(late).await;
            }
            if is_mute { Err(SoundError("the engine is broken".into())) } else { Ok(made(&name)) }
        })
    }

    fn cached(&self, wanted: SoundRequest, _: bool) -> Option<RenderedSound> {
        let (name, _) = shown(&wanted);
        self.at_hand.contains(&&*name).then(|| made(&name))
    }

    fn switch_sound(&self, sound: &Sound) -> Sound {
        match sound {
            Sound::File(file) if file.starts_with("/far/") => Sound::Url(file.clone()),
            other => other.clone(),
        }
    }

    fn asr_source(&self) -> Result<(AsrSource, Option<FakeRecording>), AsrError> {
        match self.ear {
            FakeEar::Recording => {
                let file = self.records_in.as_ref().map(|folder| folder.join("1.wav"));
                let name = file.as_ref().map(|file| file.to_string_lossy().into_owned());
                let name = name.unwrap_or_else(|| "/recordings/1.wav".into());
                let recording = FakeRecording { done: self.done.clone(), file };
                Ok((AsrSource::Recording(name.into()), Some(recording)))
            }
            FakeEar::Switch => {
                Ok((AsrSource::Switch { engine: "".into(), grammar: "digits".into() }, None))
            }
            FakeEar::Deaf => Err(AsrError("no speech recognizer is configured".into())),
        }
    }

    async fn transcribe(
        &self,
        recording: FakeRecording,
        language: &str,
    ) -> Result<String, AsrError> {
        let lasts = recording.lasts().unwrap_or_default();
        does(&self.done, format!("understand {language}{lasts}"));
        sleep(self.understands_in).await;
        drop(recording);
        let words = self.hears.lock().unwrap().pop_front().unwrap_or(Ok(""));
        words.map(str::to_owned).map_err(|reason| AsrError(reason.into()))
    }
}
