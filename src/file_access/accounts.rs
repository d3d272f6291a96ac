//! Users and groups, read from `/etc/passwd` and `/etc/group`.

use std::path::Path;

use super::regular_file;

/// A longer file is cut: an account near its end is then unknown.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// A user, as far as permissions depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileUser {
    pub(crate) name: String,
    pub(crate) uid: u32,
    /// The primary group and the supplementary groups.
    pub(crate) groups: Vec<u32>,
}

impl FileUser {
    /// The user and the groups of this process. Its name is not looked up.
    pub(crate) fn of_this_process() -> Self {
        let gid = rustix::process::getegid().as_raw();
        let more = rustix::process::getgroups().unwrap_or_default();
        let groups = [gid].into_iter().chain(more.into_iter().map(|group| group.as_raw()));
        Self {
            name: String::new(),
            uid: rustix::process::geteuid().as_raw(),
            groups: groups.collect(),
        }
    }
}

/// The local accounts of a host. Those of a directory service, such as LDAP, are not known.
#[derive(Debug, Default)]
pub(crate) struct HostAccounts {
    users: Vec<PasswdEntry>,
    groups: Vec<GroupEntry>,
}

#[derive(Debug)]
struct PasswdEntry {
    name: String,
    uid: u32,
    gid: u32,
}

#[derive(Debug)]
struct GroupEntry {
    name: String,
    gid: u32,
    members: Vec<String>,
}

impl HostAccounts {
    /// Reads the accounts of the host whose file system begins at `root`. A file that can't be read counts as empty.
    pub(crate) fn read(root: &Path) -> Self {
        let users = read_text(&root.join("etc/passwd"));
        let groups = read_text(&root.join("etc/group"));
        Self {
            users: users.lines().filter_map(passwd_entry).collect(),
            groups: groups.lines().filter_map(group_entry).collect(),
        }
    }

    /// The user with this name, and all groups in which it is.
    pub(crate) fn user(&self, name: &str) -> Option<FileUser> {
        let user = self.users.iter().find(|user| user.name == name)?;
        let is_member = |group: &&GroupEntry| group.members.iter().any(|member| member == name);
        let groups = self.groups.iter().filter(is_member).map(|group| group.gid);
        let groups = [user.gid].into_iter().chain(groups).collect();
        Some(FileUser { name: name.to_owned(), uid: user.uid, groups })
    }

    /// The name of a user, else its number.
    pub(crate) fn user_name(&self, uid: u32) -> String {
        let user = self.users.iter().find(|user| user.uid == uid);
        user.map_or_else(|| uid.to_string(), |user| user.name.clone())
    }

    /// The name of a group, else its number.
    pub(crate) fn group_name(&self, gid: u32) -> String {
        let group = self.groups.iter().find(|group| group.gid == gid);
        group.map_or_else(|| gid.to_string(), |group| group.name.clone())
    }

    /// Whether a group has a member other than this user.
    pub(crate) fn has_other_members(&self, gid: u32, uid: u32) -> bool {
        let own = self.user_name(uid);
        let members = self.groups.iter().filter(|group| group.gid == gid);
        members.flat_map(|group| &group.members).any(|member| *member != own)
            || self.users.iter().any(|user| user.gid == gid && user.uid != uid)
    }
}

fn read_text(path: &Path) -> String {
    let bytes = regular_file::read(path, MAX_FILE_BYTES).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a name can stand in a command without quotes. The files may come from a file system that another user can
/// write: an account with another name is left out.
fn is_account_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-@+".contains(c);
    // The account of a computer in a Windows domain ends with a dollar sign.
    let plain = name.strip_suffix('$').unwrap_or(name);
    !plain.is_empty() && !name.starts_with('-') && plain.chars().all(is_plain)
}

/// `NAME:PASSWORD:UID:GID:…`
fn passwd_entry(line: &str) -> Option<PasswdEntry> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| is_account_name(name))?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    Some(PasswdEntry { name, uid, gid: fields.next()?.parse().ok()? })
}

/// `NAME:PASSWORD:GID:MEMBER,MEMBER`
fn group_entry(line: &str) -> Option<GroupEntry> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| is_account_name(name))?.to_owned();
    let gid = fields.nth(1)?.parse().ok()?;
    let members = fields.next().unwrap_or_default().split(',');
    let members = members.filter(|member| is_account_name(member)).map(str::to_owned).collect();
    Some(GroupEntry { name, gid, members })
}
