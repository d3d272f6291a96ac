//! The shared cache: answers that several daemons share through a Redis or Valkey server.
//!
//! ```text
//! get ─▶ acquire_lease ─┬▶ Acquired ─▶ send the request ─▶ put ─▶ release
//!                       ├▶ HeldElsewhere ─▶ wait_for_entry
//!                       └▶ Unavailable ─▶ send the request
//! ```
//!
//! No call fails because of the server: each command takes a quarter of a second at most, and after a failure a circuit
//! breaker stops the requests to the server for some seconds. The connection is made anew then, so that after a failover
//! the server that has the address is used, once it can store answers. The server sees neither requests nor answers: names (the
//! keys in Redis) are digests, and values are encrypted and authenticated. A malicious server can drop an answer, or
//! return an older answer with the same name. It can't forge one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::Pipeline;
use ring::hmac;
use tokio::time::{Instant, sleep, timeout_at};

use crate::script::request::CacheKey;
use crate::web::tls::TlsIdentity;

mod entry;
mod lease;
mod poll_intervals;
mod purge;
mod redis_address;
mod redis_client;
mod seal;
mod server_error;
mod settings;
mod transport;

pub use entry::SharedCacheEntry;
pub use lease::{Lease, LeaseOutcome};
pub use purge::PurgeError;
pub use redis_address::{RedisAddress, RedisAddressError};
pub use settings::{SharedCacheSettings, SharedCacheSetupError};

use poll_intervals::PollIntervals;
use redis_client::RedisClient;
use seal::{CacheSealer, MAX_SEALED_BYTES, millis};

/// The most names in one command. The server handles no other command meanwhile.
const BATCH_SIZE: usize = 500;

/// A lease is needed for this much longer than the request may take: the time to store the answer.
const LEASE_MARGIN: Duration = Duration::from_millis(500);

/// The HMAC key for [`CacheKey`]s. Daemons with the same secret compute the same cache key for the same request.
pub fn request_hmac_key(secret: &str) -> Result<hmac::Key, SharedCacheSetupError> {
    seal::derive_key(secret, b"requests").map_err(|_| SharedCacheSetupError::KeyDerivation)
}

pub struct SharedCache {
    redis: Arc<RedisClient>,
    sealer: CacheSealer,
    warned_unreadable: AtomicBool,
}

impl SharedCache {
    /// Does not connect: the server may be unavailable when the daemon starts.
    pub fn new(settings: &SharedCacheSettings) -> Result<Self, SharedCacheSetupError> {
        Self::with_tls(settings, &TlsIdentity::default())
    }

    /// Like [`new`](Self::new), with the certificates for a server with TLS.
    pub fn with_tls(
        settings: &SharedCacheSettings,
        identity: &TlsIdentity,
    ) -> Result<Self, SharedCacheSetupError> {
        let sealer =
            CacheSealer::new(&settings.secret).map_err(|_| SharedCacheSetupError::KeyDerivation)?;
        let redis = Arc::new(RedisClient::new(&settings.address, identity)?);
        Ok(Self { redis, sealer, warned_unreadable: AtomicBool::new(false) })
    }

    /// Whether the circuit breaker of the server is closed.
    pub fn is_up(&self) -> bool {
        self.redis.is_up()
    }

    pub async fn get(&self, key: &CacheKey) -> Option<SharedCacheEntry> {
        self.read_entry(&self.sealer.entry_name(key)).await
    }

    /// Stores an answer for its lifetime, and replaces an earlier one. An answer that is too long is not stored.
    pub async fn put(&self, key: &CacheKey, entry: &SharedCacheEntry) {
        let lifetime = millis(entry.lifetime).filter(|lifetime| *lifetime > 0);
        let name = self.sealer.entry_name(key);
        let sealed =
            self.sealer.seal(&name, entry).filter(|sealed| sealed.len() <= MAX_SEALED_BYTES);
        let (Some(lifetime), Some(sealed)) = (lifetime, sealed) else { return };
        let mut commands = Pipeline::new();
        commands.cmd("SET").arg(name).arg(sealed).arg("PX").arg(lifetime).ignore();
        let _: Option<()> = self.redis.query(&commands).await;
    }

