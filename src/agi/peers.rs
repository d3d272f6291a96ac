//! What is known about the Asterisk servers that connect: whether they have the function `ARRAY`.
//!
//! `ARRAY` is in the module `func_strings`. An Asterisk without it replies to `SET VARIABLE "ARRAY(…)"` as if the
//! variables were set (`handle_setvariable`). So each Asterisk is asked before the function is used, and again after
//! [`CHECK_LIFETIME`].

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::environment::AgiEnvironment;

/// How long the result of a check is used. If the module is unloaded from a running Asterisk, variables can be lost
/// until then.
const CHECK_LIFETIME: Duration = Duration::from_secs(60);
/// Maximum number of addresses whose result is remembered.
const MAX_PEERS: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// Maximum distance of two thread identifiers of the same process: 4 GiB.
const MAX_THREAD_DISTANCE: u64 = 4 << 30;

/// The results of the last checks, by the address of the Asterisk.
pub struct AgiPeers(Mutex<LruCache<IpAddr, ArrayCheck>>);

impl Default for AgiPeers {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MAX_PEERS)))
    }
}

struct ArrayCheck {
    has_array: bool,
    checked_at: Instant,
    thread_id: u64,
}

/// The Asterisk of one call.
pub struct AgiPeer {
    peers: Arc<AgiPeers>,
    address: IpAddr,
    /// `agi_threadid`: the address of the thread's memory in the process. Linux places each process at another random
    /// address, so identifiers that are far apart show that Asterisk was restarted, or that several of them connect
    /// from the same address.
    thread_id: u64,
}

impl AgiPeer {
    pub fn new(peers: Arc<AgiPeers>, address: IpAddr, environment: &AgiEnvironment) -> Self {
        Self { peers, address, thread_id: environment.thread_id() }
    }

    /// Whether this Asterisk has the function `ARRAY`. `None` if it must be asked.
    pub(super) fn has_array(&self) -> Option<bool> {
        let mut peers = self.peers.0.lock();
        let check = peers.get(&self.address)?;
        let is_recent = check.checked_at.elapsed() < CHECK_LIFETIME;
        let is_same_process = check.thread_id.abs_diff(self.thread_id) < MAX_THREAD_DISTANCE;
        (is_recent && is_same_process).then_some(check.has_array)
    }

    /// Remembers what this Asterisk has replied.
    pub(super) fn record(&self, has_array: bool) {
        let (checked_at, thread_id) = (Instant::now(), self.thread_id);
        self.peers.0.lock().put(self.address, ArrayCheck { has_array, checked_at, thread_id });
    }
}
