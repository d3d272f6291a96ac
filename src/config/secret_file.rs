//! Reads the files of secrets, certificates and keys.

use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::regular_file;

/// The maximum size of a file, in bytes. The file with all CA certificates of a Linux system has about a quarter of it.
const MAX_LENGTH: u64 = 1 << 20;

/// Reads a regular file.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let content = regular_file::read(path, MAX_LENGTH + 1)?;
    if content.len() as u64 > MAX_LENGTH {
        let message = format!("it is larger than {MAX_LENGTH} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(content)
}

/// Whether every user of this host can read the file, by its mode and the modes of all folders above it.
pub(crate) fn is_open_to_all(path: &Path) -> bool {
    let allows = |path: &Path, bit: u32| {
        std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & bit != 0)
    };
    let Ok(absolute) = std::path::absolute(path) else { return false };
    allows(&absolute, 0o004) && absolute.ancestors().skip(1).all(|folder| allows(folder, 0o001))
}
