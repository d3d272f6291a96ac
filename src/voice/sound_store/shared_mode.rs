//! The permissions of files that the switch reads. They are set after the file was created, since the umask of this
//! process could make the file unreadable for the switch.

use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

const SETGID: u32 = 0o2000;
const OTHERS_MAY_ENTER: u32 = 0o001;

/// Lets the group of the folder read the file, if the folder is for that group only. Else everyone who can enter the
/// folder may read it.
///
/// # Errors
///
/// The operating system's error.
pub(super) fn apply(file: &File, folder: &Metadata) -> io::Result<()> {
    let is_of_group = is_for_group(folder) && file.metadata()?.gid() == folder.gid();
    file.set_permissions(Permissions::from_mode(if is_of_group { 0o640 } else { 0o644 }))
}

/// Whether a folder is for its owner and its group only: a `setgid` folder that others can't enter.
pub(super) fn is_for_group(folder: &Metadata) -> bool {
    let mode = folder.permissions().mode();
    mode & SETGID != 0 && mode & OTHERS_MAY_ENTER == 0
}
