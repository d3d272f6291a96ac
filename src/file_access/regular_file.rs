//! Reads regular files only. Opening a named pipe would wait for a writer, and reading a device may never end.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// The error for a folder, a named pipe, a socket or a device.
#[derive(Debug, thiserror::Error)]
#[error("it is not a regular file")]
pub(crate) struct NotRegularFile;

/// Opens a regular file for reading.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let metadata = match &opened {
        Ok(file) => file.metadata()?,
        // A socket cannot be opened.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            std::fs::metadata(path)?
        }
        Err(_) => return opened,
    };
    if metadata.is_file() { opened } else { Err(io::Error::other(NotRegularFile)) }
}

/// Reads at most the first `max_bytes` of a regular file.
pub(crate) fn read(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open(path)?.take(max_bytes).read_to_end(&mut content)?;
    Ok(content)
}

/// Whether [`open`] has refused a file because of what it is.
pub(crate) fn is_refused(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotRegularFile>())
}
