//! The response cache of one daemon.

use std::sync::Arc;
use std::time::Duration;

use dialscript::script::answer::TriggerAnswer;
use dialscript::script::definition::ResponseCachePolicy;
use dialscript::script::escape::EscapeContext;
use dialscript::script::matcher::Matcher;
use dialscript::script::request::{
    CacheKey, CacheKeyInput, CacheStatus, TriggerClient, TriggerRequest,
};
use dialscript::script::template::{
    BraceSyntax, Placeholder, PlaceholderValue, PlaceholderValues, Template, parse_template,
};
use dialscript::trigger::response_cache::{
    ResponseCache, ResponseCacheEntry, ResponseCacheLimits, ResponseCacheLookup,
};
use http::Method;
use tokio::time::Instant;

use crate::support::web::{Reply, Web};
use crate::trigger::http::{
    MINUTE, caching_script, caching_script_when, code, filled, fresh_for_a_minute, header, post,
    triggers,
};
use crate::trigger::requests::{get, plain_script, request_target};

fn key(n: u8) -> CacheKey {
    CacheKey([n; 32])
}

fn answer(length: usize) -> ResponseCacheEntry {
    let answer = TriggerAnswer::parse(200, Some("text/plain"), &vec![b'x'; length]);
    ResponseCacheEntry {
        answer: Arc::new(answer),
        stored_at: Instant::now(),
        fresh_for: MINUTE,
        lifetime: MINUTE,
        request_label: "GET http://shop.example/".into(),
        script: "shop".into(),
    }
}

fn cache_with_limits(entries: usize, bytes: usize) -> ResponseCache {
    ResponseCache::new(ResponseCacheLimits { max_entries: entries, max_bytes: bytes })
}

