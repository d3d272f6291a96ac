//! Reading files from folders to which the switch's user or an engine can write.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Flags for `open`: do not follow a symbolic link, and do not block on a named pipe.
pub(super) fn open_flags() -> i32 {
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}

/// Opens a file for reading, with [`open_flags`].
pub(super) fn open_untrusted(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(open_flags()).open(path)
}

/// Reads at most the first `max_bytes` of a file.
pub(super) fn read_untrusted(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_untrusted(path)?.take(max_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}
