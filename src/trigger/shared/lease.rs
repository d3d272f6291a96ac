//! Who asks the web application, where several daemons want to know the same.

use std::sync::Arc;

use redis::Pipeline;
use tokio::runtime::Handle;

use super::link::Link;

/// Deletes a lease that is still ours: one that ran out may be another's by now.
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

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
}

#[derive(Clone)]
struct Held {
    link: Arc<Link>,
    name: String,
    token: String,
}

impl Lease {
    pub(super) fn new(link: Arc<Link>, name: String, token: String) -> Self {
        Self { held: Some(Held { link, name, token }) }
    }

    /// It is another's: there is nothing to release.
    pub(super) fn forget(mut self) {
        self.held = None;
    }

    /// Lets others ask. First the answer is put, so that who follows finds the one or the other.
    pub async fn release(mut self) {
        if let Some(held) = self.held.clone() {
            held.release().await;
            self.held = None;
        }
    }
}

impl Drop for Lease {
    /// Without a runtime it runs out by itself.
    fn drop(&mut self) {
        if let (Some(held), Ok(runtime)) = (self.held.take(), Handle::try_current()) {
            runtime.spawn(async move { held.release().await });
        }
    }
}

impl Held {
    async fn release(&self) {
        let mut commands = Pipeline::new();
        commands.cmd("EVAL").arg(RELEASE).arg(1).arg(&self.name).arg(&self.token);
        let _: Option<(i64,)> = self.link.ask(&commands).await;
    }
}
