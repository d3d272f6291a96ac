//! Waiting for a moment that may never come.

use std::future::pending;

use tokio::time::{Instant, sleep_until};

/// Waits until a moment; without one, for ever.
pub(super) async fn sleep_until_or_forever(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}
