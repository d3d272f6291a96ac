//! One budget for everything: attempts, pauses, the second URL.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dialscript::script::definition::RetryPolicy;

use dialscript::script::branch::{BranchDecision, decide_branch};
use dialscript::script::matcher::Matcher;
use dialscript::script::request::{TriggerClient, TriggerError, TriggerRequest, TriggerResult};
use dialscript::trigger::TriggerSettings;
use dialscript::trigger::upstream::UpstreamLimits;
use futures_util::future::join_all;

use crate::support::net::free_address;
use crate::support::web::{Reply, Web};
use crate::trigger::http::{ask, code, good, keeping_what, minute, post, with, within};
use crate::trigger::requests::{get, plain, to};

const BUDGET: Duration = Duration::from_millis(600);
/// What a caller may wait beyond the budget.
const MARGIN: Duration = Duration::from_millis(200);

/// Does this so often, and answers then.
async fn at_first(times: usize, reply: Reply) -> Web {
    let seen = AtomicUsize::new(0);
    Web::start(
        move |_| {
            if seen.fetch_add(1, Ordering::Relaxed) < times { reply.clone() } else { good() }
        },
    )
    .await
}

fn trying(retries: u32, request: TriggerRequest) -> TriggerRequest {
    TriggerRequest { retry_policy: RetryPolicy { retries, ..request.retry_policy }, ..request }
}

fn each(attempt: Duration, request: TriggerRequest) -> TriggerRequest {
    TriggerRequest {
        retry_policy: RetryPolicy { attempt_timeout: Some(attempt), ..request.retry_policy },
        ..request
    }
}

fn or(url: impl AsRef<str>, request: TriggerRequest) -> TriggerRequest {
    TriggerRequest { fallback: Some(to(url)), ..request }
}

async fn timed(request: TriggerRequest) -> (TriggerResult, Duration) {
    let begun = Instant::now();
    let fetched = ask(request).await;
    (fetched, begun.elapsed())
}

/// A port that refuses.
fn refusing() -> String {
    format!("http://{}/", free_address())
}

#[tokio::test]
async fn a_request_that_fails_quickly_is_retried() {
    for reply in [Reply::with(500, "", ""), Reply::with(429, "", ""), Reply::Reset] {
        let mut web = at_first(2, reply).await;
        let fetched = ask(trying(2, get(web.url("/")))).await;
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
    let mut web = at_first(9, Reply::with(503, "", "")).await;
    let fetched = ask(trying(1, get(web.url("/")))).await;
    assert_eq!((fetched.answer.unwrap().status, web.unread_requests()), (503, 2));
    let mut web = at_first(9, Reply::with(503, "", "")).await;
    ask(trying(0, post(web.url("/"), "a=1", "x/y"))).await;
    assert_eq!(web.unread_requests(), 1);
}

#[tokio::test]
async fn a_request_with_a_usable_answer_is_not_retried() {
    for (status, script) in [
        (404, plain()),
        (400, plain()),
        (200, plain()),
        (500, keeping_what(minute(), Matcher::StatusClass(5))),
    ] {
        let mut web = Web::start(move |_| Reply::with(status, "", "")).await;
        let request = trying(3, get(web.url("/")));
        let fetched = with(TriggerSettings::default()).send(request, &script).await;
        assert_eq!((fetched.answer.unwrap().status, web.unread_requests()), (status, 1));
    }
}

#[tokio::test]
async fn an_attempt_timeout_leaves_time_for_a_retry() {
    let web = at_first(1, Reply::Silence).await;
    let attempt = Duration::from_millis(150);
    let (fetched, took) = timed(each(attempt, trying(1, within(BUDGET, get(web.url("/")))))).await;
    assert_eq!(code(&fetched), "200");
    assert_eq!(fetched.first_error.as_deref(), Some("no answer within 150ms"));
    assert!(took < BUDGET, "{took:?}");
}

#[tokio::test]
async fn the_fallback_url_is_used_when_the_first_gives_no_usable_answer() {
    let standby = Web::start(|_| good()).await;
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
        requests.push(or(standby.url("/"), within(BUDGET, get(web.url("/")))));
    }
    for (fetched, took) in join_all(requests.into_iter().map(timed)).await {
        assert_eq!(code(&fetched), "200");
        assert!(fetched.timings.used_fallback && fetched.first_error.is_some());
        assert!(took < BUDGET + MARGIN, "{took:?}");
    }
    let (fetched, _) = timed(or(standby.url("/"), get(refusing()))).await;
    assert_eq!(code(&fetched), "200");
    let (fetched, _) = timed(or(standby.url("/"), get("ftp://shop.example/"))).await;
    assert_eq!(code(&fetched), "200", "also when the first can't be asked at all");
}

