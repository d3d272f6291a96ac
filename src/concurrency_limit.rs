//! Limits on concurrent work, such as calls or requests, that can change while work is in progress.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, TryAcquireError};

/// A limit on concurrent work. Clones share its permits.
#[derive(Debug, Clone)]
pub(crate) struct ConcurrencyLimit(Arc<PermitPool>);

#[derive(Debug)]
struct PermitPool {
    /// The free permits.
    free: Semaphore,
    size: Mutex<PoolSize>,
}

#[derive(Debug)]
struct PoolSize {
    max: usize,
    /// Permits in use that disappear when they are returned: the limit was lowered while they were in use.
    surplus: usize,
}

/// Held while the work is in progress.
#[derive(Debug)]
pub(crate) struct ConcurrencyPermit(Arc<PermitPool>);

impl ConcurrencyLimit {
    pub(crate) fn new(max: usize) -> Self {
        let max = max.min(Semaphore::MAX_PERMITS);
        let size = Mutex::new(PoolSize { max, surplus: 0 });
        Self(Arc::new(PermitPool { free: Semaphore::new(max), size }))
    }

    pub(crate) fn max(&self) -> usize {
        self.0.size.lock().max
    }

    /// How many permits are in use. After the limit was lowered, this can be more than [`max`](Self::max).
    pub(crate) fn in_use(&self) -> usize {
        let size = self.0.size.lock();
        (size.max + size.surplus).saturating_sub(self.0.free.available_permits())
    }

    /// Changes the limit. Work in progress continues, even if it is more than the new limit.
    pub(crate) fn set_max(&self, max: usize) {
        let max = max.min(Semaphore::MAX_PERMITS);
        let mut size = self.0.size.lock();
        if max < size.max {
            let removed = size.max - max;
            size.surplus += removed - self.0.free.forget_permits(removed);
        } else {
            let added = max - size.max;
            let kept = added.min(size.surplus);
            size.surplus -= kept;
            self.0.free.add_permits(added - kept);
        }
        size.max = max;
    }

    /// Takes a free permit.
    ///
    /// # Errors
    ///
    /// If none is free.
    pub(crate) fn try_acquire(&self) -> Result<ConcurrencyPermit, TryAcquireError> {
        self.0.free.try_acquire()?.forget();
        Ok(ConcurrencyPermit(self.0.clone()))
    }

    /// Waits for a free permit. Who waits first gets one first.
    pub(crate) async fn acquire(&self) -> ConcurrencyPermit {
        match self.0.free.acquire().await {
            Ok(permit) => permit.forget(),
            // Never: nobody closes the semaphore.
            Err(_) => std::future::pending().await,
        }
        ConcurrencyPermit(self.0.clone())
    }
}

impl Drop for ConcurrencyPermit {
    fn drop(&mut self) {
        let mut size = self.0.size.lock();
        match size.surplus {
            0 => self.0.free.add_permits(1),
            _ => size.surplus -= 1,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[test]
    fn a_lower_limit_lets_work_in_progress_continue_and_admits_less() {
        let limit = ConcurrencyLimit::new(3);
        let mut held: Vec<_> = (0..3).map(|_| limit.try_acquire().unwrap()).collect();
        limit.set_max(1);
        assert_eq!((limit.max(), limit.in_use()), (1, 3));
        for expected in [2, 1] {
            held.pop();
            assert_eq!(limit.in_use(), expected);
            assert!(limit.try_acquire().is_err());
        }
        held.pop();
        assert_eq!(limit.in_use(), 0);
        let _only = limit.try_acquire().unwrap();
        assert!(limit.try_acquire().is_err());
    }

    #[test]
    fn a_limit_that_was_lowered_and_raised_again_is_exact() {
        let limit = ConcurrencyLimit::new(4);
        let held: Vec<_> = (0..4).map(|_| limit.try_acquire().unwrap()).collect();
        limit.set_max(1);
        limit.set_max(3);
        assert!(limit.try_acquire().is_err());
        drop(held);
        let held: Vec<_> = std::iter::from_fn(|| limit.try_acquire().ok()).collect();
        assert_eq!((held.len(), limit.in_use()), (3, 3));
        limit.set_max(5);
        let more: Vec<_> = std::iter::from_fn(|| limit.try_acquire().ok()).collect();
        assert_eq!((more.len(), limit.in_use()), (2, 5));
    }

    #[tokio::test]
    async fn a_higher_limit_wakes_who_waits_for_a_permit() {
        let limit = ConcurrencyLimit::new(1);
        let _held = limit.try_acquire().unwrap();
        let waiting = tokio::spawn({
            let limit = limit.clone();
            async move { drop(limit.acquire().await) }
        });
        tokio::task::yield_now().await;
        limit.set_max(2);
        timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
    }
}
