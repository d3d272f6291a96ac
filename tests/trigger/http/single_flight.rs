//! Single flight: one request for all calls with the same key.

use std::sync::Arc;
use std::time::Duration;

use dialscript::script::matcher::Matcher;
use dialscript::script::request::{CacheStatus, TriggerClient, TriggerError, TriggerRequest};
use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::support::web::{Reply, Web};
use crate::trigger::http::{
    caching_script, caching_script_when, code, fresh_for_a_minute, ok_reply, triggers,
    with_total_timeout,
};
use crate::trigger::requests::{get, request_target};

#[tokio::test]
async fn five_hundred_calls_at_once_make_one_request() {
    let leave = Arc::new(Notify::new());
    let held = ok_reply().held(&leave);
    let mut web = Web::start(move |_| held.clone()).await;
    let (triggers, script) = (triggers(), caching_script(fresh_for_a_minute()));
    let calls = join_all((0..500).map(|_| triggers.send(get(web.url("/")), &script)));
    let (all, ()) = tokio::join!(calls, async { leave.notify_one() });
    assert!(all.iter().all(|fetched| code(fetched) == "200"));
    assert_eq!(all.iter().filter(|fetched| fetched.timings.joined_flight).count(), 499);
    assert_eq!(web.unread_requests(), 1);
    assert_eq!(triggers.send(get(web.url("/")), &script).await.cache, CacheStatus::Hit);
}

#[tokio::test]
async fn a_shared_request_completes_when_the_first_call_ends() {
    let leave = Arc::new(Notify::new());
    let held = ok_reply().held(&leave);
    let mut web = Web::start(move |_| held.clone()).await;
    let (triggers, script) = (Arc::new(triggers()), caching_script(fresh_for_a_minute()));
    let (asking, request, first) = (triggers.clone(), get(web.url("/")), script.clone());
    let first = tokio::spawn(async move { asking.send(request, &first).await });
    web.next().await;
    let second = triggers.send(get(web.url("/")), &script);
    let leaves = async {
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        leave.notify_one();
    };
    let (second, ()) = tokio::join!(second, leaves);
    assert_eq!(
        (code(&second).as_str(), second.timings.joined_flight, web.unread_requests()),
        ("200", true, 0)
    );
}

#[tokio::test]
async fn a_call_with_more_time_than_the_first_sends_its_own_request_after_a_timeout() {
    let mut web = Web::start(|seen| match seen.connection {
        1 => Reply::Silence,
        _ => ok_reply(),
    })
    .await;
    let (triggers, script) = (triggers(), caching_script(fresh_for_a_minute()));
    let short_request =
        triggers.send(with_total_timeout(Duration::from_millis(100), get(web.url("/"))), &script);
    let long_request = async {
        web.next().await;
        triggers.send(get(web.url("/")), &script).await
    };
    let (short_request, long_request) = tokio::join!(short_request, long_request);
    assert!(matches!(short_request.answer, Err(TriggerError::TimedOut(_))));
    assert_eq!(code(&long_request), "200");
}

#[tokio::test]
async fn an_attempt_timeout_fails_all_calls_that_share_the_request() {
    let mut web = Web::start(|_| Reply::Silence).await;
    let (triggers, script) = (triggers(), caching_script(fresh_for_a_minute()));
    let mut request = get(web.url("/"));
    request.retry_policy.attempt_timeout = Some(Duration::from_millis(100));
    let calls = join_all((0..5).map(|_| triggers.send(request.clone(), &script)));
    let short = TriggerError::TimedOut(Duration::from_millis(100));
    assert!(calls.await.into_iter().all(|fetched| fetched.answer.unwrap_err() == short));
    assert_eq!(web.unread_requests(), 1);
}

#[tokio::test]
async fn a_call_with_less_time_than_the_first_times_out_on_its_own() {
    let mut web = Web::start(|_| Reply::Silence).await;
    let (triggers, script) = (Arc::new(triggers()), caching_script(fresh_for_a_minute()));
    let (asking, request, first) = (triggers.clone(), get(web.url("/")), script.clone());
    let first = tokio::spawn(async move { asking.send(request, &first).await });
    web.next().await;
    let short = Duration::from_millis(100);
    let begun = std::time::Instant::now();
    let short_request = triggers.send(with_total_timeout(short, get(web.url("/"))), &script).await;
    assert_eq!(short_request.answer.unwrap_err(), TriggerError::TimedOut(short));
    assert!(begun.elapsed() < Duration::from_secs(2) && web.unread_requests() == 0);
    first.abort();
}

#[tokio::test]
async fn a_call_without_a_branch_for_the_shared_answer_sends_its_own_request() {
    let leave = Arc::new(Notify::new());
    let held = Reply::with(404, "", "").held(&leave);
    let mut web = Web::start(move |_| held.clone()).await;
    let standby = Web::start(|_| ok_reply()).await;
    let request =
        || TriggerRequest { fallback: Some(request_target(standby.url("/"))), ..get(web.url("/")) };
    let (triggers, one) =
        (triggers(), caching_script_when(fresh_for_a_minute(), Matcher::Status(404)));
    let other = caching_script(fresh_for_a_minute());
    let (first, second) = (request(), request());
    let calls = async { tokio::join!(triggers.send(first, &one), triggers.send(second, &other)) };
    let (one, other) = tokio::select! {
        both = calls => both,
        () = async { loop { web.next().await; leave.notify_one(); } } => unreachable!(),
    };
    assert_eq!((one.answer.unwrap().status, code(&other).as_str()), (404, "200"));
}

#[tokio::test]
async fn a_failure_is_shared_by_all_waiting_calls() {
    let leave = Arc::new(Notify::new());
    let held = Reply::with(500, "", "").held(&leave);
    let mut web = Web::start(move |_| held.clone()).await;
    let (triggers, script) =
        (triggers(), caching_script_when(fresh_for_a_minute(), Matcher::Text("200".into())));
    let calls = join_all((0..10).map(|_| triggers.send(get(web.url("/")), &script)));
    let (all, ()) = tokio::join!(calls, async { leave.notify_one() });
    assert!(all.iter().all(|fetched| fetched.answer.as_ref().unwrap().status == 500));
    assert_eq!(web.unread_requests(), 1);
}
