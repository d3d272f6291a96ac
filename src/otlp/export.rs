//! The task that exports spans in batches. A collector that is slow or down delays nobody: the queue of spans is
//! bounded, and what does not fit is dropped and counted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::{
    ExporterBuildError, Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::OtlpSettings;
use super::collector_client::CollectorClient;
use super::span_data::{resource, span_data};
use crate::trace::{SpanQueue, TraceSpan};
use crate::web::client::HttpClient;

/// The most spans of one request.
const MAX_BATCH: usize = 512;
/// How long a batch waits for more spans.
const BATCH_TIME: Duration = Duration::from_secs(2);
/// The pauses before a batch is sent again. After the last one it is dropped.
const RETRY_PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];
/// The shortest time between two log lines about a collector that does not take spans.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// Starts the task that exports the spans of the queue.
///
/// # Errors
///
/// If the URL of the collector is not valid.
pub(super) fn spawn_export(
    settings: &OtlpSettings,
    client: Arc<HttpClient>,
    (queue, spans): (Arc<SpanQueue>, mpsc::Receiver<TraceSpan>),
    stop: CancellationToken,
) -> Result<JoinHandle<()>, ExporterBuildError> {
    let client = CollectorClient::new(client);
    let exporter = span_exporter(settings, client.clone())?;
    let task = ExportTask {
        exporter,
        client,
        spans,
        queue,
        stop,
        url: settings.displayed_url(),
        failure_is_logged: false,
        warned_at: None,
        reported_drops: 0,
    };
    Ok(tokio::spawn(task.run()))
}

fn span_exporter(
    settings: &OtlpSettings,
    client: CollectorClient,
) -> Result<SpanExporter, ExporterBuildError> {
    let headers = settings.headers.iter();
    let headers = headers
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        // Its retries would sleep in the thread.
        .with_retry_policy(RetryPolicy::disabled())
        .with_endpoint(settings.url.as_str())
        .with_protocol(Protocol::HttpBinary)
        .with_headers(headers.collect::<HashMap<_, _>>())
        .build()?;
    exporter.set_resource(&resource(settings));
    Ok(exporter)
}

struct ExportTask {
    exporter: SpanExporter,
    client: CollectorClient,
    spans: mpsc::Receiver<TraceSpan>,
    queue: Arc<SpanQueue>,
    stop: CancellationToken,
    /// For the log.
    url: String,
    /// Whether the log says that exports fail.
    failure_is_logged: bool,
    /// When the log had the last warning.
    warned_at: Option<Instant>,
    /// How many of the dropped spans the log has told.
    reported_drops: u64,
}

impl ExportTask {
    async fn run(mut self) {
        let mut batch = Vec::new();
        while self.collect(&mut batch).await {
            self.export_with_retries(&batch).await;
            batch.clear();
        }
        self.spans.close();
        while self.spans.recv_many(&mut batch, MAX_BATCH).await > 0 {}
        for batch in batch.chunks(MAX_BATCH) {
            self.export(batch, true).await;
        }
    }

    /// Collects the next batch. Returns `false` when the daemon stops: there may be spans in the batch all the same.
    async fn collect(&mut self, batch: &mut Vec<TraceSpan>) -> bool {
        let mut ends_at = None;
        while batch.len() < MAX_BATCH {
            let room = MAX_BATCH - batch.len();
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = wait_until(ends_at) => return true,
                _ = self.spans.recv_many(batch, room) => {}
            }
            ends_at = ends_at.or_else(|| Some(Instant::now() + BATCH_TIME));
        }
        true
    }

    async fn export_with_retries(&mut self, batch: &[TraceSpan]) {
        for pause in RETRY_PAUSES {
            if self.export(batch, false).await {
                return;
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = self.stop.cancelled() => break,
            }
        }
        self.export(batch, true).await;
    }

    /// Sends a batch once. If that fails and `is_last`, its spans are dropped.
    async fn export(&mut self, batch: &[TraceSpan], is_last: bool) -> bool {
        let result = self.exporter.export(batch.iter().map(span_data).collect()).await;
        let Err(error) = result else {
            self.log_success();
            return true;
        };
        if is_last {
            self.queue.count_dropped(batch.len());
        }
        let reason = self.client.take_last_error();
        self.log_failure(&reason.unwrap_or_else(|| error.to_string()));
        false
    }

    /// Logs the end of a failure only if its beginning is in the log, so that a collector that fails now and then does
    /// not fill the log.
    fn log_success(&mut self) {
        let has_drops = self.queue.dropped_spans() > self.reported_drops;
        if std::mem::take(&mut self.failure_is_logged) {
            let dropped_spans = self.unreported_drops();
            info!(url = self.url, dropped_spans, "traces are exported again");
        } else if has_drops && self.may_warn() {
            let dropped_spans = self.unreported_drops();
            warn!(url = self.url, dropped_spans, "traces were dropped: the collector is too slow");
        }
    }

    fn log_failure(&mut self, error: &str) {
        if self.may_warn() {
            self.failure_is_logged = true;
            let dropped_spans = self.unreported_drops();
            warn!(url = self.url, error, dropped_spans, "traces can't be exported");
        }
    }

    /// Whether the last warning is long enough ago. If so, this counts as the next one.
    fn may_warn(&mut self) -> bool {
        let may = self.warned_at.is_none_or(|warned_at| warned_at.elapsed() >= WARNING_INTERVAL);
        if may {
            self.warned_at = Some(Instant::now());
        }
        may
    }

    /// The spans that were dropped since the last log line.
    fn unreported_drops(&mut self) -> u64 {
        let dropped = self.queue.dropped_spans();
        dropped - std::mem::replace(&mut self.reported_drops, dropped)
    }
}

async fn wait_until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
