//! Explains why a switch can't use a file of the daemon, with the command that fixes it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::access_fix::access_fix;
use super::accounts::{FileUser, HostAccounts};
use super::obstacle::{FileNeed, find_obstacle};
use super::switch_user::{SwitchUser, switch_users};

/// Stands for the user of a switch about which nothing is known.
const UNKNOWN_USER: &str = "USER";
/// The number of no user: the last one below that which the kernel keeps for itself.
const NO_USER: u32 = u32::MAX - 1;
/// How long the list of accounts and processes is used for further explanations: many calls can fail at once.
const MAX_AGE: Duration = Duration::from_secs(5);
/// How long a call waits for an explanation: the file can be on a network disk that does not answer.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// Why a user can't do something with a file, and the command that fixes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessExplanation {
    pub(crate) reason: String,
    pub(crate) fix: String,
}

/// Explains why a switch on this host can't use a file. `None` if its permissions are not the reason, or if there is no
/// such file on this host. Blocks the thread: it reads `/proc` and the accounts.
pub(crate) fn explain_for_switch(
    switch: &'static str,
    path: &Path,
    need: FileNeed,
) -> Option<AccessExplanation> {
    let known = known_users();
    match known.switches.iter().any(|user| user.switch == switch) {
        true => known.explain(switch, path, need),
        false => explain_for_others(path, need, &known.accounts),
    }
}

/// Like [`explain_for_switch`], but `None` if nothing is known about the user of the switch.
pub(crate) fn explain_for_known_switch(
    switch: &'static str,
    path: &Path,
    need: FileNeed,
) -> Option<AccessExplanation> {
    known_users().explain(switch, path, need)
}

/// [`explain_for_switch`] in a thread that may block. A call waits for it no longer than [`MAX_WAIT`].
pub(crate) async fn explain_in_background(
    switch: &'static str,
    path: &str,
    need: FileNeed,
) -> Option<AccessExplanation> {
    let path = PathBuf::from(path);
    let explain = move || explain_for_switch(switch, &path, need);
    let explained = tokio::task::spawn_blocking(explain);
    tokio::time::timeout(MAX_WAIT, explained).await.ok()?.ok().flatten()
}

/// Adds to an error that a switch can't write a recording why that is, and the command that fixes it, if that is known.
pub(crate) async fn with_explanation(error: &str, switch: &'static str, recording: &str) -> String {
    let folder = recording.rsplit_once('/').map_or("", |(folder, _)| folder);
    match explain_in_background(switch, folder, FileNeed::Write).await {
        Some(AccessExplanation { reason, fix }) => {
            format!("{error}: {reason}; fix it with `{fix}`")
        }
        None => error.to_owned(),
    }
}

/// Explains why this user of a switch can't use a file.
pub(crate) fn explain_for_user(
    path: &Path,
    need: FileNeed,
    switch: &SwitchUser,
    accounts: &HostAccounts,
) -> Option<AccessExplanation> {
    let running = switch.as_running();
    let obstacle = find_obstacle(path, need, &running).ok()??;
    let mut reason = format!("user {} {}", switch.user.name, obstacle.describe(accounts));
    if let Ok(None) = find_obstacle(path, need, &switch.user) {
        reason += &format!(
            "; {} runs without this group of its user: it drops its groups (option -G or -g), or was started before \
             the user joined",
            switch.switch
        );
    }
    Some(AccessExplanation { reason, fix: access_fix(path, need, &running) })
}

/// Explains why a switch can't use a file, if nothing is known about its user: whether only the owner can use it, or
/// only the owner and a group without other members. A folder whose access control list names someone is not explained.
pub(crate) fn explain_for_others(
    path: &Path,
    need: FileNeed,
    accounts: &HostAccounts,
) -> Option<AccessExplanation> {
    let name = UNKNOWN_USER.to_owned();
    let nobody = FileUser { name, uid: NO_USER, groups: Vec::new() };
    let obstacle = find_obstacle(path, need, &nobody).ok()??;
    let owner = fs::metadata(&obstacle.path).ok()?.uid();
    let has_members =
        || obstacle.is_open_to_group() && accounts.has_other_members(obstacle.gid, owner);
    if has_members() || obstacle.is_open_to_someone() {
        return None;
    }
    let reason = format!("a user that is not in its group {}", obstacle.describe(accounts));
    let fix = access_fix(path, need, &nobody);
    Some(AccessExplanation {
        reason,
        fix: format!("{fix}, with the user of the switch as {UNKNOWN_USER}"),
    })
}

/// Says who owns a file that this process can't read. `None` if there is no such file.
pub(crate) fn describe_unreadable(path: &Path) -> Option<String> {
    let user = FileUser::of_this_process();
    let obstacle = find_obstacle(path, FileNeed::Read, &user).ok()??;
    let accounts = HostAccounts::read(Path::new("/"));
    Some(format!("user {} {}", accounts.user_name(user.uid), obstacle.describe(&accounts)))
}

/// The accounts of this host, and the users of its switches.
struct KnownUsers {
    accounts: HostAccounts,
    switches: Vec<SwitchUser>,
    read_at: Instant,
}

impl KnownUsers {
    fn explain(&self, switch: &str, path: &Path, need: FileNeed) -> Option<AccessExplanation> {
        let mut users = self.switches.iter().filter(|user| user.switch == switch);
        users.find_map(|user| explain_for_user(path, need, user, &self.accounts))
    }
}

static KNOWN_USERS: Mutex<Option<Arc<KnownUsers>>> = Mutex::new(None);

fn known_users() -> Arc<KnownUsers> {
    let mut known = KNOWN_USERS.lock();
    if let Some(known) = known.as_ref().filter(|known| known.read_at.elapsed() < MAX_AGE) {
        return known.clone();
    }
    let root = Path::new("/");
    let accounts = HostAccounts::read(root);
    let switches = switch_users(root, &accounts, &["asterisk", "freeswitch"]);
    known.insert(Arc::new(KnownUsers { accounts, switches, read_at: Instant::now() })).clone()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
