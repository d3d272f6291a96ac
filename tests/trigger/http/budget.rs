//! One total timeout for attempts, pauses and the fallback URL.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dialscript::script::definition::RetryPolicy;

use dialscript::script::branch::{BranchDecision, decide_branch};
use dialscript::script::branch_context::BranchContext;
use dialscript::script::condition::NoCallTexts;
use dialscript::script::matcher::Matcher;
use dialscript::script::request::{TriggerClient, TriggerError, TriggerRequest, TriggerResult};
use dialscript::trigger::TriggerSettings;
use dialscript::trigger::upstream::UpstreamLimits;
use futures_util::future::join_all;

use crate::support::net::free_address;
use crate::support::web::{Reply, Web};
use crate::trigger::http::{
    ask, caching_script_when, client_with, code, fresh_for_a_minute, ok_reply, post,
    with_total_timeout,
};
use crate::trigger::requests::{get, plain_script, request_target};

const BUDGET: Duration = Duration::from_millis(600);
/// How much longer than the total timeout a call may take.
const MARGIN: Duration = Duration::from_millis(200);

/// Sends this reply so many times, and a good one after that.
async fn web_failing_first(times: usize, reply: Reply) -> Web {
    let seen = AtomicUsize::new(0);
    Web::start(move |_| {
        if seen.fetch_add(1, Ordering::Relaxed) < times { reply.clone() } else { ok_reply() }
    })
    .await
}

pub(super) fn with_retries(retries: u32, request: TriggerRequest) -> TriggerRequest {
    TriggerRequest { retry_policy: RetryPolicy { retries, ..request.retry_policy }, ..request }
}

fn with_attempt_timeout(attempt: Duration, request: TriggerRequest) -> TriggerRequest {
    TriggerRequest {
        retry_policy: RetryPolicy { attempt_timeout: Some(attempt), ..request.retry_policy },
        ..request
    }
}

fn with_fallback(url: impl AsRef<str>, request: TriggerRequest) -> TriggerRequest {
    TriggerRequest { fallback: Some(request_target(url)), ..request }
}

async fn ask_timed(request: TriggerRequest) -> (TriggerResult, Duration) {
    let begun = Instant::now();
    let fetched = ask(request).await;
    (fetched, begun.elapsed())
}

/// A URL whose port refuses connections.
fn refusing_url() -> String {
    format!("http://{}/", free_address())
}

#[tokio::test]
async fn a_request_that_fails_quickly_is_retried() {
    for reply in [Reply::with(500, "", ""), Reply::with(429, "", ""), Reply::Reset] {
        let mut web = web_failing_first(2, reply).await;
        let fetched = ask(with_retries(2, get(web.url("/")))).await;
        assert_eq!(
            (code(&fetched).as_str(), fetched.timings.attempts, web.unread_requests()),
            ("200", 3, 3)
        );
        assert!(fetched.timings.retry_pause >= Duration::from_millis(150), "{:?}", fetched.timings);
        assert!(fetched.first_error.is_some(), "what went wrong first is known");
    }
}

#[tokio::test]
async fn a_request_is_retried_no_more_often_than_configured() {
    let mut web = web_failing_first(9, Reply::with(503, "", "")).await;
    let fetched = ask(with_retries(1, get(web.url("/")))).await;
    assert_eq!((fetched.answer.unwrap().status, web.unread_requests()), (503, 2));
    let mut web = web_failing_first(9, Reply::with(503, "", "")).await;
    ask(with_retries(0, post(web.url("/"), "a=1", "x/y"))).await;
    assert_eq!(web.unread_requests(), 1);
}

#[tokio::test]
async fn a_request_with_a_usable_answer_is_not_retried() {
    for (status, script) in [
        (404, plain_script()),
        (400, plain_script()),
        (200, plain_script()),
        (500, caching_script_when(fresh_for_a_minute(), Matcher::StatusClass(5))),
    ] {
        let mut web = Web::start(move |_| Reply::with(status, "", "")).await;
        let request = with_retries(3, get(web.url("/")));
        let fetched = client_with(TriggerSettings::default()).send(request, &script).await;
        assert_eq!((fetched.answer.unwrap().status, web.unread_requests()), (status, 1));
    }
}

