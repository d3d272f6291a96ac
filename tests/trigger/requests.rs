//! Requests as scripts make them.

use std::sync::Arc;
use std::time::Duration;

use dialscript::script::definition::{Patience, Script};
use dialscript::script::request::{Request, Target};
use dialscript::script::template::Filled;

pub(super) fn to(url: impl AsRef<str>) -> Target {
    Target { url: Filled::open(url.as_ref().to_owned()), decides_host: false }
}

/// Without headers and a body, tried once within 5 s.
pub(super) fn get(url: impl AsRef<str>) -> Request {
    Request {
        to: to(url),
        fallback: None,
        headers: Vec::new(),
        auth: None,
        body: None,
        signed_by: Vec::new(),
        patience: Patience { budget: Duration::from_secs(5), attempt: None, retries: 0 },
        cache_key: None,
    }
}

/// A script that keeps no answer, and has no branch.
pub(super) fn plain() -> Arc<Script> {
    Arc::new(Script { name: "plain".into(), ..Script::default() })
}
