//! Requests that meet a connection which the server is just closing, and servers that never come to their answer.

use std::sync::Arc;
use std::time::Duration;

use dialscript::script::request::{TriggerClient, TriggerError, TriggerRequest, TriggerResult};
use dialscript::trigger::HttpTriggerClient;
use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::wait::until;
use crate::support::web::{Reply, SeenRequest, Web};
use crate::trigger::http::{ok_reply, post, triggers, with_total_timeout};
use crate::trigger::requests::{get, plain_script};

/// A server that answers the first request of each connection, and does this with the second one.
async fn web_that_answers_once(second: Reply) -> Web {
    let earlier = parking_lot::Mutex::new(Vec::new());
    Web::start(move |seen: &SeenRequest| {
        let mut earlier = earlier.lock();
        if earlier.contains(&seen.connection) {
            return second.clone();
        }
        earlier.push(seen.connection);
        ok_reply()
    })
    .await
}

async fn send(triggers: &HttpTriggerClient, request: TriggerRequest) -> TriggerResult {
    triggers.send(request, &plain_script()).await
}

/// Sends two requests, of which the second one finds the connection of the first. Returns the result of the second one,
/// and the connections that the server saw.
async fn second_request(
    second: Reply,
    request: impl Fn(&Web) -> TriggerRequest,
) -> (TriggerResult, Vec<usize>) {
    let mut web = web_that_answers_once(second).await;
    let triggers = triggers();
    assert!(send(&triggers, request(&web)).await.answer.is_ok());
    let result = send(&triggers, request(&web)).await;
    let states = triggers.upstream_states();
    assert_eq!(states[0].failed_attempts, u64::from(result.answer.is_err()));
    let seen = web.unread_requests_in_order();
    assert!(seen.iter().all(|one| (&one.body, one.line()) == (&seen[0].body, seen[0].line())));
    (result, seen.iter().map(|seen| seen.connection).collect())
}

#[tokio::test]
async fn a_request_on_a_kept_connection_that_ends_without_an_answer_is_sent_once_more() {
    for closing in [Reply::Close(Vec::new()), Reply::Reset] {
        for method in [Method::POST, Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            let request = |web: &Web| TriggerRequest {
                method: method.clone(),
                body: (method != Method::GET).then(|| post("", "a=1", "x/y").body).flatten(),
                ..get(web.url("/"))
            };
            let (result, connections) = second_request(closing.clone(), request).await;
            assert_eq!(result.answer.expect("an answer").status, 200, "{method}");
            assert_eq!((result.timings.attempts, result.first_error), (1, None), "{method}");
            assert_eq!(connections, [1, 1, 2], "{method}");
        }
    }
}

#[tokio::test]
async fn a_kept_connection_that_times_out_in_words_is_replaced_too() {
    let reply =
        Reply::Close(b"HTTP/1.0 408 Request Time-out\r\nConnection: close\r\n\r\n".to_vec());
    let (result, connections) = second_request(reply, |web| post(web.url("/"), "a=1", "x/y")).await;
    assert_eq!(result.answer.expect("an answer").status, 200);
    assert_eq!(connections, [1, 1, 2]);
}

#[tokio::test]
async fn a_request_whose_answer_has_begun_is_not_sent_again() {
    for part in ["H", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let reply = Reply::Close(part.into());
        let (result, connections) =
            second_request(reply, |web| post(web.url("/"), "a=1", "x/y")).await;
        let error = result.answer.expect_err(part);
        assert!(matches!(error, TriggerError::BrokenReply(_)), "{error}");
        assert_eq!(connections, [1, 1]);
    }
}

#[tokio::test]
async fn a_request_whose_answer_begins_before_its_body_is_sent_is_not_sent_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let second_connection = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        // The buffers of the connection are too small for what remains of the body each time.
        read_and_discard(&mut stream, 1 << 20).await;
        stream.write_all(b"HTTP/1.1 413").await.unwrap();
        read_and_discard(&mut stream, 16 << 20).await;
        drop(stream);
        listener.accept().await
    });
    let triggers = triggers();
    assert!(send(&triggers, get(&url)).await.answer.is_ok());
    let result = send(&triggers, post(&url, &"x".repeat(32 << 20), "x/y")).await;
    assert!(matches!(result.answer, Err(TriggerError::Unreachable(_))));
    assert!(!second_connection.is_finished());
}

