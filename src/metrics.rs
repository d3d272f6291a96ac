//! Metrics for Prometheus, and the state of the daemon for load balancers and service managers. Values are read when a
//! client requests them. Labels never contain values from a caller or from a web application.

mod process;
mod prometheus_text;
mod readiness;
mod render;
mod script_info;
mod snapshot;

use std::future::Future;

use http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use tokio::task::spawn_blocking;

use crate::http_server;
use crate::listener::NetworkListener;

pub use process::ProcessSnapshot;
pub use prometheus_text::to_prometheus_text;
pub use readiness::Readiness;
pub use render::render;
pub use script_info::ScriptInfo;
pub use snapshot::MetricsSnapshot;

const METRICS_PATH: &str = "/metrics";
/// 200 as long as the daemon answers at all.
const HEALTH_PATH: &str = "/healthz";
/// 200 while the daemon accepts calls.
const READINESS_PATH: &str = "/readyz";

/// The format that [`render()`] writes, and that Prometheus prefers.
const OPEN_METRICS_TEXT: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
/// The format for all other clients.
const PROMETHEUS_TEXT: HeaderValue =
    HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Serves `/metrics`, `/healthz` and `/readyz` until `stop` resolves, then closes the listener.
pub async fn serve(
    listener: NetworkListener,
    snapshot: impl Fn() -> MetricsSnapshot + Clone + Send + Sync + 'static,
    readiness: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
    stop: impl Future<Output = ()> + Send,
) {
    let answer = move |request: Request<_>| {
        let request = request.map(drop);
        let (snapshot, readiness) = (snapshot.clone(), readiness.clone());
        async move {
            if request.uri().path() != METRICS_PATH {
                return respond(&request, snapshot, readiness);
            }
            // The kernel takes its time to list ten thousand descriptors, and calls must not wait for that.
            let response = spawn_blocking(move || respond(&request, snapshot, readiness)).await;
            response.unwrap_or_else(|_| internal_error())
        }
    };
    http_server::serve(listener, answer, stop).await;
}

/// The response to a request. Only the closure that it needs is called.
pub fn respond(
    request: &Request<()>,
    snapshot: impl FnOnce() -> MetricsSnapshot,
    readiness: impl FnOnce() -> Readiness,
) -> Response<String> {
    let path = request.uri().path();
    if ![METRICS_PATH, HEALTH_PATH, READINESS_PATH].contains(&path) {
        let paths =
            format!("not found: there is {METRICS_PATH}, {HEALTH_PATH} and {READINESS_PATH}\n");
        return text_response(StatusCode::NOT_FOUND, PLAIN_TEXT, paths);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let text = "only GET and HEAD are allowed\n".to_owned();
        let mut response = text_response(StatusCode::METHOD_NOT_ALLOWED, PLAIN_TEXT, text);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match path {
        HEALTH_PATH => text_response(StatusCode::OK, PLAIN_TEXT, "ok\n".to_owned()),
        READINESS_PATH => {
            let readiness = readiness();
            let status = match readiness.is_ready() {
                true => StatusCode::OK,
                false => StatusCode::SERVICE_UNAVAILABLE,
            };
            text_response(status, JSON, readiness.to_json())
        }
        _ => metrics_response(request, snapshot()),
    }
}

fn metrics_response(request: &Request<()>, snapshot: MetricsSnapshot) -> Response<String> {
    let Ok(text) = render(snapshot) else { return internal_error() };
    match accepts_open_metrics(request) {
        true => text_response(StatusCode::OK, OPEN_METRICS_TEXT, text),
        false => text_response(StatusCode::OK, PROMETHEUS_TEXT, to_prometheus_text(&text)),
    }
}

fn accepts_open_metrics(request: &Request<()>) -> bool {
    let mut accepted =
        request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|types| types.contains("application/openmetrics-text"))
}

fn internal_error() -> Response<String> {
    let text = "the metrics could not be written\n".to_owned();
    text_response(StatusCode::INTERNAL_SERVER_ERROR, PLAIN_TEXT, text)
}

fn text_response(status: StatusCode, content_type: HeaderValue, text: String) -> Response<String> {
    let mut response = Response::new(text);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
