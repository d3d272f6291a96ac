//! Kept answers: how many, and with whom they are shared.

use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_spanned::Spanned;

use super::daemon::size;
use super::secret::Filling;
use crate::config::file::File;
use crate::config::raw::daemon as raw;
use crate::config::secrets::SecretStore;
use crate::config::settings::Cache;
use crate::trigger::shared_cache::{RedisAddress, RedisAddressError, SharedCacheSettings};

/// Of a shorter secret all can be tried.
const SHORTEST: usize = 16;

pub(crate) fn cache(file: &File, secrets: &SecretStore, raw: &raw::Cache) -> Cache {
    let filling = Filling { file, secrets, whose: "the cache" };
    Cache {
        max_entries: size(file.number(raw.max_entries.as_ref(), 1..=1_000_000, 10_000)),
        max_bytes: size(file.number(raw.max_bytes.as_ref(), 65_536..=1 << 34, 32 << 20)),
        shared: shared(filling, raw),
    }
}

fn shared(filling: Filling<'_>, raw: &raw::Cache) -> Option<SharedCacheSettings> {
    let address = raw.shared.as_ref().map(|given| address(filling, given));
    let secret = raw.shared_secret.as_ref().map(|given| secret(filling, given));
    match (&raw.shared, &raw.shared_secret) {
        (Some(shared), None) => {
            let help =
                "add `shared_secret = \"{secret.NAME}\"`, the same for all daemons that share";
            let what = "answers are shared sealed: `shared` needs `shared_secret`";
            filling.file.fault_help(shared.span(), what, help);
        }
        (None, Some(secret)) => {
            let help = "add `shared = \"redis://HOST:6379/0\"`, or take it out";
            filling.file.fault_help(secret.span(), "nothing is shared without `shared`", help);
        }
        _ => {}
    }
    Some(SharedCacheSettings { address: address??, secret: secret?? })
}

fn address(filling: Filling<'_>, given: &Spanned<String>) -> Option<RedisAddress> {
    // A password may hold what ends the user's part of a URL.
    let encoded = |secret: &str| utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let text = filling.filled(given, encoded).text;
    let fault = |reason: RedisAddressError| {
        let help = match reason {
            RedisAddressError::NotRedis => {
                "write it as `redis://:{secret.NAME}@10.0.0.5:6379/0`, `rediss://...` (with TLS), or \
                 `unix:///run/redis/redis.sock`"
            }
            RedisAddressError::InvalidDatabase => "write it as `redis://10.0.0.5:6379/0`",
            RedisAddressError::TrailingParts => "take out what begins with `?` or `#`",
        };
        filling.file.fault_help(given.span(), reason.to_string(), help);
    };
    text.parse().map_err(fault).ok()
}

fn secret(filling: Filling<'_>, given: &Spanned<String>) -> Option<Arc<str>> {
    let secret = filling.only_secret(given, "shared_secret")?;
    if secret.chars().count() < SHORTEST {
        let what = format!("this secret is shorter than {SHORTEST} characters");
        let help = "let a machine make it, such as `openssl rand -hex 32`";
        filling.file.fault_help(given.span(), what, help);
        return None;
    }
    Some(secret)
}
