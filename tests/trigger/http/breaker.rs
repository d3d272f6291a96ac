//! The circuit breaker: it opens when an upstream keeps failing, and a probe closes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dialscript::circuit_breaker::{
    BreakerState, BreakerTransition, CircuitBreaker, CircuitBreakerSettings,
};
use dialscript::script::definition::ResponseCachePolicy;
use dialscript::script::matcher::Matcher;
use dialscript::script::request::{CacheStatus, TriggerClient, TriggerError, TriggerResult};
use dialscript::trigger::upstream::{UPSTREAM_BREAKER, UpstreamLimits};
use dialscript::trigger::{HttpTriggerClient, TriggerSettings};
use tokio::time::{Instant, advance};

use crate::support::web::{Reply, Web};
use crate::trigger::http::{
    MINUTE, caching_script, caching_script_when, client_with, code, fresh_for_a_minute,
    with_total_timeout,
};
use crate::trigger::requests::{get, plain_script, request_target};

const OPEN_FOR: Duration = Duration::from_secs(10);

fn breaker_settings(failures: u32) -> CircuitBreakerSettings {
    CircuitBreakerSettings { failure_threshold: failures, open_for: OPEN_FOR, ..UPSTREAM_BREAKER }
}

#[tokio::test(start_paused = true)]
async fn it_opens_after_the_configured_number_of_consecutive_failures() {
    let mut breaker = CircuitBreaker::new(breaker_settings(3));
    let now = Instant::now;
    assert_eq!(
        (breaker.record_failure(now()), breaker.record_failure(now())),
        (BreakerTransition::Unchanged, BreakerTransition::Unchanged)
    );
    assert_eq!(breaker.record_success(), BreakerTransition::Unchanged);
    breaker.record_failure(now());
    breaker.record_failure(now());
    assert_eq!(
        (breaker.state(now()), breaker.failures_if_open(now())),
        (BreakerState::Closed, None)
    );
    assert_eq!(breaker.record_failure(now()), BreakerTransition::Opened(OPEN_FOR));
    assert_eq!((breaker.admit(now()), breaker.failures_if_open(now())), (Err(3), Some(3)));
}

