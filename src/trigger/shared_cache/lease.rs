//! Who asks the web application, where several daemons want to know the same.

use std::sync::Arc;
use std::time::Duration;

use redis::Pipeline;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use super::redis_client::RedisClient;

/// Deletes a lease that is still ours: one that ran out may be another's by now.
const RELEASE_SCRIPT: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// Makes one that is still ours last anew.
const RENEW_SCRIPT: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', \
                     KEYS[1], ARGV[2]) end return 0";

/// A lease lasts this long, and is renewed while somebody asks: a daemon that dies then holds the others up no longer.
pub(super) const LEASE_TIME: Duration = Duration::from_millis(750);
/// How often it is renewed: late once, by all that a reply may take, it is still there.
const RENEW_INTERVAL: Duration = Duration::from_millis(250);

/// Who asks.
#[must_use = "a lease that is dropped is released"]
pub enum LeaseOutcome {
    /// We do, until the lease is released or runs out.
    Acquired(Lease),
    /// Somebody else does: [`follow`](super::SharedCache::follow).
    HeldElsewhere,
    /// Nobody can tell: everybody asks for himself.
    Unavailable,
}

/// That we are the one who asks. Dropped without [`release`](Self::release) it is released all the same, as soon as
/// that can be done.
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
    pub(super) fn new(link: Arc<RedisClient>, name: String, token: String) -> Self {
        Self { held: Some(HeldLease { redis: link, name, token }), renewal_task: None }
    }

    /// It is ours: it is renewed until it is released, but no longer than this.
    pub(super) fn start_renewal(mut self, time: Duration) -> Self {
        let renewing = self.held.clone().map(|held| tokio::spawn(held.renew(time)));
        self.renewal_task = renewing.map(|task| task.abort_handle());
        self
    }

    /// It is another's: there is nothing to release.
    pub(super) fn disarm(mut self) {
        self.held = None;
    }

    /// Lets others ask. First the answer is put, so that who follows finds the one or the other.
    pub async fn release(mut self) {
        self.stop_renewal();
        if let Some(held) = self.held.clone() {
            held.release().await;
            self.held = None;
        }
    }

    fn stop_renewal(&mut self) {
        if let Some(renewing) = self.renewal_task.take() {
            renewing.abort();
        }
    }
}

impl Drop for Lease {
    /// Without a runtime it runs out by itself.
    fn drop(&mut self) {
        self.stop_renewal();
        if let (Some(held), Ok(runtime)) = (self.held.take(), Handle::try_current()) {
            runtime.spawn(async move { held.release().await });
        }
    }
}

impl HeldLease {
    async fn renew(self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() + RENEW_INTERVAL < end {
            sleep(RENEW_INTERVAL).await;
            let mut commands = Pipeline::new();
            let renew =
                commands.cmd("EVAL").arg(RENEW_SCRIPT).arg(1).arg(&self.name).arg(&self.token);
            renew.arg(LEASE_TIME.as_millis().to_string());
            if let Some((0_i64,)) = self.redis.query(&commands).await {
                return; // It ran out, and may be another's.
            }
        }
    }

    async fn release(&self) {
        let mut commands = Pipeline::new();
        commands.cmd("EVAL").arg(RELEASE_SCRIPT).arg(1).arg(&self.name).arg(&self.token);
        let _: Option<(i64,)> = self.redis.query(&commands).await;
    }
}
