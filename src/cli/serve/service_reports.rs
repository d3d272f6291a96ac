//! What systemd hears regularly: one line about the daemon's state, and that it can serve calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::interval;

use super::control_requests::DaemonServer;
use super::systemd::{ServiceNotification, SystemdNotifier};

/// How often the line for `systemctl status` may change.
const STATUS_INTERVAL: Duration = Duration::from_secs(1);
/// How many excluded scripts the line names, and how many that are served by their last valid version.
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
    let state = if server.is_draining() { "draining" } else { "serving" };
    let mut line = format!("{state}: {}", count(server.active_calls(), "active call"));
    let library = server.library();
    line += &named_scripts("excluded", library.excluded.keys().collect());
    let last_valid = library.scripts.iter().filter(|(_, script)| script.last_valid.is_some());
    line +=
        &named_scripts("served by the last valid version", last_valid.map(|(n, _)| n).collect());
    if earlier_processes > 0 {
        let processes = match earlier_processes {
            1 => "1 earlier process still has calls".to_owned(),
            more => format!("{more} earlier processes still have calls"),
        };
        line += &format!("; {processes}");
    }
    line
}

/// The part of the line about the scripts in this state; empty if there are none.
fn named_scripts(state: &str, mut names: Vec<&String>) -> String {
    if names.is_empty() {
        return String::new();
    }
    names.sort();
    let scripts = count(names.len(), "script");
    let more = if names.len() > MAX_NAMED { ", ..." } else { "" };
    let named: Vec<_> = names.iter().take(MAX_NAMED).map(|name| name.as_str()).collect();
    format!("; {scripts} {state}: {}{more}", named.join(", "))
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
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
