//! Sounds for a switch on another host.

use std::sync::Arc;

/// Where a switch fetches sounds.
pub struct Urls(String);

impl Urls {
    /// The URLs of a server.
    pub fn new(base: String) -> Self {
        Self(base)
    }

    /// A file of the cache folder.
    pub fn of_cache(&self, file: &str) -> Arc<str> {
        format!("{}/{file}", self.0).into()
    }
}
