//! An entry of the shared cache.

use std::fmt;
use std::time::Duration;

/// An answer before parsing, and how long it may be used.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedCacheEntry {
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
    /// The time since the answer was stored. [`SharedCache::put`](super::SharedCache::put) ignores it.
    pub age: Duration,
    /// Counts from when the answer was stored.
    pub fresh_for: Duration,
    /// Counts from when the answer was stored: the fresh time and the longer one of `stale` and `stale_if_error`.
    pub lifetime: Duration,
}

impl SharedCacheEntry {
    /// Whether its age is below both `fresh_for` and `max_age`.
    pub fn is_fresh(&self, max_age: Duration) -> bool {
        self.age < max_age.min(self.fresh_for)
    }
}

/// Without the body, which may hold personal data.
impl fmt::Debug for SharedCacheEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, age, fresh_for, lifetime, body, .. } = self;
        let bytes = body.len();
        write!(f, "SharedCacheEntry({status}, {bytes} bytes, age {age:?}, ")?;
        write!(f, "fresh for {fresh_for:?}, lifetime {lifetime:?})")
    }
}
