//! How long calls wait for answers, as the metrics show it.

use std::sync::Arc;
use std::time::Duration;

use dialscript::metrics::{MetricsSnapshot, render};
use dialscript::script::request::{TriggerClient, TriggerError};
use dialscript::trigger::HttpTriggerClient;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{caching_script, fresh_for_a_minute, ok_reply, triggers, with_total_timeout};
use crate::support::web::{Reply, Web};
use crate::trigger::requests::{get, plain_script, request_target};

/// Script, upstream and number of the waits that were counted.
fn counted(triggers: &HttpTriggerClient) -> Vec<String> {
    let trigger_waits = triggers.waits().samples();
    let text = render(MetricsSnapshot { trigger_waits, ..MetricsSnapshot::default() }).unwrap();
    let counts =
        text.lines().filter_map(|line| line.strip_prefix("dialscript_trigger_seconds_count"));
    counts.map(str::to_owned).collect()
}

/// The number of waits of a script for a web application.
fn waits(script: &str, web: &Web, count: usize) -> String {
    let upstream = web.url("").replace("http://", "");
    format!("{{script=\"{script}\",upstream=\"{upstream}\"}} {count}")
}

#[tokio::test]
async fn a_wait_counts_for_the_web_application_that_was_asked_last() {
    let web = Web::start(|_| Reply::with(500, "", "")).await;
    let standby = Web::start(|_| ok_reply()).await;
    let triggers = triggers();
    let mut request = get(web.url("/"));
    triggers.send(request.clone(), &plain_script()).await;
    request.fallback = Some(request_target(standby.url("/")));
    triggers.send(request, &plain_script()).await;
    let mut expected = [waits("plain", &web, 1), waits("plain", &standby, 1)];
    expected.sort();
    assert_eq!(counted(&triggers), expected);
}

#[tokio::test]
async fn a_wait_that_ends_with_a_hang_up_is_counted() {
    let never = Arc::new(Notify::new());
    let web = Web::start(move |_| ok_reply().held(&never)).await;
    let triggers = triggers();
    let (request, script) = (get(web.url("/")), plain_script());
    let wait = triggers.send(request, &script);
    assert!(timeout(Duration::from_millis(50), wait).await.is_err());
    assert_eq!(counted(&triggers), [waits("plain", &web, 1)]);
}

#[tokio::test]
async fn answers_of_the_cache_and_requests_that_are_not_sent_are_not_counted() {
    let web = Web::start(|_| ok_reply()).await;
    let triggers = triggers();
    let script = caching_script(fresh_for_a_minute());
    for _ in 0..3 {
        triggers.send(get(web.url("/")), &script).await;
    }
    let not_sent = triggers.send(get("ftp://shop.example/"), &plain_script()).await;
    assert!(matches!(not_sent.answer, Err(TriggerError::NotSent(_))));
    assert_eq!(counted(&triggers), [waits("keeping", &web, 1)]);
}

#[tokio::test]
async fn an_open_circuit_breaker_makes_no_waits() {
    let web = Web::start(|_| Reply::Reset).await;
    let triggers = triggers();
    let request = || with_total_timeout(Duration::from_secs(1), get(web.url("/")));
    let mut sent = 0;
    while !matches!(
        triggers.send(request(), &plain_script()).await.answer,
        Err(TriggerError::CircuitOpen(_))
    ) {
        sent += 1;
    }
    assert_eq!(counted(&triggers), [waits("plain", &web, sent)]);
}
