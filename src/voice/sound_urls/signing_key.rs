//! The key that signs URLs.

use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::voice::untrusted_files;

const KEY_FILE: &str = ".sound-server-key";
const KEY_BYTES: usize = 32;

/// The key of a folder of made sounds; a new one where it has none. It outlives us, so that what a switch has fetched
/// stays good when we are started again. In a folder that can't be written it is for this time alone.
pub(super) fn load_or_create(folder: &Path) -> io::Result<hmac::Key> {
    let file = folder.join(KEY_FILE);
    let key = match read_key(&file) {
        Some(key) => key,
        None => create_key(&file)?,
    };
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &key))
}

fn read_key(file: &Path) -> Option<[u8; KEY_BYTES]> {
    untrusted_files::read_untrusted(file, KEY_BYTES as u64).ok()?.try_into().ok()
}

fn create_key(file: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    let random = SystemRandom::new().fill(&mut key);
    random.map_err(|_| io::Error::other("no random numbers can be had"))?;
    if let Err(error) = write_key(file, &key) {
        tracing::warn!(%error, "the sound server's key can't be kept: its URLs change with each start");
    }
    Ok(key)
}

/// For our own eyes.
fn write_key(file: &Path, key: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    }
    let unfinished = file.with_extension("unfinished");
    let opened = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .custom_flags(untrusted_files::open_flags())
        .open(&unfinished);
    opened?.write_all(key)?;
    fs::rename(unfinished, file)
}
