//! Leases: one request for all daemons with the same key.

use std::sync::Arc;
use std::time::Duration;

use dialscript::script::request::CacheKey;
use dialscript::trigger::shared_cache::{Lease, LeaseOutcome, SharedCacheEntry};
use tokio::time::Instant;

use super::{MINUTE, body, cache, entry, key};
use crate::support::fake_redis::{FakeRedis, RedisEntry};
use crate::support::wait::until_async;

const KEY: CacheKey = CacheKey([1; 32]);
const SOON: Duration = Duration::from_secs(10);

fn acquired(lead: LeaseOutcome) -> Lease {
    match lead {
        LeaseOutcome::Acquired(lease) => lease,
        LeaseOutcome::HeldElsewhere => panic!("others lead"),
        LeaseOutcome::Unavailable => panic!("the server is away"),
    }
}

fn wait_deadline() -> Instant {
    Instant::now() + SOON
}

/// The remaining lifetime of the only entry.
fn remaining_lifetime(fake: &FakeRedis) -> Duration {
    let memory = fake.state.lock().unwrap();
    memory.entries.values().next().unwrap().ends - std::time::Instant::now()
}

#[tokio::test]
async fn one_daemon_gets_the_lease_and_the_others_get_its_answer() {
    let fake = FakeRedis::start().await;
    let (one, others) = (cache(&fake.url()), Arc::new(cache(&fake.url())));
    let lease = acquired(one.acquire_lease(&KEY, MINUTE).await);
    assert!(matches!(others.acquire_lease(&KEY, MINUTE).await, LeaseOutcome::HeldElsewhere));
    assert!(
        matches!(one.acquire_lease(&KEY, MINUTE).await, LeaseOutcome::HeldElsewhere),
        "not even the leader again"
    );
    let following = {
        let others = Arc::clone(&others);
        tokio::spawn(async move { others.wait_for_entry(&KEY, MINUTE, wait_deadline()).await })
    };
    until_async("somebody looks twice", || async {
        let memory = fake.state.lock().unwrap();
        memory.commands.iter().filter(|words| words[0] == b"PTTL").count() >= 2
    })
    .await;
    one.put(&KEY, &entry("found")).await;
    lease.release().await;
    assert_eq!(body(following.await.unwrap()).as_deref(), Some("found"));
    acquired(others.acquire_lease(&KEY, MINUTE).await).release().await;
}

#[tokio::test]
async fn a_follower_learns_that_the_leader_gave_up() {
    let fake = FakeRedis::start().await;
    let (one, other) = (cache(&fake.url()), cache(&fake.url()));
    let lease = acquired(one.acquire_lease(&KEY, MINUTE).await);
    let following = other.wait_for_entry(&KEY, MINUTE, wait_deadline());
    let (followed, ()) = tokio::join!(following, lease.release());
    assert_eq!(followed, None);
    assert_eq!(other.wait_for_entry(&key(2), MINUTE, wait_deadline()).await, None, "nobody leads");
}

#[tokio::test]
async fn a_lease_that_is_dropped_is_released() {
    let fake = FakeRedis::start().await;
    let (one, other) = (cache(&fake.url()), cache(&fake.url()));
    let lease = acquired(one.acquire_lease(&KEY, MINUTE).await);
    let task = tokio::spawn(async move {
        let _lease = lease;
        std::future::pending::<()>().await;
    });
    assert!(matches!(other.acquire_lease(&KEY, MINUTE).await, LeaseOutcome::HeldElsewhere));
    task.abort();
    until_async("the lease is free", || async {
        matches!(other.acquire_lease(&KEY, MINUTE).await, LeaseOutcome::Acquired(_))
    })
    .await;
}

#[tokio::test]
async fn a_held_lease_is_renewed_until_it_is_released() {
    let fake = FakeRedis::start().await;
    let (one, other) = (cache(&fake.url()), cache(&fake.url()));
    let lease = acquired(one.acquire_lease(&KEY, MINUTE).await);
    let given = remaining_lifetime(&fake);
    let began = Instant::now();
    until_async("it outlives what it was given first", || async { began.elapsed() > given }).await;
    assert!(matches!(other.acquire_lease(&KEY, MINUTE).await, LeaseOutcome::HeldElsewhere));
    lease.release().await;
    assert!(matches!(other.acquire_lease(&KEY, MINUTE).await, LeaseOutcome::Acquired(_)));
}

