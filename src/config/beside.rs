//! Files beside the daemon's file: secrets, certificates, keys.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Most bytes of one; the authorities of a whole system are a quarter of it.
const MOST: u64 = 1 << 20;

/// Reads one whole. What never ends is none, and a pipe that nobody writes to is not waited for.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut content = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MOST {
        return Err(io::Error::other(format!("it is longer than {MOST} bytes")));
    }
    Ok(content)
}

/// Whether each user of this host can read one: its own mode allows it, and that of every folder on the way.
pub(crate) fn is_open_to_all(path: &Path) -> bool {
    let allows = |path: &Path, bit: u32| {
        std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & bit != 0)
    };
    let Ok(whole) = std::path::absolute(path) else { return false };
    allows(&whole, 0o004) && whole.ancestors().skip(1).all(|folder| allows(folder, 0o001))
}
