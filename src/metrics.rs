//! Metrics for Prometheus. Values are read when a client requests them. Labels never contain values from a caller or
//! from a web application.

mod prometheus_text;
mod render;
mod snapshot;

use std::future::Future;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::http_server;
use crate::listener::NetworkListener;

pub use prometheus_text::to_prometheus_text;
pub use render::render;
pub use snapshot::MetricsSnapshot;

/// The format that [`render()`] writes, and that Prometheus prefers.
const OPEN_METRICS_TEXT: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
/// The format for all other clients.
const PROMETHEUS_TEXT: HeaderValue =
    HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Serves `GET /metrics` until `stop` resolves, then closes the listener.
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
    let (text, content_type) = match accepts_open_metrics(request) {
        true => (text, OPEN_METRICS_TEXT),
        false => (to_prometheus_text(&text), PROMETHEUS_TEXT),
    };
    let mut response = Response::new(text);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

fn accepts_open_metrics<B>(request: &Request<B>) -> bool {
    let mut accepted =
        request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|types| types.contains("application/openmetrics-text"))
}

fn empty_response(status: StatusCode) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    response
}
