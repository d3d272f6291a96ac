//! Headers of the requests to services of the daemon: speech engines, the collector of traces.

use http::{HeaderName, HeaderValue};
use serde_spanned::Spanned;

use super::context::DaemonContext;
use crate::script::request::is_connection_header;

/// Reads a header with its secrets; `None` after an error. `owner` says in messages what the header belongs to.
pub(crate) fn service_header(
    context: DaemonContext<'_>,
    name: &Spanned<String>,
    value: &Spanned<String>,
    owner: &str,
) -> Option<(HeaderName, HeaderValue)> {
    let file = context.file;
    let Ok(header) = HeaderName::from_bytes(name.get_ref().as_bytes()) else {
        let help = "write it as `headers = { Authorization = \"Bearer {secret.NAME}\" }`";
        file.error_with_help(name.span(), "not a valid header name", help);
        return None;
    };
    if is_connection_header(&header) {
        file.error_with_help(name.span(), "the HTTP client sets this header", "remove it");
    }
    let filled = context.fill_secrets(value, owner, str::to_owned);
    let Ok(mut written) = HeaderValue::from_str(&filled.text) else {
        let help = "remove line breaks and other control characters, also from its secrets";
        file.error_with_help(value.span(), "the value of a header must be a single line", help);
        return None;
    };
    written.set_sensitive(filled.has_secret);
    Some((header, written))
}
