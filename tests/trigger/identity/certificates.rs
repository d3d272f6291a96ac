//! Client certificates and server certificates.

use std::time::Duration;

use dialscript::script::request::{RequestAuth, TriggerClient, TriggerError};

use super::{CANARY, ask, failure, sensitive, triggers};
use crate::support::web::tls::{ClientAuth, TlsWeb};
use crate::support::web::{Reply, Web};
use crate::trigger::requests::{get, plain_script};

pub(super) const CA: &str = "ca = 'tls/authority.pem'\n";
pub(super) const PAIR: &str = "certificate = 'tls/client.pem'\nkey = 'tls/client.key'\n";

pub(super) fn upstream(place: &str, keys: &[&str]) -> String {
    format!("[upstream.'{place}']\n{}", keys.concat())
}

fn shop(wants: ClientAuth) -> TlsWeb {
    TlsWeb::start(wants, |_| Reply::json(r#"{"code":"200"}"#))
}

#[tokio::test]
async fn the_client_certificate_is_sent_when_the_server_requires_one() {
    let shop = shop(ClientAuth::Required);
    let triggers = triggers(&upstream("localhost", &[CA, PAIR]));
    let fetched = ask(&triggers, get(shop.url("localhost", "/orders"))).await;
    assert_eq!(fetched.answer.expect("an answer").status, 200);
    let (seen, shown) = shop.next();
    assert_eq!((seen.path(), shown), ("/orders", 1));
}

#[tokio::test]
async fn the_error_says_whether_the_client_certificate_is_missing_or_rejected() {
    let (strict, strange) = (shop(ClientAuth::Required), shop(ClientAuth::RequiredFromStranger));
    for (keys, of, expected) in [
        (&[CA][..], &strict, "no connection: it requires a client certificate"),
        (&[CA, PAIR], &strange, "no connection: it rejected our client certificate"),
    ] {
        let triggers = triggers(&upstream("localhost", keys));
        assert_eq!(failure(&triggers, get(of.url("localhost", "/"))).await, expected);
    }
    assert_eq!(strict.unread_requests() + strange.unread_requests(), 0);
}

#[tokio::test]
async fn a_configured_ca_is_trusted_for_its_upstream_only() {
    let shop = shop(ClientAuth::Optional);
    let wrong = "no connection: its certificate was not issued by a trusted CA";
    let port = shop.address.port();
    for (daemon, host, trusted) in [
        (upstream("localhost", &[CA]), "localhost", true),
        (upstream("LOCALHOST.", &[CA]), "localhost", true),
        (upstream(&format!("localhost:{port}"), &[CA]), "localhost", true),
        (upstream("127.0.0.1", &[CA]), "127.0.0.1", true),
        (
            upstream("localhost", &["ca = ['tls/stranger.pem', 'tls/authority.pem']\n"]),
            "localhost",
            true,
        ),
        (upstream("localhost", &["ca = 'tls/stranger.pem'\n"]), "localhost", false),
        (upstream("localhost", &[CA]), "127.0.0.1", false),
        (upstream("localhost:1", &[CA]), "localhost", false),
        (String::new(), "localhost", false),
    ] {
        let fetched = ask(&triggers(&daemon), get(shop.url(host, "/"))).await;
        match fetched.answer {
            Ok(_) => assert!(trusted, "{host} with {daemon}"),
            Err(error) => {
                assert!(!trusted && error.to_string() == wrong, "{host} with {daemon}: {error}")
            }
        }
    }
    assert_eq!(shop.unread_requests(), 5);
}

#[tokio::test]
async fn the_client_certificate_is_not_sent_to_another_host_or_port() {
    let (ours, other) = (shop(ClientAuth::Optional), shop(ClientAuth::Optional));
    let place = format!("localhost:{}", ours.address.port());
    let daemon =
        [upstream(&place, &[PAIR]), upstream("localhost", &[CA]), upstream("127.0.0.1", &[CA])];
    let triggers = triggers(&daemon.concat());
    for (shop, host, expected) in
        [(&ours, "localhost", 1), (&ours, "127.0.0.1", 0), (&other, "localhost", 0)]
    {
        assert!(ask(&triggers, get(shop.url(host, "/"))).await.answer.is_ok());
        assert_eq!(shop.next().1, expected, "{host}");
    }
}

#[tokio::test]
async fn a_redirect_to_another_host_carries_no_credentials_and_no_client_certificate() {
    let other = shop(ClientAuth::Optional);
    let to = other.url("127.0.0.1", "/there");
    let ours = TlsWeb::start(ClientAuth::Required, move |_| Reply::redirect(307, &to));
    let egress = "[egress]\nallow_hosts = ['127.0.0.1']\nallow_networks = ['127.0.0.0/8']\n";
    let daemon =
        [upstream("localhost", &[CA, PAIR]), upstream("127.0.0.1", &[CA]), egress.to_owned()];
    let mut request = get(ours.url("localhost", "/"));
    request.auth = Some(RequestAuth::Bearer(sensitive(CANARY)));
    request.signing_keys = vec![sensitive(CANARY)];
    let fetched = ask(&triggers(&daemon.concat()), request).await;
    assert_eq!(fetched.answer.expect("an answer").status, 200);
    let (first, shown) = ours.next();
    assert_eq!((shown, first.headers("authorization").len()), (1, 1));
    assert_eq!(first.headers("dialscript-signature").len(), 1);
    let (second, shown) = other.next();
    assert_eq!((second.path(), shown), ("/there", 0));
    assert!(second.headers("authorization").is_empty(), "{}", second.head);
    assert!(second.headers("dialscript-signature").is_empty(), "{}", second.head);
}

#[tokio::test]
async fn tls_time_is_reported_only_for_the_request_that_opens_the_connection() {
    let shop = shop(ClientAuth::Optional);
    let triggers = triggers(&upstream("localhost", &[CA]));
    let first = ask(&triggers, get(shop.url("localhost", "/"))).await;
    let again = ask(&triggers, get(shop.url("localhost", "/"))).await;
    assert_eq!((shop.next().0.connection, shop.next().0.connection), (1, 1));
    let (first, again) = (first.timings, again.timings);
    for (part, time) in [("dns", first.dns), ("connect", first.connect), ("tls", first.tls)] {
        assert!(time > Duration::ZERO, "{part}: {first:?}");
    }
    assert_eq!((again.dns, again.connect, again.tls), Default::default(), "{again:?}");
    assert!(first.answer > Duration::ZERO && again.answer > Duration::ZERO);
}

#[tokio::test]
async fn max_requests_of_an_upstream_limits_its_concurrent_requests() {
    let leave = std::sync::Arc::new(tokio::sync::Notify::new());
    let reply = Reply::json("{}").held(&leave);
    let mut web = Web::start(move |_| reply.clone()).await;
    let triggers = triggers(&upstream("127.0.0.1", &["max_requests = 1\n"]));
    let (script, first) = (plain_script(), get(web.url("/")));
    let mut second = get(web.url("/"));
    second.retry_policy.total_timeout = Duration::from_millis(100);
    let second = async {
        web.next().await;
        let fetched = triggers.send(second, &script).await;
        leave.notify_one();
        fetched.answer.expect_err("no place")
    };
    let (first, second) = tokio::join!(triggers.send(first, &script), second);
    assert!(first.answer.is_ok());
    assert_eq!(second, TriggerError::UpstreamBusy(1));
}
