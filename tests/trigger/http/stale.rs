//! Stale answers: served at once and renewed in the background, or served when the request fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dialscript::script::definition::{ResponseCachePolicy, Script};
use dialscript::script::request::{CacheStatus, TriggerClient, TriggerResult};
use dialscript::trigger::{HttpTriggerClient, TriggerSettings};

use crate::support::web::{Reply, Web};
use crate::trigger::http::{
    MINUTE, caching_script, client_with, code, fresh_for_a_minute, triggers, with_total_timeout,
};
use crate::trigger::requests::get;

/// Answers are stale at once, and are served for these times.
fn stale_at_once(stale: Duration, stale_if_error: Duration) -> Arc<Script> {
    caching_script(ResponseCachePolicy {
        fresh: Duration::ZERO,
        stale,
        stale_if_error,
        ..fresh_for_a_minute()
    })
}

/// Answers `{"code":"1"}` once, and with `reply` after that.
async fn web_answering_once_then(reply: Reply) -> Web {
    let seen = AtomicUsize::new(0);
    Web::start(move |_| match seen.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::json(r#"{"code":"1"}"#),
        _ => reply.clone(),
    })
    .await
}

/// Sends the request again until the condition holds for its result.
async fn send_until(
    triggers: &HttpTriggerClient,
    url: &str,
    script: &Arc<Script>,
    holds: impl Fn(&TriggerResult) -> bool,
) -> TriggerResult {
    let begun = Instant::now();
    loop {
        let fetched = triggers.send(get(url), script).await;
        if holds(&fetched) {
            return fetched;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "not within 5 s: {fetched:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stale_answer_is_served_at_once_and_renewed_in_the_background() {
    let mut web = web_answering_once_then(Reply::json(r#"{"code":"2"}"#)).await;
    let (triggers, script) = (triggers(), stale_at_once(MINUTE, Duration::ZERO));
    let url = web.url("/");
    assert_eq!(triggers.send(get(&url), &script).await.cache, CacheStatus::Miss);
    let stale = triggers.send(get(&url), &script).await;
    assert_eq!((code(&stale).as_str(), stale.cache), ("1", CacheStatus::Stale));
    assert!(web.next().await.path() == "/" && web.next().await.path() == "/", "it is asked again");
    let renewed = send_until(&triggers, &url, &script, |fetched| code(fetched) == "2").await;
    assert_eq!(renewed.cache, CacheStatus::Stale);
}

#[tokio::test]
async fn a_stale_answer_is_still_served_when_it_cannot_be_renewed() {
    let web = web_answering_once_then(Reply::Silence).await;
    let (triggers, script) = (triggers(), stale_at_once(MINUTE, Duration::ZERO));
    triggers.send(get(web.url("/")), &script).await;
    let begun = Instant::now();
    for _ in 0..10 {
        assert_eq!(triggers.send(get(web.url("/")), &script).await.cache, CacheStatus::Stale);
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "nobody waits for it");
}

#[tokio::test]
async fn a_stale_answer_is_served_when_the_request_fails() {
    for reply in [
        Reply::Reset,
        Reply::Silence,
        Reply::with(500, "", ""),
        Reply::of(200, "text/html", "<html>"),
        Reply::with(404, "", ""),
    ] {
        let web = web_answering_once_then(reply).await;
        let (triggers, script) = (triggers(), stale_at_once(Duration::ZERO, MINUTE));
        triggers.send(get(web.url("/")), &script).await;
        let request = with_total_timeout(Duration::from_millis(200), get(web.url("/")));
        let stale = triggers.send(request, &script).await;
        assert_eq!((code(&stale).as_str(), stale.cache), ("1", CacheStatus::Stale));
        assert!(stale.first_error.is_some(), "why it is old is told");
    }
}

#[tokio::test]
async fn a_new_answer_is_preferred_to_a_stale_one() {
    let web = web_answering_once_then(Reply::json(r#"{"code":"2"}"#)).await;
    let (triggers, script) = (triggers(), stale_at_once(Duration::ZERO, MINUTE));
    triggers.send(get(web.url("/")), &script).await;
    let new = triggers.send(get(web.url("/")), &script).await;
    assert_eq!((code(&new).as_str(), new.cache), ("2", CacheStatus::Miss));
}

#[tokio::test]
async fn without_a_stale_policy_no_stale_answer_is_served() {
    let web = web_answering_once_then(Reply::Reset).await;
    let (triggers, script) = (triggers(), stale_at_once(Duration::ZERO, Duration::ZERO));
    triggers.send(get(web.url("/")), &script).await;
    let nothing = triggers.send(get(web.url("/")), &script).await;
    assert!(nothing.answer.is_err() && nothing.cache == CacheStatus::Miss);
}

#[tokio::test]
async fn a_stale_answer_is_served_when_max_requests_is_reached() {
    let web = web_answering_once_then(Reply::Silence).await;
    let triggers = client_with(TriggerSettings { max_requests: 1, ..TriggerSettings::default() });
    let script = stale_at_once(Duration::ZERO, MINUTE);
    triggers.send(get(web.url("/")), &script).await;
    let other = get(web.url("/other"));
    tokio::select! {
        biased;
        _ = triggers.send(other, &script) => panic!("the web application stays silent"),
        () = tokio::task::yield_now() => {}
    }
    let stale = triggers.send(get(web.url("/")), &script).await;
    assert_eq!(stale.cache, CacheStatus::Stale);
}
