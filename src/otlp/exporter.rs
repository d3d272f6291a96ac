//! The export of traces, as the daemon starts and ends it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::OtlpSettings;
#[cfg(feature = "otlp")]
use super::export::spawn_export;
use crate::trace::SpanQueue;
use crate::web::client::HttpClient;

/// How long the end of the daemon may wait for the last spans.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

/// The export of traces. It ends with [`close`](Self::close).
#[derive(Debug)]
pub struct TraceExporter {
    queue: Arc<SpanQueue>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Why the exporter can't be set up.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TraceExporterError(String);

impl TraceExporter {
    /// Starts the task that exports. Opens no connection.
    ///
    /// # Errors
    ///
    /// If the URL of the collector is not valid, or this program was built without the feature `otlp`.
    #[cfg(feature = "otlp")]
    pub fn start(
        settings: &OtlpSettings,
        client: Arc<HttpClient>,
    ) -> Result<Self, TraceExporterError> {
        let (queue, spans) = SpanQueue::new(settings.sample_ratio);
        let (queue, stop) = (Arc::new(queue), CancellationToken::new());
        let task = spawn_export(settings, client, (queue.clone(), spans), stop.clone());
        let task = task.map_err(|error| TraceExporterError(error.to_string()))?;
        Ok(Self { queue, stop, task })
    }

    /// The configuration reports `[otlp]` as an error, so this is not called.
    #[cfg(not(feature = "otlp"))]
    pub fn start(_: &OtlpSettings, _: Arc<HttpClient>) -> Result<Self, TraceExporterError> {
        Err(TraceExporterError("this program was built without the feature `otlp`".to_owned()))
    }

    /// Where calls put their spans.
    pub fn queue(&self) -> Arc<SpanQueue> {
        self.queue.clone()
    }

    /// Exports the spans that wait, in a bounded time.
    pub async fn close(self) {
        self.stop.cancel();
        let mut task = self.task;
        if timeout(CLOSE_TIMEOUT, &mut task).await.is_err() {
            task.abort();
            warn!("the last traces could not be exported");
        }
    }
}
