//! The export of traces.

use std::sync::Arc;

use tracing::{error, info};

use crate::otlp::{OtlpSettings, TraceExporter};
use crate::trace::SpanQueue;
use crate::web::client::HttpClient;

/// Starts the export, if it is configured. Returns it with the queue for the spans of calls. Calls are served without
/// it too.
pub(super) fn start_export(
    settings: Option<&OtlpSettings>,
    client: Arc<HttpClient>,
) -> Option<(TraceExporter, Arc<SpanQueue>)> {
    let settings = settings?;
    match TraceExporter::start(settings, client) {
        Ok(exporter) => {
            let url = settings.displayed_url();
            info!(url, sample_ratio = settings.sample_ratio, "exporting traces");
            let queue = exporter.queue();
            Some((exporter, queue))
        }
        Err(error) => {
            error!(%error, "traces can't be exported");
            None
        }
    }
}

/// Ends the export, in a bounded time.
pub(super) async fn end_export(exporter: Option<TraceExporter>) {
    if let Some(exporter) = exporter {
        exporter.close().await;
    }
}
