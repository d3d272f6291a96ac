//! Limits of the system: open files, the time to stop, disk space, the clock.

use std::fs;
use std::time::{Duration, SystemTime};

use super::context::DoctorContext;
use super::finding::Finding;
use super::program::program_output;

const CHECK: &str = "limits";
/// Each call needs a socket, and one more during its request.
const FILES_PER_CALL: u64 = 2;
/// For listeners, the log, engines and the like.
const OTHER_FILES: u64 = 100;
/// The time after the grace time in which requests in progress are completed: docs/admin/systemd.md.
const TIME_AFTER_GRACE: Duration = Duration::from_secs(20);
/// The first of January 2026: the clock of this host must be later.
const EARLIEST_TIME: u64 = 1_767_225_600;
/// How long `timedatectl` may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);

pub(super) fn check(context: &DoctorContext<'_>) -> Vec<Finding> {
    let checks = [open_files(context), stop_timeout(context), disk_space(context), clock(context)];
    checks.into_iter().flatten().collect()
}

fn open_files(context: &DoctorContext<'_>) -> Option<Finding> {
    let max_calls = context.config.daemon.limits.max_calls as u64;
    let needed = max_calls.saturating_mul(FILES_PER_CALL).saturating_add(OTHER_FILES);
    let of_process = context.host.daemon.and_then(|pid| {
        let limits = context.host.root.join(format!("proc/{pid}/limits"));
        open_files_limit(&fs::read_to_string(limits).ok()?)
    });
    let of_unit = || context.host.unit.as_ref()?.open_files;
    let limit = of_process.or_else(of_unit)?;
    if limit >= needed {
        return Some(Finding::ok(
            CHECK,
            format!("{limit} open files suffice for {max_calls} calls"),
        ));
    }
    let message =
        format!("the daemon may open {limit} files; {max_calls} calls (max_calls) need {needed}");
    let fix = format!(
        "systemctl edit dialscript, with LimitNOFILE={needed} below [Service]; or lower max_calls"
    );
    Some(Finding::warning(CHECK, message, fix))
}

/// The soft limit in `/proc/PID/limits`: `Max open files  SOFT  HARD  files`.
fn open_files_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let soft = line.split_whitespace().next()?;
    if soft == "unlimited" { Some(u64::MAX) } else { soft.parse().ok() }
}

fn stop_timeout(context: &DoctorContext<'_>) -> Option<Finding> {
    let timeout = context.host.unit.as_ref()?.stop_timeout?;
    let grace = context.config.daemon.limits.grace;
    let needed = grace.saturating_add(TIME_AFTER_GRACE);
    if timeout >= needed {
        return None;
    }
    let seconds = needed.as_secs();
    let message = format!(
        "systemd kills the daemon {timeout:?} after a stop, but calls may last {grace:?} (grace)"
    );
    let fix = format!("systemctl edit dialscript, with TimeoutStopSec={seconds} below [Service]");
    Some(Finding::warning(CHECK, message, fix))
}

/// Whether the disk has room for all sounds that the cache may hold.
fn disk_space(context: &DoctorContext<'_>) -> Option<Finding> {
    let voice = &context.config.daemon.voice;
    let folder = voice.cache_folder.local.ancestors().find(|folder| folder.is_dir())?;
    let system = rustix::fs::statvfs(folder).ok()?;
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    let used = folder_size(&voice.cache_folder.local);
    let missing = voice.max_cache_bytes.saturating_sub(used);
    let shown = folder.display();
    if free >= missing {
        return Some(Finding::ok(
            CHECK,
            format!("{} free for the cache in {shown}", mebibytes(free)),
        ));
    }
    let message = format!(
        "{} free in {shown}, but the cache of sounds may grow by {} (cache_bytes)",
        mebibytes(free),
        mebibytes(missing)
    );
    Some(Finding::warning(CHECK, message, "make room, or lower cache_bytes in [speech]"))
}

fn folder_size(folder: &std::path::Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// A wrong clock makes certificates invalid and cached answers stale.
fn clock(context: &DoctorContext<'_>) -> Option<Finding> {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    if since_epoch.as_secs() < EARLIEST_TIME {
        let message = "the clock of this host is wrong: certificates seem to be invalid";
        return Some(Finding::problem(CHECK, message, "timedatectl set-ntp true"));
    }
    context.host.unit.as_ref()?;
    let arguments = ["show", "--property=NTPSynchronized", "--value"];
    let synchronized = program_output("timedatectl", &arguments, TIME_LIMIT)?;
    let message = "the clock of this host is not synchronized";
    (synchronized.trim() == "no")
        .then(|| Finding::warning(CHECK, message, "timedatectl set-ntp true"))
}
