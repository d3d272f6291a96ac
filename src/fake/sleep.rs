//! Sleeping until an optional time.

use std::future::pending;

use tokio::time::{Instant, sleep_until};

/// Sleeps until `time`; for ever if it is `None`.
pub(super) async fn sleep_until_or_forever(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}
