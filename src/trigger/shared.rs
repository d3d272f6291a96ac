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

mod address;
mod lease;
mod link;
mod pauses;
mod purge;
mod seal;
mod transport;

pub use address::{Address, NoAddress};
pub use lease::{Lead, Lease};
pub use purge::PurgeError;

use link::Link;
use pauses::Pauses;
use seal::{Seals, millis};

/// The longest value that is written or read, sealed: twice the longest answer.
const LARGEST: usize = 512 * 1024;

/// How many names the server deals with in one go: it serves nobody else meanwhile.
const AT_A_TIME: usize = 500;

/// A lease may outlive the time for the answer by this, in which the answer is put.
const MARGIN: Duration = Duration::from_millis(500);

/// Where the server is, and what is shared with the other daemons.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// The server.
    pub address: Address,
    /// From which all keys are made; the same for all daemons that share.
    pub secret: Arc<str>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({})", self.address)
    }
}

/// Why there can be no shared cache at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The secret makes no keys.
    #[error("no keys can be made for the shared cache")]
    Keys,
    /// A server with TLS can't be trusted without them.
    #[error("the system has no certificates of authorities (package ca-certificates)")]
    NoRoots,
    /// TLS can't be set up.
    #[error("TLS can't be set up")]
    Tls,
}

/// An answer as it came from the web application, and its times.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// The HTTP status.
    pub status: u16,
    /// The header, where there was one.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
    /// How long it has been kept; nothing that is put has an age.
    pub age: Duration,
    /// For how long it is fresh.
    pub time: Duration,
    /// For how long it is kept in all: fresh, then stale.
    pub lifetime: Duration,
}

impl Kept {
    /// Whether it serves somebody who takes answers up to an age, by its own time too.
    pub fn is_fresh(&self, time: Duration) -> bool {
        self.age < time.min(self.time)
    }
}

/// Without the body, which may be anybody's business.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, age, time, lifetime, body, .. } = self;
        let bytes = body.len();
        write!(f, "Kept({status}, {bytes} bytes, {age:?} of {time:?}, at most {lifetime:?})")
    }
}

/// The key by which daemons that share a secret make the same [`CacheKey`] of the same request.
///
/// # Errors
///
/// When the secret makes no keys.
pub fn request_key(secret: &str) -> Result<hmac::Key, StartError> {
    seal::derived(secret, b"requests").map_err(|_| StartError::Keys)
}

/// The cache.
pub struct SharedCache {
    link: Arc<Link>,
    seals: Seals,
    told_unreadable: AtomicBool,
}

impl SharedCache {
    /// Nothing is sent: the server may be away.
    ///
    /// # Errors
    ///
    /// When the secret makes no keys, or TLS can't be set up.
    pub fn new(settings: &Settings) -> Result<Self, StartError> {
        let seals = Seals::new(&settings.secret).map_err(|_| StartError::Keys)?;
        let link = Arc::new(Link::new(&settings.address)?);
        Ok(Self { link, seals, told_unreadable: AtomicBool::new(false) })
    }

    /// Whether the server is not known to be away.
    pub fn is_up(&self) -> bool {
        self.link.is_up()
    }

    /// The answer kept under a key.
    pub async fn get(&self, key: &CacheKey) -> Option<Kept> {
        self.read(&self.seals.name(key)).await
    }

    /// Keeps an answer for its lifetime, in place of what was there. One that is too long is not kept.
    pub async fn put(&self, key: &CacheKey, kept: &Kept) {
        let lifetime = millis(kept.lifetime).filter(|lifetime| *lifetime > 0);
        let name = self.seals.name(key);
        let sealed = self.seals.seal(&name, kept).filter(|sealed| sealed.len() <= LARGEST);
        let (Some(lifetime), Some(sealed)) = (lifetime, sealed) else { return };
        let mut commands = Pipeline::new();
        commands.cmd("SET").arg(name).arg(sealed).arg("PX").arg(lifetime).ignore();
        let _: Option<()> = self.link.ask(&commands).await;
    }

    /// Forgets the answers kept under these keys. Whether the server has done so.
    pub async fn remove(&self, keys: &[CacheKey]) -> bool {
        for keys in keys.chunks(AT_A_TIME) {
            let names: Vec<_> = keys.iter().map(|key| self.seals.name(key)).collect();
            let mut commands = Pipeline::new();
            commands.cmd("UNLINK").arg(names);
            let removed: Option<(u64,)> = self.link.ask(&commands).await;
            if removed.is_none() {
                return false;
            }
        }
        true
    }

    /// Who of all daemons asks the web application, which may take this long.
    pub async fn lead(&self, key: &CacheKey, time: Duration) -> Lead {
        let time = time.saturating_add(MARGIN);
        let (Ok(token), Some(lasts)) = (self.seals.token(), millis(time.min(lease::LASTS))) else {
            return Lead::Away;
        };
        let name = self.seals.lease(key);
        let mut commands = Pipeline::new();
        commands.cmd("SET").arg(&name).arg(&token).arg("NX").arg("PX").arg(lasts);
        // Before the reply: one that comes too late, or to nobody, may have said that it is ours.
        let lease = Lease::new(Arc::clone(&self.link), name, token);
        match self.link.ask(&commands).await {
            Some((Some(()),)) => Lead::Ours(lease.renewed(time)),
            Some((None,)) => {
                lease.forget();
                Lead::Others
            }
            None => Lead::Away,
        }
    }

    /// Waits for the answer that somebody else asks for, fresh for who takes answers up to an age. None when the other
    /// one gave up, `until` has come, or the server is away.
    pub async fn follow(&self, key: &CacheKey, time: Duration, until: Instant) -> Option<Kept> {
        timeout_at(until, self.followed(key, time)).await.ok().flatten()
    }

    /// A stale answer may lie there meanwhile: it is read once, and not again until something newer is in its place,
    /// whose time to live is longer.
    async fn followed(&self, key: &CacheKey, time: Duration) -> Option<Kept> {
        let (name, lease) = (self.seals.name(key), self.seals.lease(key));
        let mut commands = Pipeline::new();
        commands.atomic().cmd("PTTL").arg(&name).cmd("EXISTS").arg(&lease);
        let (mut seen, mut pauses) = (-1, Pauses::default());
        loop {
            let (left, is_led): (i64, bool) = self.link.ask(&commands).await?;
            if left > seen {
                let kept = self.read(&name).await.filter(|kept| kept.is_fresh(time));
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
    async fn read(&self, name: &str) -> Option<Kept> {
        let mut commands = Pipeline::new();
        commands.atomic().cmd("GETRANGE").arg(name).arg(0).arg(LARGEST).cmd("PTTL").arg(name);
        let (sealed, left): (Vec<u8>, i64) = self.link.ask(&commands).await?;
        if sealed.is_empty() {
            return None;
        }
        let kept = self.opened(name, sealed, left);
        if kept.is_none() {
            self.tell_unreadable();
        }
        kept
    }

    /// The clocks of two machines differ: the age is what the server has counted down of the lifetime.
    fn opened(&self, name: &str, sealed: Vec<u8>, left: i64) -> Option<Kept> {
        if sealed.len() > LARGEST {
            return None;
        }
        let mut kept = self.seals.open(name, sealed)?;
        let left = Duration::from_millis(left.try_into().ok()?);
        kept.age = kept.lifetime.checked_sub(left)?;
        Some(kept)
    }

    fn tell_unreadable(&self) {
        if !self.told_unreadable.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the shared cache has something that can't be opened: another daemon has another \
                 `shared_secret`, or somebody else wrote it"
            );
        }
    }
}
