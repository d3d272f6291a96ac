//! The standard metrics of a process, read from `/proc`.

use std::sync::OnceLock;
use std::time::Duration;

use procfs::WithCurrentSystemInfo;
use procfs::process::{LimitValue, Process};

/// What the kernel says about this process. `None` where it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProcessSnapshot {
    /// User and system time.
    pub cpu_time: Option<Duration>,
    pub threads: Option<i64>,
    pub resident_bytes: Option<u64>,
    pub virtual_bytes: Option<u64>,
    /// When the process started, in seconds since 1970.
    pub started_at: Option<f64>,
    pub open_fds: Option<usize>,
    /// `None` also without a limit.
    pub max_fds: Option<u64>,
}

impl ProcessSnapshot {
    /// Reads the values now. This blocks for as long as the kernel needs to list the descriptors.
    pub fn read() -> Self {
        let Ok(process) = Process::myself() else { return Self::default() };
        let limits = process.limits().ok();
        let max_fds = limits.and_then(|limits| match limits.max_open_files.soft_limit {
            LimitValue::Value(max) => Some(max),
            LimitValue::Unlimited => None,
        });
        let open_fds = process.fd_count().ok();
        let Ok(stat) = process.stat() else {
            return Self { open_fds, max_fds, ..Self::default() };
        };
        Self {
            cpu_time: Some(Duration::from_secs_f64(tick_seconds(stat.utime + stat.stime))),
            threads: Some(stat.num_threads),
            resident_bytes: Some(stat.rss_bytes().get()),
            virtual_bytes: Some(stat.vsize),
            started_at: started_at(stat.starttime),
            open_fds,
            max_fds,
        }
    }
}

/// When this process started, in seconds since 1970. It is computed once: the kernel derives the time of the boot from
/// the clock, so it moves when the clock is set, and each move would look like a restart.
fn started_at(ticks_after_boot: u64) -> Option<f64> {
    static STARTED_AT: OnceLock<Option<f64>> = OnceLock::new();
    let boot = || procfs::boot_time_secs().ok();
    *STARTED_AT.get_or_init(|| Some(boot()? as f64 + tick_seconds(ticks_after_boot)))
}

fn tick_seconds(ticks: u64) -> f64 {
    ticks as f64 / procfs::ticks_per_second() as f64
}
