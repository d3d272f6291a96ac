//! The speech engines of a simulated call. By default, texts are printed instead of spoken, and what the simulated
//! caller says is recognized without an engine. With an option, the configured engines are used.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use parking_lot::Mutex;
use tempfile::TempPath;

use crate::channel::{AsrSource, Sound};
use crate::cli::simulated_web::GivenAnswers;
use crate::script::template::MASK;
use crate::script::voice::{
    AsrError, RenderedSound, SoundError, SoundRequest, VoiceParams, VoiceService,
};

/// The configured engines, and a simulated recognizer.
pub(crate) struct SimulatedVoice<V> {
    engines: V,
    options: SimulationOptions,
}

/// The options of a simulation, and the texts that it shares with the code that prints the call.
#[derive(Debug, Clone, Default)]
pub struct SimulationOptions {
    /// Use the configured engines: the synthesizer, and also the recognizer if the caller's words are not given.
    pub engines: bool,
    pub(crate) caller_speech: CallerSpeech,
    /// Taken in place of the answers of web applications; `None` sends the requests.
    pub(crate) answers: Option<GivenAnswers>,
    pub(crate) prompt_texts: PromptTexts,
}

impl SimulationOptions {
    /// A sound that does not exist. It stands for a text that is only printed.
    fn placeholder_sound(&self, text: &str) -> Sound {
        let sound = Sound::Named(text.into());
        self.prompt_texts.insert(&sound, text.to_owned());
        sound
    }
}

/// The text of a request, without sensitive values.
fn public_text(request: &SoundRequest) -> Option<String> {
    match request {
        SoundRequest::Text { text, .. } => Some(text.redacted().into_owned()),
        SoundRequest::Url { .. } => None,
    }
}

/// The texts of spoken sounds.
#[derive(Debug, Clone, Default)]
pub(crate) struct PromptTexts(Arc<Mutex<SpokenTexts>>);

#[derive(Debug, Default)]
struct SpokenTexts {
    /// The texts without sensitive values, by the names of the sounds.
    by_sound: HashMap<String, String>,
    /// Whether a sensitive text was spoken: the switch may then speak it itself.
    is_sensitive: bool,
}

/// The commands with which a switch speaks a text itself, as the fakes name them.
const SPEAKING_COMMANDS: [&str; 5] = ["datetime ", "digits ", "letters ", "say ", "speak "];

impl PromptTexts {
    /// The text of a sound, in quotes, or the name of the sound.
    pub(crate) fn shown(&self, sound: String) -> String {
        let texts = self.0.lock();
        match texts.by_sound.get(&sound) {
            Some(text) => format!("\u{201c}{text}\u{201d}"),
            None if texts.is_sensitive => Self::without_spoken_text(&sound).unwrap_or(sound),
            None => sound,
        }
    }

    /// The name of a sound in which the text is masked; `None` if the switch does not speak a text.
    pub(crate) fn without_spoken_text(sound: &str) -> Option<String> {
        let command = SPEAKING_COMMANDS.iter().find(|command| sound.starts_with(**command))?;
        Some(format!("{command}{MASK}"))
    }

    fn insert(&self, sound: &Sound, text: String) {
        if let Sound::File(name) | Sound::Named(name) | Sound::Url(name) = sound {
            let mut texts = self.0.lock();
            // Asterisk plays a file by its name without the extension.
            if let Some(stem) = name.strip_suffix(".wav") {
                texts.by_sound.insert(stem.to_owned(), text.clone());
            }
            texts.by_sound.insert(name.to_string(), text);
        }
    }

    fn note_sensitive(&self, request: &SoundRequest) {
        if let SoundRequest::Text { text, .. } = request {
            let is_hidden = text.is_sensitive() && text.redacted() != text.text();
            self.0.lock().is_sensitive |= is_hidden;
        }
    }
}

/// A sound that may not be ready yet. When it is ready, its text is stored under its name.
pub(crate) enum SimulatedSound<M> {
    Engine {
        pending: M,
        text: Option<String>,
        /// Where the text is stored.
        texts: PromptTexts,
    },
    /// Stands for a text that is only printed.
    Placeholder(Sound),
}

