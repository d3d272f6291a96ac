//! What is logged of background requests.

use dialscript::script::request::{TriggerClient, TriggerRequest};

use crate::support::log::record;
use crate::support::web::{Reply, Web};
use crate::trigger::http::{CANARY, secret_url, triggers};
use crate::trigger::requests::{get, plain_script};

async fn background_log(request: TriggerRequest) -> String {
    let (lines, _guard) = record("trace");
    let triggers = triggers();
    let span = tracing::info_span!("call", id = "the-call");
    span.in_scope(|| triggers.send_detached(request, &plain_script()));
    triggers.close_and_wait().await;
    lines.text()
}

fn secret(url: &str) -> TriggerRequest {
    let mut request = get("");
    request.target.url = secret_url(url);
    request
}

#[tokio::test]
async fn a_failed_background_request_is_logged_as_a_warning_of_its_call() {
    let lines = background_log(get("http://user:word@shop.invalid/path?caller=5550100")).await;
    let warning = lines.lines().find(|line| line.contains("WARN")).expect("a warning");
    for part in ["the-call", "dialscript", "a background request failed"] {
        assert!(warning.contains(part), "{warning}");
    }
    assert!(warning.contains("url=http://shop.invalid/path error="), "{warning}");
    assert!(!warning.contains("word") && !warning.contains("5550100"), "{warning}");
}

#[tokio::test]
async fn an_error_status_of_a_background_request_is_logged_as_a_warning() {
    let web = Web::start(|_| Reply::with(500, "", "")).await;
    let lines = background_log(get(web.url("/"))).await;
    assert!(lines.contains("WARN") && lines.contains("http_status=500"), "{lines}");
    let web = Web::start(|_| Reply::redirect(302, "http://elsewhere.invalid/")).await;
    let lines = background_log(get(web.url("/"))).await;
    assert!(
        lines.contains("WARN") && lines.contains("http_status=302"),
        "nobody was told: {lines}"
    );
    let web = Web::start(|_| Reply::with(204, "", "")).await;
    let lines = background_log(get(web.url("/"))).await;
    assert!(!lines.contains("WARN") && lines.contains("http_status=204"), "{lines}");
}

#[tokio::test]
async fn sensitive_values_in_urls_are_never_logged() {
    let web = Web::start(|_| Reply::Reset).await;
    for url in [
        web.url("/{keypress}/x?pin={keypress}"),
        "http://{keypress}.invalid/".to_owned(),
        "{keypress}".to_owned(),
    ] {
        let lines = background_log(secret(&url)).await;
        assert!(lines.contains("WARN"), "{lines}");
        let ours = lines.lines().filter(|line| line.contains(" dialscript"));
        assert!(ours.clone().count() > 0, "{lines}");
        ours.for_each(|line| assert!(!line.contains(CANARY), "{line}"));
    }
}
