//! `[otlp]`: the export of traces.

use std::ops::Range;

use http::{HeaderName, HeaderValue};
use serde_spanned::Spanned;
use url::Url;

use super::context::DaemonContext;
use super::service_header::service_header;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::NamedTexts;
use crate::otlp::{self, OtlpSettings};

/// The path of traces below the address of a collector (OTLP specification, "OTLP/HTTP Request").
const TRACES_PATH: &str = "v1/traces";

#[derive(Debug)]
pub(crate) struct OtlpTable {
    span: Range<usize>,
    endpoint: Option<Spanned<String>>,
    headers: NamedTexts,
    sample_ratio: Option<Spanned<f64>>,
    service_name: Option<Spanned<String>>,
}

impl OtlpTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        let help = "OTLP over HTTP is used, with binary Protobuf: name the collector's port for it, which is usually \
                    4318";
        table.explain(&["protocol", "grpc"], help);
        Self {
            span: table.span.clone(),
            endpoint: table.require("endpoint", "write `endpoint = \"http://127.0.0.1:4318\"`"),
            headers: table.table("headers").map(TableReader::pairs).unwrap_or_default(),
            sample_ratio: table.take("sample_ratio"),
            service_name: table.take("service_name"),
        }
    }

    /// `None` after an error.
    pub(crate) fn settings(&self, context: DaemonContext<'_>) -> Option<OtlpSettings> {
        let file = context.file;
        if !otlp::IS_BUILT {
            let help = "use a package of dialscript, or build it with `cargo build --release --features otlp`";
            let message = "this program was built without the export of traces";
            file.error_with_help(self.span.clone(), message, help);
        }
        let headers = self.headers.iter();
        let headers: Vec<(HeaderName, HeaderValue)> = headers
            .filter_map(|(name, value)| service_header(context, name, value, "the collector"))
            .collect();
        let service_name = self.service_name.as_ref().map(|name| name.get_ref().clone());
        Some(OtlpSettings {
            sample_ratio: self.sample_ratio.as_ref().map_or(1.0, |ratio| sample_ratio(file, ratio)),
            service_name: service_name.unwrap_or_else(|| "dialscript".to_owned()),
            url: self.endpoint.as_ref().and_then(|endpoint| traces_url(file, endpoint))?,
            headers,
        })
    }
}

fn sample_ratio(file: &TomlFile, given: &Spanned<f64>) -> f64 {
    let ratio = *given.get_ref();
    if !(0.0..=1.0).contains(&ratio) {
        let help = "1 exports each call, 0.1 one call in ten";
        file.error_with_help(given.span(), "`sample_ratio` must be from 0 to 1", help);
    }
    ratio
}

/// The URL of a collector for traces. The path is added unless it is there.
fn traces_url(file: &TomlFile, endpoint: &Spanned<String>) -> Option<Url> {
    let url = Url::parse(endpoint.get_ref()).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(mut url) = url.filter(|url| url.query().is_none() && url.fragment().is_none()) else {
        let help = "write it as \"http://collector.example:4318\"";
        file.error_with_help(endpoint.span(), "not a valid URL of a collector", help);
        return None;
    };
    let path = url.path().trim_end_matches('/');
    if !path.ends_with(&format!("/{TRACES_PATH}")) {
        let path = format!("{path}/{TRACES_PATH}");
        url.set_path(&path);
    }
    Some(url)
}
