//! The children of this process, read from `/proc`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A longer environment is cut.
const MAX_ENVIRONMENT_BYTES: u64 = 64 << 10;

/// The process numbers of the children, also of those that have ended and are not awaited yet.
pub(super) fn child_processes() -> BTreeSet<i32> {
    children_of_threads().unwrap_or_else(children_by_parent)
}

/// The value of `TMPDIR` with which a process was started.
pub(super) fn temporary_folder_of(pid: i32) -> Option<PathBuf> {
    let mut environment = Vec::new();
    let file = fs::File::open(format!("/proc/{pid}/environ")).ok()?;
    file.take(MAX_ENVIRONMENT_BYTES).read_to_end(&mut environment).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let folder = variables.find_map(|variable| variable.strip_prefix(b"TMPDIR="))?;
    Some(OsString::from_vec(folder.to_vec()).into())
}

/// Whether a child has ended, and is not awaited yet.
pub(super) fn has_ended(pid: i32) -> bool {
    status_field(pid, 0).is_some_and(|state| state == "Z")
}

/// `None` if the kernel does not list children (`CONFIG_PROC_CHILDREN`).
fn children_of_threads() -> Option<BTreeSet<i32>> {
    let mut children = BTreeSet::new();
    let mut is_listed = false;
    for thread in fs::read_dir("/proc/self/task").ok()?.flatten() {
        // A thread may have just ended.
        let Ok(list) = fs::read_to_string(thread.path().join("children")) else { continue };
        is_listed = true;
        children.extend(list.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
    }
    is_listed.then_some(children)
}

/// Reads the parent of every process.
fn children_by_parent() -> BTreeSet<i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let ours = i32::try_from(std::process::id()).ok();
    pids.filter(|pid| parent_of(*pid).is_some_and(|parent| Some(parent) == ours)).collect()
}

fn parent_of(pid: i32) -> Option<i32> {
    status_field(pid, 1)?.parse().ok()
}

/// A field of `/proc/PID/stat`, which is `PID (NAME) STATE PARENT …`. The state has the index 0.
fn status_field(pid: i32, index: usize) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may contain parentheses.
    let (_, fields) = status.rsplit_once(") ")?;
    fields.split(' ').nth(index).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::process::{Command, Stdio};

    use crate::voice::program::child_processes::{
        children_by_parent, children_of_threads, has_ended, temporary_folder_of,
    };

    #[test]
    fn a_child_and_its_temporary_folder_are_found_in_both_ways() -> io::Result<()> {
        let mut cat = Command::new("cat");
        cat.env("TMPDIR", "/tmp/of-cat").stdin(Stdio::piped());
        let mut child = cat.spawn()?;
        let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
        assert!(children_by_parent().contains(&pid));
        assert!(children_of_threads().is_none_or(|children| children.contains(&pid)));
        assert_eq!(temporary_folder_of(pid), Some("/tmp/of-cat".into()));
        assert!(!has_ended(pid));
        drop(child.stdin.take());
        while !has_ended(pid) {
            std::thread::yield_now();
        }
        assert_eq!(temporary_folder_of(pid), None);
        child.wait()?;
        assert!(!children_by_parent().contains(&pid));
        Ok(())
    }
}
