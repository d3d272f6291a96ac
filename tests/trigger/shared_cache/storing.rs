//! Stored answers, and what the server can learn of them.

use std::time::{Duration, Instant};

use dialscript::trigger::shared_cache::{SharedCacheEntry, request_hmac_key};
use ring::hmac;

use super::{MINUTE, body, cache, cache_with, entry, key};
use crate::support::fake_redis::{FakeRedis, RedisEntry};
use crate::support::log::record;

#[tokio::test]
async fn an_answer_stored_by_one_daemon_is_read_by_another() {
    let fake = FakeRedis::start().await;
    let (one, other) = (cache(&fake.url()), cache(&fake.url()));
    assert_eq!(one.get(&key(1)).await, None);
    let all = SharedCacheEntry {
        status: 404,
        content_type: None,
        body: vec![0, 255, 13, 10],
        ..entry("")
    };
    one.put(&key(1), &all).await;
    let found = other.get(&key(1)).await.unwrap();
    assert_eq!(SharedCacheEntry { age: Duration::ZERO, ..found }, all);
    one.put(&key(1), &entry("newer")).await;
    let found = other.get(&key(1)).await.unwrap();
    assert_eq!(found.content_type.as_deref(), Some("text/plain"));
    assert_eq!(body(Some(found)).as_deref(), Some("newer"));
    assert_eq!(other.get(&key(2)).await, None);
}

#[tokio::test]
async fn the_age_is_computed_from_the_remaining_lifetime_at_the_server() {
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    cache.put(&key(1), &entry("old")).await;
    let older = |by: Duration| {
        let mut memory = fake.state.lock().unwrap();
        memory.entries.values_mut().for_each(|entry| entry.ends -= by);
    };
    older(MINUTE - Duration::from_secs(20));
    let found = cache.get(&key(1)).await.unwrap();
    assert!((40..60).contains(&found.age.as_secs()), "{found:?}");
    assert!(found.is_fresh(MINUTE) && !found.is_fresh(Duration::from_secs(30)));
    older(Duration::from_secs(20));
    let found = cache.get(&key(1)).await.unwrap();
    assert!(found.age >= MINUTE && !found.is_fresh(10 * MINUTE), "{found:?}");
    older(MINUTE);
    assert_eq!(cache.get(&key(1)).await, None);
}

#[tokio::test]
async fn the_server_never_receives_a_plain_key_answer_or_secret() {
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    cache.put(&key(b'K'), &entry("the balance is 1234.56")).await;
    let lease = cache.acquire_lease(&key(b'K'), MINUTE).await;
    assert!(cache.get(&key(b'K')).await.is_some());
    let dump = fake.dump();
    let holds = |what: &[u8]| dump.windows(what.len()).any(|part| part == what);
    assert!(holds(b"dialscript:1:"));
    for clear in ["balance", "1234", "text/plain", "daemons", "KKKK", "4b4b4b"] {
        assert!(!holds(clear.as_bytes()), "{clear}");
    }
    drop(lease);
}

#[tokio::test]
async fn an_answer_is_encrypted_differently_each_time() {
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    let mut values = Vec::new();
    for _ in 0..2 {
        cache.put(&key(1), &entry("same")).await;
        values.extend(fake.state.lock().unwrap().entries.values().map(|e| e.value.clone()));
    }
    assert!(values.len() == 2 && values[0] != values[1]);
}

/// The answer that is read after its entry was changed on the server.
async fn read_after(change: impl Fn(&mut RedisEntry)) -> Option<SharedCacheEntry> {
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    cache.put(&key(1), &entry("true")).await;
    fake.state.lock().unwrap().entries.values_mut().for_each(change);
    cache.get(&key(1)).await
}

#[tokio::test]
async fn a_modified_value_counts_as_absent() {
    assert!(read_after(|_| {}).await.is_some());
    assert_eq!(read_after(|entry| entry.value[20] ^= 1).await, None);
    assert_eq!(read_after(|entry| entry.value[0] ^= 1).await, None, "its nonce");
    assert_eq!(read_after(|entry| entry.value.truncate(40)).await, None);
    assert_eq!(read_after(|entry| entry.value.truncate(5)).await, None);
    assert_eq!(read_after(|entry| entry.value.push(0)).await, None);
    assert_eq!(read_after(|entry| entry.value = vec![7; 600 * 1024]).await, None);
    assert_eq!(
        read_after(|entry| entry.ends += MINUTE).await,
        None,
        "it would outlive its lifetime"
    );
}

#[tokio::test]
async fn a_value_of_another_key_or_secret_counts_as_absent_and_is_reported_once() {
    let (log, _guard) = record("trace");
    let fake = FakeRedis::start().await;
    let one = cache(&fake.url());
    one.put(&key(1), &entry("of the first")).await;
    one.put(&key(2), &entry("of the second")).await;
    {
        let mut memory = fake.state.lock().unwrap();
        let names = memory.cached_answers();
        let moved = memory.entries[&names[0]].clone();
        memory.entries.insert(names[1].clone(), moved);
    }
    let found = [one.get(&key(1)).await, one.get(&key(2)).await, one.get(&key(2)).await];
    assert_eq!(found.iter().flatten().count(), 1, "{found:?}");
    assert_eq!(log.text().matches("can't be decrypted").count(), 1, "{}", log.text());
    let other = cache_with(&fake.url(), "another secret of them");
    assert_eq!(other.get(&key(1)).await, None);
    assert!(!log.text().contains("of the first") && !log.text().contains("secret of them"));
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_stored() {
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    cache.put(&key(1), &entry(&"x".repeat(512 * 1024))).await;
    cache.put(&key(2), &SharedCacheEntry { lifetime: Duration::ZERO, ..entry("no time") }).await;
    assert!(fake.state.lock().unwrap().entries.is_empty());
    cache.put(&key(1), &entry(&"x".repeat(511 * 1024))).await;
    assert_eq!(cache.get(&key(1)).await.unwrap().body.len(), 511 * 1024);
}

#[tokio::test]
async fn answers_are_deleted_one_by_one_or_all_at_once_and_other_keys_stay() {
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    let theirs = RedisEntry { value: b"1".to_vec(), ends: Instant::now() + MINUTE };
    for name in ["customers", "dialscript:1:short", "dialscript:2:other"] {
        fake.state.lock().unwrap().entries.insert(name.to_owned(), theirs.clone());
    }
    for n in 0..20 {
        cache.put(&key(n), &entry("ours")).await;
    }
    let lease = cache.acquire_lease(&key(0), MINUTE).await;
    assert!(cache.remove(&[key(3)]).await);
    assert_eq!((cache.get(&key(3)).await, cache.get(&key(4)).await.is_some()), (None, true));
    assert_eq!(cache.purge().await, Ok(19));
    assert_eq!(cache.purge().await, Ok(0));
    let left = fake.state.lock().unwrap().entries.len();
    assert_eq!(left, 4, "what others have, and the lease");
    drop(lease);
}

#[test]
fn daemons_with_the_same_secret_compute_the_same_keys() {
    let made = |secret: &str| hmac::sign(&request_hmac_key(secret).unwrap(), b"a request");
    assert_eq!(made("one").as_ref(), made("one").as_ref());
    assert_ne!(made("one").as_ref(), made("another").as_ref());
}
