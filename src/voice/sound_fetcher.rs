//! Fetches sounds from URLs, converts them, and caches them as their HTTP headers allow. The switch never gets the URL
//! itself.

mod recent_failures;

use std::sync::Arc;
use std::time::Duration;

use http::header::ACCEPT;
use reqwest::{Method, Request};
use tokio::time::{Instant, timeout_at};
use tracing::warn;
use url::Url;

use super::audio;
use super::settings::{SoundFormat, VoiceSettings};
use super::sound_store::cache_metadata::{SoundCacheMetadata, is_uncacheable};
use super::sound_store::sound_key::SoundKey;
use super::sound_store::{SoundStore, StoredSound};
use crate::concurrency_limit::ConcurrencyLimit;
use crate::script::template::RedactedText;
use crate::script::voice::{RenderedSound, SoundError};
use crate::web::client::{HttpClient, HttpReply};

use recent_failures::RecentFetchFailures;

/// The size of the largest sound that is fetched or synthesized, before its conversion.
pub(super) const MAX_SOUND_BYTES: usize = 16 << 20;

/// After a failed refresh, the stale sound is played for this long without another attempt.
const STALE_TIME_AFTER_FAILURE: Duration = Duration::from_secs(30);

const ACCEPT_VALUE: &str = "audio/wav, audio/mpeg, audio/ogg, audio/flac, audio/*;q=0.5, */*;q=0.1";

pub(super) struct SoundFetcher {
    client: Arc<HttpClient>,
    store: Arc<SoundStore>,
    format: SoundFormat,
    timeout: Duration,
    limit: ConcurrencyLimit,
    recent_failures: RecentFetchFailures,
}

/// A sound's URL, after [`SoundFetcher::check_url`]. It has no `Debug`, since it may contain secrets.
#[derive(Clone)]
pub(super) struct SoundSource {
    url: Url,
    untrusted_host: bool,
    sound_key: Option<SoundKey>,
}

impl SoundSource {
    /// `None` if the URL is sensitive: the sound must not be cached then.
    pub(super) fn sound_key(&self) -> Option<SoundKey> {
        self.sound_key
    }
}

enum SoundFetchError {
    /// The sound is not available any more. A stale copy must not be played either.
    Gone(SoundError),
    Temporary(SoundError),
}

impl SoundFetcher {
    pub(super) fn new(
        settings: &VoiceSettings,
        client: Arc<HttpClient>,
        store: Arc<SoundStore>,
        limit: ConcurrencyLimit,
    ) -> Self {
        Self {
            client,
            store,
            format: settings.format,
            timeout: settings.timeout,
            limit,
            recent_failures: RecentFetchFailures::default(),
        }
    }

