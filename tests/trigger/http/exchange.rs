//! Requests as the server receives them, and answers as they are read.

use dialscript::script::request::{CacheStatus, TriggerClient};
use http::Method;

use crate::support::web::{Reply, Web};
use crate::trigger::http::{ask, code, failure, header, post, triggers};
use crate::trigger::requests::{get, plain_script};

#[tokio::test]
async fn without_a_body_a_request_is_a_get() {
    let mut web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let fetched = ask(get(web.url("/orders?caller=%2B49&orderID=12#part"))).await;
    assert_eq!(code(&fetched), "200");
    assert_eq!(fetched.cache, CacheStatus::Off);
    let seen = web.next().await;
    assert_eq!(seen.line(), "GET /orders?caller=%2B49&orderID=12 HTTP/1.1");
    assert_eq!(seen.headers("host"), [web.address.to_string()]);
    assert_eq!(seen.headers("user-agent"), [concat!("dialscript/", env!("CARGO_PKG_VERSION"))]);
    assert!(seen.headers("accept")[0].starts_with("application/json, "));
    assert!(seen.headers("content-type").is_empty() && seen.body.is_empty());
}

#[tokio::test]
async fn with_a_body_a_request_is_a_post_of_its_type() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    for (body, content_type) in
        [("a=1&b=2", "application/x-www-form-urlencoded"), ("{}", "application/json"), ("", "x/y")]
    {
        assert!(ask(post(web.url("/"), body, content_type)).await.answer.is_ok());
        let seen = web.next().await;
        assert_eq!(seen.line(), "POST / HTTP/1.1");
        assert_eq!(seen.headers("content-type"), [content_type]);
        assert_eq!(seen.body, body.as_bytes());
    }
}

#[tokio::test]
async fn headers_of_the_script_are_sent_unchanged() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let mut request = post(web.url("/"), "<a/>", "application/x-www-form-urlencoded");
    request.headers = vec![
        header("content-type", "application/xml"),
        header("authorization", "Basic xyz"),
        header("x-name", "Jürgen"),
        header("x-twice", "1"),
        header("x-twice", "2"),
        header("accept", "text/plain"),
        header("x-empty", ""),
    ];
    assert!(ask(request).await.answer.is_ok());
    let seen = web.next().await;
    assert_eq!(seen.headers("content-type"), ["application/xml"]);
    assert_eq!(seen.headers("authorization"), ["Basic xyz"]);
    assert_eq!(seen.headers("x-name"), ["Jürgen"]);
    assert_eq!(seen.headers("x-twice"), ["1", "2"]);
    assert_eq!(seen.headers("accept"), ["text/plain"]);
    assert_eq!(seen.headers("x-empty"), [""]);
}

#[tokio::test]
async fn user_and_password_in_the_url_are_sent_as_basic_authorization() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let url = format!("http://user:p%40ss@{}/", web.address);
    assert!(ask(get(&url)).await.answer.is_ok());
    assert_eq!(web.next().await.headers("authorization"), ["Basic dXNlcjpwQHNz"]);
    let mut request = get(&url);
    request.headers = vec![header("authorization", "Bearer x")];
    assert!(ask(request).await.answer.is_ok());
    assert_eq!(web.next().await.headers("authorization"), ["Bearer x"]);
}

