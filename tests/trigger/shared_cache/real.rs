//! The same against a real server, whose URL is in DIALSCRIPT_REDIS: `cargo test --test trigger real -- --ignored`.

use std::time::Duration;

use dialscript::trigger::shared_cache::{LeaseOutcome, SharedCache, SharedCacheEntry};
use tokio::time::Instant;

use super::{MINUTE, body, cache, entry, key};
use crate::support::wait::until_async;

fn real() -> SharedCache {
    cache(&std::env::var("DIALSCRIPT_REDIS").expect("DIALSCRIPT_REDIS names a server"))
}

/// One test, since tests run in parallel and this one empties the server.
#[tokio::test]
#[ignore = "needs a real server"]
async fn a_real_server_grants_leases_stores_ages_and_deletes_answers() {
    assert_leases().await;
    assert_ages().await;
    assert_deletions().await;
}

async fn assert_leases() {
    let (one, other) = (real(), real());
    one.purge().await.unwrap();
    assert_eq!(one.get(&key(1)).await, None);
    let lease = one.acquire_lease(&key(1), MINUTE).await;
    let LeaseOutcome::Acquired(lease) = lease else { panic!("nobody else leads") };
    assert!(matches!(other.acquire_lease(&key(1), MINUTE).await, LeaseOutcome::HeldElsewhere));
    let until = Instant::now() + Duration::from_secs(10);
    let asked = key(1);
    let (followed, ()) = tokio::join!(other.wait_for_entry(&asked, MINUTE, until), async {
        one.put(&key(1), &entry("found")).await;
        lease.release().await;
    });
    assert_eq!(body(followed).as_deref(), Some("found"));
    assert!(matches!(other.acquire_lease(&key(1), MINUTE).await, LeaseOutcome::Acquired(_)));
}

async fn assert_deletions() {
    let (one, other) = (real(), real());
    for n in 0..200 {
        one.put(&key(n), &entry(&"x".repeat(100))).await;
    }
    assert!(other.remove(&[key(7)]).await);
    assert_eq!((one.get(&key(7)).await, one.get(&key(8)).await.is_some()), (None, true));
    assert_eq!(other.purge().await, Ok(199));
    assert_eq!(one.get(&key(8)).await, None);
}

/// Also with the longest answer.
async fn assert_ages() {
    let cache = real();
    let long = "x".repeat(500 * 1024);
    let short = SharedCacheEntry { lifetime: Duration::from_secs(2), ..entry(&long) };
    cache.put(&key(250), &short).await;
    let first = cache.get(&key(250)).await.unwrap();
    assert!(first.body.len() == long.len() && first.age < Duration::from_secs(2), "{first:?}");
    until_async("it is older, then gone", || async {
        match cache.get(&key(250)).await {
            Some(later) => {
                assert!(later.age >= first.age, "{later:?}");
                false
            }
            None => true,
        }
    })
    .await;
    assert!(cache.is_up());
}
