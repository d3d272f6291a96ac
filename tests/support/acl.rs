//! Access control lists (POSIX ACLs) of files, as `setfacl` sets them (`linux/posix_acl_xattr.h`).

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{XattrFlags, getxattr, setxattr};

const ACCESS: &str = "system.posix_acl_access";
const DEFAULT: &str = "system.posix_acl_default";
const VERSION: u32 = 2;
const NAMED_USER: u16 = 0x02;
const MASK: u16 = 0x10;
const NO_ID: u32 = u32::MAX;

/// Gives a user all rights to a folder and to what is created in it, then sets the mode of the folder as systemd does:
/// `setfacl -m u:USER:rwX,d:u:USER:rwX FOLDER && chmod MODE FOLDER`. Returns `false` on a file system without lists.
pub(crate) fn share_folder(folder: &Path, user: u32, mode: u32) -> bool {
    // The owner, the user, the owning group, the mask, others.
    let entries =
        [(1, 7, NO_ID), (NAMED_USER, 7, user), (4, 5, NO_ID), (MASK, 7, NO_ID), (0x20, 0, NO_ID)];
    let mut list = VERSION.to_le_bytes().to_vec();
    for (tag, rights, id) in entries {
        list.extend(u16::to_le_bytes(tag));
        list.extend(u16::to_le_bytes(rights));
        list.extend(u32::to_le_bytes(id));
    }
    let is_set = [ACCESS, DEFAULT]
        .iter()
        .all(|name| setxattr(folder, *name, &list, XattrFlags::empty()).is_ok());
    fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap();
    is_set
}

/// The rights that a user gets by name, as in one digit of a mode: those of its entry that the mask lets through.
pub(crate) fn effective_rights(path: &Path, user: u32) -> u16 {
    let mut list = [0; 1024];
    let length = getxattr(path, ACCESS, &mut list[..]).unwrap_or_default();
    let rights = |tag: u16, id: u32| {
        let mut entries = list[..length].get(4..).unwrap_or_default().chunks_exact(8);
        let is_wanted =
            |entry: &&[u8]| entry[..2] == tag.to_le_bytes() && entry[4..] == id.to_le_bytes();
        entries.find(is_wanted).map_or(0, |entry| u16::from_le_bytes([entry[2], entry[3]]))
    };
    rights(NAMED_USER, user) & rights(MASK, NO_ID)
}
