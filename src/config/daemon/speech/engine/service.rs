//! `engine = "http"`: a web service with the OpenAI audio API.

use serde_spanned::Spanned;
use url::Url;

use crate::config::daemon::context::DaemonContext;
use crate::config::daemon::service_header::service_header;
use crate::config::table_reader::TableReader;
use crate::config::value::NamedTexts;
use crate::voice::settings::EngineHttpService;

#[derive(Debug)]
pub(super) struct HttpServiceTable {
    url: Option<Spanned<String>>,
    model: Option<Spanned<String>>,
    headers: NamedTexts,
}

impl HttpServiceTable {
    /// `endpoint` and `model` are examples in the help.
    pub(super) fn read(table: &mut TableReader<'_, '_>, endpoint: &str, model: &str) -> Self {
        let url = format!("write `url = \"https://api.example/v1/audio/{endpoint}\"`");
        let model = format!("write `model = \"{model}\"`, or another model of the service");
        Self {
            url: table.require("url", &url),
            model: table.require("model", &model),
            headers: table.table("headers").map(TableReader::pairs).unwrap_or_default(),
        }
    }

    /// `None` after an error.
    pub(super) fn service(&self, context: DaemonContext<'_>) -> Option<EngineHttpService> {
        let headers = self
            .headers
            .iter()
            .filter_map(|(name, value)| service_header(context, name, value, "an engine"));
        let headers = headers.collect();
        let model = self.model.as_ref().map(|model| check_one_line(context, model).to_owned());
        let help = "write it as `https://api.example/v1/audio/speech`";
        let url = self.url.as_ref();
        let url = url.and_then(|url| engine_url(context, url, &["http", "https"], help));
        Some(EngineHttpService { url: url?, model: model?, headers })
    }
}

/// Reads the URL of an engine. `help` is the help text of the error for an invalid URL.
pub(super) fn engine_url(
    context: DaemonContext<'_>,
    given: &Spanned<String>,
    schemes: &[&str],
    help: &str,
) -> Option<Url> {
    let url = Url::parse(given.get_ref()).ok();
    let url = url.filter(|url| schemes.contains(&url.scheme()) && url.has_host());
    if url.is_none() || given.get_ref().contains(['{', '}']) {
        context.file.error_with_help(given.span(), "not a valid URL of an engine", help);
    }
    url
}

/// Reports control characters. Returns the text unchanged.
pub(super) fn check_one_line<'a>(
    context: DaemonContext<'_>,
    given: &'a Spanned<String>,
) -> &'a str {
    if given.get_ref().contains(char::is_control) {
        let help = "remove line breaks and other control characters";
        context.file.error_with_help(given.span(), "this value must be a single line", help);
    }
    given.get_ref()
}
