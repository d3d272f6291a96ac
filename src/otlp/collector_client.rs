//! The HTTP client that the exporter of the crate `opentelemetry-otlp` sends its requests with: that of scripts, with
//! its proxy, certificates and limits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient as OtlpHttpClient, HttpError};
use parking_lot::Mutex;
use tokio::time::timeout;
use url::Url;

use crate::web::client::{HttpClient, HttpReply};

/// The timeout of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest reply of a collector that is read, in bytes.
const MAX_REPLY_BYTES: usize = 64 << 10;

/// Sends requests to the collector.
#[derive(Clone)]
pub(super) struct CollectorClient {
    client: Arc<HttpClient>,
    /// Why the last request failed. The crate tells its callers only that it was the network.
    last_error: Arc<Mutex<Option<String>>>,
}

impl CollectorClient {
    pub(super) fn new(client: Arc<HttpClient>) -> Self {
        Self { client, last_error: Arc::default() }
    }

    pub(super) fn take_last_error(&self) -> Option<String> {
        self.last_error.lock().take()
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<HttpReply, HttpError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())?;
        let request = self.client.request(parts.method, url, false)?.headers(parts.headers);
        let request = request.body(body).build().map_err(|error| error.without_url())?;
        let exchange = self.client.exchange(request, false, MAX_REPLY_BYTES);
        let reply = timeout(REQUEST_TIMEOUT, exchange).await;
        Ok(reply.map_err(|_| format!("no reply within {REQUEST_TIMEOUT:?}"))??)
    }
}

#[async_trait]
impl OtlpHttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let reply = self.exchange(request).await.inspect_err(|error| {
            *self.last_error.lock() = Some(error.to_string());
        })?;
        let error = (reply.status >= 300).then(|| format!("HTTP status {}", reply.status));
        *self.last_error.lock() = error;
        let mut response = Response::builder().status(reply.status);
        if let Some(headers) = response.headers_mut() {
            *headers = reply.headers;
        }
        Ok(response.body(reply.body.into())?)
    }
}

impl fmt::Debug for CollectorClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CollectorClient")
    }
}