    /// Parses a URL and checks whether it may be fetched. With `untrusted_host`, a value decided the host, so the
    /// egress rules apply.
    ///
    /// # Errors
    ///
    /// If the URL is invalid, or the egress rules forbid its host.
    pub(super) fn check_url(
        &self,
        url: &RedactedText,
        untrusted_host: bool,
    ) -> Result<SoundSource, SoundError> {
        let parsed =
            Url::parse(url.text()).map_err(|_| sound_error("the sound's URL is invalid"))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(sound_error("the sound's URL is neither http nor https"));
        }
        if untrusted_host {
            self.client.check(&parsed).map_err(sound_error)?;
        }
        // The keys of the two kinds differ: a URL from a value must not find a sound that only a script's own URL may
        // fetch.
        let kind: &[u8] = if untrusted_host { b"url of a value" } else { b"url" };
        let format = format!("{:?}", self.format);
        let parts = [kind, format.as_bytes(), parsed.as_str().as_bytes()];
        let sound_key = (!url.is_sensitive()).then(|| SoundKey::from_parts(parts));
        Ok(SoundSource { url: parsed, untrusted_host, sound_key })
    }

    /// Returns the fresh sound or the error of a recent fetch. `None` means that a fetch is needed.
    pub(super) fn cached_result(
        &self,
        source: &SoundSource,
    ) -> Option<Result<RenderedSound, SoundError>> {
        let recent_error = || self.recent_failures.get(source.sound_key?).map(Err);
        self.cached_fresh(source).map(Ok).or_else(recent_error)
    }

    pub(super) fn cached_fresh(&self, source: &SoundSource) -> Option<RenderedSound> {
        let sound = self.store.get(source.sound_key?)?;
        sound.metadata().is_some_and(SoundCacheMetadata::is_fresh).then(|| sound.rendered())
    }

    /// Returns the stored sound, fresh or stale.
    pub(super) fn cached(&self, source: &SoundSource) -> Option<RenderedSound> {
        Some(self.store.get(source.sound_key?)?.rendered())
    }

    /// Fetches a sound, or revalidates the stored one.
    ///
    /// # Errors
    ///
    /// If the fetch fails or times out, and there is no stale sound that may be played instead.
    pub(super) async fn fetch(&self, source: &SoundSource) -> Result<RenderedSound, SoundError> {
        let stale = source.sound_key.and_then(|key| self.store.get(key));
        let deadline = Instant::now() + self.timeout;
        let fetched = timeout_at(deadline, self.fetch_and_store(source, stale.as_ref())).await;
        let timed_out =
            || temporary_error(format_args!("the sound was not fetched within {:?}", self.timeout));
        match (fetched.unwrap_or_else(|_| Err(timed_out())), stale) {
            (Ok(sound), _) => Ok(sound.rendered()),
            (Err(SoundFetchError::Temporary(error)), Some(stale)) => stale_or_error(&stale, error),
            (Err(SoundFetchError::Temporary(error)), None) => {
                if let Some(key) = source.sound_key {
                    self.recent_failures.put(key, error.clone());
                }
                Err(error)
            }
            (Err(SoundFetchError::Gone(error)), _) => {
                if let Some(key) = source.sound_key {
                    self.store.remove(key);
                }
                Err(error)
            }
        }
    }

    async fn fetch_and_store(
        &self,
        source: &SoundSource,
        stale: Option<&Arc<StoredSound>>,
    ) -> Result<Arc<StoredSound>, SoundFetchError> {
        let _permit = self.limit.acquire().await;
        let request = self.build_request(source, stale).map_err(temporary_error)?;
        let reply = self.client.exchange(request, source.untrusted_host, MAX_SOUND_BYTES).await;
        let reply = reply.map_err(temporary_error)?;
        match (reply.status, stale) {
            (200, _) => self.convert_and_store(source, reply).await,
            (304, Some(stale)) => Ok(self.revalidated(stale, &reply).await),
            (status @ (401 | 403 | 404 | 410), _) => {
                Err(SoundFetchError::Gone(status_error(status)))
            }
            (status, _) => Err(SoundFetchError::Temporary(status_error(status))),
        }
    }

    fn build_request(
        &self,
        source: &SoundSource,
        stale: Option<&Arc<StoredSound>>,
    ) -> Result<Request, SoundError> {
        let request = self.client.request(Method::GET, source.url.clone(), source.untrusted_host);
        let mut request = request.map_err(sound_error)?.header(ACCEPT, ACCEPT_VALUE);
        let metadata = stale.and_then(|stale| stale.metadata());
        for (name, value) in metadata.iter().flat_map(|metadata| metadata.conditional_headers()) {
            request = request.header(name, value);
        }
        request.build().map_err(|_| sound_error("could not build a request for the sound's URL"))
    }

    async fn revalidated(&self, stale: &Arc<StoredSound>, reply: &HttpReply) -> Arc<StoredSound> {
        if let Some(metadata) = stale.metadata() {
            metadata.renew(&reply.headers);
            self.store.write_metadata(stale).await;
        }
        stale.clone()
    }

    async fn convert_and_store(
        &self,
        source: &SoundSource,
        reply: HttpReply,
    ) -> Result<Arc<StoredSound>, SoundFetchError> {
        let (body, format) = (reply.body, self.format);
        let converted = tokio::task::spawn_blocking(move || audio::convert(body, format)).await;
        let not_playable = |reason: &dyn std::fmt::Display| {
            temporary_error(format_args!("the fetched file is not a playable sound: {reason}"))
        };
        let converted = converted.map_err(|_| not_playable(&"the conversion failed"))?;
        let converted = converted.map_err(|error| not_playable(&error))?;
        let key = source.sound_key.filter(|_| !is_uncacheable(&reply.headers));
        if let (None, Some(old_key)) = (key, source.sound_key) {
            self.store.remove(old_key);
        }
        let metadata = key.map(|_| SoundCacheMetadata::from_headers(&reply.headers));
        self.store.put(key, converted, metadata).await.map_err(SoundFetchError::Temporary)
    }
}

/// Returns the stale sound if it may be played although it could not be refreshed.
fn stale_or_error(
    stale: &Arc<StoredSound>,
    error: SoundError,
) -> Result<RenderedSound, SoundError> {
    let metadata = stale.metadata().filter(|metadata| metadata.allows_stale_if_error());
    let Some(metadata) = metadata else { return Err(error) };
    warn!(%error, "can't refresh a fetched sound: the stale one is played");
    metadata.set_fresh_for(STALE_TIME_AFTER_FAILURE);
    Ok(stale.rendered())
}

fn status_error(status: u16) -> SoundError {
    sound_error(format_args!("the sound's web server answered with status {status}"))
}

fn temporary_error(reason: impl ToString) -> SoundFetchError {
    SoundFetchError::Temporary(sound_error(reason))
}

fn sound_error(reason: impl ToString) -> SoundError {
    SoundError(reason.to_string())
}
