//! Texts into sounds, sounds into the switch's format, speech into words.
//!
//! ```text
//! make ─▶ store (there already?) ─▶ one making per key ─▶ engine, else the fallback engine ─▶ audio ─▶ store ─▶ Sound
//!                                                    └─▶ fetch (egress, ETag) ─────────────┘
//! ear ─▶ a recording's name ─▶ (the switch records) ─▶ understand ─▶ recogniser ─▶ words; the recording is deleted
//! ```
//!
//! What is made is a tracked task of its own: it goes on when the call that wanted it is over, and serves others.

use std::sync::Arc;

use crate::channel::{AsrSource, Sound};
use crate::script::definition::ScriptLibrary;
use crate::script::voice::{AsrError, RenderedSound, SoundRequest, VoiceService};
use crate::web::client::HttpClient;

pub mod asr;
pub mod audio;
pub mod pending_sound;
pub mod program;
pub mod recordings;
pub mod settings;
pub mod sound_fetcher;
pub mod sound_server;
mod sound_service;
pub mod sound_store;
pub mod tts;
mod untrusted_files;

use asr::Recognizer;
use pending_sound::PendingSound;
use pending_sound::prewarmer::Prewarmer;
use recordings::SpeechRecording;
use settings::VoiceSettings;
use sound_server::SoundUrls;
use sound_service::SoundService;

/// Speaks and listens for scripts, by the engines of the daemon's file.
pub struct VoiceEngines {
    sound_service: SoundService,
    recognizer: Recognizer,
    prewarmer: Prewarmer,
    sound_urls: Option<Arc<SoundUrls>>,
}

impl VoiceEngines {
    /// Sets up the engines; nothing is made. With `urls` the switch fetches sounds from us.
    pub fn new(
        settings: VoiceSettings,
        client: Arc<HttpClient>,
        sound_urls: Option<Arc<SoundUrls>>,
    ) -> Self {
        let settings =
            VoiceSettings { max_concurrent: settings.max_concurrent.clamp(1, 1024), ..settings };
        let recognizer = Recognizer::new(&settings, client.clone());
        let sound_service = SoundService::new(&settings, client, sound_urls.clone());
        Self { sound_service, recognizer, prewarmer: Prewarmer::default(), sound_urls }
    }

    /// Makes what the scripts need in every call, in the background, instead of what it was told before. What fails or
    /// is lost later is made again now and then.
    pub fn prewarm(&self, library: &ScriptLibrary) {
        let fixed = library.fixed_sounds().collect();
        self.prewarmer.start(fixed, self.sound_service.clone());
    }

    /// Waits until no sound is in the making; there is no bound on it but that of each making.
    pub async fn close_and_wait(&self) {
        self.prewarmer.stop();
        self.sound_service.close_and_wait().await;
    }

    /// Breaks off what is in the making: no program of an engine outlives it, and no file of one.
    pub async fn abort(&self) {
        self.prewarmer.stop();
        self.sound_service.abort().await;
    }
}

impl VoiceService for VoiceEngines {
    type PendingRender = PendingSound;
    type AsrRecording = SpeechRecording;

    fn render(&self, wanted: SoundRequest, speaks: bool) -> PendingSound {
        self.sound_service.render(wanted, speaks)
    }

    /// A fetched sound however old it is: it is asked for again in the background then.
    fn cached(&self, wanted: SoundRequest, speaks: bool) -> Option<RenderedSound> {
        self.sound_service.cached(wanted, speaks)
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
