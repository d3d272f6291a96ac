//! Who we are to a web application, and whom we trust.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "overheard/mod.rs"]
mod overheard;
#[path = "web/mod.rs"]
mod web;

mod identity {
    use std::sync::Arc;
    use std::time::Duration;

    use dialscript::config::load;
    use dialscript::script::definition::{RetryPolicy, Script};
    use dialscript::script::request::{
        RequestAuth, RequestTarget, TriggerClient, TriggerRequest, TriggerResult,
    };
    use dialscript::script::template::RedactedText;
    use dialscript::trigger::{HttpTriggerClient, TriggerSettings};
    use tempfile::TempDir;

    mod auth;
    mod certificates;
    mod connections;
    mod program;
    mod recipes;
    mod signatures;

    const CANARY: &str = "4711canary-of-16";

    fn open(text: impl Into<String>) -> RedactedText {
        RedactedText::public(text.into())
    }

    fn hidden(text: impl Into<String>) -> RedactedText {
        RedactedText::sensitive(text.into())
    }

    fn to(url: impl Into<String>) -> RequestTarget {
        RequestTarget { url: open(url), decides_host: false }
    }

    fn get(url: impl Into<String>) -> TriggerRequest {
        TriggerRequest {
            target: to(url),
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
        }
    }

    fn basic(user: &str, password: &str) -> Option<RequestAuth> {
        Some(RequestAuth::Basic(open(user), hidden(password)))
    }

    fn plain() -> Arc<Script> {
        Arc::new(Script { name: "plain".into(), ..Script::default() })
    }

    /// What a daemon's file says of upstreams, as requests have it.
    fn settings(daemon: &str) -> TriggerSettings {
        let home = TempDir::new().unwrap();
        std::fs::create_dir(home.path().join("scripts")).unwrap();
        let file = home.path().join("dialscript.toml");
        let identity = crate::web::tls::file("");
        std::fs::write(&file, daemon.replace("tls/", &identity)).unwrap();
        load(&file).unwrap_or_else(|faults| panic!("{faults}")).daemon.trigger
    }

    fn triggers(daemon: &str) -> HttpTriggerClient {
        HttpTriggerClient::new(settings(daemon)).expect("clients")
    }

    async fn ask(triggers: &HttpTriggerClient, request: TriggerRequest) -> TriggerResult {
        triggers.send(request, &plain()).await
    }

    async fn failure(triggers: &HttpTriggerClient, request: TriggerRequest) -> String {
        let fetched = ask(triggers, request).await;
        fetched.answer.expect_err("no answer").to_string()
    }
}
