//! A cache server that is down, comes back, or is hostile: no call waits for it.

use std::time::{Duration, Instant};

use dialscript::trigger::shared_cache::{LeaseOutcome, PurgeError, SharedCache};

use super::{MINUTE, body, cache, entry, key};
use crate::support::fake_redis::{FakeRedis, RedisBehavior};
use crate::support::log::record;
use crate::support::wait::until_async;

/// The timeout of one operation (250 ms), and 500 ms for a busy machine.
const BOUND: Duration = Duration::from_millis(250 + 500);

async fn within_bound<T>(operation: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = operation.await;
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    done
}

/// Every operation fails, each within its timeout.
async fn assert_every_operation_fails(cache: &SharedCache) {
    assert_eq!(within_bound(cache.get(&key(1))).await, None);
    within_bound(cache.put(&key(1), &entry("lost"))).await;
    assert!(!within_bound(cache.remove(&[key(1)])).await);
    assert!(matches!(
        within_bound(cache.acquire_lease(&key(1), MINUTE)).await,
        LeaseOutcome::Unavailable
    ));
    let until = tokio::time::Instant::now() + MINUTE;
    assert_eq!(within_bound(cache.wait_for_entry(&key(1), MINUTE, until)).await, None);
    assert_eq!(within_bound(cache.purge()).await, Err(PurgeError::Unavailable(0)));
}

async fn until_usable(cache: &SharedCache) {
    until_async("it works again", || async {
        cache.put(&key(1), &entry("back")).await;
        body(cache.get(&key(1)).await).as_deref() == Some("back")
    })
    .await;
    assert!(cache.is_up());
}

#[tokio::test]
async fn a_server_that_is_down_at_start_is_used_once_it_is_up() {
    let (log, _guard) = record("dialscript=trace");
    let mut fake = FakeRedis::stopped().await;
    let cache = cache(&fake.url());
    assert_every_operation_fails(&cache).await;
    assert!(!cache.is_up());
    fake.restart().await;
    until_usable(&cache).await;
    let log = log.text();
    assert_eq!(log.matches(" WARN ").count(), 1, "{log}");
    assert!(
        log.contains("shared cache is unavailable") && log.contains("refused (os error"),
        "{log}"
    );
    assert_eq!(log.matches("shared cache is available again").count(), 1, "{log}");
}

#[tokio::test]
async fn a_killed_server_is_used_again_after_its_restart() {
    let mut fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    cache.put(&key(2), &entry("before")).await;
    fake.stop().await;
    until_async("its end is noticed", || async {
        cache.get(&key(2)).await;
        !cache.is_up()
    })
    .await;
    assert_every_operation_fails(&cache).await;
    fake.restart().await;
    until_usable(&cache).await;
    assert_eq!(body(cache.get(&key(2)).await).as_deref(), Some("before"));
}

#[tokio::test]
async fn an_idle_connection_closed_by_the_server_is_reopened_without_a_log_line() {
    let (log, _guard) = record("dialscript=trace");
    let mut fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    cache.put(&key(1), &entry("kept")).await;
    fake.stop().await;
    fake.restart().await;
    // Events on the sockets of this thread arrive in order: the end of the first connection arrives before this.
    super::cache(&fake.url()).put(&key(2), &entry("of another")).await;
    assert_eq!(body(cache.get(&key(1)).await).as_deref(), Some("kept"));
    assert!(!log.text().contains("WARN"), "{}", log.text());
}

#[tokio::test]
async fn a_silent_server_costs_one_timeout_and_then_no_more_time() {
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    cache.put(&key(1), &entry("kept")).await;
    fake.set_behavior(RedisBehavior::NoReply);
    assert_eq!(within_bound(cache.get(&key(1))).await, None);
    let (connections, commands) = seen(&fake);
    let began = Instant::now();
    for _ in 0..200 {
        assert_eq!(cache.get(&key(1)).await, None);
    }
    assert!(began.elapsed() < BOUND, "{:?} for 200", began.elapsed());
    assert_eq!(seen(&fake), (connections, commands), "it is left alone");
    assert_every_operation_fails(&cache).await;
    fake.set_behavior(RedisBehavior::Normal);
    until_usable(&cache).await;
}