    /// Removes the answers of these keys. Returns whether the server confirmed it.
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

    /// Tries to get the lease, which only one daemon holds at a time: that daemon sends the request. The request may
    /// take `timeout`.
    pub async fn acquire_lease(&self, key: &CacheKey, timeout: Duration) -> LeaseOutcome {
        let needed_for = timeout.saturating_add(LEASE_MARGIN);
        let (Ok(token), Some(lease_millis)) =
            (self.sealer.random_token(), millis(needed_for.min(lease::LEASE_TIME)))
        else {
            return LeaseOutcome::Unavailable;
        };
        let name = self.sealer.lease_name(key);
        let mut commands = Pipeline::new();
        commands.cmd("SET").arg(&name).arg(&token).arg("NX").arg("PX").arg(lease_millis);
        // Created before the command is sent, so that its drop releases the lease in any case: the server may grant the
        // lease and reply too late.
        let lease = Lease::new(Arc::clone(&self.redis), name, token);
        match self.redis.query(&commands).await {
            Some((Some(()),)) => LeaseOutcome::Acquired(lease.start_renewal(needed_for)),
            Some((None,)) => {
                lease.disarm();
                LeaseOutcome::HeldElsewhere
            }
            None => LeaseOutcome::Unavailable,
        }
    }

    /// Waits for the answer that another daemon fetches. `None` if that daemon's lease ended without a fresh answer,
    /// the deadline has passed, or the server is unavailable.
    pub async fn wait_for_entry(
        &self,
        key: &CacheKey,
        max_age: Duration,
        deadline: Instant,
    ) -> Option<SharedCacheEntry> {
        timeout_at(deadline, self.poll_for_entry(key, max_age)).await.ok().flatten()
    }

    /// The server may hold a stale answer in the meantime. The answer is read once, and again only if its time to live
    /// has risen, which means that it was replaced.
    async fn poll_for_entry(&self, key: &CacheKey, max_age: Duration) -> Option<SharedCacheEntry> {
        let (name, lease) = (self.sealer.entry_name(key), self.sealer.lease_name(key));
        let mut commands = Pipeline::new();
        commands.atomic().cmd("PTTL").arg(&name).cmd("EXISTS").arg(&lease);
        let (mut last_ttl, mut intervals) = (-1, PollIntervals::default());
        loop {
            let (ttl, has_lease): (i64, bool) = self.redis.query(&commands).await?;
            if ttl > last_ttl {
                let entry = self.read_entry(&name).await.filter(|entry| entry.is_fresh(max_age));
                if entry.is_some() {
                    return entry;
                }
            }
            if !has_lease {
                return None;
            }
            last_ttl = ttl;
            sleep(intervals.next()).await;
        }
    }

    /// Reads the value and its time to live in one transaction, so that they belong together.
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
        let (sealed, ttl): (Vec<u8>, i64) = self.redis.query(&commands).await?;
        if sealed.is_empty() {
            return None;
        }
        let entry = self.open_sealed(name, sealed, ttl);
        if entry.is_none() {
            self.warn_unreadable_once();
        }
        entry
    }

    /// Decrypts an entry and computes its age: the lifetime minus the time to live. The server measures the time to
    /// live, so the clocks of the daemons may differ.
    fn open_sealed(&self, name: &str, sealed: Vec<u8>, ttl: i64) -> Option<SharedCacheEntry> {
        if sealed.len() > MAX_SEALED_BYTES {
            return None;
        }
        let mut entry = self.sealer.open(name, sealed)?;
        let ttl = Duration::from_millis(ttl.try_into().ok()?);
        entry.age = entry.lifetime.checked_sub(ttl)?;
        Some(entry)
    }

    fn warn_unreadable_once(&self) {
        if !self.warned_unreadable.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the shared cache holds an entry that can't be decrypted: another daemon uses a \
                 different `shared_secret`, or another program wrote it"
            );
        }
    }
}
