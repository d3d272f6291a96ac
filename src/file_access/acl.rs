//! Access control lists of files (POSIX ACLs), as `setfacl` sets them.

use std::path::Path;

use super::accounts::FileUser;

/// The extended attribute in which Linux keeps the list (`linux/posix_acl_xattr.h`).
const ATTRIBUTE: &str = "system.posix_acl_access";
/// The version at the beginning of the attribute.
const VERSION: [u8; 4] = 2_u32.to_le_bytes();
/// A longer list is treated as if there were none.
const MAX_BYTES: usize = 8 * 1024;

const OWNER: u16 = 0x01;
const NAMED_USER: u16 = 0x02;
const OWNING_GROUP: u16 = 0x04;
const NAMED_GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHERS: u16 = 0x20;
/// In an access control list, the kernel shows this number for a user or group that has none in our namespace. For an owner
/// it shows `OVERFLOW_UID`.
const UNMAPPED_ID: u32 = u32::MAX;

struct AclEntry {
    tag: u16,
    /// `rwx`, as in one digit of a mode.
    bits: u32,
    id: u32,
}

/// Whether the access control list of a file gives the user all of these bits (`rwx`). `None` if the file has no list.
pub(super) fn acl_grants(
    path: &Path,
    owner: (u32, u32),
    user: &FileUser,
    wanted: u32,
) -> Option<bool> {
    Some(list_grants(&read_entries(path)?, owner, user, wanted))
}

/// Whether the access control list of a file gives all of these bits (`rwx`) to a user or group that it names.
pub(super) fn acl_grants_someone(path: &Path, wanted: u32) -> bool {
    let entries = read_entries(path).unwrap_or_default();
    let mask = mask(&entries);
    let is_named = |entry: &&AclEntry| matches!(entry.tag, NAMED_USER | NAMED_GROUP);
    entries.iter().filter(is_named).any(|entry| entry.bits & mask & wanted == wanted)
}

/// The algorithm of acl(5), "Access check algorithm".
fn list_grants(entries: &[AclEntry], owner: (u32, u32), user: &FileUser, wanted: u32) -> bool {
    let (uid, gid) = owner;
    let mask = mask(entries);
    let has_all = |bits: u32| bits & wanted == wanted;
    let first = |tag: u16| entries.iter().find(|entry| entry.tag == tag);
    if user.uid == uid {
        return first(OWNER).is_some_and(|entry| has_all(entry.bits));
    }
    let named = |id: u32| entries.iter().find(|entry| entry.tag == NAMED_USER && entry.id == id);
    // An entry for a user that can't be told from others counts as the one for this user.
    if let Some(named) = named(user.uid).or_else(|| named(UNMAPPED_ID)) {
        return has_all(named.bits & mask);
    }
    let is_of_user = |entry: &&AclEntry| match entry.tag {
        OWNING_GROUP => user.groups.contains(&gid),
        NAMED_GROUP => entry.id == UNMAPPED_ID || user.groups.contains(&entry.id),
        _ => false,
    };
    let mut of_groups = entries.iter().filter(is_of_user).peekable();
    match of_groups.peek() {
        Some(_) => of_groups.any(|entry| has_all(entry.bits & mask)),
        None => first(OTHERS).is_some_and(|entry| has_all(entry.bits)),
    }
}

fn mask(entries: &[AclEntry]) -> u32 {
    entries.iter().find(|entry| entry.tag == MASK).map_or(0o7, |mask| mask.bits)
}

fn read_entries(path: &Path) -> Option<Vec<AclEntry>> {
    let mut bytes = vec![0; MAX_BYTES];
    let length = rustix::fs::getxattr(path, ATTRIBUTE, &mut bytes[..]).ok()?;
    entries(bytes.get(..length)?)
}

fn entries(attribute: &[u8]) -> Option<Vec<AclEntry>> {
    let entries = attribute.strip_prefix(&VERSION)?.chunks_exact(8);
    Some(entries.map(entry).collect())
}

fn entry(bytes: &[u8]) -> AclEntry {
    let number = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let id = u32::from(number(4)) | u32::from(number(6)) << 16;
    AclEntry { tag: number(0), bits: u32::from(number(2)), id }
}

#[cfg(test)]
mod tests;
