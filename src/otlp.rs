//! Exports the spans of calls to a collector, with OTLP over HTTP. It is built with the cargo feature `otlp` only.

#[cfg(feature = "otlp")]
mod collector_client;
#[cfg(feature = "otlp")]
mod export;
mod exporter;
#[cfg(feature = "otlp")]
mod span_data;

use std::fmt;

use http::{HeaderName, HeaderValue};
use url::{Position, Url};

pub use exporter::{TraceExporter, TraceExporterError};

/// Whether this program can export traces.
pub const IS_BUILT: bool = cfg!(feature = "otlp");

/// Where traces are exported to, and which.
#[derive(Clone, PartialEq)]
pub struct OtlpSettings {
    /// The URL that spans are sent to.
    pub url: Url,
    /// Headers of each request to the collector.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The share of the calls that are exported: from 0 to 1.
    pub sample_ratio: f64,
    /// The attribute `service.name`.
    pub service_name: String,
}

impl OtlpSettings {
    /// The URL for logs: without credentials and query.
    pub fn displayed_url(&self) -> String {
        let url = &self.url;
        format!("{}://{}", url.scheme(), &url[Position::BeforeHost..Position::AfterPath])
    }
}

/// Shows no values of headers: they may be secrets.
impl fmt::Debug for OtlpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpSettings")
            .field("url", &self.displayed_url())
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("sample_ratio", &self.sample_ratio)
            .field("service_name", &self.service_name)
            .finish()
    }
}
