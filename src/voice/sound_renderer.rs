//! Turns a [`SoundRequest`] into a sound that the switch can play: from the store, by an engine, or by a fetch.

use std::sync::Arc;

use super::engine_state::EngineState;
use super::engine_stats::EngineSnapshot;
use super::render_tasks::{PendingSound, RenderTasks, ready};
use super::settings::VoiceSettings;
use super::sound_fetcher::SoundFetcher;
use super::sound_store::SoundStore;
use super::sound_urls::SoundUrls;
use super::tts::Synthesizer;
use crate::concurrency_limit::ConcurrencyLimit;
use crate::script::template::RedactedText;
use crate::script::voice::{RenderedSound, SoundError, SoundRequest, VoiceParams};
use crate::web::client::HttpClient;

/// There may be this many tasks for each permit of the engines. Most of these tasks wait for a permit.
const TASKS_PER_PERMIT: usize = 64;

#[derive(Clone)]
pub(super) struct SoundRenderer {
    synthesizer: Arc<Synthesizer>,
    fetcher: Arc<SoundFetcher>,
    tasks: Arc<RenderTasks>,
    pub(super) store: Arc<SoundStore>,
    limits: RenderLimits,
}

/// The limits on rendering. They are separate, so that slow web servers do not delay engines.
#[derive(Clone)]
struct RenderLimits {
    syntheses: ConcurrencyLimit,
    fetches: ConcurrencyLimit,
    tasks: ConcurrencyLimit,
}

impl RenderLimits {
    fn new(max_concurrent: usize) -> Self {
        let limit = || ConcurrencyLimit::new(max_concurrent);
        let tasks = ConcurrencyLimit::new(max_concurrent * TASKS_PER_PERMIT);
        Self { syntheses: limit(), fetches: limit(), tasks }
    }

    fn set_max(&self, max_concurrent: usize) {
        self.syntheses.set_max(max_concurrent);
        self.fetches.set_max(max_concurrent);
        self.tasks.set_max(max_concurrent * TASKS_PER_PERMIT);
    }
}

impl SoundRenderer {
    pub(super) fn new(
        settings: &VoiceSettings,
        client: Arc<HttpClient>,
        urls: Option<Arc<SoundUrls>>,
    ) -> Self {
        let store = Arc::new(SoundStore::open(settings, urls));
        let limits = RenderLimits::new(settings.max_concurrent);
        let (syntheses, fetches) = (limits.syntheses.clone(), limits.fetches.clone());
        let synthesizer = Synthesizer::new(settings, client.clone(), store.clone(), syntheses);
        Self {
            synthesizer: Arc::new(synthesizer),
            fetcher: Arc::new(SoundFetcher::new(settings, client, store.clone(), fetches)),
            tasks: Arc::new(RenderTasks::new(limits.tasks.clone())),
            store,
            limits,
        }
    }

    pub(super) fn tts_states(&self) -> Vec<EngineState> {
        self.synthesizer.engine_states()
    }

    pub(super) fn tts_snapshot(&self) -> EngineSnapshot {
        self.synthesizer.snapshot()
    }

    /// A renderer with these settings, except folders and sound server. It shares the stored sounds and the sounds in
    /// progress with this one, and the limits, which change for both.
    pub(super) fn with_settings(&self, settings: &VoiceSettings, client: Arc<HttpClient>) -> Self {
        self.store.set_max_bytes(settings.max_cache_bytes);
        self.limits.set_max(settings.max_concurrent);
        let (store, limits) = (self.store.clone(), self.limits.clone());
        let fetches = limits.fetches.clone();
        Self {
            synthesizer: Arc::new(self.synthesizer.with_settings(settings, client.clone())),
            fetcher: Arc::new(SoundFetcher::new(settings, client, store.clone(), fetches)),
            tasks: self.tasks.clone(),
            store,
            limits,
        }
    }

