//! Requests and scripts for the tests of triggers.

use std::sync::Arc;
use std::time::Duration;

use dialscript::script::definition::{RetryPolicy, Script};
use dialscript::script::request::{RequestTarget, TriggerRequest};
use dialscript::script::template::RedactedText;
use dialscript::trace::TraceContext;
use http::Method;

pub(super) fn request_target(url: impl AsRef<str>) -> RequestTarget {
    RequestTarget { url: RedactedText::public(url.as_ref().to_owned()), decides_host: false }
}

/// Without headers and a body, tried once within 5 s.
pub(super) fn get(url: impl AsRef<str>) -> TriggerRequest {
    TriggerRequest {
        method: Method::GET,
        target: request_target(url),
        fallback: None,
        headers: Vec::new(),
        auth: None,
        body: None,
        signing_keys: Vec::new(),
        retry_policy: RetryPolicy {
            total_timeout: Duration::from_secs(5),
            attempt_timeout: None,
            retries: 0,
        },
        cache_key: None,
        read_as: None,
        trace: TraceContext::default(),
    }
}

/// A script without a response cache and without branches.
pub(super) fn plain_script() -> Arc<Script> {
    Arc::new(Script { name: "plain".into(), ..Script::default() })
}
