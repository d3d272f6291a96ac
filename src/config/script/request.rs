//! The keys of a request, which `[trigger]`, `[hangup]` and `[ended]` have in common.

use std::ops::Range;
use std::time::Duration;

use serde_spanned::Spanned;

use super::context::ScriptContext;
use crate::config::bounds::millis;
use crate::config::foreign_keys::UNVERIFIED_TLS;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, ParsedText, TextOrList, TextOrTable, WholeNumber, flag};
use crate::script::definition::{BodyTemplate, HoldMediaTemplate, RetryPolicy, ScriptTrigger};

mod auth;
mod method;
mod payload;
mod sign;
mod url;

use auth::AuthTable;
use method::RequestMethod;

/// Keys that belong only to a request.
pub(super) const OWN_KEYS: &[&str] = &[
    "url",
    "method",
    "fallback_url",
    "headers",
    "auth",
    "body",
    "raw_json",
    "sign",
    "timeout",
    "attempt_timeout",
    "retry",
];

const UNVERIFIED_HELP: &str = "certificates are always verified: to trust one of your own, name it as `ca` in a \
                               table `[upstream.\"shop.example\"]` of dialscript.toml";

/// The default timeout of one attempt of a background request. The total timeout of the request can be much longer, and
/// an upstream that does not respond must not occupy a permit for all of that time.
const BACKGROUND_ATTEMPT: Duration = Duration::from_secs(10);

/// Whether a caller waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestMode {
    CallerWaits,
    Background,
}

#[derive(Debug)]
pub(crate) struct RequestTable {
    pub(super) span: Range<usize>,
    url: Option<Spanned<String>>,
    method: Option<Spanned<ParsedText<RequestMethod>>>,
    fallback_url: Option<Spanned<String>>,
    headers: Option<TextOrTable>,
    auth: Option<AuthTable>,
    sign: Option<TextOrList>,
    body: Option<TextOrTable>,
    raw_json: Option<Spanned<bool>>,
    timeout: Option<Spanned<DurationValue>>,
    attempt_timeout: Option<Spanned<DurationValue>>,
    retry: Option<Spanned<WholeNumber>>,
}

impl RequestTable {
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        table.explain(UNVERIFIED_TLS, UNVERIFIED_HELP);
        table.explain_required("url", &["uri", "endpoint", "link", "webhook"], "the URL is `url`");
        table.explain(&["data", "payload", "json", "form", "post"], "what is sent is `body`");
        table.explain(&["retries", "attempts"], "the number of further attempts is `retry`");
        let help = "write the URL to request, such as `url = \"https://shop.example/orders?id={keypress}\"`";
        Self {
            span: table.span.clone(),
            url: table.require("url", help),
            method: table.take("method"),
            fallback_url: table.take("fallback_url"),
            headers: table.text_or_table("headers", "a header has one value: write it in quotes"),
            auth: AuthTable::read(table),
            sign: table.text_or_list("sign"),
            body: table.text_or_table(
                "body",
                "nested JSON is written as text: `body = '{\"a\": {\"b\": \"{caller}\"}}'`",
            ),
            raw_json: table.take("raw_json"),
            timeout: table.take("timeout"),
            attempt_timeout: table.take("attempt_timeout"),
            retry: table.take("retry"),
        }
    }

    /// The request, without the settings of `[response]`.
    pub(super) fn request(&self, script: &ScriptContext<'_>, mode: RequestMode) -> ScriptTrigger {
        let headers = self.headers.as_ref().map(|headers| payload::headers(script, headers));
        let headers = headers.unwrap_or_default();
        if let Some(auth) = &self.auth {
            let in_headers = headers.iter().any(|(name, _)| *name == http::header::AUTHORIZATION);
            let mut urls = self.url.iter().chain(&self.fallback_url);
            auth.check_only(script.file, in_headers || urls.any(url::has_user));
        }
        let method = method::method(script, self.method.as_ref(), self.body.is_some());
        ScriptTrigger {
            url: self.url.as_ref().map(|url| url::url(script, url)).unwrap_or_default(),
            fallback: self.fallback_url.as_ref().map(|url| url::url(script, url)),
            headers,
            auth: self.auth.as_ref().and_then(|auth| auth.auth(script)),
            body: self.body(script),
            signing_keys: self.sign.iter().flat_map(|keys| sign::keys(script, keys)).collect(),
            retry_policy: self.retry_policy(script, mode, method.is_idempotent()),
            method,
            hold_media: HoldMediaTemplate::default(),
            background: mode == RequestMode::Background,
            response_key: None,
            read_as: None,
            cache_policy: None,
        }
    }

    fn body(&self, script: &ScriptContext<'_>) -> Option<BodyTemplate> {
        let raw_json = flag(self.raw_json.as_ref(), false);
        if let (Some(given), true, None) = (&self.raw_json, raw_json, &self.body) {
            let help = "add `body = \"a={caller}&b={keypress}\"`";
            script.file.error_with_help(given.span(), "`raw_json` needs a `body`", help);
        }
        self.body.as_ref().map(|body| payload::body(script, body, raw_json))
    }

    fn retry_policy(
        &self,
        script: &ScriptContext<'_>,
        mode: RequestMode,
        is_idempotent: bool,
    ) -> RetryPolicy {
        let (max_timeout, max_retries) = match mode {
            RequestMode::CallerWaits => (60_000, 5),
            RequestMode::Background => (600_000, 20),
        };
        let (file, defaults) = (script.file, script.load.defaults);
        let total =
            file.duration(self.timeout.as_ref(), millis(100, max_timeout), defaults.timeout);
        let attempt = self.attempt_timeout.as_ref().map(|given| {
            let attempt = file.duration(Some(given), millis(100, max_timeout), total);
            if attempt > total {
                let help = "`timeout` covers all attempts: raise it, or lower `attempt_timeout`";
                file.error_with_help(
                    given.span(),
                    "`attempt_timeout` is longer than `timeout`",
                    help,
                );
            }
            attempt
        });
        let background = mode == RequestMode::Background;
        let attempt = attempt.or(background.then(|| total.min(BACKGROUND_ATTEMPT)));
        // Each POST or PATCH may change something.
        let retries = if is_idempotent { u64::from(defaults.retry) } else { 0 };
        let retries = file.number(self.retry.as_ref(), 0..=max_retries, retries);
        RetryPolicy {
            total_timeout: total,
            attempt_timeout: attempt,
            retries: u32::try_from(retries).unwrap_or_default(),
        }
    }
}