    /// The limit on concurrent syntheses.
    pub(super) fn max_concurrent(&self) -> usize {
        self.limits.syntheses.max()
    }

    pub(super) async fn close_and_wait(&self) {
        self.tasks.close_and_wait().await;
    }

    pub(super) async fn abort(&self) {
        self.tasks.abort().await;
    }

    /// The language in which texts with these parameters are spoken; `None` if it is not certain.
    pub(super) fn text_language(&self, params: &VoiceParams) -> Option<Arc<str>> {
        self.synthesizer.text_language(params)
    }

    pub(super) fn render(&self, request: SoundRequest, has_tts: bool) -> PendingSound {
        let pending = match request {
            SoundRequest::Text { text, voice_params } => {
                self.synthesize(text, &voice_params, has_tts)
            }
            SoundRequest::Url { url, decides_host } => self.fetch(&url, decides_host),
        };
        pending.unwrap_or_else(|error| ready(Err(error)))
    }

    fn synthesize(
        &self,
        text: RedactedText,
        params: &VoiceParams,
        has_tts: bool,
    ) -> Result<PendingSound, SoundError> {
        let request = Arc::new(self.synthesizer.synthesis_request(text, params, has_tts)?);
        if let Some(sound) = self.synthesizer.cached(&request) {
            return Ok(ready(Ok(sound)));
        }
        let key = self.synthesizer.sound_key(&request);
        let (synthesizer, task_request) = (self.synthesizer.clone(), request.clone());
        let task = async move { synthesizer.synthesize(&task_request).await };
        Ok(match key {
            Some(key) => self.tasks.join_or_start(
                (key, request.may_use_switch()),
                || self.synthesizer.cached(&request),
                task,
            ),
            None => self.tasks.start_unshared(task),
        })
    }

    fn fetch(&self, url: &RedactedText, untrusted_host: bool) -> Result<PendingSound, SoundError> {
        let source = self.fetcher.check_url(url, untrusted_host)?;
        if let Some(result) = self.fetcher.cached_result(&source) {
            return Ok(ready(result));
        }
        let (fetcher, task_source) = (self.fetcher.clone(), source.clone());
        let task = async move { fetcher.fetch(&task_source).await };
        Ok(match source.sound_key() {
            Some(key) => {
                self.tasks.join_or_start((key, false), || self.fetcher.cached_fresh(&source), task)
            }
            None => self.tasks.start_unshared(task),
        })
    }

    /// Returns a stored sound. A fetched one may be stale; it is then refreshed in the background.
    pub(super) fn cached(&self, request: SoundRequest, has_tts: bool) -> Option<RenderedSound> {
        match request {
            SoundRequest::Text { text, voice_params } => {
                let request = self.synthesizer.synthesis_request(text, &voice_params, has_tts);
                self.synthesizer.cached(&request.ok()?)
            }
            SoundRequest::Url { url, decides_host } => {
                let source = self.fetcher.check_url(&url, decides_host).ok()?;
                if source.sound_key().is_some() {
                    drop(self.fetch(&url, decides_host));
                }
                self.fetcher.cached(&source)
            }
        }
    }

    /// Like [`SoundRenderer::cached`], but starts no fetch.
    pub(super) fn is_cached(&self, request: &SoundRequest) -> bool {
        match request {
            SoundRequest::Text { .. } => self.cached(request.clone(), false).is_some(),
            SoundRequest::Url { url, decides_host } => {
                let source = self.fetcher.check_url(url, *decides_host);
                source.is_ok_and(|source| self.fetcher.cached(&source).is_some())
            }
        }
    }

    /// Whether the request is a text for which the switch is the only engine.
    pub(super) fn needs_switch_tts(&self, request: &SoundRequest) -> bool {
        let SoundRequest::Text { text, voice_params } = request else { return false };
        let is_possible = |has_tts| {
            self.synthesizer.synthesis_request(text.clone(), voice_params, has_tts).is_ok()
        };
        is_possible(true) && !is_possible(false)
    }
}
