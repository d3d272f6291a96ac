//! Sounds from URLs: fetched by us, read as sounds, and kept as the other side allows. A switch never gets the URL.

pub mod cache_metadata;
mod recent_failures;

use std::sync::Arc;
use std::time::Duration;

use http::header::ACCEPT;
use reqwest::{Method, Request};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tracing::warn;
use url::Url;

use super::audio;
use super::settings::{SoundFormat, VoiceSettings};
use super::sound_store::sound_key::SoundKey;
use super::sound_store::{SoundStore, StoredSound};
use crate::script::template::RedactedText;
use crate::script::voice::{RenderedSound, SoundError};
use crate::web::client::{HttpClient, HttpReply};

use cache_metadata::SoundCacheMetadata;
use recent_failures::RecentFetchFailures;

/// The largest sound that is fetched or made, in bytes.
pub const MAX_SOUND_BYTES: usize = 16 << 20;

/// How long an old sound serves without another try when the other side has failed: calls do not wait for it each time.
const STALE_TIME_AFTER_FAILURE: Duration = Duration::from_secs(30);

const ACCEPT_VALUE: &str = "audio/wav, audio/mpeg, audio/ogg, audio/flac, audio/*;q=0.5, */*;q=0.1";

/// Fetches sounds.
pub struct SoundFetcher {
    client: Arc<HttpClient>,
    store: Arc<SoundStore>,
    format: SoundFormat,
    timeout: Duration,
    /// Of its own: a slow web server does not keep engines from speaking.
    permits: Semaphore,
    recent_failures: RecentFetchFailures,
}

/// A sound's URL that may be fetched. Without `Debug`: it may hold secrets.
#[derive(Clone)]
pub struct SoundSource {
    url: Url,
    untrusted_host: bool,
    sound_key: Option<SoundKey>,
}

impl SoundSource {
    /// What its sound is known by; `None` where nothing of it may be kept.
    pub fn sound_key(&self) -> Option<SoundKey> {
        self.sound_key
    }
}

/// Why there is no new sound.
enum SoundFetchError {
    /// The other side does not give it out: an old one is not heard either.
    Gone(SoundError),
    /// It may come another time.
    Temporary(SoundError),
}

impl SoundFetcher {
    /// Nothing is fetched.
    pub fn new(settings: &VoiceSettings, client: Arc<HttpClient>, store: Arc<SoundStore>) -> Self {
        Self {
            client,
            store,
            format: settings.format,
            timeout: settings.timeout,
            permits: Semaphore::new(settings.max_concurrent),
            recent_failures: RecentFetchFailures::default(),
        }
    }

