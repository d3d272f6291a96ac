//! Signed requests.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use dialscript::script::definition::{
    Branch, ResponseCachePolicy, Script, ScriptOutcome, ScriptTrigger,
};
use dialscript::script::matcher::Matcher;
use dialscript::script::path::KeyPath;
use dialscript::script::request::{CacheStatus, TriggerClient, TriggerRequest};
use http::Method;
use ring::digest::{SHA256, digest};

use super::{ask, public, sensitive, triggers};
use crate::support::log::record;
use crate::support::web::{Reply, SeenRequest, Web};
use crate::trigger::requests::{get, plain_script, request_target};

pub(super) const NEW: &str = "the-new-key-of-32-characters-xxx";
pub(super) const OLD: &str = "the-old-key-of-32-characters-xxx";

/// HMAC-SHA-256 as in RFC 2104.
fn hmac(key: &str, text: &[u8]) -> String {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key.as_bytes());
    let inner = digest(&SHA256, &[&block.map(|byte| byte ^ 0x36)[..], text].concat());
    let outer = digest(&SHA256, &[&block.map(|byte| byte ^ 0x5c)[..], inner.as_ref()].concat());
    HEXLOWER.encode(outer.as_ref())
}

/// The time and the signatures in the signature header.
fn signature(seen: &SeenRequest) -> (u64, Vec<&str>) {
    let [signature] = seen.headers("dialscript-signature")[..] else { panic!("{}", seen.head) };
    let mut parts = signature.split(',');
    let time = parts.next().and_then(|part| part.strip_prefix("t=")).expect("a time");
    let signatures = parts.map(|part| part.strip_prefix("v1=").expect("a signature"));
    (time.parse().expect("seconds"), signatures.collect())
}

fn signed_text(time: u64, seen: &SeenRequest) -> Vec<u8> {
    let method = seen.line().split(' ').next().unwrap();
    let (path, query) = seen.path().split_once('?').unwrap_or((seen.path(), ""));
    [format!("{time}\n{method}\n{path}\n{query}\n").as_bytes(), &seen.body].concat()
}

pub(super) fn is_signed_by(key: &str, seen: &SeenRequest) -> bool {
    let (time, signatures) = signature(seen);
    signatures.contains(&&*hmac(key, &signed_text(time, seen)))
}

fn signed(mut request: TriggerRequest, keys: &[&str]) -> TriggerRequest {
    request.signing_keys = keys.iter().map(|key| sensitive(*key)).collect();
    request
}

/// Signed requests as the server receives them, with and without a body and a query.
pub(super) async fn signed_requests(keys: &[&str]) -> Vec<SeenRequest> {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let triggers = triggers("");
    let mut all = Vec::new();
    for (path, body) in [
        ("/", None),
        ("/orders/4%2F2/%C3%A9;a=1?id=12%2034&b=%26&b=%C3%A4+#fragment", None),
        ("/ä b?ü=ß", None),
        ("/a?", None),
        ("/a?b?c", Some("")),
        ("/orders", Some("a=1&b={\"ü\":\n\"x\"}")),
    ] {
        let mut request = signed(get(web.url(path)), keys);
        request.body = body.map(|body| (public(body), "application/x-www-form-urlencoded"));
        request.method = if body.is_some() { Method::POST } else { Method::GET };
        assert!(ask(&triggers, request).await.answer.is_ok(), "{path}");
        all.push(web.next().await);
    }
    all
}

#[tokio::test]
async fn a_signature_covers_time_method_path_query_and_body_as_sent() {
    for seen in signed_requests(&[NEW]).await {
        let (time, signatures) = signature(&seen);
        assert_eq!(signatures, [hmac(NEW, &signed_text(time, &seen))], "{}", seen.line());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        assert!(now.abs_diff(time) < 60, "{time}");
        assert!(!is_signed_by(OLD, &seen));
        let other =
            |head: String, body: &[u8]| SeenRequest { head, body: body.to_vec(), connection: 1 };
        for part in ["GET", "POST", "/", "HTTP", &format!("t={time}")] {
            let changed = match part {
                "HTTP" => seen.head.replacen(" HTTP", "x HTTP", 1),
                "/" => seen.head.replacen(" /", " /x", 1),
                "GET" => seen.head.replacen("GET ", "PUT ", 1),
                "POST" => seen.head.replacen("POST ", "PUT ", 1),
                time_part => seen.head.replacen(time_part, &format!("t={}", time + 1), 1),
            };
            let is_same = changed == seen.head;
            assert_eq!(is_signed_by(NEW, &other(changed, &seen.body)), is_same, "{part}");
        }
        let longer = [&seen.body[..], b"x"].concat();
        assert!(!is_signed_by(NEW, &other(seen.head.clone(), &longer)));
    }
}

