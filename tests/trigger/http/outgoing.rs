//! What is never sent, and what no error contains.

use dialscript::script::request::{TriggerClient, TriggerError};

use crate::support::web::{Reply, Web};
use crate::trigger::http::{
    CANARY, ask, caching_script, failure, fresh_for_a_minute, header, post, secret_url, triggers,
    with_total_timeout,
};
use crate::trigger::requests::{get, plain_script, request_target};

fn reason(error: TriggerError) -> String {
    match error {
        TriggerError::NotSent(reason) => reason,
        other => panic!("sent: {other:?}"),
    }
}

#[tokio::test]
async fn a_url_that_is_not_http_is_not_sent() {
    let rows = [
        ("", "its URL is invalid"),
        ("shop.example/orders", "its URL is invalid"),
        ("http://", "its URL is invalid"),
        ("http://[::1/", "its URL is invalid"),
        ("http://shop example/", "its URL is invalid"),
        ("file:///etc/passwd", "neither http nor https"),
        ("ftp://shop.example/", "neither http nor https"),
        ("javascript:alert(1)", "neither http nor https"),
    ];
    for (url, expected) in rows {
        let reason = reason(failure(get(url)).await);
        assert!(reason.contains(expected), "{url}: {reason}");
    }
}

#[tokio::test]
async fn a_url_that_is_too_long_is_not_sent_and_is_no_failure_of_its_upstream() {
    let triggers = triggers();
    let mut request = get(format!("http://shop.invalid/?a={}", "x".repeat(70_000)));
    request.retry_policy.retries = 2;
    let fetched = triggers.send(request, &plain_script()).await;
    assert_eq!(fetched.timings.attempts, 1);
    assert_eq!(reason(fetched.answer.unwrap_err()), "its URL is invalid or too long");
    assert_eq!(triggers.upstream_states()[0].failed_attempts, 0);
}

#[tokio::test]
async fn a_path_with_dot_segments_is_not_sent() {
    for path in [
        "/a/../b",
        "/a/..",
        "/./a",
        "/a/%2e%2E/b",
        "/a/.%2e",
        "/a\\..\\b",
        "/..?x=1",
        "/..#x",
        "/.. ",
    ] {
        let reason = reason(failure(get(format!("http://shop.invalid{path}"))).await);
        assert!(reason.contains("`.` or `..` path segments"), "{path}: {reason}");
    }
}

#[tokio::test]
async fn dots_that_are_no_path_segment_are_sent() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    for path in ["/...", "/a..b/.c/d.", "/?x=../..", "/a?b=/../"] {
        assert!(ask(get(web.url(path))).await.answer.is_ok(), "{path}");
        assert_eq!(web.next().await.path(), path);
    }
}

#[tokio::test]
async fn headers_that_control_message_framing_are_refused() {
    for name in ["content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"] {
        let mut request = post("http://shop.invalid/", "a=1", "x/y");
        request.headers = vec![header(name, "5")];
        let reason = reason(failure(request).await);
        assert!(reason.contains(name), "{reason}");
    }
}

#[tokio::test]
async fn a_header_value_with_control_characters_is_refused() {
    for value in ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b", "\x7f"] {
        let mut request = get("http://shop.invalid/");
        request.headers = vec![header("x-value", value)];
        let reason = reason(failure(request).await);
        assert!(reason.contains("x-value") && !reason.contains("evil"), "{reason}");
    }
}

#[tokio::test]
async fn no_error_contains_the_url_or_the_answer() {
    let replies = [
        Reply::Reset,
        Reply::Silence,
        Reply::Bytes(format!("{CANARY}\r\n\r\n").into_bytes()),
        Reply::Bytes(format!("HTTP/1.1 200 OK\r\n{CANARY} : x\r\n\r\n").into_bytes()),
        Reply::redirect(302, &format!("http://[{CANARY}")),
        Reply::with(200, "Content-Encoding: gzip\r\n", CANARY),
    ];
    for (at, reply) in replies.into_iter().enumerate() {
        let web = Web::start(move |_| reply.clone()).await;
        let url = web.url("/{keypress}?pin={keypress}");
        let mut request = with_total_timeout(std::time::Duration::from_millis(200), get(""));
        request.target.url = secret_url(&url);
        let fetched = ask(request).await;
        let text = format!("{fetched:?}");
        assert!(!text.contains(CANARY) && !text.contains("pin="), "row {at}: {text}");
        if let Err(error) = fetched.answer {
            let text = error.to_string();
            assert!(!text.contains(CANARY) && !text.contains("http"), "row {at}: {text}");
        }
    }
    let mut request = get("");
    request.target.url = secret_url("http://{keypress}.invalid/?pin={keypress}");
    let text =
        format!("{:?}", triggers().send(request, &caching_script(fresh_for_a_minute())).await);
    assert!(!text.contains(CANARY), "{text}");
}

#[test]
fn user_and_password_of_a_url_are_redacted() {
    let rows = [
        ("http://ivr:word@shop.example/x?a=@b", "http://***@shop.example/x?a=@b"),
        ("http://a@b:word@shop.example", "http://***@shop.example"),
        ("http:ivr:word@shop.example/x", "http:***@shop.example/x"),
        ("http:/ivr:word@shop.example/x", "http:/***@shop.example/x"),
        ("HTTPS:\\\\/ivr:word@shop.example\\x@y", "HTTPS:\\\\/***@shop.example\\x@y"),
        (" ht\ttp:\t//ivr:word@shop.example", " ht\ttp:\t//***@shop.example"),
        ("http:/\n/ivr:word@shop.example", "http:/\n/***@shop.example"),
        ("ftp://ivr:word@shop.example", "ftp://***@shop.example"),
        ("mailto:ivr@shop.example", "mailto:ivr@shop.example"),
        ("http://shop.example/@x", "http://shop.example/@x"),
        ("http://shop.example?a@b", "http://shop.example?a@b"),
        ("no url @ all", "no url @ all"),
    ];
    for (url, shown) in rows {
        assert_eq!(request_target(url).redacted(), shown);
    }
}
