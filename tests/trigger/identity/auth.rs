//! Names, passwords and tokens.

use dialscript::script::request::{RequestAuth, TriggerClient};

use super::{CANARY, ask, basic, failure, public, sensitive, triggers};
use crate::support::log::record;
use crate::support::web::{Reply, Web};
use crate::trigger::requests::{get, plain_script};

/// The examples of RFC 7617 and RFC 6750.
#[tokio::test]
async fn basic_and_bearer_authorization_match_the_rfc_examples() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let triggers = triggers("");
    for (auth, expected) in [
        (basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        (basic("test", "123£"), "Basic dGVzdDoxMjPCow=="),
        (Some(RequestAuth::Bearer(sensitive("mF_9.B5f-4.1JqM"))), "Bearer mF_9.B5f-4.1JqM"),
    ] {
        let mut request = get(web.url("/"));
        request.auth = auth;
        assert!(ask(&triggers, request).await.answer.is_ok());
        assert_eq!(web.next().await.headers("authorization"), [expected]);
    }
}

#[tokio::test]
async fn configured_authorization_replaces_the_user_in_the_url() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let url = format!("http://mallory:x@{}/", web.address);
    let triggers = triggers("");
    let mut request = get(&url);
    request.auth = basic("Aladdin", "open sesame");
    assert!(ask(&triggers, request).await.answer.is_ok());
    assert_eq!(web.next().await.headers("authorization"), ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]);
    assert!(ask(&triggers, get(&url)).await.answer.is_ok());
    assert_eq!(web.next().await.headers("authorization"), ["Basic bWFsbG9yeTp4"]);
}

#[tokio::test]
async fn a_user_name_with_a_colon_is_an_error() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let mut request = get(web.url("/"));
    request.auth = Some(RequestAuth::Basic(sensitive(format!("admin:{CANARY}")), public("x")));
    let text = failure(&triggers(""), request).await;
    assert!(text.contains("the user name contains a colon") && !text.contains(CANARY), "{text}");
    assert_eq!(web.unread_requests(), 0);
}

#[tokio::test]
async fn credentials_are_in_no_error_and_no_log_line() {
    let (lines, _guard) = record("trace");
    let web = Web::start(|_| Reply::Reset).await;
    let triggers = triggers("");
    for auth in [
        basic("ivr", CANARY),
        Some(RequestAuth::Bearer(sensitive(CANARY))),
        Some(RequestAuth::Bearer(sensitive(format!("{CANARY}\n")))),
    ] {
        for url in [web.url("/"), "http://shop.invalid/".to_owned()] {
            let mut request = get(url);
            request.auth = auth.clone();
            request.signing_keys = vec![sensitive(CANARY)];
            let shown = format!("{request:?}");
            assert!(!shown.contains(CANARY), "{shown}");
            triggers.send_detached(request.clone(), &plain_script());
            let text = format!("{:?}", ask(&triggers, request).await);
            assert!(!text.contains(CANARY), "{text}");
        }
    }
    triggers.close_and_wait().await;
    let lines = lines.text();
    assert_eq!(lines.matches("a background request failed").count(), 6, "{lines}");
    lines.lines().for_each(|line| assert!(!line.contains(CANARY), "{line}"));
}

#[tokio::test]
async fn proxy_credentials_are_sent_in_proxy_authorization_only() {
    let mut proxy = Web::start(|_| Reply::json("{}")).await;
    let daemon = format!("[trigger]\nproxy = 'http://ivr:p%40ss%2Fw@{}'\n", proxy.address);
    assert!(ask(&triggers(&daemon), get("http://shop.invalid/x")).await.answer.is_ok());
    let seen = proxy.next().await;
    assert_eq!(seen.line(), "GET http://shop.invalid/x HTTP/1.1");
    assert_eq!(seen.headers("proxy-authorization"), ["Basic aXZyOnBAc3Mvdw=="]);
    assert!(seen.headers("authorization").is_empty());
    let daemon = daemon.replace(":p%40ss%2Fw", "");
    assert!(ask(&triggers(&daemon), get("http://shop.invalid/x")).await.answer.is_ok());
    assert_eq!(proxy.next().await.headers("proxy-authorization"), ["Basic aXZyOg=="]);
}
