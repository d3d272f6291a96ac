//! Everything of ours, taken out of the server.

use std::time::Duration;

use redis::Pipeline;
use tokio::time::{Instant, timeout_at};

use super::redis_client::RedisClient;
use super::seal::NAME_PREFIX;
use super::{BATCH_SIZE, SharedCache};

/// A server with millions of names of others takes seconds to be looked through.
const PURGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Why not all answers could be removed, with the count of those that were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PurgeError {
    /// The server is away, or refuses.
    #[error("the shared cache does not answer; {0} answers were removed from it")]
    Unavailable(u64),
    /// It has more names than can be looked through.
    #[error(
        "the shared cache was not looked through within 30 s; {0} answers were removed from it"
    )]
    TimedOut(u64),
}

impl SharedCache {
    /// Removes all answers of all daemons that share the server, whatever their secret; nothing else that is in it.
    ///
    /// # Errors
    ///
    /// When the server is away or can't be looked through in time.
    pub async fn purge(&self) -> Result<u64, PurgeError> {
        let deadline = Instant::now() + PURGE_TIMEOUT;
        let (mut removed, mut cursor) = (0, 0);
        loop {
            let round = timeout_at(deadline, purge_batch(&self.redis, cursor)).await;
            let round = round.map_err(|_| PurgeError::TimedOut(removed))?;
            let (next, count) = round.ok_or(PurgeError::Unavailable(removed))?;
            removed += count;
            cursor = next;
            if cursor == 0 {
                return Ok(removed);
            }
        }
    }
}

/// Where to go on, and how many were removed.
async fn purge_batch(link: &RedisClient, cursor: u64) -> Option<(u64, u64)> {
    let mut scan = Pipeline::new();
    scan.cmd("SCAN").arg(cursor).arg("MATCH").arg(format!("{NAME_PREFIX}*"));
    scan.arg("COUNT").arg(BATCH_SIZE);
    let ((next, names),): ((u64, Vec<Vec<u8>>),) = link.query(&scan).await?;
    let names: Vec<_> = names.into_iter().filter(|name| is_entry_name(name)).collect();
    if names.is_empty() {
        return Some((next, 0));
    }
    let mut unlink = Pipeline::new();
    unlink.cmd("UNLINK").arg(&names);
    let (count,): (u64,) = link.query(&unlink).await?;
    Some((next, count.min(names.len() as u64)))
}

/// Not a lease: who holds one asks on.
fn is_entry_name(name: &[u8]) -> bool {
    let digest = name.strip_prefix(NAME_PREFIX.as_bytes());
    digest.is_some_and(|digest| digest.len() == 64 && digest.iter().all(u8::is_ascii_hexdigit))
}
