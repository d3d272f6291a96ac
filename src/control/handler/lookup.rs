//! Finds cache entries by script, or by the prefix of their key.

use std::cmp::Reverse;

use data_encoding::HEXLOWER;

use crate::script::definition::ScriptLibrary;
use crate::trigger::response_cache::ListedCacheEntry;

/// The minimum number of hexadecimal digits in the prefix of a key.
const MIN_KEY_DIGITS: usize = 4;
/// The maximum number of script names in an error message.
const MAX_LISTED_NAMES: usize = 30;

/// A cache entry, with its key in hexadecimal digits.
pub(super) struct KeyedCacheEntry {
    pub(super) hex_key: String,
    pub(super) entry: ListedCacheEntry,
}

/// All entries of the response cache, newest first.
pub(super) struct CacheIndex<'a> {
    entries: Vec<KeyedCacheEntry>,
    library: &'a ScriptLibrary,
}

impl<'a> CacheIndex<'a> {
    pub(super) fn new(mut listed: Vec<ListedCacheEntry>, library: &'a ScriptLibrary) -> Self {
        listed.sort_by_key(|listed| Reverse(listed.entry.stored_at));
        let keyed = |entry: ListedCacheEntry| KeyedCacheEntry {
            hex_key: HEXLOWER.encode(&entry.key.0),
            entry,
        };
        Self { entries: listed.into_iter().map(keyed).collect(), library }
    }

    pub(super) fn entries(&self) -> &[KeyedCacheEntry] {
        &self.entries
    }

    /// The entries of a script. A script that a reload has removed may still have some.
    pub(super) fn entries_of_script(&self, script: &str) -> Result<Vec<&KeyedCacheEntry>, String> {
        let entries = self.entries.iter().filter(|keyed| *keyed.entry.entry.script == *script);
        let entries: Vec<_> = entries.collect();
        if entries.is_empty() && !self.library.scripts.contains_key(script) {
            return Err(format!("no script {script:?}; {}", self.script_names()));
        }
        Ok(entries)
    }

    /// The entry whose key starts with `prefix`. It is an error if there is none, or more than one.
    pub(super) fn entry_by_prefix(&self, prefix: &str) -> Result<&KeyedCacheEntry, String> {
        let digits = prefix.to_ascii_lowercase();
        if digits.len() < MIN_KEY_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!(
                "no script {prefix:?} (a key has at least {MIN_KEY_DIGITS} hexadecimal digits); {}",
                self.script_names()
            ));
        }
        let mut matching = self.entries.iter().filter(|keyed| keyed.hex_key.starts_with(&digits));
        match (matching.next(), matching.next()) {
            (Some(entry), None) => Ok(entry),
            (Some(_), Some(_)) => {
                Err(format!("several cached answers have a key that starts with {digits}"))
            }
            (None, _) => Err(format!(
                "no cached answer and no script is called {digits}; {}",
                self.script_names()
            )),
        }
    }

    fn script_names(&self) -> String {
        let mut names: Vec<_> = self.library.scripts.keys().map(String::as_str).collect();
        names.sort_unstable();
        let more = if names.len() > MAX_LISTED_NAMES { ", …" } else { "" };
        names.truncate(MAX_LISTED_NAMES);
        match names.is_empty() {
            true => "no scripts are loaded".to_owned(),
            false => format!("available: {}{more}", names.join(", ")),
        }
    }
}
