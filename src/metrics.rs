//! What Prometheus reads: the daemon's counts at the moment that it asks. Nothing is counted for it alone, and no label
//! holds anything that a caller or a web application has said.

mod plain;
mod render;

use std::future::Future;
use std::sync::Arc;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::http_server::{self, Door};
use crate::script::report::Happened;
use crate::telemetry::Switch;
use crate::trigger::HttpTriggers;
use crate::trigger::cache::Tally;
use crate::trigger::shared::SharedCache;
use crate::trigger::upstream::UpstreamState;

pub use plain::plain;
pub use render::render;

/// What the crate renders, and what Prometheus asks for first.
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
/// What everybody else reads: old servers, agents of others, people.
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// All counts at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Calls that have ended.
    pub calls: Vec<(Switch, Happened, u64)>,
    /// Calls that have not.
    pub calls_under_way: usize,
    /// The web applications that were asked.
    pub upstreams: Vec<UpstreamState>,
    /// How many answers are kept.
    pub cache_entries: usize,
    /// What they take.
    pub cache_bytes: usize,
    /// Whether the shared cache answers, where there is one.
    pub shared_cache_up: Option<bool>,
    /// What the kept answers did for each script.
    pub scripts: Vec<(Arc<str>, Tally)>,
}

impl Snapshot {
    /// That of requests and kept answers; calls are another's.
    pub fn of_triggers(triggers: &HttpTriggers) -> Self {
        let cache = triggers.cache();
        Self {
            upstreams: triggers.upstreams(),
            cache_entries: cache.len(),
            cache_bytes: cache.bytes(),
            shared_cache_up: triggers.shared().map(SharedCache::is_up),
            scripts: cache.tallies(),
            ..Self::default()
        }
    }
}

/// Serves `GET /metrics` until `stop`.
pub async fn serve(
    door: Door,
    snapshot: impl Fn() -> Snapshot + Clone + Send + Sync + 'static,
    stop: impl Future<Output = ()>,
) {
    let answer = move |request| {
        let response = answer(&request, &snapshot);
        async move { response }
    };
    http_server::serve(door, answer, stop).await;
}

fn answer<B>(request: &Request<B>, snapshot: impl Fn() -> Snapshot) -> Response<String> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read || request.uri().path() != "/metrics" {
        return bare(StatusCode::NOT_FOUND);
    }
    let Ok(text) = render(snapshot()) else { return bare(StatusCode::INTERNAL_SERVER_ERROR) };
    let (text, kind) = match asks_for_open_metrics(request) {
        true => (text, OPEN_METRICS),
        false => (plain(&text), PLAIN),
    };
    let mut response = Response::new(text);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn asks_for_open_metrics<B>(request: &Request<B>) -> bool {
    let mut accepted = request.headers().get_all(ACCEPT).iter().filter_map(|v| v.to_str().ok());
    accepted.any(|accepted| accepted.contains("application/openmetrics-text"))
}

fn bare(status: StatusCode) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    response
}
