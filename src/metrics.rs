//! What Prometheus reads: the daemon's counts at the moment that it asks. Nothing is counted for it alone, and no label
//! holds anything that a caller or a web application has said.

mod prometheus_text;
mod render;

use std::future::Future;
use std::sync::Arc;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::http_server;
use crate::listener::NetworkListener;
use crate::script::report::CallOutcome;
use crate::telemetry::Switch;
use crate::trigger::HttpTriggerClient;
use crate::trigger::response_cache::ResponseCacheStats;
use crate::trigger::shared_cache::SharedCache;
use crate::trigger::upstream::UpstreamState;

pub use prometheus_text::to_prometheus_text;
pub use render::render;

/// What the crate renders, and what Prometheus asks for first.
const OPEN_METRICS_TEXT: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
/// What everybody else reads: old servers, agents of others, people.
const PROMETHEUS_TEXT: HeaderValue =
    HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// All counts at one moment.
#[derive(Debug, Clone, Default)]
pub struct MetricsSnapshot {
    /// Calls that have ended.
    pub ended_calls: Vec<(Switch, CallOutcome, u64)>,
    /// Calls that have not.
    pub active_calls: usize,
    /// The web applications that were asked.
    pub upstreams: Vec<UpstreamState>,
    /// How many answers are kept.
    pub cache_entries: usize,
    /// What they take.
    pub cache_bytes: usize,
    /// Whether the shared cache answers, where there is one.
    pub shared_cache_up: Option<bool>,
    /// What the kept answers did for each script.
    pub cache_tallies: Vec<(Arc<str>, ResponseCacheStats)>,
}

impl MetricsSnapshot {
    /// That of requests and kept answers; calls are another's.
    pub fn from_triggers(triggers: &HttpTriggerClient) -> Self {
        let cache = triggers.cache();
        Self {
            upstreams: triggers.upstream_states(),
            cache_entries: cache.len(),
            cache_bytes: cache.bytes(),
            shared_cache_up: triggers.shared_cache().map(SharedCache::is_up),
            cache_tallies: cache.script_stats(),
            ..Self::default()
        }
    }
}

/// Serves `GET /metrics` until `stop`.
pub async fn serve(
    listener: NetworkListener,
    snapshot: impl Fn() -> MetricsSnapshot + Clone + Send + Sync + 'static,
    stop: impl Future<Output = ()> + Send,
) {
    let answer = move |request| {
        let response = handle_request(&request, &snapshot);
        async move { response }
    };
    http_server::serve(listener, answer, stop).await;
}

fn handle_request<B>(
    request: &Request<B>,
    snapshot: impl Fn() -> MetricsSnapshot,
) -> Response<String> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read || request.uri().path() != "/metrics" {
        return empty_response(StatusCode::NOT_FOUND);
    }
    let Ok(text) = render(snapshot()) else {
        return empty_response(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let (text, kind) = match accepts_open_metrics(request) {
        true => (text, OPEN_METRICS_TEXT),
        false => (to_prometheus_text(&text), PROMETHEUS_TEXT),
    };
    let mut response = Response::new(text);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn accepts_open_metrics<B>(request: &Request<B>) -> bool {
    let mut accepted = request.headers().get_all(ACCEPT).iter().filter_map(|v| v.to_str().ok());
    accepted.any(|accepted| accepted.contains("application/openmetrics-text"))
}

fn empty_response(status: StatusCode) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    response
}
