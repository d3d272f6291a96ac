//! Stands for the export in a program that was built without it. The configuration reports `[otlp]` as an error then.

use std::sync::Arc;

use super::OtlpSettings;
use crate::trace::SpanQueue;
use crate::web::client::HttpClient;

/// There is none.
#[derive(Debug)]
pub enum TraceExporter {}

/// The feature `otlp` is missing.
#[derive(Debug, thiserror::Error)]
#[error("this program was built without the feature `otlp`")]
pub struct TraceExporterError;

impl TraceExporter {
    /// # Errors
    ///
    /// Always.
    pub fn start(_: &OtlpSettings, _: Arc<HttpClient>) -> Result<Self, TraceExporterError> {
        Err(TraceExporterError)
    }

    pub fn queue(&self) -> Arc<SpanQueue> {
        match *self {}
    }

    pub async fn close(self) {
        match self {}
    }
}