#[tokio::test(start_paused = true)]
async fn one_probe_at_a_time_is_admitted_and_its_result_closes_the_breaker() {
    let mut breaker = CircuitBreaker::new(breaker_settings(1));
    breaker.record_failure(Instant::now());
    advance(OPEN_FOR - Duration::from_millis(1)).await;
    assert!(breaker.admit(Instant::now()).is_err());
    assert_eq!(breaker.state(Instant::now()), BreakerState::Open);
    advance(Duration::from_millis(1)).await;
    assert_eq!(breaker.state(Instant::now()), BreakerState::HalfOpen, "no call has come yet");
    assert_eq!(breaker.admit(Instant::now()), Ok(()));
    assert_eq!(breaker.state(Instant::now()), BreakerState::HalfOpen);
    assert!(breaker.admit(Instant::now()).is_err(), "the probe is under way");
    breaker.record_abandoned(Instant::now());
    assert_eq!(breaker.admit(Instant::now()), Ok(()), "it said nothing: the next one may see");
    assert_eq!(breaker.record_success(), BreakerTransition::Closed);
    assert_eq!(breaker.admit(Instant::now()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn another_probe_is_admitted_when_the_first_does_not_return() {
    let mut breaker = CircuitBreaker::new(breaker_settings(1));
    breaker.record_failure(Instant::now());
    advance(OPEN_FOR).await;
    assert_eq!(breaker.admit(Instant::now()), Ok(()));
    advance(OPEN_FOR - Duration::from_millis(1)).await;
    assert_eq!(breaker.failures_if_open(Instant::now()), Some(1));
    advance(Duration::from_millis(1)).await;
    assert_eq!(
        (breaker.failures_if_open(Instant::now()), breaker.admit(Instant::now())),
        (None, Ok(()))
    );
    assert_eq!(breaker.failures_if_open(Instant::now()), Some(1), "one at a time");
    assert_eq!(breaker.record_failure(Instant::now()), BreakerTransition::Opened(2 * OPEN_FOR));
    assert_eq!(
        breaker.record_failure(Instant::now()),
        BreakerTransition::Unchanged,
        "of the first"
    );
}

#[tokio::test(start_paused = true)]
async fn each_failed_probe_doubles_the_open_time_up_to_the_maximum() {
    let mut breaker = CircuitBreaker::new(breaker_settings(1));
    breaker.record_failure(Instant::now());
    let mut times = Vec::new();
    for _ in 0..4 {
        advance(UPSTREAM_BREAKER.max_open_for).await;
        breaker.admit(Instant::now()).expect("a probe");
        if let BreakerTransition::Opened(lasts) = breaker.record_failure(Instant::now()) {
            times.push(lasts.as_secs());
        }
    }
    assert_eq!(times, [20, 40, 60, 60]);
    advance(UPSTREAM_BREAKER.max_open_for).await;
    breaker.admit(Instant::now()).expect("a probe");
    breaker.record_success();
    assert_eq!(
        breaker.record_failure(Instant::now()),
        BreakerTransition::Opened(OPEN_FOR),
        "it begins anew"
    );
}

/// A web application that fails until `recovered` is set.
struct RecoveringWeb {
    web: Web,
    recovered: Arc<AtomicBool>,
}

async fn web_failing_until_recovered(reply: Reply) -> RecoveringWeb {
    let recovered = Arc::new(AtomicBool::new(false));
    let is_recovered = recovered.clone();
    let web = Web::start(move |_| match is_recovered.load(Ordering::Relaxed) {
        true => Reply::json(r#"{"code":"200"}"#),
        false => reply.clone(),
    })
    .await;
    RecoveringWeb { web, recovered }
}

fn client_with_breaker(failures: u32, open_for: Duration) -> HttpTriggerClient {
    let breaker =
        CircuitBreakerSettings { failure_threshold: failures, open_for, ..UPSTREAM_BREAKER };
    client_with(TriggerSettings {
        upstream_limits: UpstreamLimits { breaker, ..UpstreamLimits::default() },
        ..TriggerSettings::default()
    })
}

async fn send_with_short_timeout(triggers: &HttpTriggerClient, web: &Web) -> TriggerResult {
    triggers
        .send(with_total_timeout(Duration::from_millis(100), get(web.url("/"))), &plain_script())
        .await
}

#[tokio::test]
async fn no_request_is_sent_while_the_circuit_breaker_is_open() {
    for reply in [Reply::Reset, Reply::Silence, Reply::with(500, "", "")] {
        let RecoveringWeb { mut web, .. } = web_failing_until_recovered(reply).await;
        let triggers = client_with_breaker(2, MINUTE);
        for _ in 0..2 {
            send_with_short_timeout(&triggers, &web).await;
        }
        assert_eq!(web.unread_requests(), 2);
        let refused = triggers.send(get(web.url("/")), &plain_script()).await;
        assert_eq!(refused.answer.unwrap_err(), TriggerError::CircuitOpen(2));
        assert_eq!((web.unread_requests(), refused.timings.attempts), (0, 0));
        let state = triggers.upstream_states().remove(0);
        assert_eq!((state.breaker, state.times_opened, state.not_sent), (BreakerState::Open, 1, 1));
        assert_eq!(state.name, web.address.to_string());
    }
}

#[tokio::test]
async fn each_attempt_counts_so_five_failures_are_reached_in_the_second_call_with_two_retries() {
    let RecoveringWeb { mut web, .. } = web_failing_until_recovered(Reply::with(500, "", "")).await;
    let triggers = client_with_breaker(UPSTREAM_BREAKER.failure_threshold, MINUTE);
    let mut request = get(web.url("/"));
    request.retry_policy.retries = 2;
    let first = triggers.send(request.clone(), &plain_script()).await;
    assert_eq!((first.timings.attempts, web.unread_requests()), (3, 3));
    assert_eq!(triggers.upstream_states()[0].breaker, BreakerState::Closed);
    let second = triggers.send(request, &plain_script()).await;
    assert_eq!((second.timings.attempts, web.unread_requests()), (2, 2));
    assert_eq!(triggers.upstream_states()[0].breaker, BreakerState::Open);
}

#[tokio::test]
async fn an_error_status_that_a_branch_handles_is_not_counted_as_a_failure() {
    let RecoveringWeb { mut web, .. } = web_failing_until_recovered(Reply::with(503, "", "")).await;
    let (triggers, script) = (
        client_with_breaker(1, MINUTE),
        caching_script_when(fresh_for_a_minute(), Matcher::Status(503)),
    );
    for _ in 0..3 {
        assert_eq!(triggers.send(get(web.url("/")), &script).await.answer.unwrap().status, 503);
    }
    assert_eq!(web.unread_requests(), 3);
}

#[tokio::test]
async fn a_successful_probe_closes_the_circuit_breaker() {
    let RecoveringWeb { web, recovered } = web_failing_until_recovered(Reply::Reset).await;
    let triggers = client_with_breaker(1, Duration::from_millis(50));
    send_with_short_timeout(&triggers, &web).await;
    recovered.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    loop {
        let fetched = triggers.send(get(web.url("/")), &plain_script()).await;
        if fetched.answer.is_ok() {
            break;
        }
        assert_eq!(fetched.answer.unwrap_err(), TriggerError::CircuitOpen(1));
        assert!(begun.elapsed() < Duration::from_secs(5), "it stays open");
        tokio::task::yield_now().await;
    }
    assert_eq!(triggers.upstream_states()[0].breaker, BreakerState::Closed);
}

#[tokio::test]
async fn an_open_circuit_breaker_leads_at_once_to_the_fallback_url_or_a_stale_answer() {
    let RecoveringWeb { mut web, .. } = web_failing_until_recovered(Reply::Silence).await;
    let standby = Web::start(|_| Reply::json(r#"{"code":"2"}"#)).await;
    let triggers = client_with_breaker(1, MINUTE);
    send_with_short_timeout(&triggers, &web).await;
    let mut request = get(web.url("/"));
    request.fallback = Some(request_target(standby.url("/")));
    assert_eq!(code(&triggers.send(request, &plain_script()).await), "2");
    assert_eq!(web.unread_requests(), 1);

    let RecoveringWeb { web, recovered } = web_failing_until_recovered(Reply::Silence).await;
    recovered.store(true, Ordering::Relaxed);
    let zero = Duration::ZERO;
    let script = caching_script(ResponseCachePolicy {
        fresh: zero,
        stale_if_error: MINUTE,
        ..fresh_for_a_minute()
    });
    triggers.send(get(web.url("/")), &script).await;
    recovered.store(false, Ordering::Relaxed);
    send_with_short_timeout(&triggers, &web).await;
    let begun = Instant::now();
    let stale = triggers.send(get(web.url("/")), &script).await;
    assert_eq!((code(&stale).as_str(), stale.cache), ("200", CacheStatus::Stale));
    assert!(begun.elapsed() < Duration::from_secs(1) && stale.timings.attempts == 0);
}

#[tokio::test]
async fn each_upstream_has_its_own_circuit_breaker_and_background_requests_pass_an_open_one() {
    let RecoveringWeb { mut web, recovered } = web_failing_until_recovered(Reply::Reset).await;
    let other = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let triggers = client_with_breaker(1, MINUTE);
    send_with_short_timeout(&triggers, &web).await;
    assert_eq!(code(&triggers.send(get(other.url("/")), &plain_script()).await), "200");
    web.next().await;
    recovered.store(true, Ordering::Relaxed);
    triggers.send_detached(get(web.url("/told")), &plain_script());
    assert_eq!(web.next().await.path(), "/told");
    triggers.close_and_wait().await;
    assert_eq!(triggers.upstream_states().len(), 2);
    assert!(triggers.upstream_states().iter().all(|state| state.breaker == BreakerState::Closed));
}