#[tokio::test]
async fn an_attempt_timeout_leaves_time_for_a_retry() {
    let web = web_failing_first(1, Reply::Silence).await;
    let attempt = Duration::from_millis(150);
    let (fetched, took) = ask_timed(with_attempt_timeout(
        attempt,
        with_retries(1, with_total_timeout(BUDGET, get(web.url("/")))),
    ))
    .await;
    assert_eq!(code(&fetched), "200");
    assert_eq!(fetched.first_error.as_deref(), Some("no answer within 150ms"));
    assert!(took < BUDGET, "{took:?}");
}

#[tokio::test]
async fn the_fallback_url_is_used_when_the_first_gives_no_usable_answer() {
    let standby = Web::start(|_| ok_reply()).await;
    let mut requests = Vec::new();
    for reply in [
        Reply::Reset,
        Reply::Silence,
        Reply::with(500, "", ""),
        Reply::with(404, "", ""),
        Reply::of(200, "text/html", "<html>"),
        Reply::Drip(b"HTTP/1.1 200 OK\r\nX-Slow:".to_vec()),
        Reply::of(200, "text/plain", vec![b'x'; 300 * 1024]),
    ] {
        let web = Web::start(move |_| reply.clone()).await;
        requests
            .push(with_fallback(standby.url("/"), with_total_timeout(BUDGET, get(web.url("/")))));
    }
    for (fetched, took) in join_all(requests.into_iter().map(ask_timed)).await {
        assert_eq!(code(&fetched), "200");
        assert!(fetched.timings.used_fallback && fetched.first_error.is_some());
        assert!(took < BUDGET + MARGIN, "{took:?}");
    }
    let (fetched, _) = ask_timed(with_fallback(standby.url("/"), get(refusing_url()))).await;
    assert_eq!(code(&fetched), "200");
    let (fetched, _) = ask_timed(with_fallback(standby.url("/"), get("ftp://shop.example/"))).await;
    assert_eq!(code(&fetched), "200", "also when the first can't be asked at all");
}

