//! Reads the files of secrets, certificates and keys.

use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::file_access::{HostAccounts, regular_file, shell_quoted};

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

/// The user as which packages run the daemon.
const PACKAGE_USER: &str = "dialscript";

/// The command that lets only the daemon read a secret that every user can read. A file of root has to become the
/// daemon's, which could not read it otherwise.
pub(crate) fn closing_command(path: &Path) -> String {
    let path_in_shell = shell_quoted(path);
    let is_of_root = std::fs::metadata(path).is_ok_and(|found| found.uid() == 0);
    let has_user = || HostAccounts::read(Path::new("/")).user(PACKAGE_USER).is_some();
    match is_of_root && has_user() {
        true => format!("chown {PACKAGE_USER} {path_in_shell} && chmod 400 {path_in_shell}"),
        false => format!("chmod o= {path_in_shell}"),
    }
}

/// Whether every user of this host can read the file, by its mode and the modes of all folders above it.
pub(crate) fn is_open_to_all(path: &Path) -> bool {
    let allows = |path: &Path, bit: u32| {
        std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & bit != 0)
    };
    let Ok(absolute) = std::path::absolute(path) else { return false };
    allows(&absolute, 0o004) && absolute.ancestors().skip(1).all(|folder| allows(folder, 0o001))
}
