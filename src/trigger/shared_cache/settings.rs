//! The settings of the shared cache, and its setup errors.

use std::fmt;
use std::sync::Arc;

use super::redis_address::RedisAddress;

#[derive(Clone, PartialEq, Eq)]
pub struct SharedCacheSettings {
    pub address: RedisAddress,
    /// All cryptographic keys are derived from it. Daemons that share a cache must have the same secret.
    pub secret: Arc<str>,
}

impl fmt::Debug for SharedCacheSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedCacheSettings({})", self.address)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SharedCacheSetupError {
    #[error("could not derive the keys of the shared cache")]
    KeyDerivation,
    #[error("could not set up TLS for the shared cache: {0}")]
    Tls(String),
}
