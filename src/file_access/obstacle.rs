//! What keeps a user from a file: the first part of its path that does not give the user the right that is needed.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::accounts::{FileUser, HostAccounts};
use super::acl::{acl_grants, acl_grants_someone};
use super::switch_user::OVERFLOW_UID;

/// The superuser needs no rights.
const ROOT: u32 = 0;

/// What a user wants to do with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileNeed {
    /// Read a file.
    Read,
    /// Read files in a folder, whose names are known.
    Enter,
    /// Create files in a folder.
    Write,
}

impl FileNeed {
    /// `rwx`, as in one digit of a mode.
    fn bits(self) -> u32 {
        match self {
            Self::Read => 0o4,
            Self::Enter => 0o1,
            Self::Write => 0o3,
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Read => "read the file",
            Self::Enter => "enter the folder",
            Self::Write => "write to the folder",
        }
    }
}

/// A file or folder that does not give a user the right that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessObstacle {
    pub(crate) path: PathBuf,
    need: FileNeed,
    uid: u32,
    pub(crate) gid: u32,
    mode: u32,
}

impl AccessObstacle {
    fn of(path: &Path, need: FileNeed, found: &Metadata) -> Self {
        let (uid, gid, mode) = (found.uid(), found.gid(), found.mode() & 0o7777);
        Self { path: path.to_owned(), need, uid, gid, mode }
    }

    /// Such as "cannot enter the folder /var/cache/dialscript (mode 2750, owner dialscript, group dialscript)".
    pub(crate) fn describe(&self, accounts: &HostAccounts) -> String {
        let (owner, group) = (accounts.user_name(self.uid), accounts.group_name(self.gid));
        let (verb, path, mode) = (self.need.verb(), self.path.display(), self.mode);
        format!("cannot {verb} {path} (mode {mode:04o}, owner {owner}, group {group})")
    }

    /// Whether the mode gives the group the right that is needed.
    pub(crate) fn is_open_to_group(&self) -> bool {
        let bits = self.need.bits();
        self.mode >> 3 & bits == bits
    }

    /// Whether the access control list gives the right that is needed to some user or group by name.
    pub(crate) fn is_open_to_someone(&self) -> bool {
        acl_grants_someone(&self.path, self.need.bits())
    }
}

/// The first part of a path that keeps the user from what it needs, from `/` downwards. Symbolic links are followed.
///
/// # Errors
///
/// If a part of the path does not exist, or this process may not look at it.
pub(crate) fn find_obstacle(
    path: &Path,
    need: FileNeed,
    user: &FileUser,
) -> io::Result<Option<AccessObstacle>> {
    Ok(find_obstacles(path, need, user)?.into_iter().next())
}

/// All parts of a path that keep the user from what it needs, from `/` downwards.
///
/// # Errors
///
/// As [`find_obstacle`].
pub(super) fn find_obstacles(
    path: &Path,
    need: FileNeed,
    user: &FileUser,
) -> io::Result<Vec<AccessObstacle>> {
    let path = fs::canonicalize(path)?;
    let mut folders: Vec<_> =
        path.ancestors().skip(1).map(|path| (path, FileNeed::Enter)).collect();
    folders.reverse();
    let mut obstacles = Vec::new();
    for (part, need) in folders.into_iter().chain([(path.as_path(), need)]) {
        let found = fs::metadata(part)?;
        if !grants(part, &found, need, user) {
            obstacles.push(AccessObstacle::of(part, need, &found));
        }
    }
    Ok(obstacles)
}

/// Whether a file or folder gives the user the right. The folders above it are not looked at.
fn grants(path: &Path, found: &Metadata, need: FileNeed, user: &FileUser) -> bool {
    if user.uid == ROOT {
        return true;
    }
    let (owner, wanted) = ((found.uid(), found.gid()), need.bits());
    // An owner that can't be told from other users may be this one.
    if owner.0 == OVERFLOW_UID && found.mode() >> 6 & wanted == wanted {
        return true;
    }
    if let Some(granted) = acl_grants(path, owner, user, wanted) {
        return granted;
    }
    let shift = match () {
        () if user.uid == owner.0 => 6,
        () if user.groups.contains(&owner.1) => 3,
        () => 0,
    };
    found.mode() >> shift & wanted == wanted
}