    /// Judges a URL.
    ///
    /// # Errors
    ///
    /// When it is none, or may not be reached.
    pub fn check_url(&self, url: &RedactedText, guarded: bool) -> Result<SoundSource, SoundError> {
        let parsed = Url::parse(url.text()).map_err(|_| sound_error("the sound's URL is none"))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(sound_error("the sound's URL is neither http nor https"));
        }
        if guarded {
            self.client.check(&parsed).map_err(sound_error)?;
        }
        // What a value may not reach must not be heard because the author may.
        let kind: &[u8] = if guarded { b"url of a value" } else { b"url" };
        let format = format!("{:?}", self.format);
        let parts = [kind, format.as_bytes(), parsed.as_str().as_bytes()];
        let key = (!url.is_sensitive()).then(|| SoundKey::from_parts(parts));
        Ok(SoundSource { url: parsed, untrusted_host: guarded, sound_key: key })
    }

    /// The sound, or that there is none, where nobody needs to be asked.
    pub fn cached_result(&self, place: &SoundSource) -> Option<Result<RenderedSound, SoundError>> {
        let failed = || self.recent_failures.get(place.sound_key?).map(Err);
        self.cached_fresh(place).map(Ok).or_else(failed)
    }

    /// The sound, where nobody needs to be asked.
    pub fn cached_fresh(&self, place: &SoundSource) -> Option<RenderedSound> {
        let kept = self.store.get(place.sound_key?)?;
        kept.metadata().is_some_and(SoundCacheMetadata::is_fresh).then(|| kept.rendered())
    }

    /// The sound that is there, however old.
    pub fn cached(&self, place: &SoundSource) -> Option<RenderedSound> {
        Some(self.store.get(place.sound_key?)?.rendered())
    }

    /// Fetches a sound, or asks whether it is still the same.
    ///
    /// # Errors
    ///
    /// When there is no sound within the time, and no old one either.
    pub async fn fetch(&self, place: &SoundSource) -> Result<RenderedSound, SoundError> {
        let old = place.sound_key.and_then(|key| self.store.get(key));
        let late = || sound_error(format_args!("no sound was fetched within {:?}", self.timeout));
        let fetched =
            timeout_at(Instant::now() + self.timeout, self.fetch_and_store(place, old.as_ref()));
        let failed = match fetched.await.unwrap_or_else(|_| Err(SoundFetchError::Temporary(late())))
        {
            Ok(kept) => return Ok(kept.rendered()),
            Err(failed) => failed,
        };
        match (failed, old) {
            (SoundFetchError::Temporary(mute), Some(old)) => stale_or_error(&old, mute),
            (SoundFetchError::Temporary(mute), None) => {
                place
                    .sound_key
                    .into_iter()
                    .for_each(|key| self.recent_failures.put(key, mute.clone()));
                Err(mute)
            }
            (SoundFetchError::Gone(mute), _) => {
                place.sound_key.into_iter().for_each(|key| self.store.remove(key));
                Err(mute)
            }
        }
    }

    async fn fetch_and_store(
        &self,
        place: &SoundSource,
        old: Option<&Arc<StoredSound>>,
    ) -> Result<Arc<StoredSound>, SoundFetchError> {
        let _place = self.permits.acquire().await.map_err(temporary_error)?;
        let request = self.build_request(place, old).map_err(temporary_error)?;
        let reply = self
            .client
            .exchange(request, place.untrusted_host, MAX_SOUND_BYTES)
            .await
            .map_err(temporary_error)?;
        match (reply.status, old) {
            (200, _) => self.decode_and_store(place, reply).await,
            (304, Some(old)) => Ok(self.revalidated(old, &reply).await),
            (status @ (401 | 403 | 404 | 410), _) => {
                Err(SoundFetchError::Gone(status_error(status)))
            }
            (status, _) => Err(SoundFetchError::Temporary(status_error(status))),
        }
    }

    fn build_request(
        &self,
        place: &SoundSource,
        old: Option<&Arc<StoredSound>>,
    ) -> Result<Request, SoundError> {
        let request = self.client.request(Method::GET, place.url.clone(), place.untrusted_host);
        let mut request = request.map_err(sound_error)?.header(ACCEPT, ACCEPT_VALUE);
        for (name, value) in
            old.and_then(|old| old.metadata()).iter().flat_map(|o| o.conditional_headers())
        {
            request = request.header(name, value);
        }
        request.build().map_err(|_| sound_error("no request could be made of the sound's URL"))
    }

    async fn revalidated(&self, old: &Arc<StoredSound>, reply: &HttpReply) -> Arc<StoredSound> {
        if let Some(origin) = old.metadata() {
            origin.renew(&reply.headers);
            self.store.write_metadata(old).await;
        }
        old.clone()
    }

    async fn decode_and_store(
        &self,
        place: &SoundSource,
        reply: HttpReply,
    ) -> Result<Arc<StoredSound>, SoundFetchError> {
        let (body, format) = (reply.body, self.format);
        let sounds = tokio::task::spawn_blocking(move || audio::convert(body, format)).await;
        let unread = |reason: &dyn std::fmt::Display| {
            temporary_error(format_args!("what was fetched can't be heard: {reason}"))
        };
        let sounds = sounds.map_err(|_| unread(&"it could not be read"))?;
        let sounds = sounds.map_err(|error| unread(&error))?;
        let key = place.sound_key.filter(|_| !cache_metadata::is_uncacheable(&reply.headers));
        if key.is_none() {
            place.sound_key.into_iter().for_each(|key| self.store.remove(key));
        }
        let origin = key.map(|_| SoundCacheMetadata::from_headers(&reply.headers));
        self.store.put(key, sounds, origin).await.map_err(SoundFetchError::Temporary)
    }
}

/// The other side failed: the old sound, where that may be heard.
fn stale_or_error(old: &Arc<StoredSound>, mute: SoundError) -> Result<RenderedSound, SoundError> {
    let Some(origin) = old.metadata().filter(|origin| origin.allows_stale_if_error()) else {
        return Err(mute);
    };
    warn!(reason = %mute, "a sound could not be fetched again: the old one is heard");
    origin.set_fresh_for(STALE_TIME_AFTER_FAILURE);
    Ok(old.rendered())
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
