//! Web applications that fail again and again are left alone, and tried again.

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
use crate::trigger::http::{MINUTE, code, keeping, keeping_what, minute, with, within};
use crate::trigger::requests::{get, plain, to};

const SECONDS: Duration = Duration::from_secs(10);

fn limits(failures: u32) -> CircuitBreakerSettings {
    CircuitBreakerSettings { failure_threshold: failures, open_for: SECONDS, ..UPSTREAM_BREAKER }
}

#[tokio::test(start_paused = true)]
async fn it_opens_after_the_configured_number_of_consecutive_failures() {
    let mut breaker = CircuitBreaker::new(limits(3));
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
    assert_eq!(breaker.record_failure(now()), BreakerTransition::Opened(SECONDS));
    assert_eq!((breaker.admit(now()), breaker.failures_if_open(now())), (Err(3), Some(3)));
}

#[tokio::test(start_paused = true)]
async fn one_probe_at_a_time_is_admitted_and_its_result_closes_the_breaker() {
    let mut breaker = CircuitBreaker::new(limits(1));
    breaker.record_failure(Instant::now());
    advance(SECONDS - Duration::from_millis(1)).await;
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
    let mut breaker = CircuitBreaker::new(limits(1));
    breaker.record_failure(Instant::now());
    advance(SECONDS).await;
    assert_eq!(breaker.admit(Instant::now()), Ok(()));
    advance(SECONDS - Duration::from_millis(1)).await;
    assert_eq!(breaker.failures_if_open(Instant::now()), Some(1));
    advance(Duration::from_millis(1)).await;
    assert_eq!(
        (breaker.failures_if_open(Instant::now()), breaker.admit(Instant::now())),
        (None, Ok(()))
    );
    assert_eq!(breaker.failures_if_open(Instant::now()), Some(1), "one at a time");
    assert_eq!(breaker.record_failure(Instant::now()), BreakerTransition::Opened(2 * SECONDS));
    assert_eq!(
        breaker.record_failure(Instant::now()),
        BreakerTransition::Unchanged,
        "of the first"
    );
}

#[tokio::test(start_paused = true)]
async fn each_failed_probe_doubles_the_open_time_up_to_the_maximum() {
    let mut breaker = CircuitBreaker::new(limits(1));
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
        BreakerTransition::Opened(SECONDS),
        "it begins anew"
    );
}

/// Fails until it is mended.
struct Patient {
    web: Web,
    mended: Arc<AtomicBool>,
}

async fn failing(reply: Reply) -> Patient {
    let mended = Arc::new(AtomicBool::new(false));
    let is_mended = mended.clone();
    let web = Web::start(move |_| match is_mended.load(Ordering::Relaxed) {
        true => Reply::json(r#"{"code":"200"}"#),
        false => reply.clone(),
    })
    .await;
    Patient { web, mended }
}

fn breaking(failures: u32, open_for: Duration) -> HttpTriggerClient {
    let breaker =
        CircuitBreakerSettings { failure_threshold: failures, open_for, ..UPSTREAM_BREAKER };
    with(TriggerSettings {
        upstream_limits: UpstreamLimits { breaker, ..UpstreamLimits::default() },
        ..TriggerSettings::default()
    })
}

async fn fail(triggers: &HttpTriggerClient, web: &Web) -> TriggerResult {
    triggers.send(within(Duration::from_millis(100), get(web.url("/"))), &plain()).await
}

#[tokio::test]
async fn no_request_is_sent_while_the_circuit_breaker_is_open() {
    for reply in [Reply::Reset, Reply::Silence, Reply::with(500, "", "")] {
        let Patient { mut web, .. } = failing(reply).await;
        let triggers = breaking(2, MINUTE);
        for _ in 0..2 {
            fail(&triggers, &web).await;
        }
        assert_eq!(web.unread_requests(), 2);
        let refused = triggers.send(get(web.url("/")), &plain()).await;
        assert_eq!(refused.answer.unwrap_err(), TriggerError::CircuitOpen(2));
        assert_eq!((web.unread_requests(), refused.timings.attempts), (0, 0));
        let state = triggers.upstream_states().remove(0);
        assert_eq!((state.breaker, state.times_opened, state.not_sent), (BreakerState::Open, 1, 1));
        assert_eq!(state.name, web.address.to_string());
    }
}

#[tokio::test]
async fn an_error_status_that_a_branch_handles_is_not_counted_as_a_failure() {
    let Patient { mut web, .. } = failing(Reply::with(503, "", "")).await;
    let (triggers, script) = (breaking(1, MINUTE), keeping_what(minute(), Matcher::Status(503)));
    for _ in 0..3 {
        assert_eq!(triggers.send(get(web.url("/")), &script).await.answer.unwrap().status, 503);
    }
    assert_eq!(web.unread_requests(), 3);
}

#[tokio::test]
async fn a_successful_probe_closes_the_circuit_breaker() {
    let Patient { web, mended } = failing(Reply::Reset).await;
    let triggers = breaking(1, Duration::from_millis(50));
    fail(&triggers, &web).await;
    mended.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    loop {
        let fetched = triggers.send(get(web.url("/")), &plain()).await;
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
    let Patient { mut web, .. } = failing(Reply::Silence).await;
    let standby = Web::start(|_| Reply::json(r#"{"code":"2"}"#)).await;
    let triggers = breaking(1, MINUTE);
    fail(&triggers, &web).await;
    let mut request = get(web.url("/"));
    request.fallback = Some(to(standby.url("/")));
    assert_eq!(code(&triggers.send(request, &plain()).await), "2");
    assert_eq!(web.unread_requests(), 1);

    let Patient { web, mended } = failing(Reply::Silence).await;
    mended.store(true, Ordering::Relaxed);
    let zero = Duration::ZERO;
    let script = keeping(ResponseCachePolicy { fresh: zero, stale_if_error: MINUTE, ..minute() });
    triggers.send(get(web.url("/")), &script).await;
    mended.store(false, Ordering::Relaxed);
    fail(&triggers, &web).await;
    let begun = Instant::now();
    let stale = triggers.send(get(web.url("/")), &script).await;
    assert_eq!((code(&stale).as_str(), stale.cache), ("200", CacheStatus::Stale));
    assert!(begun.elapsed() < Duration::from_secs(1) && stale.timings.attempts == 0);
}

#[tokio::test]
async fn each_upstream_has_its_own_circuit_breaker_and_background_requests_pass_an_open_one() {
    let Patient { mut web, mended } = failing(Reply::Reset).await;
    let other = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let triggers = breaking(1, MINUTE);
    fail(&triggers, &web).await;
    assert_eq!(code(&triggers.send(get(other.url("/")), &plain()).await), "200");
    web.next().await;
    mended.store(true, Ordering::Relaxed);
    triggers.send_detached(get(web.url("/told")), &plain());
    assert_eq!(web.next().await.path(), "/told");
    triggers.close_and_wait().await;
    assert_eq!(triggers.upstream_states().len(), 2);
    assert!(triggers.upstream_states().iter().all(|state| state.breaker == BreakerState::Closed));
}
