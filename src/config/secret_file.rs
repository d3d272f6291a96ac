//! Reads the files of secrets, certificates and keys.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Most bytes of a file. The CA certificates of a whole system are about a quarter of it.
const MAX_LENGTH: u64 = 1 << 20;

/// Reads a regular file. Devices and pipes are refused, as reading them may never end.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut content = Vec::new();
    File::open(path)?.take(MAX_LENGTH + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MAX_LENGTH {
        return Err(io::Error::other(format!("larger than {MAX_LENGTH} bytes")));
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
