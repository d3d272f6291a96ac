//! Texts spoken, sounds fetched, speech understood: the words between a script and whoever does it.

use std::future::Future;
use std::sync::Arc;

use crate::channel::{AsrSource, Sound};
use crate::script::template::RedactedText;

/// How a script's texts are spoken. What is `None` is as the daemon's file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct VoiceParams {
    /// The engine, by the name that the daemon's file gives it.
    pub engine: Option<Arc<str>>,
    /// The voice, as the engine names it.
    pub voice: Option<Arc<str>>,
    /// The language, such as `en` or `pt-BR`.
    pub language: Option<Arc<str>>,
    /// How fast.
    pub speed: Option<SpeakingRate>,
}

/// How fast texts are spoken: hundredths of the engine's normal speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpeakingRate(pub u16);

impl Default for SpeakingRate {
    fn default() -> Self {
        Self(100)
    }
}

/// A sound that is not there yet, or may not be.
#[derive(Debug, Clone)]
pub enum SoundRequest {
    /// A text, spoken. It holds nothing that an engine takes for a command.
    Text {
        /// The text. Where it is sensitive, nothing of it is kept or shown.
        text: RedactedText,
        /// How it is spoken.
        voice_params: Arc<VoiceParams>,
    },
    /// A sound at a URL.
    Url {
        /// Where it is, as text; it is parsed and judged by who fetches it.
        url: RedactedText,
        /// Whether a value decided its host.
        decides_host: bool,
    },
}

/// A sound that was made, or fetched.
#[derive(Clone)]
pub struct RenderedSound {
    /// As the switch takes it.
    pub sound: Sound,
    /// Keeps it where it is until it has been heard.
    pub guard: SoundGuard,
}

/// Something that is kept as long as somebody has it.
pub type SoundGuard = Arc<dyn Send + Sync>;

/// Why there is no sound. Its text never holds what was to be spoken, or fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SoundError(pub String);

/// Why nothing was understood. Its text never holds what was said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AsrError(pub String);

/// Who makes sounds and understands speech for scripts.
pub trait VoiceService: Send + Sync {
    /// A sound in the making. Nothing is lost when it is polled and dropped.
    type PendingRender: Future<Output = Result<RenderedSound, SoundError>> + Send + Unpin;

    /// A recording: what is said will be in it. It is deleted when this is dropped.
    type AsrRecording: Send + Sync;

    /// Begins to make a sound, unless it is there: several may be in the making. `speaks` tells whether the switch can
    /// speak texts itself. What is begun is bounded in time.
    fn render(&self, wanted: SoundRequest, speaks: bool) -> Self::PendingRender;

    /// A sound that is there already, for where nothing waits for one. `speaks` as for [`VoiceService::render`].
    fn cached(&self, wanted: SoundRequest, speaks: bool) -> Option<RenderedSound> {
        let _ = (wanted, speaks);
        None
    }

    /// A recorded sound as the switch reaches it: on another host it may be fetched from us.
    fn switch_sound(&self, sound: &Sound) -> Sound {
        sound.clone()
    }

    /// Who listens, and the recording where that is us.
    ///
    /// # Errors
    ///
    /// Where speech can't be understood at all.
    fn asr_source(&self) -> Result<(AsrSource, Option<Self::AsrRecording>), AsrError>;

    /// Turns a recording into words, within a bound of its own; empty where nothing was understood in it.
    fn transcribe(
        &self,
        recording: Self::AsrRecording,
        language: &str,
    ) -> impl Future<Output = Result<String, AsrError>> + Send;
}
