//! Waits for events outside of the test's own code.

use std::future::Future;
use std::time::{Duration, Instant};

/// The timeout of all waits, long enough for a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until the condition is true. `what` names it in the panic after the timeout.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    until_async(what, || std::future::ready(holds())).await;
}

/// Like [`until`], with a condition that is a future.
pub(crate) async fn until_async<F>(what: &str, mut holds: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let started_at = Instant::now();
    while !holds().await {
        assert!(started_at.elapsed() < DEADLINE, "timed out: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Runs work that must end before the timeout, and returns its result.
pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect(what)
}

/// Waits until `value` returns a value, for tests without an async runtime.
pub(crate) fn blocking_until<T>(what: &str, mut value: impl FnMut() -> Option<T>) -> T {
    let started_at = Instant::now();
    loop {
        if let Some(value) = value() {
            return value;
        }
        assert!(started_at.elapsed() < DEADLINE, "timed out: {what}");
        std::thread::sleep(PAUSE);
    }
}
