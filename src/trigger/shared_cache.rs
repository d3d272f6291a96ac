//! Answers that several daemons share, kept by a Redis or Valkey server.
//!
//! ```text
//! get ─▶ lead ─┬▶ Ours ─▶ ask the web application ─▶ put ─▶ release
//!              ├▶ Others ─▶ follow
//!              └▶ Away ─▶ ask the web application
//! ```
//!
//! The server can only help. Whatever it does, each step takes a quarter of a second at most and no call fails by it;
//! after a failure it is left alone for some seconds. It sees neither requests nor answers: names are digests, values
//! are sealed. A server that means harm can forget, or bring back an answer that it had under the same name; it can't
//! make one up.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::Pipeline;
use ring::hmac;
use tokio::time::{Instant, sleep, timeout_at};

use crate::script::request::CacheKey;

mod lease;
mod poll_intervals;
mod purge;
mod redis_address;
mod redis_client;
mod seal;
mod transport;

pub use lease::{Lease, LeaseOutcome};
pub use purge::PurgeError;
pub use redis_address::{RedisAddress, RedisAddressError};

use poll_intervals::PollIntervals;
use redis_client::RedisClient;
use seal::{CacheSealer, millis};

/// The longest value that is written or read, sealed: twice the longest answer.
const MAX_SEALED_BYTES: usize = 512 * 1024;

/// How many names the server deals with in one go: it serves nobody else meanwhile.
const BATCH_SIZE: usize = 500;

/// A lease may outlive the time for the answer by this, in which the answer is put.
const LEASE_MARGIN: Duration = Duration::from_millis(500);

/// Where the server is, and what is shared with the other daemons.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedCacheSettings {
    /// The server.
    pub address: RedisAddress,
    /// From which all keys are made; the same for all daemons that share.
    pub secret: Arc<str>,
}

impl fmt::Debug for SharedCacheSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({})", self.address)
    }
}

/// Why there can be no shared cache at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SharedCacheSetupError {
    /// The secret makes no keys.
    #[error("no keys can be made for the shared cache")]
    KeyDerivation,
    /// A server with TLS can't be trusted without them.
    #[error("the system has no certificates of authorities (package ca-certificates)")]
    NoRootCertificates,
    /// TLS can't be set up.
    #[error("TLS can't be set up")]
    Tls,
}

/// An answer as it came from the web application, and its times.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedCacheEntry {
    /// The HTTP status.
    pub status: u16,
    /// The header, where there was one.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
    /// How long it has been kept; nothing that is put has an age.
    pub age: Duration,
    /// For how long it is fresh.
    pub fresh_for: Duration,
    /// For how long it is kept in all: fresh, then stale.
    pub lifetime: Duration,
}

impl SharedCacheEntry {
    /// Whether it serves somebody who takes answers up to an age, by its own time too.
    pub fn is_fresh(&self, time: Duration) -> bool {
        self.age < time.min(self.fresh_for)
    }
}

/// Without the body, which may be anybody's business.
impl fmt::Debug for SharedCacheEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, age, fresh_for: time, lifetime, body, .. } = self;
        let bytes = body.len();
        write!(f, "Kept({status}, {bytes} bytes, {age:?} of {time:?}, at most {lifetime:?})")
    }
}

/// The key by which daemons that share a secret make the same [`CacheKey`] of the same request.
///
/// # Errors
///
/// When the secret makes no keys.
pub fn request_hmac_key(secret: &str) -> Result<hmac::Key, SharedCacheSetupError> {
    seal::derive_key(secret, b"requests").map_err(|_| SharedCacheSetupError::KeyDerivation)
}

/// The cache.
pub struct SharedCache {
    redis: Arc<RedisClient>,
    sealer: CacheSealer,
    warned_unreadable: AtomicBool,
}

impl SharedCache {
    /// Nothing is sent: the server may be away.
    ///
    /// # Errors
    ///
    /// When the secret makes no keys, or TLS can't be set up.
    pub fn new(settings: &SharedCacheSettings) -> Result<Self, SharedCacheSetupError> {
        let seals =
            CacheSealer::new(&settings.secret).map_err(|_| SharedCacheSetupError::KeyDerivation)?;
        let link = Arc::new(RedisClient::new(&settings.address)?);
        Ok(Self { redis: link, sealer: seals, warned_unreadable: AtomicBool::new(false) })
    }

    /// Whether the server is not known to be away.
    pub fn is_up(&self) -> bool {
        self.redis.is_up()
    }

    /// The answer kept under a key.
    pub async fn get(&self, key: &CacheKey) -> Option<SharedCacheEntry> {
        self.read_entry(&self.sealer.entry_name(key)).await
    }

