//! Files in folders into which others may write as well: the switch's user, or an engine.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// What keeps a link from leading us elsewhere, and a pipe from holding us.
pub(super) fn open_flags() -> i32 {
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}

/// Opens a file to read it.
pub(super) fn open_untrusted(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(open_flags()).open(path)
}

/// The beginning of a file, no longer than `most` bytes.
pub(super) fn read_untrusted(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_untrusted(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