async fn read_and_discard(stream: &mut TcpStream, bytes: u64) {
    tokio::io::copy(&mut stream.take(bytes), &mut tokio::io::sink()).await.unwrap();
}

#[tokio::test]
async fn a_request_on_its_own_connection_is_not_sent_again() {
    for reply in [Reply::Close(Vec::new()), Reply::Reset] {
        let mut web = Web::start(move |_| reply.clone()).await;
        let result = send(&triggers(), post(web.url("/"), "a=1", "x/y")).await;
        let error = result.answer.expect_err("no answer");
        assert!(
            matches!(error, TriggerError::Unreachable(_) | TriggerError::BrokenReply(_)),
            "{error}"
        );
        assert_eq!(web.unread_requests(), 1);
    }
}

#[tokio::test]
async fn a_request_is_sent_again_at_most_once() {
    let mut web = Web::start(|seen| match seen.path() {
        "/first" => ok_reply(),
        _ => Reply::Close(Vec::new()),
    })
    .await;
    let triggers = triggers();
    assert!(send(&triggers, get(web.url("/first"))).await.answer.is_ok());
    let result = send(&triggers, post(web.url("/"), "a=1", "x/y")).await;
    assert!(matches!(result.answer, Err(TriggerError::BrokenReply(_))));
    assert_eq!((web.unread_requests(), result.timings.attempts), (3, 1));
}

#[tokio::test]
async fn the_second_sending_ends_with_the_timeout_of_the_request() {
    let silent_from_the_second_connection = |seen: &SeenRequest| match seen.path() {
        "/first" => ok_reply(),
        _ if seen.connection == 1 => Reply::Close(Vec::new()),
        _ => Reply::Silence,
    };
    let web = Web::start(silent_from_the_second_connection).await;
    let triggers = triggers();
    assert!(send(&triggers, get(web.url("/first"))).await.answer.is_ok());
    let short = Duration::from_millis(300);
    let result = send(&triggers, with_total_timeout(short, post(web.url("/"), "a=1", "x/y"))).await;
    assert_eq!(result.answer.expect_err("no answer"), TriggerError::TimedOut(short));
}

#[tokio::test]
async fn a_background_request_on_a_closing_connection_is_sent_once_more() {
    let mut web = web_that_answers_once(Reply::Close(Vec::new())).await;
    let triggers = triggers();
    assert!(send(&triggers, get(web.url("/"))).await.answer.is_ok());
    triggers.send_detached(post(web.url("/"), "a=1", "x/y"), &plain_script());
    for connection in [1, 1, 2] {
        assert_eq!(web.next().await.connection, connection);
    }
    until("the request ends", || triggers.tracker().is_empty()).await;
    assert_eq!(triggers.upstream_states()[0].failed_attempts, 0);
}

#[tokio::test]
async fn endless_interim_responses_end_the_request() {
    let interim = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
    let web = Web::start(|_| Reply::Endless(interim.to_vec())).await;
    let result = send(&triggers(), get(web.url("/"))).await;
    let error = result.answer.expect_err("no answer").to_string();
    assert_eq!(error, "the reply is broken: the server sent more than 20 interim responses");
}

#[tokio::test]
async fn a_few_interim_responses_are_skipped() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let reply = [interim.repeat(5), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned()];
    let web = Web::start(move |_| Reply::Bytes(reply.concat().into())).await;
    assert_eq!(send(&triggers(), get(web.url("/"))).await.answer.expect("an answer").status, 200);
}

#[tokio::test]
async fn endless_heads_and_trailers_end_the_request() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    let trailer = "X-Trailer: x\r\n".repeat(200_000);
    let rows = [
        format!("{chunked}{trailer}\r\n"),
        format!("{chunked}X-Trailer: {}", "x".repeat(1 << 20)),
        format!("HTTP/1.1 200 OK\r\n{trailer}\r\n"),
        format!("HTTP/1.1 200 OK\r\nX-Long: {}", "x".repeat(1 << 20)),
    ];
    for (at, row) in rows.into_iter().enumerate() {
        let reply = Arc::new(row);
        let web = Web::start(move |_| Reply::Bytes(reply.as_bytes().to_vec())).await;
        let result = send(&triggers(), get(web.url("/"))).await;
        let error = result.answer.expect_err("no answer");
        assert!(matches!(error, TriggerError::BrokenReply(_)), "row {at}: {error}");
    }
}
