//! Text-to-speech, sounds from URLs, conversion to a format that the switch plays, and speech recognition.
//!
//! ```text
//! render ─▶ in the store? ─▶ one task per key ─┬─▶ engine, else the fallback engine ─┬─▶ convert ─▶ store ─▶ sound
//!                                              └─▶ fetch (egress rules, ETag) ───────┘
//! asr_source ─▶ a file name ─▶ (the switch records) ─▶ transcribe ─▶ engine ─▶ text; the recording is deleted
//! ```
//!
//! A task that renders a cacheable sound continues after the call that requested it has ended: other calls may need the
//! sound.

use std::sync::Arc;

use crate::channel::{AsrSource, Sound};
use crate::script::definition::ScriptLibrary;
use crate::script::voice::{AsrError, RenderedSound, SoundRequest, VoiceParams, VoiceService};
use crate::web::client::HttpClient;

pub mod asr;
pub mod audio;
mod engine_state;
mod engine_stats;
mod prewarmer;
pub mod program;
mod random_name;
pub mod recordings;
mod render_tasks;
pub mod settings;
mod sound_fetcher;
mod sound_renderer;
pub mod sound_server;
mod sound_store;
mod sound_urls;
mod tts;
mod untrusted_files;

use asr::Recognizer;
pub use engine_state::{EngineState, LastFailure};
pub use engine_stats::EngineSnapshot;
use prewarmer::Prewarmer;
use recordings::SpeechRecording;
use render_tasks::PendingSound;
use settings::VoiceSettings;
use sound_renderer::SoundRenderer;
use sound_urls::SoundUrls;

/// The speech engines that the daemon's file configures, for use by scripts.
pub struct VoiceEngines {
    settings: VoiceSettings,
    client: Arc<HttpClient>,
    renderer: SoundRenderer,
    recognizer: Recognizer,
    prewarmer: Arc<Prewarmer>,
    sound_urls: Option<Arc<SoundUrls>>,
}

/// The numbers of speech and sounds, for the metrics.
#[derive(Debug, Clone, Default)]
pub struct VoiceSnapshot {
    pub tts: EngineSnapshot,
    pub asr: EngineSnapshot,
    /// The number of synthesized and fetched sounds in the cache.
    pub cached_sounds: usize,
    /// Their size.
    pub cached_sound_bytes: u64,
}

impl VoiceEngines {
    /// Renders nothing yet. With `sound_urls`, the switch fetches sounds from the sound server.
    pub fn new(
        settings: VoiceSettings,
        client: Arc<HttpClient>,
        sound_urls: Option<Arc<SoundUrls>>,
    ) -> Self {
        let settings = settings.with_bounded_concurrency();
        let recognizer = Recognizer::new(&settings, client.clone());
        let renderer = SoundRenderer::new(&settings, client.clone(), sound_urls.clone());
        Self { settings, client, renderer, recognizer, prewarmer: Arc::default(), sound_urls }
    }

    /// Engines with these settings, except folders and sound server, which stay as they are. They share with these
    /// engines the stored sounds, the sounds in progress, the recordings, and the limits, which change for both. `None`
    /// if nothing differs.
    ///
    /// Calls that use these engines continue with them.
    pub fn with_settings(&self, settings: VoiceSettings, client: Arc<HttpClient>) -> Option<Self> {
        let settings = settings.with_bounded_concurrency();
        if settings == self.settings && Arc::ptr_eq(&client, &self.client) {
            return None;
        }
        Some(Self {
            recognizer: self.recognizer.with_settings(&settings, client.clone()),
            renderer: self.renderer.with_settings(&settings, client.clone()),
            prewarmer: self.prewarmer.clone(),
            sound_urls: self.sound_urls.clone(),
            settings,
            client,
        })
    }

    /// Renders the sounds that the scripts need in every call, in the background, and renders them again if they fail
    /// or are deleted. This replaces the sounds of an earlier library.
    pub fn prewarm(&self, library: &ScriptLibrary) {
        let fixed_sounds = library.fixed_sounds().collect();
        self.prewarmer.start(fixed_sounds, self.renderer.clone());
    }

    /// The states of the text-to-speech engines.
    pub fn tts_states(&self) -> Vec<EngineState> {
        self.renderer.tts_states()
    }

    /// The state of the speech recognizer; `None` if none is configured.
    pub fn asr_state(&self) -> Option<EngineState> {
        self.recognizer.engine_state()
    }

    /// The limit on the size of the cached sounds.
    pub fn max_cached_sound_bytes(&self) -> u64 {
        self.renderer.store.max_bytes()
    }

    /// Lets another process store the sounds from now on. This one still makes those of its calls.
    pub fn give_up_store(&self) {
        self.prewarmer.stop();
        self.renderer.store.give_up();
    }

    pub fn snapshot(&self) -> VoiceSnapshot {
        let (cached_sounds, cached_sound_bytes) = self.renderer.store.size();
        VoiceSnapshot {
            tts: self.renderer.tts_snapshot(),
            asr: self.recognizer.snapshot(),
            cached_sounds,
            cached_sound_bytes,
        }
    }

    /// Waits until all sounds in progress are complete. There is no time limit except the timeouts of engines and
    /// fetches.
    pub async fn close_and_wait(&self) {
        self.prewarmer.stop();
        self.renderer.close_and_wait().await;
    }

    /// Aborts all sounds in progress, and waits until the engines' programs are killed and their files are removed.
    pub async fn abort(&self) {
        self.prewarmer.stop();
        self.renderer.abort().await;
    }
}

impl VoiceService for VoiceEngines {
    type PendingRender = PendingSound;
    type AsrRecording = SpeechRecording;

    fn render(&self, request: SoundRequest, has_tts: bool) -> PendingSound {
        self.renderer.render(request, has_tts)
    }

    /// A fetched sound may be stale. It is then refreshed in the background.
    fn cached(&self, request: SoundRequest, has_tts: bool) -> Option<RenderedSound> {
        self.renderer.cached(request, has_tts)
    }

    fn text_language(&self, voice_params: &VoiceParams) -> Option<Arc<str>> {
        self.renderer.text_language(voice_params)
    }

    fn switch_sound(&self, sound: &Sound) -> Sound {
        self.sound_urls.as_ref().map_or_else(|| sound.clone(), |urls| urls.switch_sound(sound))
    }

    fn asr_source(&self) -> Result<(AsrSource, Option<SpeechRecording>), AsrError> {
        self.recognizer.asr_source()
    }

    async fn transcribe(
        &self,
        recording: SpeechRecording,
        language: &str,
    ) -> Result<String, AsrError> {
        self.recognizer.transcribe(recording, language).await
    }
}
