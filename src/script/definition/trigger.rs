//! `[trigger]`, `[hangup]` and `[ended]`: a request with placeholders, and how its answer is used.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, Method};

use super::playlist::Playlist;
use crate::script::answer::AnswerFormat;
use crate::script::path::KeyPath;
use crate::script::template::Template;

/// A request, and how its answer is used.
#[derive(Debug, Clone, Default)]
pub struct ScriptTrigger {
    pub method: Method,
    /// An `http` or `https` URL.
    pub url: UrlTemplate,
    /// The URL that is tried if `url` gives no usable answer.
    pub fallback: Option<UrlTemplate>,
    pub headers: Vec<(HeaderName, Template)>,
    /// The credentials of an `Authorization` header.
    pub auth: Option<AuthTemplate>,
    pub body: Option<BodyTemplate>,
    /// One signature is added for each key.
    pub signing_keys: Vec<Template>,
    /// Timeouts and retries.
    pub retry_policy: RetryPolicy,
    /// What the caller hears while the request is in progress.
    pub hold_media: HoldMediaTemplate,
    /// A background request: the call goes on without waiting for the answer.
    pub background: bool,
    /// The response key: the path to the value that branches are compared with.
    pub response_key: Option<KeyPath>,
    /// The format of the answer; `None` finds it out.
    pub read_as: Option<AnswerFormat>,
    /// Whether and for how long answers are cached.
    pub cache_policy: Option<ResponseCachePolicy>,
}

/// A URL with placeholders.
#[derive(Debug, Clone, Default)]
pub struct UrlTemplate {
    pub template: Template,
    /// Whether a placeholder is part of the host. The host is then checked against the operator's egress rules before
    /// each request.
    pub decides_host: bool,
}

/// Credentials with placeholders.
#[derive(Debug, Clone)]
pub enum AuthTemplate {
    /// A user name and a password.
    Basic(Template, Template),
    Bearer(Template),
}

/// Timeouts and retries of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryPolicy {
    /// For the whole request, with all attempts and pauses.
    pub total_timeout: Duration,
    /// For one attempt; `None` is limited only by `total_timeout`.
    pub attempt_timeout: Option<Duration>,
    /// How many more attempts there are after the first.
    pub retries: u32,
}

/// How long an answer is cached, and which requests share it.
#[derive(Debug, Clone, Default)]
pub struct ResponseCachePolicy {
    /// How long the answer is fresh: during this time it is used without a request.
    pub fresh: Duration,
    /// How long after the fresh time the stale answer is still used at once, while it is refreshed in the background.
    pub stale: Duration,
    /// How long after the fresh time the stale answer is used if a request fails.
    pub stale_if_error: Duration,
    /// The cache key; `None` makes the key of everything that is sent.
    pub key: Option<CacheKeyTemplate>,
}

impl ResponseCachePolicy {
    /// How long an answer stays in the cache.
    pub fn lifetime(&self) -> Duration {
        self.fresh + self.stale.max(self.stale_if_error)
    }
}

/// A cache key with placeholders. Requests share an answer if both parts are equal.
#[derive(Debug, Clone)]
pub struct CacheKeyTemplate {
    /// The request as it is written in the script, before placeholders are filled. Because of it, different requests do
    /// not share an answer, even if the scripts give the same key.
    pub source: Arc<str>,
    /// The key that the script gives, with the escape context of cache keys.
    pub template: Template,
}

/// A request body with placeholders.
#[derive(Debug, Clone)]
pub struct BodyTemplate {
    /// The body. Values are escaped for its format.
    pub text: Template,
    /// Sent as `Content-Type`, unless the headers set one.
    pub content_type: &'static str,
}

/// What the caller hears while a request is in progress.
#[derive(Debug, Clone, Default)]
pub struct HoldMediaTemplate {
    /// Silence before the music starts.
    pub delay: Duration,
    pub music: Option<HoldMusicSource>,
    /// A sound that interrupts the music from time to time.
    pub reassurance: Option<ReassuranceTemplate>,
    /// Whether keys pressed during the wait are type-ahead for the next question.
    pub keep_type_ahead: bool,
}

/// Sounds that tell a waiting caller from time to time that the call is still active.
#[derive(Debug, Clone)]
pub struct ReassuranceTemplate {
    /// The time from the start of the wait to the first reassurance, and from the end of one to the next.
    pub every: Duration,
    /// Fixed sounds and texts only, no values of the call.
    pub sounds: Playlist,
}

/// Where music on hold comes from.
#[derive(Debug, Clone)]
pub enum HoldMusicSource {
    /// A class of music on hold (Asterisk) or a stream (FreeSWITCH) of the switch.
    Class(Arc<str>),
    /// Recorded sounds, and sounds at URLs.
    Sounds(Playlist),
}
