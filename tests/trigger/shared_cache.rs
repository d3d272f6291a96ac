//! The cache that daemons share, against a small Redis in this process; against a real one by hand (`real`).

use std::future::Future;
use std::time::{Duration, Instant};

use dialscript::script::request::CacheKey;
use dialscript::trigger::shared::{Kept, Settings, SharedCache};
use tracing::subscriber::DefaultGuard;

use crate::support::log::Lines;

mod address;
mod away;
mod keeping;
mod leading;
mod real;

const MINUTE: Duration = Duration::from_secs(60);
const SECRET: &str = "the daemons' own secret";

fn cache(url: &str) -> SharedCache {
    cache_with(url, SECRET)
}

fn cache_with(url: &str, secret: &str) -> SharedCache {
    let settings = Settings { address: url.parse().unwrap(), secret: secret.into() };
    SharedCache::new(&settings).unwrap()
}

/// The log of this thread. Beside it one for all threads takes everything: with none, a line that another thread
/// comes by first may be taken for one that nobody wants (`Interest`, which is kept for the whole process).
fn record(filter: &str) -> (Lines, DefaultGuard) {
    let all = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let _ = tracing::subscriber::set_global_default(all.with_writer(std::io::sink).finish());
    crate::support::log::record(filter)
}

fn key(n: u8) -> CacheKey {
    CacheKey([n; 32])
}

/// Fresh for a minute, kept for two.
fn kept(body: &str) -> Kept {
    Kept {
        status: 200,
        content_type: Some("text/plain".to_owned()),
        body: body.as_bytes().to_vec(),
        age: Duration::ZERO,
        time: MINUTE,
        lifetime: 2 * MINUTE,
    }
}

fn body(kept: Option<Kept>) -> Option<String> {
    kept.map(|kept| String::from_utf8(kept.body).unwrap())
}

/// Asks again and again until it is so.
async fn eventually<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
