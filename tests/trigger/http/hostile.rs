//! Web servers that are slow, broken or hostile.

use std::time::{Duration, Instant};

use dialscript::script::request::{TriggerClient, TriggerError};
use dialscript::trigger::TriggerSettings;

use crate::support::web::{Reply, Web};
use crate::trigger::http::{client_with, failure, with_total_timeout};
use crate::trigger::requests::{get, plain_script};

const SHORT: Duration = Duration::from_millis(250);

/// Far below every other timeout, and long enough for a busy machine.
const PROMPT: Duration = Duration::from_secs(2);

fn head(headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{headers}\r\n").into_bytes()
}

async fn assert_fails_at_timeout(reply: Reply) {
    let web = Web::start(move |_| reply.clone()).await;
    let start = Instant::now();
    let request = with_total_timeout(SHORT, get(web.url("/")));
    assert_eq!(failure(request).await, TriggerError::TimedOut(SHORT));
    let took = start.elapsed();
    assert!(took >= SHORT && took < PROMPT, "{took:?}");
}

#[tokio::test]
async fn the_timeout_bounds_a_server_that_stays_silent() {
    assert_fails_at_timeout(Reply::Silence).await;
}

#[tokio::test]
async fn the_timeout_bounds_a_body_that_drips() {
    assert_fails_at_timeout(Reply::Drip(head("Content-Length: 100000\r\n"))).await;
}

#[tokio::test]
async fn the_timeout_bounds_headers_that_drip() {
    assert_fails_at_timeout(Reply::Drip(b"HTTP/1.1 200 OK\r\nX-Slow:".to_vec())).await;
}

#[tokio::test]
async fn the_timeout_bounds_a_body_that_stops() {
    assert_fails_at_timeout(Reply::Bytes(
        [head("Content-Length: 10\r\n"), b"half".to_vec()].concat(),
    ))
    .await;
}

#[tokio::test]
async fn the_timeout_bounds_all_redirects_together() {
    let web = Web::start(|seen| match seen.path() {
        "/" => Reply::redirect(302, "/next"),
        _ => Reply::Silence,
    })
    .await;
    let request = with_total_timeout(SHORT, get(web.url("/")));
    assert_eq!(failure(request).await, TriggerError::TimedOut(SHORT));
}

#[tokio::test]
async fn a_connection_that_breaks_before_a_reply_is_an_error() {
    let web = Web::start(|_| Reply::Reset).await;
    let error = failure(get(web.url("/"))).await;
    assert!(matches!(error, TriggerError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn an_error_of_a_reply_is_not_told_as_a_missing_connection() {
    let long = "x".repeat(256 << 10);
    let broken = [
        (Reply::Close(Vec::new()), "connection closed before message completed"),
        (
            Reply::Close(b"HTTP/1.1 200 OK\r\nContent-".to_vec()),
            "connection closed before message completed",
        ),
        (
            Reply::Close([head("Content-Length: 100\r\n"), b"half".to_vec()].concat()),
            "end of file before message length reached",
        ),
        (
            Reply::Close([head("Transfer-Encoding: chunked\r\n"), b"5\r\nhal".to_vec()].concat()),
            "end of file before message length reached",
        ),
        (
            Reply::Close([head("Content-Encoding: gzip\r\n"), b"no gzip".to_vec()].concat()),
            "not valid gzip",
        ),
        (Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()), "invalid HTTP version parsed"),
        (Reply::Bytes(head("Content-Length: ten\r\n")), "invalid content-length parsed"),
        (
            Reply::Bytes(head("Content-Length: 1\r\nContent-Length: 2\r\n")),
            "invalid content-length parsed",
        ),
        (Reply::Bytes(head(&format!("X-Long: {long}\r\n"))), "its head is longer than 64 KiB"),
    ];
    for (reply, reason) in broken {
        let web = Web::start(move |_| reply.clone()).await;
        let error = failure(get(web.url("/"))).await;
        assert_eq!(error, TriggerError::BrokenReply(reason.into()));
        assert_eq!(error.to_string(), format!("the reply is broken: {reason}"));
    }
}

#[tokio::test]
async fn a_broken_reply_is_retried_and_counts_for_the_circuit_breaker() {
    let mut web =
        Web::start(|_| Reply::Close([head("Content-Encoding: gzip\r\n"), b"no".to_vec()].concat()))
            .await;
    let triggers = client_with(TriggerSettings::default());
    let mut request = get(web.url("/"));
    request.retry_policy.retries = 2;
    for (attempts, reason) in [
        (3, "the reply is broken: not valid gzip"),
        (2, "not sent: the circuit breaker of this host is open after 5 failures"),
    ] {
        let result = triggers.send(request.clone(), &plain_script()).await;
        assert_eq!(result.answer.expect_err("no answer").to_string(), reason);
        assert_eq!(web.unread_requests(), attempts);
    }
}

#[tokio::test]
async fn a_refused_connection_is_named_in_the_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let error = failure(get(format!("http://{address}/"))).await;
    assert!(error.to_string().starts_with("no connection: Connection refused"), "{error}");
}

#[tokio::test]
async fn an_unknown_host_name_is_an_error() {
    let error = failure(get("http://shop.invalid/")).await;
    assert!(matches!(error, TriggerError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_accepts_no_connection_fails_before_the_timeout() {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    socket.bind(&any.into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    // Its backlog is one connection. Further ones are neither accepted nor refused.
    let _taken = std::net::TcpStream::connect(address).unwrap();
    let settings = TriggerSettings { connect_timeout: SHORT, ..TriggerSettings::default() };
    let fetched =
        client_with(settings).send(get(format!("http://{address}/")), &plain_script()).await;
    assert_eq!(
        fetched.answer.unwrap_err(),
        TriggerError::Unreachable("timed out after 250ms".into())
    );
}

#[tokio::test]
async fn a_server_without_tls_fails_the_handshake() {
    let web = Web::start(|_| Reply::json("{}")).await;
    let request = with_total_timeout(SHORT, get(web.url("/").replace("http:", "https:")));
    let error = failure(request).await;
    assert!(matches!(error, TriggerError::Unreachable(_) | TriggerError::TimedOut(_)), "{error:?}");
}

#[tokio::test]
async fn a_body_is_read_up_to_the_size_limit_and_no_further() {
    for (length, fits) in [(256 * 1024, true), (256 * 1024 + 1, false)] {
        let web = Web::start(move |_| Reply::of(200, "text/plain", vec![b'x'; length])).await;
        let answer = crate::trigger::http::ask(get(web.url("/"))).await.answer;
        assert_eq!(answer.is_ok(), fits, "{length}");
        let too_long = answer.err() == Some(TriggerError::BodyTooLong(256 * 1024));
        assert_eq!(too_long, !fits);
    }
}

#[tokio::test]
async fn an_endless_body_is_too_long() {
    let endless = [head(""), vec![b'x'; 4 * 1024 * 1024]].concat();
    let web = Web::start(move |_| Reply::Bytes(endless.clone())).await;
    assert_eq!(failure(get(web.url("/"))).await, TriggerError::BodyTooLong(256 * 1024));
}

#[tokio::test]
async fn a_body_that_decompresses_past_the_size_limit_is_too_long() {
    let bomb = include_bytes!("../../data/web/bomb.gz");
    let headers = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";
    let web = Web::start(move |_| Reply::with(200, headers, bomb)).await;
    assert_eq!(failure(get(web.url("/"))).await, TriggerError::BodyTooLong(256 * 1024));
}