fn has(cache: &ResponseCache, n: u8) -> bool {
    cache.get(key(n), &fresh_for_a_minute(), Instant::now()).is_some()
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_cached_until_it_expires() {
    let cache = cache_with_limits(10, 1 << 20);
    cache.put(key(1), answer(5));
    tokio::time::advance(MINUTE - Duration::from_millis(1)).await;
    assert!(has(&cache, 1) && !has(&cache, 2));
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(!has(&cache, 1));
    assert!(cache.is_empty() && cache.bytes() == 0, "what is over takes no room");
}

#[tokio::test(start_paused = true)]
async fn an_older_answer_does_not_replace_a_newer_one() {
    let (cache, older) = (cache_with_limits(10, 1 << 20), answer(1));
    tokio::time::advance(Duration::from_secs(1)).await;
    let newer =
        ResponseCacheEntry { answer: Arc::new(TriggerAnswer::parse(201, None, b"x")), ..answer(1) };
    let status = || match cache.get(key(1), &fresh_for_a_minute(), Instant::now()) {
        Some(ResponseCacheLookup::Fresh(answer)) => answer.status,
        other => panic!("{other:?}"),
    };
    for (entry, expected) in [(older.clone(), 200), (newer, 201), (older, 201)] {
        cache.put(key(1), entry);
        assert_eq!(status(), expected);
    }
}

#[test]
fn the_least_recently_used_answers_are_evicted() {
    let cache = cache_with_limits(2, 1 << 20);
    cache.put(key(1), answer(5));
    cache.put(key(2), answer(5));
    assert!(has(&cache, 1));
    cache.put(key(3), answer(5));
    assert_eq!(([1, 2, 3].map(|n| has(&cache, n)), cache.len()), ([true, false, true], 2));
}

#[test]
fn the_cached_bytes_are_limited_and_counted_correctly() {
    let cache = cache_with_limits(1000, 100_000);
    for n in 0..100 {
        cache.put(key(n), answer(10_000));
        assert!(cache.bytes() <= 100_000 && cache.bytes() >= cache.len() * 10_000);
    }
    assert!((8..=9).contains(&cache.len()), "{}", cache.len());
    for n in 0..100 {
        cache.put(key(n), answer(0));
    }
    assert_eq!(cache.len(), 100);
    let each = cache.bytes() / 100;
    cache.put(key(0), answer(0));
    assert_eq!((cache.len(), cache.bytes()), (100, each * 100), "put again in its own place");
    assert_eq!(cache.purge(|key, _| key.0[0] < 10).len(), 10);
    assert_eq!((cache.len(), cache.bytes()), (90, each * 90));
}

#[test]
fn an_answer_over_an_eighth_of_the_cache_is_not_cached_and_evicts_nothing() {
    let cache = cache_with_limits(1000, 80_000);
    cache.put(key(1), answer(5));
    cache.put(key(2), answer(10_000));
    assert!(!has(&cache, 2) && has(&cache, 1));
    cache.put(key(1), answer(10_000));
    assert_eq!(cache.len(), 0, "what it would have replaced is out of date");
}

#[test]
fn a_cache_of_size_zero_caches_nothing() {
    for cache in [cache_with_limits(0, 1 << 20), cache_with_limits(10, 0)] {
        cache.put(key(1), answer(5));
        assert!(cache.is_empty() && cache.bytes() == 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cached_answer_is_used_no_longer_than_the_request_allows() {
    let cache = ResponseCache::new(ResponseCacheLimits::default());
    cache.put(
        key(1),
        ResponseCacheEntry { fresh_for: 999 * MINUTE, lifetime: 999 * MINUTE, ..answer(1) },
    );
    tokio::time::advance(2 * MINUTE).await;
    assert!(!has(&cache, 1));
    let longer = ResponseCachePolicy { fresh: 5 * MINUTE, ..fresh_for_a_minute() };
    let found = cache.get(key(1), &longer, Instant::now());
    assert!(matches!(found, Some(ResponseCacheLookup::Fresh(_))), "another may still have it");
}

#[tokio::test(start_paused = true)]
async fn an_answer_goes_from_fresh_to_stale_to_last_resort_to_expired() {
    let cache = cache_with_limits(10, 1 << 20);
    let asks = ResponseCachePolicy {
        stale: 2 * MINUTE,
        stale_if_error: 4 * MINUTE,
        ..fresh_for_a_minute()
    };
    cache.put(key(1), ResponseCacheEntry { lifetime: asks.lifetime(), ..answer(1) });
    let how = || match cache.get(key(1), &asks, Instant::now()) {
        Some(ResponseCacheLookup::Fresh(_)) => "fresh",
        Some(ResponseCacheLookup::Stale(_)) => "stale",
        Some(ResponseCacheLookup::LastResort(_)) => "last resort",
        None => "nothing",
    };
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(how());
        tokio::time::advance(MINUTE).await;
    }
    assert_eq!(seen, ["fresh", "stale", "stale", "last resort", "last resort", "nothing"]);
}

#[tokio::test]
async fn a_handled_answer_is_served_from_the_cache() {
    let mut web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let (triggers, script) = (triggers(), caching_script(fresh_for_a_minute()));
    let first = triggers.send(get(web.url("/?a=1")), &script).await;
    assert_eq!((first.cache, web.unread_requests()), (CacheStatus::Miss, 1));
    let hit = triggers.send(get(web.url("/?a=1")), &script).await;
    assert_eq!(
        (hit.cache, code(&hit).as_str(), web.unread_requests()),
        (CacheStatus::Hit, "200", 0)
    );
    let other = triggers.send(get(web.url("/?a=2")), &script).await;
    assert_eq!((other.cache, web.unread_requests()), (CacheStatus::Miss, 1));
    let off = triggers.send(get(web.url("/?a=1")), &plain_script()).await;
    assert_eq!((off.cache, web.unread_requests()), (CacheStatus::Off, 1));
}

#[tokio::test]
async fn only_answers_that_a_branch_handles_are_cached_and_never_a_server_error() {
    for (status, is_cached) in [(200, true), (404, true), (499, true), (500, false), (503, false)] {
        let web = Web::start(move |_| Reply::with(status, "", "")).await;
        let (triggers, script) =
            (triggers(), caching_script_when(fresh_for_a_minute(), Matcher::Status(status)));
        triggers.send(get(web.url("/")), &script).await;
        let again = triggers.send(get(web.url("/")), &script).await;
        assert_eq!(again.cache == CacheStatus::Hit, is_cached, "{status}");
    }
    let mut web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let (triggers, script) =
        (triggers(), caching_script_when(fresh_for_a_minute(), Matcher::Text("404".into())));
    for _ in 0..2 {
        assert_eq!(triggers.send(get(web.url("/")), &script).await.cache, CacheStatus::Miss);
    }
    assert_eq!(web.unread_requests(), 2, "no branch handles it");
}

#[tokio::test]
async fn a_cached_answer_is_used_only_by_scripts_with_a_branch_for_it() {
    let mut web = Web::start(|_| Reply::with(404, "", "")).await;
    let standby = Web::start(|_| Reply::json(r#"{"code":"2"}"#)).await;
    let request =
        || TriggerRequest { fallback: Some(request_target(standby.url("/"))), ..get(web.url("/")) };
    let (triggers, one) =
        (triggers(), caching_script_when(fresh_for_a_minute(), Matcher::Status(404)));
    let other = caching_script(fresh_for_a_minute());
    for cache in [CacheStatus::Miss, CacheStatus::Hit] {
        let fetched = triggers.send(request(), &one).await;
        assert_eq!((fetched.answer.unwrap().status, fetched.cache), (404, cache));
    }
    assert_eq!(code(&triggers.send(request(), &other).await), "2");
    assert_eq!(triggers.send(request(), &one).await.answer.unwrap().status, 404);
    assert_eq!(web.unread_requests(), 3);
}

/// Whether the second request gets the cached answer of the first.
async fn share_a_cached_answer(one: TriggerRequest, other: TriggerRequest) -> bool {
    let (triggers, script) = (triggers(), caching_script(fresh_for_a_minute()));
    assert!(triggers.send(one, &script).await.answer.is_ok());
    triggers.send(other, &script).await.cache == CacheStatus::Hit
}

#[tokio::test]
async fn every_part_of_a_request_is_in_its_cache_key() {
    let web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let headers = |headers| TriggerRequest { headers, ..get(web.url("/")) };
    let requests = [
        get(web.url("/")),
        get(web.url("/?a=1")),
        get(web.url("/?a=1&b")),
        post(web.url("/"), "", "a/b"),
        post(web.url("/"), "x", "a/b"),
        post(web.url("/"), "x", "a/c"),
        TriggerRequest { method: Method::PUT, ..post(web.url("/"), "x", "a/c") },
        TriggerRequest { method: Method::DELETE, ..get(web.url("/")) },
        headers(vec![header("x-a", "1")]),
        headers(vec![header("x-a", "2")]),
        headers(vec![header("x-b", "1")]),
        headers(vec![header("x-a", "1"), header("x-b", "")]),
        headers(vec![header("content-type", "a/b")]),
        TriggerRequest { fallback: Some(request_target(web.url("/second"))), ..get(web.url("/")) },
        TriggerRequest {
            fallback: Some(request_target(web.url("/second?a=1"))),
            ..get(web.url("/"))
        },
    ];
    let (triggers, script) = (triggers(), caching_script(fresh_for_a_minute()));
    for request in &requests {
        let first = triggers.send(request.clone(), &script).await;
        assert_eq!(first.cache, CacheStatus::Miss, "{request:?} has another's key");
        assert_eq!(triggers.send(request.clone(), &script).await.cache, CacheStatus::Hit);
    }
    assert!(
        share_a_cached_answer(get(web.url("/")), get(web.url("/#part"))).await,
        "what is not sent is in no key"
    );
}

#[tokio::test]
async fn a_script_can_set_its_own_cache_key() {
    let web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let named = |path: &str, of: &str, text: &str| {
        let cache_key = Some(CacheKeyInput { source: of.into(), text: filled(text) });
        TriggerRequest { cache_key, ..get(web.url(path)) }
    };
    let one = || named("/?caller=1&order=5", "/?caller={caller}&order={keypress}", "5");
    assert!(
        share_a_cached_answer(
            one(),
            named("/?caller=2&order=5", "/?caller={caller}&order={keypress}", "5")
        )
        .await
    );
    assert!(
        !share_a_cached_answer(
            one(),
            named("/?caller=1&order=6", "/?caller={caller}&order={keypress}", "6")
        )
        .await
    );
    assert!(!share_a_cached_answer(one(), named("/x?order=5", "/x?order={keypress}", "5")).await);
    assert!(!share_a_cached_answer(one(), get(web.url("/?caller=1&order=5"))).await);
}

/// A caller with a name, who gives one argument.
struct NameAndArgument(&'static str, &'static str);

impl PlaceholderValues for NameAndArgument {
    fn value(&self, of: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue::public(if *of == Placeholder::CallerName { self.0 } else { self.1 })
    }
}

#[tokio::test]
async fn callers_whose_values_only_look_alike_when_joined_get_their_own_answers() {
    let web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let (pieces, _) = parse_template("{caller_name}-{arg.1}", BraceSyntax::Doubled);
    let pieces = pieces.into_iter().map(|(_, piece)| piece);
    let template = Template::with_context(pieces, EscapeContext::CacheKey);
    let request = |name, argument| {
        let text = template.fill(&NameAndArgument(name, argument)).unwrap();
        let cache_key = Some(CacheKeyInput { source: "/".into(), text });
        TriggerRequest { cache_key, ..get(web.url("/")) }
    };
    assert!(share_a_cached_answer(request("Ann", "7-1"), request("Ann", "7-1")).await);
    assert!(!share_a_cached_answer(request("Ann-7", "1"), request("Ann", "7-1")).await);
}
