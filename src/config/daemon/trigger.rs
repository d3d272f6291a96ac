//! `[trigger]`: settings and defaults for the requests of all scripts.

use std::time::Duration;

use serde_spanned::Spanned;
use url::Url;

use super::context::DaemonContext;
use super::secret_text::percent_encoded;
use crate::config::bounds::{millis, secs};
use crate::config::file::TomlFile;
use crate::config::foreign_keys::UNVERIFIED_TLS;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, WholeNumber};
use crate::trigger::{TriggerSettings, upstream};

#[derive(Debug, Default)]
pub(crate) struct DaemonTriggerTable {
    timeout: Option<Spanned<DurationValue>>,
    connect_timeout: Option<Spanned<DurationValue>>,
    music_after: Option<Spanned<DurationValue>>,
    proxy: Option<Spanned<String>>,
    max_requests: Option<Spanned<WholeNumber>>,
    max_per_upstream: Option<Spanned<WholeNumber>>,
    retry: Option<Spanned<WholeNumber>>,
    traceparent: Option<Spanned<bool>>,
}

/// Defaults for the keys that a script can set in its own `[trigger]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TriggerDefaults {
    /// The timeout for all attempts of a request together.
    pub timeout: Duration,
    /// How many times a request without a body is retried.
    pub retry: u32,
    /// How long the caller hears silence before the music starts.
    pub music_after: Duration,
}

impl DaemonTriggerTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        let help = "certificates are always verified: to trust one of your own, write a line \
                    `[upstream.\"shop.example\"]` and below it `ca = \"shop.pem\"`";
        table.explain(UNVERIFIED_TLS, help);
        Self {
            timeout: table.take("timeout"),
            connect_timeout: table.take("connect_timeout"),
            music_after: table.take("music_after"),
            proxy: table.take("proxy"),
            max_requests: table.take("max_requests"),
            max_per_upstream: table.take("max_per_upstream"),
            retry: table.take("retry"),
            traceparent: table.take("traceparent"),
        }
    }

    pub(crate) fn defaults(&self, file: &TomlFile) -> TriggerDefaults {
        let five_seconds = Duration::from_secs(5);
        let music_after = Duration::from_millis(300);
        TriggerDefaults {
            timeout: file.duration(self.timeout.as_ref(), millis(100, 60_000), five_seconds),
            retry: file.number(self.retry.as_ref(), 0..=5, 2),
            music_after: file.duration(self.music_after.as_ref(), secs(0, 10), music_after),
        }
    }

    /// The settings of this table. The fields of other tables have defaults.
    pub(crate) fn settings(&self, context: DaemonContext<'_>) -> TriggerSettings {
        let file = context.file;
        let (connect, default) = (self.connect_timeout.as_ref(), Duration::from_secs(2));
        TriggerSettings {
            connect_timeout: file.duration(connect, millis(100, 60_000), default),
            proxy: self.proxy.as_ref().and_then(|given| proxy(context, given)),
            traceparent: self.traceparent.as_ref().is_none_or(|given| *given.get_ref()),
            max_requests: file.number(self.max_requests.as_ref(), 1..=100_000, 10_000),
            upstream_limits: upstream::UpstreamLimits {
                max_concurrent: file.number(self.max_per_upstream.as_ref(), 1..=100_000, 512),
                ..upstream::UpstreamLimits::default()
            },
            ..TriggerSettings::default()
        }
    }
}

fn proxy(context: DaemonContext<'_>, given: &Spanned<String>) -> Option<Url> {
    let filled = context.fill_secrets(given, "a proxy", percent_encoded);
    if filled.has_errors {
        return None;
    }
    let url = Url::parse(&filled.text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if url.is_none() {
        let (message, help) = match filled.text.to_lowercase().starts_with("socks") {
            true => (
                "SOCKS proxies are not supported",
                "name an HTTP proxy, as \"http://proxy.example:3128\"",
            ),
            false => ("not a valid proxy URL", "write it as \"http://proxy.example:3128\""),
        };
        context.file.error_with_help(given.span(), message, help);
    }
    let mut url = url?;
    if !url.username().is_empty() && url.password().is_none() {
        // Without a password, the HTTP client does not send the user name.
        let _ = url.set_password(Some(""));
    }
    Some(url)
}
