//! The export of traces.

use std::sync::Arc;

use tracing::{error, info};

use crate::otlp::{OtlpSettings, TraceExporter};
use crate::web::client::HttpClient;

/// Starts the export, if it is configured. Calls are served without it too.
pub(super) fn start_export(
    settings: Option<&OtlpSettings>,
    client: Arc<HttpClient>,
) -> Option<TraceExporter> {
    let settings = settings?;
    match TraceExporter::start(settings, client) {
        Ok(exporter) => {
            let url = settings.displayed_url();
            info!(url, sample_ratio = settings.sample_ratio, "exporting traces");
            Some(exporter)
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