#[tokio::test]
async fn the_fallback_url_is_not_used_while_the_first_answers() {
    let mut standby = Web::start(|_| ok_reply()).await;
    let web = Web::start(|_| Reply::json(r#"{"code":"1"}"#)).await;
    let fetched = ask(with_fallback(standby.url("/"), get(web.url("/")))).await;
    assert_eq!((code(&fetched).as_str(), standby.unread_requests()), ("1", 0));
    assert!(!fetched.timings.used_fallback && fetched.first_error.is_none());
}

#[tokio::test]
async fn attempts_pauses_and_fallback_together_stay_within_the_total_timeout() {
    let silent = Web::start(|_| Reply::Silence).await;
    let failing = Web::start(|_| Reply::with(500, "", "")).await;
    let waits = Web::start(|_| Reply::with(503, "Retry-After: 5\r\n", "")).await;
    let waits_forever =
        Web::start(|_| Reply::with(503, "Retry-After: 18446744073709551615\r\n", "")).await;
    let rows = [
        with_retries(5, get(silent.url("/"))),
        with_attempt_timeout(Duration::from_millis(100), with_retries(5, get(silent.url("/")))),
        with_fallback(silent.url("/"), get(silent.url("/"))),
        with_fallback(failing.url("/"), with_retries(5, get(silent.url("/")))),
        with_fallback(silent.url("/"), with_retries(5, get(failing.url("/")))),
        with_retries(5, get(failing.url("/"))),
        with_retries(5, get(waits.url("/"))),
        with_retries(5, get(waits_forever.url("/"))),
        with_retries(5, get(refusing_url())),
    ];
    let rows = rows.map(|request| (client_with(TriggerSettings::default()), request));
    let asked = join_all(rows.into_iter().map(|(triggers, request)| async move {
        let begun = Instant::now();
        let fetched = triggers.send(with_total_timeout(BUDGET, request), &plain_script()).await;
        (fetched, begun.elapsed())
    }));
    for (row, (fetched, took)) in asked.await.into_iter().enumerate() {
        assert!(took < BUDGET + MARGIN, "row {row}: {took:?} {fetched:?}");
        let unusable = fetched.answer.as_ref().map_or(true, |answer| answer.status >= 500);
        assert!(unusable && fetched.first_error.is_some(), "row {row}");
    }
}

#[tokio::test]
async fn retry_after_is_respected_when_it_fits_the_total_timeout() {
    let web = web_failing_first(1, Reply::with(503, "Retry-After: 1\r\n", "")).await;
    let (fetched, took) = ask_timed(with_retries(1, get(web.url("/")))).await;
    assert_eq!(code(&fetched), "200");
    assert!(took >= Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_request_waits_for_an_upstream_permit_within_its_total_timeout() {
    let mut web = Web::start(|seen| match seen.path() {
        "/silent" => Reply::Silence,
        _ => ok_reply(),
    })
    .await;
    let upstreams = UpstreamLimits { max_concurrent: 1, ..UpstreamLimits::default() };
    let triggers =
        client_with(TriggerSettings { upstream_limits: upstreams, ..TriggerSettings::default() });
    let (script, short) = (plain_script(), Duration::from_millis(100));
    let silent = with_total_timeout(2 * short, get(web.url("/silent")));
    let long_request = get(web.url("/"));
    let short_request = with_total_timeout(short, get(web.url("/")));
    let ((silent, long_request, short_request), _) = tokio::join!(
        async {
            tokio::join!(
                triggers.send(silent, &script),
                triggers.send(long_request, &script),
                triggers.send(short_request, &script),
            )
        },
        web.next()
    );
    assert_eq!(silent.answer.unwrap_err(), TriggerError::TimedOut(2 * short));
    assert_eq!(short_request.answer.clone().unwrap_err(), TriggerError::UpstreamBusy(1));
    assert_eq!(code(&long_request), "200");
    assert!(long_request.timings.queued >= short, "{:?}", long_request.timings);
}

#[tokio::test]
async fn an_upstream_that_was_not_tried_for_lack_of_time_has_no_failed_attempt() {
    let silent = Web::start(|_| Reply::Silence).await;
    let mut standby = Web::start(|_| ok_reply()).await;
    let triggers = client_with(TriggerSettings::default());
    let request = with_attempt_timeout(
        BUDGET,
        with_fallback(standby.url("/"), with_total_timeout(BUDGET, get(silent.url("/")))),
    );
    let fetched = triggers.send(request, &plain_script()).await;
    assert_eq!(fetched.answer.unwrap_err(), TriggerError::TimedOut(BUDGET));
    let failed =
        triggers.upstream_states().into_iter().map(|state| (state.name, state.failed_attempts));
    let failed: Vec<_> = failed.filter(|(_, failed)| *failed > 0).collect();
    assert_eq!((failed, standby.unread_requests()), (vec![(silent.address.to_string(), 1)], 0));
}

#[tokio::test]
async fn the_timings_of_each_phase_are_reported() {
    let web = Web::start(|_| ok_reply()).await;
    let url = web.url("/").replace("127.0.0.1", "localhost");
    let triggers = client_with(TriggerSettings::default());
    let first = triggers.send(get(&url), &plain_script()).await.timings;
    assert!(!first.dns.is_zero() && !first.connect.is_zero() && !first.answer.is_zero());
    assert!(first.tls.is_zero() && first.queued < Duration::from_millis(100));
    let again = triggers.send(get(&url), &plain_script()).await.timings;
    assert!(again.dns.is_zero() && again.connect.is_zero(), "by the same connection: {again:?}");
    let silent = Web::start(|_| Reply::Silence).await;
    let cut = ask(with_total_timeout(BUDGET, get(silent.url("/")))).await.timings;
    assert!(cut.answer > BUDGET / 2, "also of what was broken off: {cut:?}");
}

fn raw_ok(headers: &str, body: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", headers.as_bytes(), b"\r\n", body]
        .concat()
}

/// What a web application can do instead of sending a usable answer.
fn failure_modes() -> Vec<(&'static str, Reply)> {
    let bomb = include_bytes!("../../data/web/bomb.gz");
    let packed = format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", bomb.len());
    vec![
        ("silent", Reply::Silence),
        ("drips its head", Reply::Drip(b"HTTP/1.1 200 OK\r\nX-Slow:".to_vec())),
        ("drips its body", Reply::Drip(raw_ok("Content-Length: 100000\r\n", b"{"))),
        ("resets", Reply::Reset),
        ("closes at once", Reply::Close(Vec::new())),
        ("closes half-way", Reply::Close(raw_ok("Content-Length: 100\r\n", b"{\"code\":"))),
        (
            "says too long a length",
            Reply::Bytes(raw_ok("Content-Length: 100\r\n", b"{\"code\":\"200\"}")),
        ),
        (
            "says too short a length",
            Reply::Bytes(raw_ok("Content-Length: 5\r\n", b"{\"code\":\"200\"}")),
        ),
        (
            "says two lengths",
            Reply::Bytes(raw_ok("Content-Length: 5\r\nContent-Length: 14\r\n", b"")),
        ),
        ("says no number", Reply::Bytes(raw_ok("Content-Length: many\r\n", b""))),
        (
            "lies about its packing",
            Reply::Bytes(raw_ok("Content-Encoding: gzip\r\nContent-Length: 2\r\n", b"{}")),
        ),
        ("sends a bomb", Reply::Bytes(raw_ok(&packed, bomb))),
        ("has no end", Reply::Bytes(raw_ok("", &vec![b' '; 4 << 20]))),
        ("sends no HTTP", Reply::Bytes(b"220 mail.example ESMTP\r\n\r\n".to_vec())),
        ("goes round", Reply::redirect(302, "/")),
        ("leads away", Reply::redirect(302, "http://169.254.169.254/latest/")),
        ("leads to itself by another name", Reply::redirect(307, "http://localhost:1/")),
        ("fails", Reply::with(500, "", "")),
        ("is overloaded", Reply::with(503, "Retry-After: 30\r\n", "")),
        ("shows a page", Reply::of(200, "text/html", "<html>")),
        ("sends broken JSON", Reply::json("{\"code\":")),
        ("sends nothing of use", Reply::of(404, "text/plain", "")),
    ]
}

#[tokio::test]
async fn every_failure_of_a_web_application_ends_within_the_total_timeout() {
    // Creating a client takes a while. It is done before the time is measured.
    let ways: Vec<_> = failure_modes()
        .into_iter()
        .map(|way| (way, client_with(TriggerSettings::default())))
        .collect();
    let rows = ways.into_iter().map(|((how, reply), triggers)| async move {
        let web = Web::start(move |_| reply.clone()).await;
        let request = with_retries(2, with_total_timeout(BUDGET, get(web.url("/"))));
        let script = caching_script_when(fresh_for_a_minute(), Matcher::Text("200".into()));
        for request in [request.clone(), with_fallback(web.url("/standby"), request)] {
            let begun = Instant::now();
            let fetched = triggers.send(request, &script).await;
            let took = begun.elapsed();
            assert!(took < BUDGET + MARGIN, "{how}: {took:?}");
            let verdict = fetched.answer.as_ref().map(|answer| {
                let key = script.trigger.as_ref().and_then(|trigger| trigger.response_key.as_ref());
                matches!(
                    decide_branch(
                        &script.branches,
                        &BranchContext::from_answer(answer, key, NoCallTexts)
                    ),
                    BranchDecision::NoResponse(_)
                )
            });
            assert!(verdict.unwrap_or(true) && fetched.first_error.is_some(), "{how}: {fetched:?}");
        }
    });
    join_all(rows).await;
}