#[tokio::test]
async fn requests_with_shifted_part_boundaries_have_different_signed_texts() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let triggers = triggers("");
    let mut texts = Vec::new();
    for (path, body) in
        [("/a?b", "c"), ("/a", "b\nc"), ("/a%0Ab", "c"), ("/a?b%0Ac", ""), ("/a?", "b\nc\n")]
    {
        let mut request = signed(get(web.url(path)), &[NEW]);
        request.body = Some((public(body), "text/plain"));
        assert!(ask(&triggers, request).await.answer.is_ok());
        let seen = web.next().await;
        assert!(is_signed_by(NEW, &seen));
        texts.push(signed_text(0, &seen));
    }
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 5);
}

#[tokio::test]
async fn each_key_adds_a_signature_and_without_keys_there_is_no_header() {
    for seen in signed_requests(&[NEW, OLD]).await {
        let (time, signatures) = signature(&seen);
        let text = signed_text(time, &seen);
        assert_eq!(signatures, [hmac(NEW, &text), hmac(OLD, &text)]);
    }
    for seen in signed_requests(&[]).await {
        assert!(seen.headers("dialscript-signature").is_empty());
    }
}

#[tokio::test]
async fn a_signature_header_of_the_script_is_replaced() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let mut request = signed(get(web.url("/")), &[NEW]);
    let name = http::HeaderName::from_static("dialscript-signature");
    request.headers = vec![(name, public("t=1,v1=0"))];
    assert!(ask(&triggers(""), request).await.answer.is_ok());
    assert!(is_signed_by(NEW, &web.next().await));
}

#[tokio::test]
async fn each_attempt_is_signed_again_with_a_later_time() {
    let mut web = Web::start(|_| Reply::with(503, "", "")).await;
    let mut second = Web::start(|_| Reply::with(503, "", "")).await;
    let mut request = signed(get(web.url("/first?a=1")), &[NEW]);
    request.fallback = Some(request_target(second.url("/second?b=2")));
    request.retry_policy.retries = 1;
    assert!(ask(&triggers(""), request).await.timings.used_fallback);
    let seen = [web.next().await, web.next().await, second.next().await, second.next().await];
    assert_eq!((seen[1].path(), seen[3].path()), ("/first?a=1", "/second?b=2"));
    for seen in &seen {
        assert!(is_signed_by(NEW, seen), "{}", seen.head);
    }
    let times: Vec<_> = seen.iter().map(|seen| signature(seen).0).collect();
    assert!(times.windows(2).all(|two| two[0] < two[1]), "{times:?}");
    assert!(times[3] - times[0] < 10, "{times:?}");
}

/// A script that caches every answer with a `code`.
fn caching_script() -> Arc<Script> {
    let caching =
        ResponseCachePolicy { fresh: Duration::from_secs(60), ..ResponseCachePolicy::default() };
    let (key, caching) = (KeyPath::parse("code"), Some(caching));
    let trigger =
        ScriptTrigger { response_key: key, cache_policy: caching, ..ScriptTrigger::default() };
    let (when, and) = (vec![Matcher::Present.into()], Vec::new());
    let branch = Branch { when, and, outcome: ScriptOutcome::default() };
    let name = "keeping".into();
    Arc::new(Script { name, trigger: Some(trigger), branches: vec![branch], ..Script::default() })
}

#[tokio::test]
async fn the_signing_key_is_not_part_of_the_cache_key() {
    let mut web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let triggers = triggers("");
    for (key, cache) in [(OLD, CacheStatus::Miss), (NEW, CacheStatus::Hit)] {
        let fetched = triggers.send(signed(get(web.url("/")), &[key]), &caching_script()).await;
        assert_eq!(fetched.cache, cache);
    }
    assert!(is_signed_by(OLD, &web.next().await));
    assert_eq!(web.unread_requests(), 0);
}

#[tokio::test]
async fn a_redirect_within_the_host_keeps_the_signature_of_the_first_path() {
    let mut web = Web::start(|seen| match seen.path() {
        "/a" => Reply::redirect(307, "/b"),
        _ => Reply::json("{}"),
    })
    .await;
    assert!(ask(&triggers(""), signed(get(web.url("/a")), &[NEW])).await.answer.is_ok());
    let (first, second) = (web.next().await, web.next().await);
    assert!(is_signed_by(NEW, &first) && !is_signed_by(NEW, &second));
    assert_eq!(signature(&first), signature(&second));
}

#[tokio::test]
async fn signing_keys_are_never_logged() {
    let (lines, _guard) = record("trace");
    let web = Web::start(|_| Reply::with(503, "", "")).await;
    let triggers = triggers("");
    for url in [web.url("/"), "http://shop.invalid/".to_owned(), "nonsense".to_owned()] {
        let request = signed(get(url), &[NEW, OLD]);
        triggers.send_detached(request.clone(), &plain_script());
        let text = format!("{:?}", ask(&triggers, request).await);
        assert!(!text.contains("-key-of-"), "{text}");
    }
    triggers.close_and_wait().await;
    let lines = lines.text();
    assert!(lines.contains("WARN"), "{lines}");
    assert!(!lines.contains("-key-of-"), "{lines}");
}
