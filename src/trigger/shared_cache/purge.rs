//! Removing all answers from the shared cache.

use std::time::Duration;

use redis::Pipeline;
use tokio::time::{Instant, timeout_at};

use super::redis_client::RedisClient;
use super::seal::NAME_PREFIX;
use super::{BATCH_SIZE, SharedCache};

/// It takes seconds to scan a server with millions of other names.
const PURGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Why not all answers were removed. With the number of removed answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PurgeError {
    #[error("the shared cache is unavailable; {0} answers were removed from it")]
    Unavailable(u64),
    #[error("the shared cache could not be scanned within 30 s; {0} answers were removed from it")]
    TimedOut(u64),
}

impl SharedCache {
    /// Removes the answers of all daemons, even of those with another secret. Removes nothing else. Returns their
    /// number.
    pub async fn purge(&self) -> Result<u64, PurgeError> {
        let deadline = Instant::now() + PURGE_TIMEOUT;
        let (mut removed, mut cursor) = (0, 0);
        loop {
            let batch = timeout_at(deadline, purge_batch(&self.redis, cursor)).await;
            let batch = batch.map_err(|_| PurgeError::TimedOut(removed))?;
            let (next, count) = batch.ok_or(PurgeError::Unavailable(removed))?;
            removed += count;
            cursor = next;
            if cursor == 0 {
                return Ok(removed);
            }
        }
    }
}

/// Returns the next cursor, which is 0 at the end, and the number of answers removed.
async fn purge_batch(redis: &RedisClient, cursor: u64) -> Option<(u64, u64)> {
    let mut scan = Pipeline::new();
    scan.cmd("SCAN").arg(cursor).arg("MATCH").arg(format!("{NAME_PREFIX}*"));
    scan.arg("COUNT").arg(BATCH_SIZE);
    let ((next, names),): ((u64, Vec<Vec<u8>>),) = redis.query(&scan).await?;
    let names: Vec<_> = names.into_iter().filter(|name| is_entry_name(name)).collect();
    if names.is_empty() {
        return Some((next, 0));
    }
    let mut unlink = Pipeline::new();
    unlink.cmd("UNLINK").arg(&names);
    let (count,): (u64,) = redis.query(&unlink).await?;
    Some((next, count.min(names.len() as u64)))
}

/// Whether this is the name of an answer. Leases have other names and are not removed: their holders still fetch
/// answers.
fn is_entry_name(name: &[u8]) -> bool {
    let digest = name.strip_prefix(NAME_PREFIX.as_bytes());
    digest.is_some_and(|digest| digest.len() == 64 && digest.iter().all(u8::is_ascii_hexdigit))
}
