//! What is known about this host: accounts, running switches, the running daemon, the systemd unit.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::unit::UnitFacts;
use crate::config;
use crate::file_access::{FileUser, HostAccounts, SwitchUser, is_other_program, switch_users};

/// The programs of the switches.
pub(super) const SWITCHES: [&str; 2] = ["asterisk", "freeswitch"];
/// The most processes that are looked at.
const MAX_PROCESSES: usize = 100_000;

pub(super) struct DoctorHost {
    pub(super) root: PathBuf,
    pub(super) accounts: HostAccounts,
    /// The users of the switches on this host.
    pub(super) switches: Vec<SwitchUser>,
    /// The unit `dialscript.service`, if systemd runs and the unit starts a daemon with this file.
    pub(super) unit: Option<UnitFacts>,
    /// The process number of the running daemon.
    pub(super) daemon: Option<i32>,
}

impl DoctorHost {
    /// `path` is the daemon's file. `switch_user` replaces the user of the switch.
    pub(super) fn inspect(root: PathBuf, path: &Path, switch_user: Option<&str>) -> Self {
        let accounts = HostAccounts::read(&root);
        let mut switches = switch_users(&root, &accounts, &SWITCHES);
        if let Some(name) = switch_user {
            switches = named_user(name, &accounts, &switches);
        }
        let unit = if is_this_host(&root) { UnitFacts::read() } else { None };
        let unit = unit.filter(|unit| unit.uses(path));
        let daemon = running_daemon(&root, path);
        Self { root, accounts, switches, unit, daemon }
    }

    /// Whether programs of the switch can be asked: not if its file system is below another root.
    pub(super) fn runs_programs(&self) -> bool {
        is_this_host(&self.root)
    }

    /// The user of the daemon: of the unit, else of the running process, else `dialscript`. Every user can start a daemon
    /// with this file, so the unit decides.
    pub(super) fn service_user(&self) -> Option<FileUser> {
        let of_unit = self.unit.as_ref().and_then(|unit| self.accounts.user(unit.user.as_deref()?));
        let of_process = || {
            let status = self.root.join(format!("proc/{}/status", self.daemon?));
            let running = user_of(&fs::read_to_string(status).ok()?)?;
            self.accounts.user(&self.accounts.user_name(running))
        };
        of_unit.or_else(of_process).or_else(|| self.accounts.user("dialscript"))
    }
}

fn is_this_host(root: &Path) -> bool {
    root == Path::new("/")
}

fn named_user(name: &str, accounts: &HostAccounts, found: &[SwitchUser]) -> Vec<SwitchUser> {
    if let Some(running) = found.iter().find(|user| user.user.name == name) {
        return vec![running.clone()];
    }
    let switch = found.first().map_or("asterisk", |user| user.switch);
    let switch = if name == "freeswitch" { "freeswitch" } else { switch };
    let user = accounts.user(name);
    user.map(|user| SwitchUser { switch, user, running: None }).into_iter().collect()
}

/// The number of a process that runs `dialscript serve` with this file.
fn running_daemon(root: &Path, path: &Path) -> Option<i32> {
    let processes = fs::read_dir(root.join("proc")).ok()?.flatten().take(MAX_PROCESSES);
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.find(|pid| {
        let folder = root.join(format!("proc/{pid}"));
        let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
        name.trim_end() == "dialscript"
            && !is_other_program(&folder, "dialscript")
            && serves(&folder.join("cmdline"), path)
    })
}

/// Whether these arguments, which a zero byte separates, are those of a daemon with this file.
fn serves(arguments: &Path, path: &Path) -> bool {
    let arguments = fs::read(arguments).unwrap_or_default();
    let has = |wanted: &[u8]| arguments.split(|byte| *byte == 0).any(|argument| argument == wanted);
    let names_file = has(b"--config") || has(b"-c");
    let is_named = has(path.as_os_str().as_bytes());
    has(b"serve") && (is_named || !names_file && path == Path::new(config::SYSTEM_FILE))
}

/// The effective user in `/proc/PID/status`.
fn user_of(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