    /// Keeps an answer for its lifetime, in place of what was there. One that is too long is not kept.
    pub async fn put(&self, key: &CacheKey, kept: &SharedCacheEntry) {
        let lifetime = millis(kept.lifetime).filter(|lifetime| *lifetime > 0);
        let name = self.sealer.entry_name(key);
        let sealed =
            self.sealer.seal(&name, kept).filter(|sealed| sealed.len() <= MAX_SEALED_BYTES);
        let (Some(lifetime), Some(sealed)) = (lifetime, sealed) else { return };
        let mut commands = Pipeline::new();
        commands.cmd("SET").arg(name).arg(sealed).arg("PX").arg(lifetime).ignore();
        let _: Option<()> = self.redis.query(&commands).await;
    }

    /// Forgets the answers kept under these keys. Whether the server has done so.
    pub async fn remove(&self, keys: &[CacheKey]) -> bool {
        for keys in keys.chunks(BATCH_SIZE) {
            let names: Vec<_> = keys.iter().map(|key| self.sealer.entry_name(key)).collect();
            let mut commands = Pipeline::new();
            commands.cmd("UNLINK").arg(names);
            let removed: Option<(u64,)> = self.redis.query(&commands).await;
            if removed.is_none() {
                return false;
            }
        }
        true
    }

    /// Who of all daemons asks the web application, which may take this long.
    pub async fn acquire_lease(&self, key: &CacheKey, time: Duration) -> LeaseOutcome {
        let time = time.saturating_add(LEASE_MARGIN);
        let (Ok(token), Some(lasts)) =
            (self.sealer.random_token(), millis(time.min(lease::LEASE_TIME)))
        else {
            return LeaseOutcome::Unavailable;
        };
        let name = self.sealer.lease_name(key);
        let mut commands = Pipeline::new();
        commands.cmd("SET").arg(&name).arg(&token).arg("NX").arg("PX").arg(lasts);
        // Before the reply: one that comes too late, or to nobody, may have said that it is ours.
        let lease = Lease::new(Arc::clone(&self.redis), name, token);
        match self.redis.query(&commands).await {
            Some((Some(()),)) => LeaseOutcome::Acquired(lease.start_renewal(time)),
            Some((None,)) => {
                lease.disarm();
                LeaseOutcome::HeldElsewhere
            }
            None => LeaseOutcome::Unavailable,
        }
    }

    /// Waits for the answer that somebody else asks for, fresh for who takes answers up to an age. None when the other
    /// one gave up, `until` has come, or the server is away.
    pub async fn wait_for_entry(
        &self,
        key: &CacheKey,
        time: Duration,
        until: Instant,
    ) -> Option<SharedCacheEntry> {
        timeout_at(until, self.poll_for_entry(key, time)).await.ok().flatten()
    }

    /// A stale answer may lie there meanwhile: it is read once, and not again until something newer is in its place,
    /// whose time to live is longer.
    async fn poll_for_entry(&self, key: &CacheKey, time: Duration) -> Option<SharedCacheEntry> {
        let (name, lease) = (self.sealer.entry_name(key), self.sealer.lease_name(key));
        let mut commands = Pipeline::new();
        commands.atomic().cmd("PTTL").arg(&name).cmd("EXISTS").arg(&lease);
        let (mut seen, mut pauses) = (-1, PollIntervals::default());
        loop {
            let (left, is_led): (i64, bool) = self.redis.query(&commands).await?;
            if left > seen {
                let kept = self.read_entry(&name).await.filter(|kept| kept.is_fresh(time));
                if kept.is_some() {
                    return kept;
                }
            }
            if !is_led {
                return None;
            }
            seen = left;
            sleep(pauses.next()).await;
        }
    }

    /// In one transaction, so that the time that is left is that of the value.
    async fn read_entry(&self, name: &str) -> Option<SharedCacheEntry> {
        let mut commands = Pipeline::new();
        commands
            .atomic()
            .cmd("GETRANGE")
            .arg(name)
            .arg(0)
            .arg(MAX_SEALED_BYTES)
            .cmd("PTTL")
            .arg(name);
        let (sealed, left): (Vec<u8>, i64) = self.redis.query(&commands).await?;
        if sealed.is_empty() {
            return None;
        }
        let kept = self.open_sealed(name, sealed, left);
        if kept.is_none() {
            self.warn_unreadable_once();
        }
        kept
    }

    /// The clocks of two machines differ: the age is what the server has counted down of the lifetime.
    fn open_sealed(&self, name: &str, sealed: Vec<u8>, left: i64) -> Option<SharedCacheEntry> {
        if sealed.len() > MAX_SEALED_BYTES {
            return None;
        }
        let mut kept = self.sealer.open(name, sealed)?;
        let left = Duration::from_millis(left.try_into().ok()?);
        kept.age = kept.lifetime.checked_sub(left)?;
        Some(kept)
    }

    fn warn_unreadable_once(&self) {
        if !self.warned_unreadable.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the shared cache has something that can't be opened: another daemon has another \
                 `shared_secret`, or somebody else wrote it"
            );
        }
    }
}
