//! Requests run in their own tasks, and their number is limited.

use std::sync::Arc;
use std::time::Duration;

use dialscript::script::definition::RetryPolicy;
use dialscript::script::request::{TriggerClient, TriggerError, TriggerRequest};
use dialscript::trigger::TriggerSettings;
use dialscript::trigger::upstream::UpstreamLimits;
use tokio::sync::Notify;

use crate::support::log::record;
use crate::support::web::{Reply, Web};
use crate::trigger::http::{MINUTE, client_with, code, triggers, with_total_timeout};
use crate::trigger::requests::{get, plain_script};

#[tokio::test]
async fn a_request_completes_after_its_call_has_ended() {
    let leave = Arc::new(Notify::new());
    let reply = Reply::json(r#"{"code":"200"}"#).held(&leave);
    let mut web = Web::start(move |_| reply.clone()).await;
    let triggers = Arc::new(triggers());
    let asking = Arc::clone(&triggers);
    let request = get(web.url("/"));
    let caller = tokio::spawn(async move { asking.send(request, &plain_script()).await });
    web.next().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!(triggers.tracker().len(), 1, "the request is under way");
    leave.notify_one();
    triggers.close_and_wait().await;
    assert_eq!(triggers.tracker().len(), 0);
    // The same connection is used. An aborted first request would have closed it.
    leave.notify_one();
    assert_eq!(code(&triggers.send(get(web.url("/")), &plain_script()).await), "200");
    assert_eq!(web.next().await.connection, 1);
}

#[tokio::test]
async fn a_request_over_max_requests_is_refused_at_once_until_a_permit_is_free() {
    let leave = Arc::new(Notify::new());
    let held = Reply::json(r#"{"code":"200"}"#).held(&leave);
    let mut web = Web::start(move |_| held.clone()).await;
    let triggers =
        Arc::new(client_with(TriggerSettings { max_requests: 1, ..TriggerSettings::default() }));
    let asking = Arc::clone(&triggers);
    let request = get(web.url("/"));
    let first = tokio::spawn(async move { asking.send(request, &plain_script()).await });
    web.next().await;
    let refused = triggers.send(get(web.url("/")), &plain_script()).await;
    assert_eq!(refused.answer.unwrap_err(), TriggerError::TooManyRequests(1));
    assert_eq!(web.unread_requests(), 0);
    leave.notify_one();
    assert_eq!(code(&first.await.unwrap()), "200");
    leave.notify_one();
    assert_eq!(code(&triggers.send(get(web.url("/")), &plain_script()).await), "200");
}

#[tokio::test]
async fn background_requests_leave_upstream_permits_for_calls() {
    let mut web = Web::start(|seen| match seen.path() {
        "/told" => Reply::Silence,
        _ => Reply::json(r#"{"code":"200"}"#),
    })
    .await;
    let upstreams = UpstreamLimits { max_concurrent: 2, ..UpstreamLimits::default() };
    let triggers =
        client_with(TriggerSettings { upstream_limits: upstreams, ..TriggerSettings::default() });
    for _ in 0..2 {
        triggers.send_detached(get(web.url("/told")), &plain_script());
    }
    assert_eq!(web.next().await.path(), "/told");
    tokio::task::yield_now().await;
    let fetched = triggers
        .send(with_total_timeout(Duration::from_secs(1), get(web.url("/"))), &plain_script())
        .await;
    assert_eq!(code(&fetched), "200");
}

#[tokio::test]
async fn a_failed_request_returns_its_permit() {
    let web = Web::start(|seen| match seen.path() {
        "/silent" => Reply::Silence,
        _ => Reply::json(r#"{"code":"200"}"#),
    })
    .await;
    let triggers = client_with(TriggerSettings { max_requests: 1, ..TriggerSettings::default() });
    let silent = with_total_timeout(Duration::from_millis(50), get(web.url("/silent")));
    assert!(triggers.send(silent, &plain_script()).await.answer.is_err());
    assert_eq!(code(&triggers.send(get(web.url("/")), &plain_script()).await), "200");
}

#[tokio::test]
async fn closing_waits_for_background_requests() {
    let leave = Arc::new(Notify::new());
    let held = Reply::json("{}").held(&leave);
    let mut web = Web::start(move |_| held.clone()).await;
    let triggers = triggers();
    triggers.send_detached(get(web.url("/")), &plain_script());
    web.next().await;
    let mut closing = std::pin::pin!(triggers.close_and_wait());
    tokio::select! {
        biased;
        () = &mut closing => panic!("the request is still under way"),
        () = tokio::task::yield_now() => {}
    }
    leave.notify_one();
    closing.await;
}

#[tokio::test]
async fn a_background_request_takes_no_permit_that_a_caller_needs() {
    let mut web = Web::start(|seen| match seen.path() {
        "/told" => Reply::Silence,
        _ => Reply::json(r#"{"code":"200"}"#),
    })
    .await;
    let triggers = client_with(TriggerSettings { max_requests: 1, ..TriggerSettings::default() });
    triggers.send_detached(get(web.url("/told")), &plain_script());
    web.next().await;
    assert_eq!(code(&triggers.send(get(web.url("/")), &plain_script()).await), "200");
}

#[tokio::test]
async fn a_background_request_that_waits_to_retry_is_sent_at_once_at_shutdown() {
    let mut web = Web::start(|seen| match seen.connection {
        1 => Reply::with(503, "Connection: close\r\nRetry-After: 60\r\n", ""),
        _ => Reply::json("{}"),
    })
    .await;
    let triggers = triggers();
    let minutes = RetryPolicy { total_timeout: 5 * MINUTE, attempt_timeout: None, retries: 5 };
    triggers.send_detached(
        TriggerRequest { retry_policy: minutes, ..get(web.url("/")) },
        &plain_script(),
    );
    web.next().await;
    let begun = std::time::Instant::now();
    triggers.close_and_wait().await;
    assert_eq!(web.unread_requests(), 1);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_background_request_aborted_at_shutdown_is_logged_as_a_warning_of_its_call() {
    let (lines, _guard) = record("info");
    let mut web = Web::start(|_| Reply::Silence).await;
    let triggers = triggers();
    let span = tracing::info_span!("call", id = "the-call");
    span.in_scope(|| {
        triggers.send_detached(get(web.url("/missed?caller=5550100")), &plain_script())
    });
    web.next().await;
    triggers.abort_background().await;
    triggers.close_and_wait().await;
    let text = lines.text();
    let warning = text.lines().find(|line| line.contains("request was aborted")).unwrap();
    for part in ["WARN", "the-call", "script=\"plain\"", "/missed"] {
        assert!(warning.contains(part), "{warning}");
    }
    assert!(!warning.contains("5550100"), "{warning}");
}
