//! HTTP cache metadata of a fetched sound: how long it is fresh, and how to revalidate it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, ETAG, HeaderName, LAST_MODIFIED};
use serde::{Deserialize, Serialize};

/// How long a sound is fresh if the response has no `max-age` or `s-maxage`.
const DEFAULT_FRESH_TIME: Duration = Duration::from_secs(5 * 60);
/// The longest fresh time. It limits the effect of a wrong clock or of an unreasonable `Cache-Control`.
const MAX_FRESH_TIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Longer `ETag` and `Last-Modified` values are ignored.
const MAX_HEADER_VALUE_BYTES: usize = 1024;

/// Stored as a JSON file next to the sound, so the field names are a file format. The URL is not part of it: it may
/// contain secrets.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SoundCacheMetadata {
    etag: Option<String>,
    last_modified: Option<String>,
    /// Whether a stale sound must not be played, even if the web server fails.
    must_revalidate: bool,
    /// In seconds since 1970.
    fresh_until: AtomicU64,
}

impl SoundCacheMetadata {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let control = CacheControl::from_headers(headers);
        Self {
            etag: header_value(headers, ETAG),
            last_modified: header_value(headers, LAST_MODIFIED),
            must_revalidate: control.must_revalidate,
            fresh_until: AtomicU64::new(unix_now() + control.fresh_time().as_secs()),
        }
    }

    pub(super) fn from_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Whether the sound may be played without revalidation.
    pub(crate) fn is_fresh(&self) -> bool {
        unix_now() < self.fresh_until.load(Ordering::Relaxed)
    }

    /// Whether a stale sound may be played if the web server fails.
    pub(crate) fn allows_stale_if_error(&self) -> bool {
        !self.must_revalidate
    }

    /// Applies a 304 response: the sound is unchanged.
    pub(crate) fn renew(&self, headers: &HeaderMap) {
        self.set_fresh_for(CacheControl::from_headers(headers).fresh_time());
    }

    pub(crate) fn set_fresh_for(&self, time: Duration) {
        self.fresh_until.store(unix_now() + time.as_secs(), Ordering::Relaxed);
    }

    /// The request headers of a revalidation.
    pub(crate) fn conditional_headers(&self) -> impl Iterator<Item = (HeaderName, &str)> {
        let etag = self.etag.as_deref().map(|etag| (http::header::IF_NONE_MATCH, etag));
        let since = self.last_modified.as_deref();
        let since = since.map(|since| (http::header::IF_MODIFIED_SINCE, since));
        etag.into_iter().chain(since)
    }
}

/// Whether the response must not be stored.
pub(crate) fn is_uncacheable(headers: &HeaderMap) -> bool {
    CacheControl::from_headers(headers).no_store
}

/// The `Cache-Control` and `Age` headers.
#[derive(Default)]
struct CacheControl {
    /// Whether the sound must not be stored. Also true for `private`, since this is a cache for many callers.
    no_store: bool,
    must_revalidate: bool,
    no_cache: bool,
    max_age: Option<u64>,
    shared_max_age: Option<u64>,
    age: u64,
}

impl CacheControl {
    fn from_headers(headers: &HeaderMap) -> Self {
        let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok());
        let mut control = Self { age: age.unwrap_or(0), ..Self::default() };
        let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
        for directive in lines.flat_map(|line| line.split(',')) {
            control.apply_directive(&directive.trim().to_ascii_lowercase());
        }
        control
    }

    fn apply_directive(&mut self, directive: &str) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        // An invalid time counts as expired (RFC 9111, section 4.2.1).
        let seconds = || Some(value.trim_matches('"').parse().unwrap_or(0));
        match name {
            "no-store" | "private" => self.no_store = true,
            "no-cache" => self.no_cache = true,
            "must-revalidate" | "proxy-revalidate" => self.must_revalidate = true,
            "max-age" => self.max_age = seconds(),
            "s-maxage" => self.shared_max_age = seconds(),
            _ => {}
        }
    }

    fn fresh_time(&self) -> Duration {
        if self.no_cache {
            return Duration::ZERO;
        }
        let time = self.shared_max_age.or(self.max_age).map(|age| age.saturating_sub(self.age));
        time.map_or(DEFAULT_FRESH_TIME, Duration::from_secs).min(MAX_FRESH_TIME)
    }
}

fn header_value(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (value.len() <= MAX_HEADER_VALUE_BYTES).then(|| value.to_owned())
}

fn unix_now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}
