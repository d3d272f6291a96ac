//! The standard metrics of a process, read from `/proc`.

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
        let ticks_per_second = procfs::ticks_per_second();
        let ticks = |ticks: u64| ticks as f64 / ticks_per_second as f64;
        let boot = procfs::boot_time_secs().ok();
        Self {
            cpu_time: Some(Duration::from_secs_f64(ticks(stat.utime + stat.stime))),
            threads: Some(stat.num_threads),
            resident_bytes: Some(stat.rss_bytes().get()),
            virtual_bytes: Some(stat.vsize),
            started_at: boot.map(|boot| boot as f64 + ticks(stat.starttime)),
            open_fds,
            max_fds,
        }
    }
}
