//! The engines of a rehearsal: texts are told, or spoken by the daemon's engines; what the caller was told to say is
//! understood.

use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use crate::channel::{AsrSource, Sound};
use crate::script::voice::{AsrError, RenderedSound, SoundError, SoundRequest, VoiceService};

/// The daemon's engines, with ears for a caller who is played.
pub struct SimulatedVoice<V> {
    engines: V,
    options: SimulationOptions,
    recording_count: AtomicU64,
}

/// What a rehearsal and its story share.
#[derive(Debug, Clone, Default)]
pub struct SimulationOptions {
    /// The daemon's engines speak, and listen to a caller who was not told what to say. Without them texts are only told.
    pub engines: bool,
    /// What the caller says.
    pub caller_speech: CallerSpeech,
    /// What the sounds say.
    pub prompt_texts: PromptTexts,
}

impl SimulationOptions {
    /// A sound that stands for a text.
    fn placeholder_sound(&self, text: &str) -> Sound {
        let sound = Sound::Named(text.into());
        self.prompt_texts.insert(&sound, text.to_owned());
        sound
    }
}

/// A text as people may see it.
fn public_text(wanted: &SoundRequest) -> Option<String> {
    match wanted {
        SoundRequest::Text { text, .. } => Some(text.redacted().into_owned()),
        SoundRequest::Url { .. } => None,
    }
}

/// What sounds that were made say, by their names.
#[derive(Debug, Clone, Default)]
pub struct PromptTexts(Arc<Mutex<HashMap<String, String>>>);

impl PromptTexts {
    /// The text of a sound, where it was made of one.
    pub fn get(&self, sound: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(sound).cloned()
    }

    fn insert(&self, sound: &Sound, text: String) {
        if let Sound::File(name) | Sound::Named(name) | Sound::Url(name) = sound {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_string(), text);
        }
    }
}

/// A sound in the making, whose text will be told.
pub enum SimulatedSound<M> {
    /// By an engine.
    Engine {
        /// The engine's own.
        pending: M,
        /// For people.
        text: Option<String>,
        /// Where it will be told.
        texts: PromptTexts,
    },
    /// Nobody hears it.
    Placeholder(Sound),
}

impl<M: Future<Output = Result<RenderedSound, SoundError>> + Unpin> Future for SimulatedSound<M> {
    type Output = M::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Placeholder(sound) => {
                Poll::Ready(Ok(RenderedSound { sound: sound.clone(), guard: Arc::new(()) }))
            }
            Self::Engine { pending: making, text, texts } => {
                let made = ready!(Pin::new(making).poll(context));
                if let (Ok(made), Some(text)) = (&made, text.take()) {
                    texts.insert(&made.sound, text);
                }
                Poll::Ready(made)
            }
        }
    }
}

/// What a caller who is played has said, for the ears of a rehearsal. Shared by both.
#[derive(Debug, Clone, Default)]
pub struct CallerSpeech(Arc<Mutex<SpokenWords>>);

#[derive(Debug, Default)]
struct SpokenWords {
    /// The caller was told to say something: nobody else needs to listen.
    is_scripted: bool,
    words: String,
}

impl CallerSpeech {
    /// Of a caller who will say something.
    pub fn scripted() -> Self {
        Self(Arc::new(Mutex::new(SpokenWords { is_scripted: true, words: String::new() })))
    }

    /// The caller says something.
    pub fn push(&self, words: &str) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.words.push_str(words);
        heard.words.push(' ');
    }

    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).words)
    }

    fn is_scripted(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_scripted
    }
}

/// A recording, by whom it will be understood.
pub enum SimulatedRecording<R> {
    /// By the daemon's engine.
    Engine(R),
    /// By us.
    Simulated(SimulatedRecordingFile),
}

/// The file that the fake switch records into; it goes when this is dropped.
pub struct SimulatedRecordingFile(PathBuf);

impl Drop for SimulatedRecordingFile {
    fn drop(&mut self) {
        // Nothing was said, or the switch was another one: there is no file then.
        drop(std::fs::remove_file(&self.0));
    }
}

impl<V: VoiceService> SimulatedVoice<V> {
    /// Engines that hear what is said as well.
    pub fn new(engines: V, options: SimulationOptions) -> Self {
        Self { engines, options, recording_count: AtomicU64::new(0) }
    }

    /// The daemon's engines.
    pub fn engines(&self) -> &V {
        &self.engines
    }

    fn new_recording_file(&self) -> SimulatedRecordingFile {
        let number = self.recording_count.fetch_add(1, Ordering::Relaxed);
        let name = format!("dialscript-{}-{number}.wav", std::process::id());
        SimulatedRecordingFile(std::env::temp_dir().join(name))
    }
}

impl<V: VoiceService> VoiceService for SimulatedVoice<V> {
    type PendingRender = SimulatedSound<V::PendingRender>;
    type AsrRecording = SimulatedRecording<V::AsrRecording>;

    fn render(&self, wanted: SoundRequest, speaks: bool) -> Self::PendingRender {
        let text = public_text(&wanted);
        if let (Some(text), false) = (&text, self.options.engines) {
            return SimulatedSound::Placeholder(self.options.placeholder_sound(text));
        }
        let making = self.engines.render(wanted, speaks);
        SimulatedSound::Engine { pending: making, text, texts: self.options.prompt_texts.clone() }
    }

    fn cached(&self, wanted: SoundRequest, speaks: bool) -> Option<RenderedSound> {
        let text = public_text(&wanted);
        if let (Some(text), false) = (&text, self.options.engines) {
            return Some(RenderedSound {
                sound: self.options.placeholder_sound(text),
                guard: Arc::new(()),
            });
        }
        let made = self.engines.cached(wanted, speaks)?;
        if let Some(text) = text {
            self.options.prompt_texts.insert(&made.sound, text);
        }
        Some(made)
    }

    fn switch_sound(&self, sound: &Sound) -> Sound {
        self.engines.switch_sound(sound)
    }

    fn asr_source(&self) -> Result<(AsrSource, Option<Self::AsrRecording>), AsrError> {
        if self.options.engines && !self.options.caller_speech.is_scripted() {
            let (ear, recording) = self.engines.asr_source()?;
            return Ok((ear, recording.map(SimulatedRecording::Engine)));
        }
        let recording = self.new_recording_file();
        let ear = AsrSource::Recording(recording.0.to_string_lossy().into());
        Ok((ear, Some(SimulatedRecording::Simulated(recording))))
    }

    async fn transcribe(
        &self,
        recording: Self::AsrRecording,
        language: &str,
    ) -> Result<String, AsrError> {
        match recording {
            SimulatedRecording::Engine(recording) => {
                self.engines.transcribe(recording, language).await
            }
            SimulatedRecording::Simulated(_) => Ok(self.options.caller_speech.take()),
        }
    }
}
