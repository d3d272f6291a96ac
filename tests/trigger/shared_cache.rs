//! The shared cache, against a small Redis in this process. The test in `real` needs a real server.

use std::time::Duration;

use dialscript::script::request::CacheKey;
use dialscript::trigger::shared_cache::{SharedCache, SharedCacheEntry, SharedCacheSettings};

mod address;
mod leases;
mod outages;
mod real;
mod storing;
mod tls;

const MINUTE: Duration = Duration::from_secs(60);
const SECRET: &str = "the daemons' own secret";

fn cache(url: &str) -> SharedCache {
    cache_with(url, SECRET)
}

fn cache_with(url: &str, secret: &str) -> SharedCache {
    let settings = SharedCacheSettings { address: url.parse().unwrap(), secret: secret.into() };
    SharedCache::new(&settings).unwrap()
}

fn key(n: u8) -> CacheKey {
    CacheKey([n; 32])
}

/// Fresh for one minute, stored for two.
fn entry(body: &str) -> SharedCacheEntry {
    SharedCacheEntry {
        status: 200,
        content_type: Some("text/plain".to_owned()),
        body: body.as_bytes().to_vec(),
        age: Duration::ZERO,
        fresh_for: MINUTE,
        lifetime: 2 * MINUTE,
    }
}

fn body(entry: Option<SharedCacheEntry>) -> Option<String> {
    entry.map(|entry| String::from_utf8(entry.body).unwrap())
}
