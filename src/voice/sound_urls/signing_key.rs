//! The key that signs sound URLs.

use std::fs::DirBuilder;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use ring::hmac;
use tempfile::NamedTempFile;
use tracing::warn;

use crate::voice::random_name::random_bytes;
use crate::voice::untrusted_files::read_untrusted;

const KEY_FILE: &str = ".sound-server-key";
const KEY_BYTES: usize = 32;

/// Loads the key from the cache folder, or creates it there. With the same key after a restart, the URLs of sounds do
/// not change, and the switch can use the files that it has cached by URL. If the folder is not writable, the key is
/// lost when this process ends.
pub(super) fn load_or_create(folder: &Path) -> io::Result<hmac::Key> {
    let key = match load(folder) {
        Some(key) => key,
        None => create(folder)?,
    };
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &key))
}

fn load(folder: &Path) -> Option<[u8; KEY_BYTES]> {
    read_untrusted(&folder.join(KEY_FILE), KEY_BYTES as u64).ok()?.try_into().ok()
}

fn create(folder: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let key = random_bytes()?;
    if let Err(error) = save(folder, &key) {
        warn!(%error, "can't save the sound server's key: sound URLs change at each start");
    }
    Ok(key)
}

/// Only our own user may read the file: a temporary file has mode 0600, and keeps it when it is renamed.
fn save(folder: &Path, key: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    let mut file = NamedTempFile::with_prefix_in(KEY_FILE, folder)?;
    file.write_all(key)?;
    file.persist(folder.join(KEY_FILE))?;
    Ok(())
}
