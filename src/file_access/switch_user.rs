//! The users as which the switches on this host run.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::accounts::{FileUser, HostAccounts};

/// The kernel shows this number for a user or group that has none in our namespace (`/proc/sys/kernel/overflowuid`), as
/// under systemd with `PrivateUsers=`.
pub(super) const OVERFLOW_UID: u32 = 65534;
/// The most processes that are looked at.
const MAX_PROCESSES: usize = 100_000;

/// The user of a switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SwitchUser {
    /// `asterisk` or `freeswitch`: the name of the program, and of its service in packages.
    pub(crate) switch: &'static str,
    /// With the groups of the accounts. A process lacks them if it was started before they changed, or drops them.
    pub(crate) user: FileUser,
    /// The number of the process, and the groups with which it runs. `None` if the switch does not run, or if its
    /// process can't be seen from here.
    pub(crate) running: Option<(i32, Vec<u32>)>,
}

impl SwitchUser {
    /// The user with the groups that the switch has at this moment.
    pub(crate) fn as_running(&self) -> FileUser {
        let user = self.user.clone();
        match &self.running {
            Some((_, groups)) => FileUser { groups: groups.clone(), ..user },
            None => user,
        }
    }
}

/// The users of these switches: those of the running processes, else the accounts with the names of the switches. A
/// switch that is not on this host has none.
pub(crate) fn switch_users(
    root: &Path,
    accounts: &HostAccounts,
    switches: &[&'static str],
) -> Vec<SwitchUser> {
    let mut users = running_switches(root, accounts, switches);
    for switch in switches {
        if users.iter().any(|user| user.switch == *switch) {
            continue;
        }
        let installed = accounts.user(switch);
        users.extend(installed.map(|user| SwitchUser { switch, user, running: None }));
    }
    users
}

fn running_switches(
    root: &Path,
    accounts: &HostAccounts,
    switches: &[&'static str],
) -> Vec<SwitchUser> {
    let mut found: Vec<SwitchUser> = Vec::new();
    let processes = fs::read_dir(root.join("proc")).into_iter().flatten().flatten();
    for process in processes.take(MAX_PROCESSES) {
        let pid = process.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
        let Some(pid) = pid else { continue };
        let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
        let Some(switch) = switches.iter().find(|switch| **switch == name.trim_end()) else {
            continue;
        };
        if is_other_program(&process.path(), switch) {
            continue;
        }
        let status = fs::read_to_string(process.path().join("status")).unwrap_or_default();
        let user = running_user(&status, accounts, switch);
        let user =
            user.map(|(user, groups)| SwitchUser { switch, user, running: Some((pid, groups)) });
        let is_new = |user: &SwitchUser| {
            !found
                .iter()
                .any(|known| known.switch == *switch && known.as_running() == user.as_running())
        };
        found.extend(user.filter(is_new));
    }
    found
}

/// Whether a process certainly runs another program than that of the system with this name. Every user can give a
/// process any name, and would get the rights that the commands of the findings give. If the program can't be examined,
/// the name counts.
pub(crate) fn is_other_program(process: &Path, name: &str) -> bool {
    let link = process.join("exe");
    let program = fs::read_link(&link).unwrap_or_default();
    let file_name = program.file_name().and_then(|name| name.to_str());
    file_name.is_some_and(|file_name| !file_name.starts_with(name))
        || fs::metadata(&link).is_ok_and(|found| !belongs_to_system(found.uid()))
}

/// Whether this is the number of root, or of the user of this process.
fn belongs_to_system(uid: u32) -> bool {
    let is_root_unmapped = || fs::metadata("/").is_ok_and(|found| found.uid() == OVERFLOW_UID);
    uid == 0 || uid == FileUser::of_this_process().uid || uid == OVERFLOW_UID && is_root_unmapped()
}

/// The user of a process by its `/proc/PID/status`, and the groups with which it runs.
fn running_user(
    status: &str,
    accounts: &HostAccounts,
    switch: &str,
) -> Option<(FileUser, Vec<u32>)> {
    // A process in a container has a number in each namespace. Its accounts are those of the container.
    if numbers(status, "NSpid:").nth(1).is_some() {
        return None;
    }
    // The effective number is the second one of four.
    let effective = |name: &str| numbers(status, name).nth(1);
    let (uid, gid) = (effective("Uid:")?, effective("Gid:")?);
    let running: Vec<_> = [gid].into_iter().chain(numbers(status, "Groups:")).collect();
    if uid == OVERFLOW_UID {
        return Some((accounts.user(switch)?, running));
    }
    let name = accounts.user_name(uid);
    let known = accounts.user(&name);
    let user = known.unwrap_or_else(|| FileUser { name, uid, groups: running.clone() });
    Some((user, running))
}

fn numbers<'a>(status: &'a str, name: &str) -> impl Iterator<Item = u32> + use<'a> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().filter_map(|number| number.parse().ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
