//! The files of sounds that only one call uses. They may speak something sensitive, such as a PIN, so only the switch
//! must find them.
//!
//! They are in a folder that other users can't list, under names that nobody can guess. If the cache folder is for one
//! group (a `setgid` folder that others can't enter), only that group can read them: the switch can reach the cache
//! folder, so its user is in that group.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use super::shared_mode::{self, is_for_group};
use crate::file_access;
use crate::voice::untrusted_files;

/// The name of the folder in the cache folder.
pub(super) const FOLDER: &str = file_access::PRIVATE_FOLDER;

/// The permission bits without `setgid` and the like.
const ACCESS_BITS: u32 = 0o777;

/// Writes a new file. It stays locked while the returned handle is open: so another process knows that it is in use.
///
/// # Errors
///
/// The operating system's error, or if the folder belongs to another user. There may then be an incomplete file.
pub(super) fn write(cache: &Path, file: &str, bytes: &[u8]) -> io::Result<File> {
    let cache_metadata = fs::metadata(cache)?;
    prepare_folder(&cache.join(FOLDER), &cache_metadata)?;
    let mut written =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(cache.join(file))?;
    // On a file system without locks, the file is not protected from the start of another process.
    drop(written.try_lock());
    written.write_all(bytes)?;
    shared_mode::apply(&written, &cache_metadata)?;
    Ok(written)
}

/// Whether a process uses the file.
pub(super) fn is_in_use(path: &Path) -> bool {
    untrusted_files::open_untrusted(path)
        .is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Creates the folder, or corrects its permissions.
fn prepare_folder(folder: &Path, cache: &Metadata) -> io::Result<()> {
    let access = if is_for_group(cache) { 0o710 } else { 0o711 };
    match DirBuilder::new().mode(access).create(folder) {
        // A command that root runs must leave a folder in which the daemon can write.
        Ok(()) => drop(chown(folder, Some(cache.uid()), Some(cache.gid()))),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let found = fs::symlink_metadata(folder)?;
    let our_user = rustix::process::geteuid().as_raw();
    if !found.is_dir() || ![our_user, cache.uid(), 0].contains(&found.uid()) {
        return Err(io::Error::other(format!("`{FOLDER}` in the cache folder is not ours")));
    }
    let mode = found.permissions().mode();
    if mode & ACCESS_BITS != access {
        let kept = mode & !ACCESS_BITS & 0o7777;
        // A systemd unit with RestrictSUIDSGID= does not let us set `setgid`, not even again. Then the group of our
        // files is another, so they are readable by all who can enter the folder: its own group.
        fs::set_permissions(folder, Permissions::from_mode(kept | access))
            .or_else(|_| fs::set_permissions(folder, Permissions::from_mode(access)))?;
    }
    Ok(())
}