impl<M: Future<Output = Result<RenderedSound, SoundError>> + Unpin> Future for SimulatedSound<M> {
    type Output = M::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Placeholder(sound) => {
                Poll::Ready(Ok(RenderedSound { sound: sound.clone(), guard: Arc::new(()) }))
            }
            Self::Engine { pending, text, texts } => {
                let rendered = ready!(Pin::new(pending).poll(context));
                if let (Ok(rendered), Some(text)) = (&rendered, text.take()) {
                    texts.insert(&rendered.sound, text);
                }
                Poll::Ready(rendered)
            }
        }
    }
}

/// What the simulated caller has said since the last recognition.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallerSpeech(Arc<Mutex<SpokenWords>>);

#[derive(Debug, Default)]
struct SpokenWords {
    /// Whether the words are given on the command line. If so, no engine is needed to recognize them.
    is_scripted: bool,
    words: String,
}

impl CallerSpeech {
    /// For a caller whose words are given on the command line.
    pub(crate) fn scripted() -> Self {
        Self(Arc::new(Mutex::new(SpokenWords { is_scripted: true, words: String::new() })))
    }

    pub(crate) fn push(&self, words: &str) {
        let mut spoken = self.0.lock();
        spoken.words.push_str(words);
        spoken.words.push(' ');
    }

    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().words)
    }

    fn is_scripted(&self) -> bool {
        self.0.lock().is_scripted
    }
}

/// A recording for the configured recognizer, or for the simulated one.
pub(crate) enum SimulatedRecording<R> {
    Engine(R),
    Simulated {
        /// The file that the fake switch records into. It is deleted when this is dropped.
        _file: TempPath,
    },
}

impl<R> SimulatedRecording<R> {
    fn create() -> Result<(AsrSource, Self), AsrError> {
        let file = tempfile::Builder::new().prefix("dialscript-").suffix(".wav").tempfile();
        let file = file.map_err(|error| AsrError(error.to_string()))?.into_temp_path();
        let source = AsrSource::Recording(file.to_string_lossy().into());
        Ok((source, Self::Simulated { _file: file }))
    }
}

impl<V: VoiceService> SimulatedVoice<V> {
    pub(crate) fn new(engines: V, options: SimulationOptions) -> Self {
        Self { engines, options }
    }

    /// The configured engines.
    pub(crate) fn engines(&self) -> &V {
        &self.engines
    }
}

impl<V: VoiceService> VoiceService for SimulatedVoice<V> {
    type PendingRender = SimulatedSound<V::PendingRender>;
    type AsrRecording = SimulatedRecording<V::AsrRecording>;

    fn render(&self, request: SoundRequest, switch_has_tts: bool) -> Self::PendingRender {
        let text = public_text(&request);
        self.options.prompt_texts.note_sensitive(&request);
        if let (Some(text), false) = (&text, self.options.engines) {
            return SimulatedSound::Placeholder(self.options.placeholder_sound(text));
        }
        let pending = self.engines.render(request, switch_has_tts);
        SimulatedSound::Engine { pending, text, texts: self.options.prompt_texts.clone() }
    }

    fn cached(&self, request: SoundRequest, switch_has_tts: bool) -> Option<RenderedSound> {
        let text = public_text(&request);
        if let (Some(text), false) = (&text, self.options.engines) {
            return Some(RenderedSound {
                sound: self.options.placeholder_sound(text),
                guard: Arc::new(()),
            });
        }
        let rendered = self.engines.cached(request, switch_has_tts)?;
        if let Some(text) = text {
            self.options.prompt_texts.insert(&rendered.sound, text);
        }
        Some(rendered)
    }

    fn text_language(&self, voice_params: &VoiceParams) -> Option<Arc<str>> {
        self.engines.text_language(voice_params)
    }

    fn switch_sound(&self, sound: &Sound) -> Sound {
        self.engines.switch_sound(sound)
    }

    fn asr_source(&self) -> Result<(AsrSource, Option<Self::AsrRecording>), AsrError> {
        if self.options.engines && !self.options.caller_speech.is_scripted() {
            let (source, recording) = self.engines.asr_source()?;
            return Ok((source, recording.map(SimulatedRecording::Engine)));
        }
        let (source, recording) = SimulatedRecording::create()?;
        Ok((source, Some(recording)))
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
            SimulatedRecording::Simulated { .. } => Ok(self.options.caller_speech.take()),
        }
    }
}