#[tokio::test]
async fn every_complete_reply_is_an_answer() {
    for status in [200, 201, 204, 301, 304, 400, 404, 500, 503, 599] {
        let web = Web::start(move |_| Reply::with(status, "", "")).await;
        let answer = ask(get(web.url("/"))).await.answer.expect("an answer");
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn a_compressed_answer_is_decompressed() {
    let packed = include_bytes!("../../data/web/code.gz");
    for name in ["gzip", "GZIP", "x-gzip", "X-Gzip"] {
        let headers = format!("Content-Type: application/json\r\nContent-Encoding: {name}\r\n");
        let mut web = Web::start(move |_| Reply::with(200, &headers, packed)).await;
        assert_eq!(code(&ask(get(web.url("/"))).await), "200", "{name}");
        assert_eq!(web.next().await.headers("accept-encoding"), ["gzip"]);
    }
}

#[tokio::test]
async fn an_empty_body_is_empty_in_every_encoding() {
    let web = Web::start(|_| Reply::with(204, "Content-Encoding: gzip\r\n", "")).await;
    let answer = ask(get(web.url("/"))).await.answer.expect("an answer");
    assert_eq!((answer.status, answer.format(false)), (204, "empty"));
}

#[tokio::test]
async fn a_blank_before_the_colon_of_a_header_is_accepted() {
    let headers = "Access-Control-Allow-Credentials : true\r\nContent-Type : application/json\r\n";
    let web = Web::start(move |_| Reply::with(200, headers, r#"{"code":"200"}"#)).await;
    assert_eq!(code(&ask(get(web.url("/"))).await), "200");
}

#[tokio::test]
async fn header_names_are_sent_in_title_case() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let mut request = post(web.url("/"), "a=1", "x/y");
    request.headers = vec![header("x-api-key", "abc")];
    assert!(ask(request).await.answer.is_ok());
    let head = web.next().await.head;
    for name in ["X-Api-Key", "Content-Type", "Content-Length", "Host", "User-Agent", "Accept"] {
        assert!(head.contains(&format!("\r\n{name}: ")), "{name}: {head}");
    }
}

#[tokio::test]
async fn a_request_is_sent_with_its_method() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    // With a body, the client says its length. Without one, it says so where a body is usual.
    for (method, body, length) in [
        (Method::PUT, Some("a=1"), Some("3")),
        (Method::PATCH, Some("a=1"), Some("3")),
        (Method::DELETE, Some("a=1"), Some("3")),
        (Method::POST, Some(""), Some("0")),
        (Method::POST, None, Some("0")),
        (Method::PUT, None, Some("0")),
        (Method::PATCH, None, Some("0")),
        (Method::DELETE, Some(""), Some("0")),
        (Method::DELETE, None, None),
        (Method::GET, None, None),
        (Method::HEAD, None, None),
    ] {
        let mut request = post(web.url("/x"), body.unwrap_or_default(), "x/y");
        request.method = method.clone();
        request.body = request.body.filter(|_| body.is_some());
        assert_eq!(ask(request).await.answer.expect("an answer").status, 200, "{method}");
        let seen = web.next().await;
        assert_eq!(seen.line(), format!("{method} /x HTTP/1.1"));
        let sent = seen.headers("content-length");
        assert_eq!(sent, length.into_iter().collect::<Vec<_>>(), "{method} {body:?}");
        assert_eq!(seen.body, body.unwrap_or_default().as_bytes());
    }
}

#[tokio::test]
async fn an_http_1_0_answer_ends_when_the_connection_closes() {
    let old = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"code\":\"200\"}";
    let web = Web::start(|_| Reply::Close(old.to_vec())).await;
    assert_eq!(code(&ask(get(web.url("/"))).await), "200");
}

#[tokio::test]
async fn a_chunked_answer_is_read_whole() {
    let chunked = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
        Transfer-Encoding: chunked\r\n\r\n8\r\n{\"code\":\r\n6\r\n\"200\"}\r\n0\r\n\r\n";
    let web = Web::start(|_| Reply::Bytes(chunked.to_vec())).await;
    assert_eq!(code(&ask(get(web.url("/"))).await), "200");
}

#[tokio::test]
async fn successive_requests_reuse_one_connection() {
    let mut web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let triggers = triggers();
    for _ in 0..3 {
        assert_eq!(code(&triggers.send(get(web.url("/")), &plain_script()).await), "200");
        assert_eq!(web.next().await.connection, 1);
    }
}

#[tokio::test]
async fn a_redirect_to_the_same_origin_is_followed() {
    let mut web = Web::start(|seen| match seen.path() {
        "/from" => Reply::redirect(307, "/to?x=1"),
        "/see" => Reply::redirect(303, "to"),
        _ => Reply::json(r#"{"code":"there"}"#),
    })
    .await;
    assert_eq!(code(&ask(post(web.url("/from"), "a=1", "x/y")).await), "there");
    let (first, second) = (web.next().await, web.next().await);
    assert_eq!((first.line(), second.line()), ("POST /from HTTP/1.1", "POST /to?x=1 HTTP/1.1"));
    assert_eq!(second.body, b"a=1");
    assert!(second.headers("referer").is_empty());
    assert_eq!(code(&ask(post(web.url("/see"), "a=1", "x/y")).await), "there");
    let (first, second) = (web.next().await, web.next().await);
    assert_eq!((first.line(), second.line()), ("POST /see HTTP/1.1", "GET /to HTTP/1.1"));
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_the_answer() {
    let mut other = Web::start(|_| Reply::json("{}")).await;
    let port = other.address.port();
    let places = [
        other.url("/"),
        format!("http://localhost:{port}/"),
        format!("//127.0.0.2:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        "file:///etc/passwd".to_owned(),
    ];
    for place in places {
        let to = place.clone();
        let web = Web::start(move |_| Reply::redirect(302, &to)).await;
        let answer = ask(get(web.url("/"))).await.answer.expect("an answer");
        assert_eq!(answer.status, 302, "{place}");
    }
    assert_eq!(other.unread_requests(), 0);
}

#[tokio::test]
async fn after_five_redirects_the_next_one_is_a_redirect_loop() {
    let mut web = Web::start(|_| Reply::redirect(302, "/again")).await;
    let error = failure(get(web.url("/"))).await;
    assert_eq!(error.to_string(), "a redirect loop: 5 redirects in a row were followed");
    assert_eq!(web.unread_requests(), 6);
}

#[tokio::test]
async fn requests_are_sent_to_the_configured_proxy() {
    let mut proxy = Web::start(|_| Reply::json(r#"{"code":"by proxy"}"#)).await;
    let settings = dialscript::trigger::TriggerSettings {
        proxy: Some(proxy.url("/").parse().expect("a URL")),
        ..Default::default()
    };
    let fetched = crate::trigger::http::client_with(settings)
        .send(get("http://shop.invalid/x"), &plain_script())
        .await;
    assert_eq!(code(&fetched), "by proxy");
    assert_eq!(proxy.next().await.line(), "GET http://shop.invalid/x HTTP/1.1");
}

#[tokio::test]
async fn a_background_request_is_sent_without_a_waiting_call() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let triggers = triggers();
    triggers.send_detached(post(web.url("/told"), "a=1", "x/y"), &plain_script());
    assert_eq!(web.next().await.line(), "POST /told HTTP/1.1");
    triggers.close_and_wait().await;
    assert!(triggers.tracker().is_empty());
}