#[tokio::test]
async fn the_fallback_url_is_not_used_while_the_first_answers() {
    let mut standby = Web::start(|_| good()).await;
    let web = Web::start(|_| Reply::json(r#"{"code":"1"}"#)).await;
    let fetched = ask(or(standby.url("/"), get(web.url("/")))).await;
    assert_eq!((code(&fetched).as_str(), standby.unread_requests()), ("1", 0));
    assert!(!fetched.timings.used_fallback && fetched.first_error.is_none());
}

#[tokio::test]
async fn attempts_pauses_and_fallback_together_stay_within_the_total_timeout() {
    let silent = Web::start(|_| Reply::Silence).await;
    let failing = Web::start(|_| Reply::with(500, "", "")).await;
    let waits = Web::start(|_| Reply::with(503, "Retry-After: 5\r\n", "")).await;
    let ever = Web::start(|_| Reply::with(503, "Retry-After: 18446744073709551615\r\n", "")).await;
    let rows = [
        trying(5, get(silent.url("/"))),
        each(Duration::from_millis(100), trying(5, get(silent.url("/")))),
        or(silent.url("/"), get(silent.url("/"))),
        or(failing.url("/"), trying(5, get(silent.url("/")))),
        or(silent.url("/"), trying(5, get(failing.url("/")))),
        trying(5, get(failing.url("/"))),
        trying(5, get(waits.url("/"))),
        trying(5, get(ever.url("/"))),
        trying(5, get(refusing())),
    ];
    let rows = rows.map(|request| (with(TriggerSettings::default()), request));
    let asked = join_all(rows.into_iter().map(|(triggers, request)| async move {
        let begun = Instant::now();
        let fetched = triggers.send(within(BUDGET, request), &plain()).await;
        (fetched, begun.elapsed())
    }));
    for (row, (fetched, took)) in asked.await.into_iter().enumerate() {
        assert!(took < BUDGET + MARGIN, "row {row}: {took:?} {fetched:?}");
        let of_no_use = fetched.answer.as_ref().map_or(true, |answer| answer.status >= 500);
        assert!(of_no_use && fetched.first_error.is_some(), "row {row}");
    }
}

#[tokio::test]
async fn retry_after_is_respected_when_it_fits_the_total_timeout() {
    let web = at_first(1, Reply::with(503, "Retry-After: 1\r\n", "")).await;
    let (fetched, took) = timed(trying(1, get(web.url("/")))).await;
    assert_eq!(code(&fetched), "200");
    assert!(took >= Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_request_waits_for_an_upstream_permit_within_its_total_timeout() {
    let mut web = Web::start(|seen| match seen.path() {
        "/silent" => Reply::Silence,
        _ => good(),
    })
    .await;
    let upstreams = UpstreamLimits { max_concurrent: 1, ..UpstreamLimits::default() };
    let triggers =
        with(TriggerSettings { upstream_limits: upstreams, ..TriggerSettings::default() });
    let (script, short) = (plain(), Duration::from_millis(100));
    let silent = within(2 * short, get(web.url("/silent")));
    let patient = get(web.url("/"));
    let hasty = within(short, get(web.url("/")));
    let ((silent, patient, hasty), _) = tokio::join!(
        async {
            tokio::join!(
                triggers.send(silent, &script),
                triggers.send(patient, &script),
                triggers.send(hasty, &script),
            )
        },
        web.next()
    );
    assert_eq!(silent.answer.unwrap_err(), TriggerError::TimedOut(2 * short));
    assert_eq!(hasty.answer.clone().unwrap_err(), TriggerError::UpstreamBusy(1));
    assert_eq!(code(&patient), "200");
    assert!(patient.timings.queued >= short, "{:?}", patient.timings);
}

#[tokio::test]
async fn an_upstream_that_was_not_tried_for_lack_of_time_has_no_failed_attempt() {
    let silent = Web::start(|_| Reply::Silence).await;
    let mut standby = Web::start(|_| good()).await;
    let triggers = with(TriggerSettings::default());
    let request = each(BUDGET, or(standby.url("/"), within(BUDGET, get(silent.url("/")))));
    let fetched = triggers.send(request, &plain()).await;
    assert_eq!(fetched.answer.unwrap_err(), TriggerError::TimedOut(BUDGET));
    let failed =
        triggers.upstream_states().into_iter().map(|state| (state.name, state.failed_attempts));
    let failed: Vec<_> = failed.filter(|(_, failed)| *failed > 0).collect();
    assert_eq!((failed, standby.unread_requests()), (vec![(silent.address.to_string(), 1)], 0));
}

#[tokio::test]
async fn the_timings_of_each_phase_are_reported() {
    let web = Web::start(|_| good()).await;
    let url = web.url("/").replace("127.0.0.1", "localhost");
    let triggers = with(TriggerSettings::default());
    let first = triggers.send(get(&url), &plain()).await.timings;
    assert!(!first.dns.is_zero() && !first.connect.is_zero() && !first.answer.is_zero());
    assert!(first.tls.is_zero() && first.queued < Duration::from_millis(100));
    let again = triggers.send(get(&url), &plain()).await.timings;
    assert!(again.dns.is_zero() && again.connect.is_zero(), "by the same connection: {again:?}");
    let silent = Web::start(|_| Reply::Silence).await;
    let cut = ask(within(BUDGET, get(silent.url("/")))).await.timings;
    assert!(cut.answer > BUDGET / 2, "also of what was broken off: {cut:?}");
}

fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", headers.as_bytes(), b"\r\n", body]
        .concat()
}

/// All that a web application can do instead of answering.
fn ways_to_fail() -> Vec<(&'static str, Reply)> {
    let bomb = include_bytes!("../../data/web/bomb.gz");
    let packed = format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", bomb.len());
    vec![
        ("silent", Reply::Silence),
        ("drips its head", Reply::Drip(b"HTTP/1.1 200 OK\r\nX-Slow:".to_vec())),
        ("drips its body", Reply::Drip(ok("Content-Length: 100000\r\n", b"{"))),
        ("resets", Reply::Reset),
        ("closes at once", Reply::Close(Vec::new())),
        ("closes half-way", Reply::Close(ok("Content-Length: 100\r\n", b"{\"code\":"))),
        (
            "says too long a length",
            Reply::Bytes(ok("Content-Length: 100\r\n", b"{\"code\":\"200\"}")),
        ),
        (
            "says too short a length",
            Reply::Bytes(ok("Content-Length: 5\r\n", b"{\"code\":\"200\"}")),
        ),
        ("says two lengths", Reply::Bytes(ok("Content-Length: 5\r\nContent-Length: 14\r\n", b""))),
        ("says no number", Reply::Bytes(ok("Content-Length: many\r\n", b""))),
        (
            "lies about its packing",
            Reply::Bytes(ok("Content-Encoding: gzip\r\nContent-Length: 2\r\n", b"{}")),
        ),
        ("sends a bomb", Reply::Bytes(ok(&packed, bomb))),
        ("has no end", Reply::Bytes(ok("", &vec![b' '; 4 << 20]))),
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
    // Setting a client up takes a while: it is done before any time counts.
    let ways: Vec<_> =
        ways_to_fail().into_iter().map(|way| (way, with(TriggerSettings::default()))).collect();
    let rows = ways.into_iter().map(|((how, reply), triggers)| async move {
        let web = Web::start(move |_| reply.clone()).await;
        let request = trying(2, within(BUDGET, get(web.url("/"))));
        let script = keeping_what(minute(), Matcher::Text("200".into()));
        for request in [request.clone(), or(web.url("/standby"), request)] {
            let begun = Instant::now();
            let fetched = triggers.send(request, &script).await;
            let took = begun.elapsed();
            assert!(took < BUDGET + MARGIN, "{how}: {took:?}");
            let verdict = fetched.answer.as_ref().map(|answer| {
                let key = script.trigger.as_ref().and_then(|trigger| trigger.response_key.as_ref());
                matches!(
                    decide_branch(&script.branches, answer, key),
                    BranchDecision::NoResponse(_)
                )
            });
            assert!(verdict.unwrap_or(true) && fetched.first_error.is_some(), "{how}: {fetched:?}");
        }
    });
    join_all(rows).await;
}
