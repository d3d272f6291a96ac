//! Text-to-speech, sounds at URLs and speech recognition: the trait that provides them, and its types.

use std::future::Future;
use std::sync::Arc;

use crate::channel::{AsrSource, Sound};
use crate::script::language_code::is_same_language;
use crate::script::template::RedactedText;

/// How the texts of a script are spoken. `None` is the default in the daemon's configuration file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct VoiceParams {
    /// The name of the engine in the daemon's configuration file.
    pub engine: Option<Arc<str>>,
    /// The name of the voice in the engine.
    pub voice: Option<Arc<str>>,
    /// The language, such as `en` or `pt-BR`.
    pub language: Option<Arc<str>>,
    /// Whether `language` is that of the call, set by an outcome, and not that of `[voice]`. The engine's own voice is
    /// then only used if it belongs to this language.
    pub in_call_language: bool,
    pub speed: Option<SpeakingRate>,
}

impl VoiceParams {
    /// For a text of a script without a language, in a call whose language an outcome has set.
    pub(crate) fn in_call_language(&self, language: &Arc<str>) -> Self {
        Self { language: Some(language.clone()), in_call_language: true, ..self.clone() }
    }

    /// For a text of the outcome that sets the language. The voice of the script belongs to the language of the script.
    pub(crate) fn in_outcome_language(&self, language: &Arc<str>) -> Self {
        let own = self.language.as_ref();
        let keeps_voice = own.is_some_and(|own| is_same_language(own, language));
        let voice = self.voice.clone().filter(|_| keeps_voice);
        Self { voice, ..self.in_call_language(language) }
    }
}

/// The speaking rate in percent of the engine's normal rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpeakingRate(pub u16);

impl Default for SpeakingRate {
    fn default() -> Self {
        Self(100)
    }
}

/// A request for a sound that has to be rendered or fetched.
#[derive(Debug, Clone)]
pub enum SoundRequest {
    /// A text to be spoken: either a text as the author of a script has written it, or the value of a placeholder, in
    /// which nothing is left that an engine could take for markup or a command.
    Text {
        /// A sensitive text is never cached or logged.
        text: RedactedText,
        voice_params: Arc<VoiceParams>,
    },
    /// A sound at a URL.
    Url {
        /// Not parsed or checked yet: the [`VoiceService`] does that.
        url: RedactedText,
        /// Whether a value of the call is part of the host. The host is then checked against the operator's egress
        /// rules.
        decides_host: bool,
    },
}

/// A sound that was rendered or fetched.
#[derive(Clone)]
pub struct RenderedSound {
    /// In the form that the switch plays.
    pub sound: Sound,
    /// To be held until the sound has been played.
    pub guard: SoundGuard,
}

/// The cache does not delete a sound while a guard of it exists.
pub(crate) type SoundGuard = Arc<dyn Send + Sync>;

/// Why there is no sound. The message never contains the text or the URL of the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SoundError(pub String);

/// Why speech recognition failed. The message never contains anything of the speech.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AsrError(pub String);

/// Renders sounds and recognizes speech for scripts.
pub trait VoiceService: Send + Sync {
    /// A sound that is being rendered. Awaiting it by reference is cancellation safe: another await continues the
    /// rendering.
    type PendingRender: Future<Output = Result<RenderedSound, SoundError>> + Send + Unpin;

    /// A recording that the switch makes of the caller. It is deleted when this is dropped.
    type AsrRecording: Send + Sync;

    /// Starts to render a sound, unless it is in the cache. Several sounds may be rendered at once. Each has a timeout.
    /// `has_tts` says whether the switch can speak texts itself.
    fn render(&self, request: SoundRequest, has_tts: bool) -> Self::PendingRender;

    /// The sound if it is available without waiting. `has_tts` is as in [`VoiceService::render`].
    fn cached(&self, request: SoundRequest, has_tts: bool) -> Option<RenderedSound> {
        let _ = (request, has_tts);
        None
    }

    /// The language in which texts with these parameters are spoken; `None` if it is not certain. Numbers in texts are
    /// written with the separators of this language.
    fn text_language(&self, voice_params: &VoiceParams) -> Option<Arc<str>> {
        voice_params.language.clone()
    }

    /// The form in which the switch can play a recorded sound: a file, or a URL of our sound server if the switch is on
    /// another host.
    fn switch_sound(&self, sound: &Sound) -> Sound {
        sound.clone()
    }

    /// Who recognizes the speech. If that is the daemon, also the recording that the switch has to make for it.
    ///
    /// # Errors
    ///
    /// When no recognizer is available.
    fn asr_source(&self) -> Result<(AsrSource, Option<Self::AsrRecording>), AsrError>;

    /// Turns a recording into words; empty if there is no speech in it. Has a timeout.
    fn transcribe(
        &self,
        recording: Self::AsrRecording,
        language: &str,
    ) -> impl Future<Output = Result<String, AsrError>> + Send;
}