#[tokio::test]
async fn the_lease_of_a_crashed_daemon_expires() {
    let fake = FakeRedis::start().await;
    let (url, other) = (fake.url(), cache(&fake.url()));
    let (dead, died) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let lease = acquired(runtime.block_on(cache(&url).acquire_lease(&KEY, MINUTE)));
        drop(runtime);
        drop(lease);
        dead.send(()).unwrap();
    });
    died.await.unwrap();
    assert!(
        matches!(other.acquire_lease(&KEY, MINUTE).await, LeaseOutcome::HeldElsewhere),
        "it is not known at once"
    );
    assert_eq!(other.wait_for_entry(&KEY, MINUTE, wait_deadline()).await, None);
    assert!(matches!(other.acquire_lease(&KEY, MINUTE).await, LeaseOutcome::Acquired(_)));
}

#[tokio::test]
async fn an_expired_lease_is_not_released_by_its_former_holder() {
    let fake = FakeRedis::start().await;
    let (one, other) = (cache(&fake.url()), cache(&fake.url()));
    let lease = acquired(one.acquire_lease(&KEY, SOON).await);
    assert!(remaining_lifetime(&fake) <= Duration::from_millis(750));
    fake.state.lock().unwrap().entries.clear();
    let newer = acquired(other.acquire_lease(&KEY, MINUTE).await);
    lease.release().await;
    assert_eq!(fake.state.lock().unwrap().entries.len(), 1, "the newer one stays");
    newer.release().await;
    assert!(fake.state.lock().unwrap().entries.is_empty());
}

#[tokio::test]
async fn a_follower_waits_for_a_fresh_answer_when_a_stale_one_is_stored() {
    let fake = FakeRedis::start().await;
    let (one, other) = (cache(&fake.url()), cache(&fake.url()));
    one.put(&KEY, &entry("stale")).await;
    fake.state.lock().unwrap().entries.values_mut().for_each(|entry| entry.ends -= MINUTE);
    let lease = acquired(one.acquire_lease(&KEY, MINUTE).await);
    let (followed, ()) = tokio::join!(other.wait_for_entry(&KEY, MINUTE, wait_deadline()), async {
        until_async("the stale one was read", || async {
            fake.state.lock().unwrap().commands.iter().any(|words| words[0] == b"GETRANGE")
        })
        .await;
        one.put(&KEY, &SharedCacheEntry { status: 201, ..entry("fresh") }).await;
        lease.release().await;
    });
    assert_eq!(body(followed).as_deref(), Some("fresh"));
}

#[tokio::test]
async fn a_follower_waits_no_longer_than_its_remaining_time() {
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    let lease = acquired(cache.acquire_lease(&KEY, MINUTE).await);
    let began = Instant::now();
    let followed = cache.wait_for_entry(&KEY, MINUTE, began + Duration::from_millis(300)).await;
    assert_eq!(followed, None);
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(300) && took < SOON, "{took:?}");
    let looks = fake.state.lock().unwrap().commands.iter().filter(|w| w[0] == b"PTTL").count();
    assert!((3..=15).contains(&looks), "{looks} looks: the pauses grow from 20 ms");
    drop(lease);
}

#[tokio::test]
async fn when_the_server_dies_each_follower_sends_its_own_request() {
    let mut fake = FakeRedis::start().await;
    let (one, other) = (cache(&fake.url()), cache(&fake.url()));
    let held = RedisEntry { value: b"x".to_vec(), ends: std::time::Instant::now() + MINUTE };
    let lease = acquired(one.acquire_lease(&KEY, MINUTE).await);
    fake.state.lock().unwrap().entries.insert("dialscript:1:other".to_owned(), held);
    let (followed, ()) =
        tokio::join!(other.wait_for_entry(&KEY, MINUTE, wait_deadline()), fake.stop());
    assert_eq!(followed, None);
    assert!(matches!(one.acquire_lease(&key(2), MINUTE).await, LeaseOutcome::Unavailable));
    lease.release().await;
}
