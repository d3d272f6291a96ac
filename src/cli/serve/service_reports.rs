//! What systemd hears regularly: one line about the daemon's state, and that it can serve calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::interval;

use super::control_requests::DaemonServer;
use super::systemd::{ServiceNotification, SystemdNotifier};
use crate::cli::terminal::escape_control;
use crate::config::counted;

/// How often the line for `systemctl status` may change.
const STATUS_INTERVAL: Duration = Duration::from_secs(1);
/// How many scripts of each kind the line names.
const MAX_NAMED: usize = 5;

/// Reports to systemd. Never returns.
pub(super) async fn report(
    server: &DaemonServer,
    systemd: &SystemdNotifier,
    earlier_processes: Arc<AtomicUsize>,
) {
    tokio::join!(
        report_status(server, systemd, &earlier_processes),
        feed_watchdog(server, systemd)
    );
}

async fn report_status(
    server: &DaemonServer,
    systemd: &SystemdNotifier,
    earlier_processes: &AtomicUsize,
) {
    let mut ticks = interval(STATUS_INTERVAL);
    let mut reported = String::new();
    loop {
        ticks.tick().await;
        let status = status_line(server, earlier_processes.load(Ordering::Relaxed));
        if status != reported {
            systemd.notify(ServiceNotification::Status(status.clone()));
            reported = status;
        }
    }
}

fn status_line(server: &DaemonServer, earlier_processes: usize) -> String {
    let (state, library) = (server.phase().as_str(), server.library());
    let mut line = format!("{state}: {}", counted(server.active_calls(), "active call"));
    line += &named("excluded", &library.excluded);
    line += &named("served by the last valid version", &library.replaced);
    if earlier_processes > 0 {
        let processes = match earlier_processes {
            1 => "1 earlier process still has calls".to_owned(),
            more => format!("{more} earlier processes still have calls"),
        };
        line += &format!("; {processes}");
    }
    line
}

/// Names the first of these scripts; nothing if there are none.
fn named<T>(what: &str, scripts: &BTreeMap<String, T>) -> String {
    if scripts.is_empty() {
        return String::new();
    }
    let names: Vec<_> = scripts.keys().take(MAX_NAMED).map(|name| escape_control(name)).collect();
    let more = if scripts.len() > MAX_NAMED { ", ..." } else { "" };
    format!("; {} {what}: {}{more}", counted(scripts.len(), "script"), names.join(", "))
}

/// Feeds the watchdog while the accept loops and the runtime's workers run.
async fn feed_watchdog(server: &DaemonServer, systemd: &SystemdNotifier) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let mut ticks = interval((limit / 3).max(Duration::from_millis(1)));
    loop {
        ticks.tick().await;
        server.check_accept_loops().await;
        // A new task, as each call is one.
        if tokio::spawn(std::future::ready(())).await.is_ok() {
            systemd.notify(ServiceNotification::Watchdog);
        }
    }
}
