//! The systemd unit of the daemon.

use std::collections::HashMap;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::program::program_output;
use crate::config;

/// The name of the unit in packages and in the manual.
const UNIT: &str = "dialscript.service";
const PROPERTIES: &str = "--property=LoadState,ActiveState,User,ExecStart,TimeoutStopUSec,LimitNOFILESoft,\
                          CacheDirectory,StateDirectory,RuntimeDirectory";
/// How long `systemctl` may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Set when the command runs with the folders of the unit, so that it does not start itself again.
const MARKER: &str = "DIALSCRIPT_DOCTOR_UNIT";

/// What systemd says about the unit.
pub(super) struct UnitFacts {
    /// Such as `active` or `failed`.
    pub(super) active_state: String,
    pub(super) user: Option<String>,
    /// `None` if there is no limit.
    pub(super) stop_timeout: Option<Duration>,
    /// The limit of open files.
    pub(super) open_files: Option<u64>,
    command: String,
    folders: [(&'static str, String); 3],
}

impl UnitFacts {
    /// `None` if systemd does not run, or has no such unit.
    pub(super) fn read() -> Option<Self> {
        if !Path::new("/run/systemd/system").is_dir() {
            return None;
        }
        let shown = program_output("systemctl", &["show", UNIT, PROPERTIES], TIME_LIMIT)?;
        let values: HashMap<_, _> = shown.lines().filter_map(|line| line.split_once('=')).collect();
        let value = |name: &str| values.get(name).copied().unwrap_or_default();
        if value("LoadState") != "loaded" {
            return None;
        }
        // Several folders are separated by spaces. A folder can be followed by a colon and a symbolic link.
        let folder = |name: &str, base: &str| {
            let first = value(name).split([' ', ':']).next().unwrap_or_default();
            if first.is_empty() { String::new() } else { format!("{base}/{first}") }
        };
        Some(Self {
            active_state: value("ActiveState").to_owned(),
            user: Some(value("User")).filter(|user| !user.is_empty()).map(str::to_owned),
            stop_timeout: humantime::parse_duration(value("TimeoutStopUSec")).ok(),
            open_files: value("LimitNOFILESoft").parse().ok(),
            command: value("ExecStart").to_owned(),
            folders: [
                ("CACHE_DIRECTORY", folder("CacheDirectory", "/var/cache")),
                ("STATE_DIRECTORY", folder("StateDirectory", "/var/lib")),
                ("RUNTIME_DIRECTORY", folder("RuntimeDirectory", "/run")),
            ],
        })
    }

    /// Whether the unit starts a daemon with this file.
    pub(super) fn uses(&self, path: &Path) -> bool {
        match self.command.contains("--config") {
            true => self.command.contains(&path.display().to_string()),
            false => path == Path::new(config::SYSTEM_FILE),
        }
    }
}

/// The daemon's default folders come from variables that systemd sets for the unit. So if the file is that of the unit,
/// replaces this process by one that has these variables. Returns an error if that is not possible.
pub(super) fn run_in_environment_of_unit(unit: Option<&UnitFacts>) -> Option<String> {
    let unit = unit?;
    if std::env::var_os(MARKER).is_some() {
        return None;
    }
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return Some(format!("could not start: {error}")),
    };
    let folders = unit.folders.iter().filter(|(_, folder)| !folder.is_empty());
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).env(MARKER, "1");
    let error = command.envs(folders.map(|(name, folder)| (name, folder))).exec();
    Some(format!("could not start: {error}"))
}
