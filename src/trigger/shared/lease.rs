//! Who asks the web application, where several daemons want to know the same.

use std::sync::Arc;
use std::time::Duration;

use redis::Pipeline;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use super::link::Link;

/// Deletes a lease that is still ours: one that ran out may be another's by now.
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// Makes one that is still ours last anew.
const RENEW: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', \
                     KEYS[1], ARGV[2]) end return 0";

/// A lease lasts this long, and is renewed while somebody asks: a daemon that dies then holds the others up no longer.
pub(super) const LASTS: Duration = Duration::from_millis(750);
/// How often it is renewed: late once, by all that a reply may take, it is still there.
const BEAT: Duration = Duration::from_millis(250);

/// Who asks.
#[must_use = "a lease that is dropped is released"]
pub enum Lead {
    /// We do, until the lease is released or runs out.
    Ours(Lease),
    /// Somebody else does: [`follow`](super::SharedCache::follow).
    Others,
    /// Nobody can tell: everybody asks for himself.
    Away,
}

/// That we are the one who asks. Dropped without [`release`](Self::release) it is released all the same, as soon as
/// that can be done.
pub struct Lease {
    held: Option<Held>,
    renewing: Option<AbortHandle>,
}

#[derive(Clone)]
struct Held {
    link: Arc<Link>,
    name: String,
    token: String,
}

impl Lease {
    pub(super) fn new(link: Arc<Link>, name: String, token: String) -> Self {
        Self { held: Some(Held { link, name, token }), renewing: None }
    }

    /// It is ours: it is renewed until it is released, but no longer than this.
    pub(super) fn renewed(mut self, time: Duration) -> Self {
        let renewing = self.held.clone().map(|held| tokio::spawn(held.renew(time)));
        self.renewing = renewing.map(|task| task.abort_handle());
        self
    }

    /// It is another's: there is nothing to release.
    pub(super) fn forget(mut self) {
        self.held = None;
    }

    /// Lets others ask. First the answer is put, so that who follows finds the one or the other.
    pub async fn release(mut self) {
        self.rest();
        if let Some(held) = self.held.clone() {
            held.release().await;
            self.held = None;
        }
    }

    fn rest(&mut self) {
        if let Some(renewing) = self.renewing.take() {
            renewing.abort();
        }
    }
}

impl Drop for Lease {
    /// Without a runtime it runs out by itself.
    fn drop(&mut self) {
        self.rest();
        if let (Some(held), Ok(runtime)) = (self.held.take(), Handle::try_current()) {
            runtime.spawn(async move { held.release().await });
        }
    }
}

impl Held {
    async fn renew(self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() + BEAT < end {
            sleep(BEAT).await;
            let mut commands = Pipeline::new();
            let renew = commands.cmd("EVAL").arg(RENEW).arg(1).arg(&self.name).arg(&self.token);
            renew.arg(LASTS.as_millis().to_string());
            if let Some((0_i64,)) = self.link.ask(&commands).await {
                return; // It ran out, and may be another's.
            }
        }
    }

    async fn release(&self) {
        let mut commands = Pipeline::new();
        commands.cmd("EVAL").arg(RELEASE).arg(1).arg(&self.name).arg(&self.token);
        let _: Option<(i64,)> = self.link.ask(&commands).await;
    }
}
