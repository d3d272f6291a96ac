//! `[cache]`: the size of the response cache, and the server through which daemons share it.

use std::sync::Arc;

use serde_spanned::Spanned;

use super::context::DaemonContext;
use super::secret_text::percent_encoded;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::WholeNumber;
use crate::trigger::response_cache::ResponseCacheLimits;
use crate::trigger::shared_cache::{RedisAddress, RedisAddressError, SharedCacheSettings};

/// Fewest characters of `shared_secret`. A shorter secret could be found by brute force.
const MIN_SECRET_LENGTH: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct CacheTable {
    max_entries: Option<Spanned<WholeNumber>>,
    max_bytes: Option<Spanned<WholeNumber>>,
    shared: Option<Spanned<String>>,
    shared_secret: Option<Spanned<String>>,
}

impl CacheTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        Self {
            max_entries: table.take("max_entries"),
            max_bytes: table.take("max_bytes"),
            shared: table.take("shared"),
            shared_secret: table.take("shared_secret"),
        }
    }

    pub(crate) fn limits(&self, file: &TomlFile) -> ResponseCacheLimits {
        let bytes: u64 = file.number(self.max_bytes.as_ref(), 65_536..=1 << 34, 32 << 20);
        ResponseCacheLimits {
            max_entries: file.number(self.max_entries.as_ref(), 1..=1_000_000, 10_000),
            // The largest value does not fit a 32-bit `usize`.
            max_bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        }
    }

    /// The settings of the shared cache; `None` without one, and after an error.
    pub(crate) fn shared(&self, context: DaemonContext<'_>) -> Option<SharedCacheSettings> {
        let address = self.shared.as_ref().map(|given| address(context, given));
        let secret = self.shared_secret.as_ref().map(|given| secret(context, given));
        match (&self.shared, &self.shared_secret) {
            (Some(shared), None) => {
                let message = "`shared` needs `shared_secret`: shared answers are encrypted";
                let help = "add `shared_secret = \"{secret.NAME}\"`, the same on all daemons that share the cache";
                context.file.error_with_help(shared.span(), message, help);
            }
            (None, Some(secret)) => {
                let message = "`shared_secret` has no effect without `shared`";
                let help = "add `shared = \"redis://HOST:6379/0\"`, or remove this line";
                context.file.error_with_help(secret.span(), message, help);
            }
            _ => {}
        }
        Some(SharedCacheSettings { address: address??, secret: secret?? })
    }
}

fn address(context: DaemonContext<'_>, given: &Spanned<String>) -> Option<RedisAddress> {
    let text = context.fill_secrets(given, "the cache", percent_encoded).text;
    let report = |reason: RedisAddressError| {
        let help = match reason {
            RedisAddressError::NotRedis => {
                "write it as `redis://:{secret.NAME}@10.0.0.5:6379/0`, `rediss://...` (with TLS), or \
                 `unix:///run/redis/redis.sock`"
            }
            RedisAddressError::InvalidDatabase => "write it as `redis://10.0.0.5:6379/0`",
            RedisAddressError::TrailingParts => "remove the part that begins with `?` or `#`",
        };
        context.file.error_with_help(given.span(), reason.to_string(), help);
    };
    text.parse().map_err(report).ok()
}

fn secret(context: DaemonContext<'_>, given: &Spanned<String>) -> Option<Arc<str>> {
    let secret = context.only_secret(given, "shared_secret")?;
    if secret.chars().count() < MIN_SECRET_LENGTH {
        let message = format!("this secret is shorter than {MIN_SECRET_LENGTH} characters");
        let help = "generate one with `openssl rand -hex 32`";
        context.file.error_with_help(given.span(), message, help);
        return None;
    }
    Some(secret)
}
