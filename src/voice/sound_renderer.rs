//! Who makes sounds: texts by engines, URLs by fetching, one making for all that want the same.

use std::sync::Arc;

use crate::script::template::RedactedText;
use crate::script::voice::{RenderedSound, SoundError, SoundRequest, VoiceParams};
use crate::voice::pending_sound::{PendingSound, PendingSounds};
use crate::voice::settings::VoiceSettings;
use crate::voice::sound_fetcher::SoundFetcher;
use crate::voice::sound_server::SoundUrls;
use crate::voice::sound_store::SoundStore;
use crate::voice::tts::Synthesizer;
use crate::web::client::HttpClient;

/// For each sound that may be in the making so many may wait for their turn.
const QUEUED_PER_SLOT: usize = 64;

/// Who makes sounds.
#[derive(Clone)]
pub(super) struct SoundService {
    synthesizer: Arc<Synthesizer>,
    fetcher: Arc<SoundFetcher>,
    pending_sounds: Arc<PendingSounds>,
    pub(super) store: Arc<SoundStore>,
    pub(super) max_concurrent: usize,
}

impl SoundService {
    /// Nothing is made yet.
    pub(super) fn new(
        settings: &VoiceSettings,
        client: Arc<HttpClient>,
        urls: Option<Arc<SoundUrls>>,
    ) -> Self {
        let store = Arc::new(SoundStore::open(settings, urls));
        Self {
            synthesizer: Arc::new(Synthesizer::new(settings, client.clone(), store.clone())),
            fetcher: Arc::new(SoundFetcher::new(settings, client, store.clone())),
            pending_sounds: Arc::new(PendingSounds::new(settings.max_concurrent * QUEUED_PER_SLOT)),
            store,
            max_concurrent: settings.max_concurrent,
        }
    }

    pub(super) async fn close_and_wait(&self) {
        self.pending_sounds.close_and_wait().await;
    }

    pub(super) async fn abort(&self) {
        self.pending_sounds.abort().await;
    }

    pub(super) fn render(&self, wanted: SoundRequest, speaks: bool) -> PendingSound {
        let making = match wanted {
            SoundRequest::Text { text, voice_params: manner } => {
                self.synthesize(text, &manner, speaks)
            }
            SoundRequest::Url { url, decides_host } => self.fetch(&url, decides_host),
        };
        making.unwrap_or_else(|mute| PendingSound::Ready(Err(mute)))
    }

    fn synthesize(
        &self,
        text: RedactedText,
        manner: &VoiceParams,
        speaks: bool,
    ) -> Result<PendingSound, SoundError> {
        let text = Arc::new(self.synthesizer.synthesis_request(text, manner, speaks)?);
        if let Some(made) = self.synthesizer.cached(&text) {
            return Ok(PendingSound::Ready(Ok(made)));
        }
        let by_switch = text.may_use_switch();
        let (speakers, spoken) = (self.synthesizer.clone(), text.clone());
        let make = async move { speakers.synthesize(&spoken).await };
        Ok(match self.synthesizer.sound_key(&text) {
            Some(key) => self.pending_sounds.join_or_start(
                (key, by_switch),
                || self.synthesizer.cached(&text),
                make,
            ),
            None => self.pending_sounds.start_unshared(make),
        })
    }

    fn fetch(&self, url: &RedactedText, decides_host: bool) -> Result<PendingSound, SoundError> {
        let place = self.fetcher.check_url(url, decides_host)?;
        if let Some(outcome) = self.fetcher.cached_result(&place) {
            return Ok(PendingSound::Ready(outcome));
        }
        let (fetcher, fetched) = (self.fetcher.clone(), place.clone());
        let fetch = async move { fetcher.fetch(&fetched).await };
        Ok(match place.sound_key() {
            Some(key) => self.pending_sounds.join_or_start(
                (key, false),
                || self.fetcher.cached_fresh(&place),
                fetch,
            ),
            None => self.pending_sounds.start_unshared(fetch),
        })
    }

    pub(super) fn cached(&self, wanted: SoundRequest, speaks: bool) -> Option<RenderedSound> {
        match wanted {
            SoundRequest::Text { text, voice_params: manner } => self
                .synthesizer
                .cached(&self.synthesizer.synthesis_request(text, &manner, speaks).ok()?),
            SoundRequest::Url { url, decides_host } => {
                let place = self.fetcher.check_url(&url, decides_host).ok()?;
                if place.sound_key().is_some() {
                    drop(self.fetch(&url, decides_host));
                }
                self.fetcher.cached(&place)
            }
        }
    }

    pub(super) fn is_cached(&self, wanted: &SoundRequest) -> bool {
        match wanted {
            SoundRequest::Text { .. } => self.cached(wanted.clone(), false).is_some(),
            SoundRequest::Url { url, decides_host } => {
                let place = self.fetcher.check_url(url, *decides_host);
                place.is_ok_and(|place| self.fetcher.cached(&place).is_some())
            }
        }
    }

    /// Whether it is a text that nobody but the switch can speak.
    pub(super) fn needs_switch_tts(&self, wanted: &SoundRequest) -> bool {
        let SoundRequest::Text { text, voice_params: manner } = wanted else { return false };
        let speakers = |speaks| self.synthesizer.synthesis_request(text.clone(), manner, speaks);
        speakers(true).is_ok() && speakers(false).is_err()
    }
}
