//! A client with changed settings shares what the first client has learned.

use std::sync::Arc;

use dialscript::circuit_breaker::{BreakerState, CircuitBreakerSettings};
use dialscript::script::request::{CacheStatus, TriggerClient, TriggerError};
use dialscript::trigger::TriggerSettings;
use dialscript::trigger::response_cache::ResponseCacheLimits;
use dialscript::trigger::upstream::{UPSTREAM_BREAKER, UpstreamLimits};
use dialscript::web::egress::EgressDenied;
use tokio::sync::Notify;

use crate::support::web::{Reply, Web};
use crate::trigger::http::{
    MINUTE, caching_script, client_with, fresh_for_a_minute, ok_reply, triggers,
};
use crate::trigger::requests::{get, plain_script};

fn with_breaker(failures: u32) -> TriggerSettings {
    let breaker = CircuitBreakerSettings {
        failure_threshold: failures,
        open_for: MINUTE,
        ..UPSTREAM_BREAKER
    };
    let upstream_limits = UpstreamLimits { breaker, ..UpstreamLimits::default() };
    TriggerSettings { upstream_limits, ..TriggerSettings::default() }
}

#[tokio::test]
async fn cached_answers_and_connections_are_kept() {
    let mut web = Web::start(|_| ok_reply()).await;
    let first = triggers();
    let script = caching_script(fresh_for_a_minute());
    assert_eq!(first.send(get(web.url("/a")), &script).await.cache, CacheStatus::Miss);
    let second = first.with_settings(with_breaker(9)).unwrap();
    assert_eq!(second.send(get(web.url("/a")), &script).await.cache, CacheStatus::Hit);
    assert!(Arc::ptr_eq(&first.client(), &second.client()));
    second.send(get(web.url("/b")), &script).await;
    assert_eq!((web.next().await.connection, web.next().await.connection), (1, 1));
    assert_eq!(second.cache().len(), 2);
}

#[tokio::test]
async fn a_smaller_cache_drops_the_answers_that_were_used_least_recently() {
    let web = Web::start(|_| ok_reply()).await;
    let first = triggers();
    let script = caching_script(fresh_for_a_minute());
    for path in ["/a", "/b", "/c"] {
        first.send(get(web.url(path)), &script).await;
    }
    let cache = ResponseCacheLimits { max_entries: 1, ..ResponseCacheLimits::default() };
    let second = first.with_settings(TriggerSettings { cache, ..TriggerSettings::default() });
    let second = second.unwrap();
    assert_eq!(second.cache().len(), 1);
    assert_eq!(second.send(get(web.url("/c")), &script).await.cache, CacheStatus::Hit);
}

#[tokio::test]
async fn an_open_circuit_breaker_stays_open_and_new_limits_apply_to_known_upstreams() {
    let web = Web::start(|_| Reply::Reset).await;
    let first = client_with(with_breaker(1));
    let failed = first.send(get(web.url("/")), &plain_script()).await.answer;
    assert!(failed.is_err(), "{failed:?}");
    let second = first.with_settings(with_breaker(5)).unwrap();
    let states = second.upstream_states();
    assert_eq!((states.len(), states[0].breaker), (1, BreakerState::Open));
    let refused = second.send(get(web.url("/")), &plain_script()).await.answer;
    assert!(matches!(refused, Err(TriggerError::CircuitOpen(1))), "{refused:?}");
}

#[tokio::test]
async fn a_higher_limit_on_requests_applies_while_requests_are_in_progress() {
    let send = Arc::new(Notify::new());
    let held = send.clone();
    let mut web = Web::start(move |seen| match seen.path() {
        "/held" => ok_reply().held(&held),
        _ => ok_reply(),
    })
    .await;
    let limited = |max_requests| TriggerSettings { max_requests, ..TriggerSettings::default() };
    let first = Arc::new(client_with(limited(1)));
    let url = web.url("/held");
    let waiting = tokio::spawn({
        let first = first.clone();
        async move { first.send(get(url), &plain_script()).await }
    });
    web.next().await;
    let refused = first.send(get(web.url("/")), &plain_script()).await.answer;
    assert!(matches!(refused, Err(TriggerError::TooManyRequests(1))), "{refused:?}");
    let second = first.with_settings(limited(2)).unwrap();
    assert!(second.send(get(web.url("/")), &plain_script()).await.answer.is_ok());
    send.notify_one();
    assert!(waiting.await.unwrap().answer.is_ok(), "the first client completes its request");
}

#[tokio::test]
async fn new_egress_rules_apply_to_the_new_client_only() {
    let first = triggers();
    let allow_hosts = vec!["shop.example".parse().unwrap()];
    let settings = TriggerSettings { allow_hosts, ..TriggerSettings::default() };
    let second = first.with_settings(settings).unwrap();
    let url = "http://shop.example/".parse().unwrap();
    assert_eq!(first.client().check(&url), Err(EgressDenied::Host));
    assert_eq!(second.client().check(&url), Ok(()));
}

#[tokio::test]
async fn waiting_for_the_end_of_requests_includes_those_of_the_first_client() {
    let send = Arc::new(Notify::new());
    let held = send.clone();
    let mut web = Web::start(move |_| ok_reply().held(&held)).await;
    let first = triggers();
    let second = first.with_settings(with_breaker(9)).unwrap();
    first.send_detached(get(web.url("/")), &plain_script());
    web.next().await;
    assert_eq!(second.tracker().len(), 1);
    send.notify_one();
    second.close_and_wait().await;
    assert_eq!(first.tracker().len(), 0);
}
