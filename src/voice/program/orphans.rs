//! Ends the processes that engines leave behind.
//!
//! A process that an engine has started can leave the engine's process group (`setsid`), and so survive when the group
//! is killed. Linux makes this process the parent of such processes once their own parents have ended, if it asks for
//! that ([`adopt_orphans`]). Then each process of an engine becomes our child sooner or later, and we kill it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid,
};
use tracing::warn;

use super::child_processes::{child_processes, has_ended, temporary_folder_of};
use super::private_folder::is_private_folder;

/// How long processes are killed before we give up. One that forks faster than it is killed must be bounded by the
/// service manager (`TasksMax=`).
const KILL_TIME: Duration = Duration::from_secs(1);
/// How often to look whether killed processes have ended, and have left us children of their own.
const CHECK_INTERVAL: Duration = Duration::from_millis(2);

/// Whether [`adopt_orphans`] was called. Otherwise other code of the process may have children of its own, which must
/// not be killed.
static ADOPTS_ORPHANS: AtomicBool = AtomicBool::new(false);

/// Whether all our children come from engines. Otherwise only those are killed that have the environment of an engine.
static ALL_COME_FROM_ENGINES: AtomicBool = AtomicBool::new(false);

/// The programs by their private folders. Locked while a program is started: until then it is not in the map.
static PROGRAMS: Mutex<BTreeMap<PathBuf, StartedProgram>> = Mutex::new(BTreeMap::new());

/// Held while orphans are killed. Only the holder awaits the end of processes that were left behind, so the system can't
/// give the number of one to another process before it is killed.
static KILLING: Mutex<()> = Mutex::new(());

/// Whether a thread is about to kill orphans, so that no further one is needed.
static KILLING_IS_DUE: AtomicBool = AtomicBool::new(false);

/// Whether it was logged that there are orphans that can't be killed.
static FAILURE_IS_LOGGED: AtomicBool = AtomicBool::new(false);

#[derive(Clone, Copy)]
struct StartedProgram {
    pid: i32,
    /// Whether the run has been abandoned. Its process is then killed, and tokio awaits its end.
    abandoned: bool,
}

/// Makes this process the parent of the processes that engines leave behind. From then on, they are killed when the
/// engine's program has ended. The process must start no other programs.
///
/// Children that this process already has are kept: a shell script may have started them, and then have become this
/// process by `exec`. The first process of a container also gets the orphans of other programs, which are kept too.
///
/// # Errors
///
/// If the system refuses it.
pub fn adopt_orphans() -> io::Result<()> {
    set_child_subreaper(Some(getpid()))?;
    let is_only_parent = getpid() != Pid::INIT && child_processes().is_empty();
    ALL_COME_FROM_ENGINES.store(is_only_parent, Ordering::Relaxed);
    ADOPTS_ORPHANS.store(true, Ordering::Relaxed);
    Ok(())
}

/// Starts a program with `start`, which returns it with its process number.
pub(super) fn register<P>(
    folder: &Path,
    start: impl FnOnce() -> io::Result<(P, Option<u32>)>,
) -> io::Result<P> {
    let mut programs = PROGRAMS.lock();
    let (program, pid) = start()?;
    if let Some(pid) = pid.and_then(|pid| i32::try_from(pid).ok()) {
        programs.insert(folder.to_owned(), StartedProgram { pid, abandoned: false });
    }
    Ok(program)
}

/// Removes a program whose end was awaited.
pub(super) fn unregister(folder: &Path) {
    PROGRAMS.lock().remove(folder);
}

/// Marks a program that was killed, and whose end was not awaited.
pub(super) fn abandon(folder: &Path) {
    if !ADOPTS_ORPHANS.load(Ordering::Relaxed) {
        unregister(folder);
    }
    if let Some(program) = PROGRAMS.lock().get_mut(folder) {
        program.abandoned = true;
    }
}

/// Starts to kill orphans in another thread.
pub(super) fn kill_orphans_in_background() {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    if ADOPTS_ORPHANS.load(Ordering::Relaxed) && !KILLING_IS_DUE.swap(true, Ordering::Relaxed) {
        drop(runtime.spawn_blocking(kill_orphans));
    }
}

/// Kills the processes that ended engines have left behind, and their children. Blocks the thread until they have
/// ended, for [`KILL_TIME`] at most. Does nothing before [`adopt_orphans`].
pub fn kill_orphans() {
    if !ADOPTS_ORPHANS.load(Ordering::Relaxed) {
        return;
    }
    let _killing = KILLING.lock();
    KILLING_IS_DUE.store(false, Ordering::Relaxed);
    let give_up = Instant::now() + KILL_TIME;
    loop {
        let orphans = orphans();
        if orphans.is_empty() {
            FAILURE_IS_LOGGED.store(false, Ordering::Relaxed);
            return;
        }
        if Instant::now() > give_up {
            if !FAILURE_IS_LOGGED.swap(true, Ordering::Relaxed) {
                warn!(processes = orphans.len(), "processes of speech engines can't be killed");
            }
            return;
        }
        orphans.iter().for_each(Orphan::kill);
        std::thread::sleep(CHECK_INTERVAL);
        orphans.iter().for_each(Orphan::await_end);
    }
}

/// A child of this process that no running engine needs.
enum Orphan {
    /// The program of an abandoned run. Tokio kills it and awaits its end. Its own children become ours then.
    Program,
    /// A process that an engine has left behind. It may have ended.
    LeftBehind(Pid),
}

impl Orphan {
    fn kill(&self) {
        if let Self::LeftBehind(pid) = self {
            let _ = kill_process(*pid, Signal::KILL);
        }
    }

    fn await_end(&self) {
        if let Self::LeftBehind(pid) = self {
            let _ = waitpid(Some(*pid), WaitOptions::NOHANG);
        }
    }
}

/// The children of this process that come from engines, but for the programs of running engines and their processes.
fn orphans() -> Vec<Orphan> {
    let mut programs = PROGRAMS.lock();
    let children = child_processes();
    programs.retain(|_, program| !program.abandoned || children.contains(&program.pid));
    children.into_iter().filter_map(|pid| orphan(pid, &programs)).collect()
}

/// The child as an orphan; `None` if it is to be kept.
fn orphan(pid: i32, programs: &BTreeMap<PathBuf, StartedProgram>) -> Option<Orphan> {
    if let Some(program) = programs.values().find(|program| program.pid == pid) {
        return (program.abandoned && !has_ended(pid)).then_some(Orphan::Program);
    }
    let is_kept = match temporary_folder_of(pid) {
        Some(folder) if is_private_folder(&folder) => {
            programs.get(&folder).is_some_and(|program| !program.abandoned)
        }
        // It may have another environment than the engine. If it has ended, its environment is gone, and nobody else
        // awaits it.
        _ => !ALL_COME_FROM_ENGINES.load(Ordering::Relaxed) && !has_ended(pid),
    };
    Pid::from_raw(pid).filter(|_| !is_kept).map(Orphan::LeftBehind)
}
