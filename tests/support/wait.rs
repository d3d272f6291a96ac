//! Waiting for what happens beside a test.

use std::future::Future;
use std::time::{Duration, Instant};

/// Long enough for a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);

/// Returns once the condition holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    until_it_holds(what, || std::future::ready(holds())).await;
}

/// Returns once the condition holds, which is asked for again and again.
pub(crate) async fn until_it_holds<F>(what: &str, mut holds: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < DEADLINE, "never: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// The result of work that must end soon.
pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect(what)
}

/// The value once there is one, for tests without a runtime.
pub(crate) fn blocking_until<T>(what: &str, mut value: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = value() {
            return value;
        }
        assert!(begun.elapsed() < DEADLINE, "never: {what}");
        std::thread::sleep(PAUSE);
    }
}
