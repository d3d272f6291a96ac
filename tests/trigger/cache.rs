//! Answers that serve again.

use std::sync::Arc;
use std::time::Duration;

use dialscript::script::answer::Answer;
use dialscript::script::request::{CacheKey, CacheUse, Request, Triggers};
use dialscript::trigger::Settings;
use dialscript::trigger::cache::{Bounds, Cache};
use tokio::time::Instant;

use crate::web::{Reply, Web};
use crate::{code, get, header, post, triggers, with};

const MINUTE: Duration = Duration::from_secs(60);

fn key(n: u8) -> CacheKey {
    CacheKey([n; 32])
}

fn answer(length: usize) -> Arc<Answer> {
    Arc::new(Answer::read(200, Some("text/plain"), &vec![b'x'; length]))
}

fn bounds(entries: usize, bytes: usize) -> Cache {
    Cache::new(Bounds { entries, bytes })
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_until_its_time_is_over() {
    let cache = bounds(10, 1 << 20);
    cache.put(key(1), answer(5), MINUTE, Instant::now());
    tokio::time::advance(MINUTE - Duration::from_millis(1)).await;
    assert!(cache.get(key(1), MINUTE, Instant::now()).is_some());
    assert!(cache.get(key(2), MINUTE, Instant::now()).is_none());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(cache.get(key(1), MINUTE, Instant::now()).is_none());
    assert!(cache.is_empty() && cache.bytes() == 0, "what is over takes no room");
}

#[test]
fn the_answers_not_used_for_longest_make_room() {
    let (cache, now) = (bounds(2, 1 << 20), Instant::now());
    cache.put(key(1), answer(5), MINUTE, now);
    cache.put(key(2), answer(5), MINUTE, now);
    assert!(cache.get(key(1), MINUTE, now).is_some());
    cache.put(key(3), answer(5), MINUTE, now);
    let kept = [1, 2, 3].map(|n| cache.get(key(n), MINUTE, now).is_some());
    assert_eq!((kept, cache.len()), ([true, false, true], 2));
}

#[test]
fn the_bytes_are_bounded_and_counted_right() {
    let (cache, now) = (bounds(1000, 100_000), Instant::now());
    for n in 0..100 {
        cache.put(key(n), answer(10_000), MINUTE, now);
        assert!(cache.bytes() <= 100_000 && cache.bytes() >= cache.len() * 10_000);
    }
    assert!((8..=9).contains(&cache.len()), "{}", cache.len());
    for n in 0..100 {
        cache.put(key(n), answer(0), MINUTE, now);
    }
    assert_eq!(cache.len(), 100);
    let each = cache.bytes() / 100;
    cache.put(key(0), answer(0), MINUTE, now);
    assert_eq!((cache.len(), cache.bytes()), (100, each * 100), "put again in its own place");
}

#[test]
fn an_answer_of_more_than_an_eighth_is_not_kept_and_pushes_nothing_out() {
    let (cache, now) = (bounds(1000, 80_000), Instant::now());
    cache.put(key(1), answer(5), MINUTE, now);
    cache.put(key(2), answer(10_000), MINUTE, now);
    assert!(cache.get(key(2), MINUTE, now).is_none() && cache.get(key(1), MINUTE, now).is_some());
    cache.put(key(1), answer(10_000), MINUTE, now);
    assert_eq!(cache.len(), 0, "what it would have replaced is out of date");
}

#[test]
fn a_cache_of_nothing_keeps_nothing() {
    for cache in [bounds(0, 1 << 20), bounds(10, 0)] {
        cache.put(key(1), answer(5), MINUTE, Instant::now());
        assert!(cache.is_empty() && cache.bytes() == 0);
    }
}

#[tokio::test]
async fn a_kept_answer_serves_the_same_request_without_another() {
    let mut web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let triggers = triggers();
    let first = triggers.ask(get(web.url("/?a=1")), Some(MINUTE)).await;
    assert_eq!(first.cache, CacheUse::Miss);
    let again = triggers.ask(get(web.url("/?a=1")), Some(MINUTE)).await;
    assert_eq!(again.cache, CacheUse::Miss, "nobody has kept it");
    triggers.keep(&first, MINUTE);
    assert_eq!(web.unseen(), 2);
    let hit = triggers.ask(get(web.url("/?a=1")), Some(MINUTE)).await;
    assert_eq!((hit.cache, hit.key), (CacheUse::Hit, first.key));
    assert_eq!(code(&hit), "200");
    assert_eq!(web.unseen(), 0);
    let off = triggers.ask(get(web.url("/?a=1")), None).await;
    assert_eq!((off.cache, web.unseen()), (CacheUse::Off, 1));
}

#[tokio::test]
async fn an_answer_from_the_cache_is_not_renewed() {
    let web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
    let triggers = triggers();
    let first = triggers.ask(get(web.url("/")), Some(MINUTE)).await;
    triggers.keep(&first, Duration::from_millis(100));
    let start = std::time::Instant::now();
    loop {
        let hit = triggers.ask(get(web.url("/")), Some(MINUTE)).await;
        if hit.cache == CacheUse::Miss {
            break;
        }
        triggers.keep(&hit, MINUTE);
        assert!(start.elapsed() < Duration::from_secs(5), "it is kept for ever");
    }
}

#[tokio::test]
async fn failures_of_the_server_and_of_the_network_are_not_kept() {
    for (status, kept) in [(200, true), (404, true), (499, true), (500, false), (503, false)] {
        let web = Web::start(move |_| Reply::with(status, "", "")).await;
        let triggers = triggers();
        let fetched = triggers.ask(get(web.url("/")), Some(MINUTE)).await;
        triggers.keep(&fetched, MINUTE);
        let again = triggers.ask(get(web.url("/")), Some(MINUTE)).await;
        assert_eq!(again.cache == CacheUse::Hit, kept, "{status}");
    }
    let triggers = triggers();
    let fetched = triggers.ask(get("http://shop.invalid/"), Some(MINUTE)).await;
    triggers.keep(&fetched, MINUTE);
    assert_eq!(triggers.ask(get("http://shop.invalid/"), Some(MINUTE)).await.cache, CacheUse::Miss);
}

#[tokio::test]
async fn every_part_of_a_request_is_in_its_key() {
    let web = Web::start(|_| Reply::json("{}")).await;
    let triggers = triggers();
    let headers = |headers| Request { headers, ..get(web.url("/")) };
    let requests = [
        get(web.url("/")),
        get(web.url("/?a=1")),
        get(web.url("/?a=1&b")),
        post(web.url("/"), "", "a/b"),
        post(web.url("/"), "x", "a/b"),
        post(web.url("/"), "x", "a/c"),
        headers(vec![header("x-a", "1")]),
        headers(vec![header("x-a", "2")]),
        headers(vec![header("x-b", "1")]),
        headers(vec![header("x-a", "1"), header("x-b", "")]),
        headers(vec![header("content-type", "a/b")]),
    ];
    let mut keys = std::collections::HashSet::new();
    for request in &requests {
        let key = triggers.ask(request.clone(), Some(MINUTE)).await.key.expect("a key");
        assert_eq!(triggers.ask(request.clone(), Some(MINUTE)).await.key, Some(key));
        assert!(keys.insert(key), "{request:?} has another's key");
    }
    let part = triggers.ask(get(web.url("/#part")), Some(MINUTE)).await.key.expect("a key");
    assert!(keys.contains(&part), "what is not sent is in no key");
    let other = with(Settings::default());
    let key = other.ask(requests[0].clone(), Some(MINUTE)).await.key.expect("a key");
    assert!(!keys.contains(&key), "keys are of this process alone");
}

#[tokio::test(start_paused = true)]
async fn an_answer_serves_no_longer_than_who_asks_allows() {
    let cache = Cache::new(Bounds::default());
    cache.put(key(1), answer(1), 999 * MINUTE, Instant::now());
    tokio::time::advance(2 * MINUTE).await;
    assert!(cache.get(key(1), MINUTE, Instant::now()).is_none());
    assert!(cache.get(key(1), 5 * MINUTE, Instant::now()).is_some(), "another may still have it");
}
