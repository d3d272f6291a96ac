//! Leases: if several daemons need the same answer, the one that holds the lease sends the request.

use std::sync::Arc;
use std::time::Duration;

use redis::Pipeline;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use super::redis_client::RedisClient;

/// Deletes the lease if it has our token. If our lease has expired, another daemon may hold the lease now.
const RELEASE_SCRIPT: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// Extends the lease if it has our token.
const RENEW_SCRIPT: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', \
                     KEYS[1], ARGV[2]) end return 0";

/// How long a lease lasts unless it is renewed. It is short, so that other daemons do not wait long if the holder
/// crashes.
pub(super) const LEASE_TIME: Duration = Duration::from_millis(750);
/// How often a lease is renewed. The lease does not expire even if one renewal takes as long as [`REQUEST_TIMEOUT`]
/// allows.
///
/// [`REQUEST_TIMEOUT`]: super::redis_client::REQUEST_TIMEOUT
const RENEW_INTERVAL: Duration = Duration::from_millis(250);

/// Which daemon sends the request.
#[must_use = "a lease that is dropped is released"]
pub enum LeaseOutcome {
    /// This one.
    Acquired(Lease),
    /// Another one: use [`wait_for_entry`](super::SharedCache::wait_for_entry).
    HeldElsewhere,
    /// The server is unavailable: each daemon sends its own request.
    Unavailable,
}

/// The right to send the request for all daemons. Dropping it releases the lease in a new task.
pub struct Lease {
    held: Option<HeldLease>,
    renewal_task: Option<AbortHandle>,
}

#[derive(Clone)]
struct HeldLease {
    redis: Arc<RedisClient>,
    name: String,
    token: String,
}

impl Lease {
    pub(super) fn new(redis: Arc<RedisClient>, name: String, token: String) -> Self {
        Self { held: Some(HeldLease { redis, name, token }), renewal_task: None }
    }

    /// Renews the lease until it is released, but no longer than `needed_for`.
    pub(super) fn start_renewal(mut self, needed_for: Duration) -> Self {
        let task = self.held.clone().map(|held| tokio::spawn(held.renew(needed_for)));
        self.renewal_task = task.map(|task| task.abort_handle());
        self
    }

    /// Drops a lease that was not granted: the server has nothing to release.
    pub(super) fn disarm(mut self) {
        self.held = None;
    }

    /// Releases the lease. Call this after the answer was stored. Then a daemon that waits sees the lease or the answer
    /// at any time.
    pub async fn release(mut self) {
        self.stop_renewal();
        if let Some(held) = self.held.clone() {
            held.release().await;
            self.held = None;
        }
    }

    fn stop_renewal(&mut self) {
        if let Some(task) = self.renewal_task.take() {
            task.abort();
        }
    }
}

impl Drop for Lease {
    /// Without a Tokio runtime nothing is sent, and the lease expires by itself.
    fn drop(&mut self) {
        self.stop_renewal();
        if let (Some(held), Ok(runtime)) = (self.held.take(), Handle::try_current()) {
            runtime.spawn(async move { held.release().await });
        }
    }
}

impl HeldLease {
    async fn renew(self, needed_for: Duration) {
        let end = Instant::now() + needed_for;
        while Instant::now() + RENEW_INTERVAL < end {
            sleep(RENEW_INTERVAL).await;
            let mut commands = Pipeline::new();
            let renew =
                commands.cmd("EVAL").arg(RENEW_SCRIPT).arg(1).arg(&self.name).arg(&self.token);
            renew.arg(LEASE_TIME.as_millis().to_string());
            if let Some((0_i64,)) = self.redis.query(&commands).await {
                return; // It has expired, and another daemon may hold it.
            }
        }
    }

    async fn release(&self) {
        let mut commands = Pipeline::new();
        commands.cmd("EVAL").arg(RELEASE_SCRIPT).arg(1).arg(&self.name).arg(&self.token);
        let _: Option<(i64,)> = self.redis.query(&commands).await;
    }
}