fn seen(fake: &FakeRedis) -> (usize, usize) {
    let memory = fake.state.lock().unwrap();
    (memory.connections, memory.commands.len())
}

#[tokio::test]
async fn while_a_server_is_down_one_call_at_a_time_reconnects_with_growing_pauses() {
    let fake = FakeRedis::start().await;
    fake.set_behavior(RedisBehavior::NoReply);
    let cache = cache(&fake.url());
    let mut looks = Vec::new();
    while looks.len() < 3 {
        let before = seen(&fake).0;
        let keys: Vec<_> = (0..20).map(key).collect();
        let calls = keys.iter().map(|key| within_bound(cache.get(key)));
        futures_util::future::join_all(calls).await;
        let more = seen(&fake).0 - before;
        assert!(more <= 1, "{more} connections at once");
        if more == 1 {
            looks.push(Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let pauses: Vec<_> = looks.windows(2).map(|two| (two[1] - two[0]).as_millis()).collect();
    assert!(pauses[0] >= 1000 && pauses[1] >= 2000, "{pauses:?}");
}

#[tokio::test]
async fn a_call_that_ends_while_connecting_blocks_no_other_call() {
    let fake = FakeRedis::start().await;
    fake.set_behavior(RedisBehavior::NoReply);
    let cache = cache(&fake.url());
    let left = tokio::time::timeout(Duration::from_millis(50), cache.get(&key(1))).await;
    assert!(left.is_err());
    fake.set_behavior(RedisBehavior::Normal);
    cache.put(&key(1), &entry("kept")).await;
    assert!(cache.get(&key(1)).await.is_some());
}

#[tokio::test]
async fn a_full_server_is_still_read_and_is_reported_once() {
    let (log, _guard) = record("dialscript=trace");
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    cache.put(&key(1), &entry("kept")).await;
    fake.set_behavior(RedisBehavior::OutOfMemory);
    for _ in 0..5 {
        cache.put(&key(2), &entry("no room")).await;
    }
    assert!(cache.get(&key(1)).await.is_some() && cache.is_up());
    let log = log.text();
    assert_eq!(log.matches(" WARN ").count(), 1, "{log}");
    assert!(log.contains("server error OOM"), "{log}");
}

/// Error replies that mean that the server is of no use at this time. A read-only one is still read, so its connection
/// shows nothing until something is stored.
const OUTAGES: [(RedisBehavior, &str); 11] = [
    (
        RedisBehavior::RefuseWrites("READONLY You can't write against a read only replica."),
        "replica",
    ),
    (RedisBehavior::RefuseWrites("NOREPLICAS Not enough good replicas to write."), "min-replicas"),
    (
        RedisBehavior::RefuseWrites("MISCONF Redis is configured to save RDB snapshots"),
        "save its data",
    ),
    (RedisBehavior::Refuse("LOADING Redis is loading the dataset in memory"), "still loading"),
    (RedisBehavior::Refuse("MASTERDOWN Link with MASTER is down"), "lead to the primary"),
    (RedisBehavior::Refuse("CLUSTERDOWN The cluster is down"), "cluster is down"),
    (RedisBehavior::Refuse("MOVED 3999 127.0.0.1:6381"), "not supported"),
    (RedisBehavior::Refuse("ASK 3999 127.0.0.1:6381"), "not supported"),
    (RedisBehavior::Refuse("NOAUTH Authentication required."), "password"),
    (RedisBehavior::Refuse("WRONGPASS invalid username-password pair"), "restart the daemon"),
    (RedisBehavior::Refuse("BUSY Redis is busy running a script."), "SCRIPT KILL"),
];

#[tokio::test]
async fn a_server_that_cannot_store_is_left_and_its_successor_is_used() {
    let (log, _guard) = record("dialscript=trace");
    let outages = OUTAGES.map(|(outage, _)| outage_and_end(outage));
    let servers = futures_util::future::join_all(outages).await;
    let log = log.text();
    for ((_, way_out), server) in OUTAGES.iter().zip(servers) {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(&server)).collect();
        let [unavailable, available] = lines[..] else { panic!("{way_out}: {lines:#?}") };
        assert!(unavailable.contains(" WARN ") && unavailable.contains(way_out), "{unavailable}");
        assert!(available.contains("shared cache is available again"), "{available}");
    }
}

/// The URL of the server, which is in each log line about it.
async fn outage_and_end(outage: RedisBehavior) -> String {
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    cache.put(&key(1), &entry("kept")).await;
    assert!(cache.is_up());
    fake.set_behavior(outage);
    cache.put(&key(2), &entry("lost")).await;
    assert!(!cache.is_up());
    let connections = seen(&fake).0;
    for _ in 0..20 {
        within_bound(cache.put(&key(2), &entry("lost"))).await;
        assert_eq!(within_bound(cache.get(&key(1))).await, None);
    }
    assert!(seen(&fake).0 <= connections + 1);
    // Another server behind the same address, or another role.
    fake.set_behavior(RedisBehavior::Normal);
    let began = Instant::now();
    until_usable(&cache).await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    fake.url()
}

#[tokio::test]
async fn a_read_only_server_does_not_count_as_available_after_a_reconnection() {
    let (log, _guard) = record("dialscript=trace");
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    cache.put(&key(1), &entry("kept")).await;
    fake.set_behavior(RedisBehavior::RefuseWrites("READONLY You can't write"));
    let connections = seen(&fake).0;
    until_async("it tries again twice", || async {
        within_bound(cache.put(&key(1), &entry("lost"))).await;
        seen(&fake).0 >= connections + 2
    })
    .await;
    assert!(!cache.is_up());
    assert_eq!(log.text().matches("available").count(), 1, "{}", log.text());
}

#[tokio::test]
async fn the_connection_to_a_server_with_an_endless_reply_is_closed() {
    let fake = FakeRedis::start().await;
    let cache = cache(&fake.url());
    cache.put(&key(1), &entry("kept")).await;
    fake.set_behavior(RedisBehavior::Flood);
    assert_eq!(within_bound(cache.get(&key(1))).await, None);
    assert!(!cache.is_up());
    let flooded = fake.state.lock().unwrap().flood_bytes;
    assert!(flooded < 24 << 20, "{flooded} bytes: 8 MiB, and what lies in sockets");
    fake.set_behavior(RedisBehavior::Normal);
    until_usable(&cache).await;
}

#[tokio::test]
async fn the_password_authenticates_and_is_never_logged() {
    let (log, _guard) = record("trace");
    let fake = FakeRedis::start().await;
    fake.state.lock().unwrap().password = Some("p/ss w@rd");
    let url = |password: &str| format!("redis://:{password}@{}/0", fake.address);
    let right = cache(&url("p%2Fss%20w%40rd"));
    right.put(&key(1), &entry("kept")).await;
    assert!(right.get(&key(1)).await.is_some());
    let wrong = cache(&url("hunter2"));
    assert_eq!(wrong.get(&key(1)).await, None);
    let none = cache(&fake.url());
    assert_eq!(none.get(&key(1)).await, None);
    let log = log.text();
    assert_eq!(log.matches("shared cache is unavailable").count(), 2, "{log}");
    assert!(log.contains("server error NOAUTH"), "{log}");
    for secret in ["hunter2", "w@rd", "w%40rd"] {
        assert!(!log.contains(secret), "{log}");
    }
}
