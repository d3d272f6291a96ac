//! Warnings about folders that a switch on this host can't use.

use tracing::warn;

use crate::cli::shared_folders::{SharedFolder, shared_folders};
use crate::config::{Config, ListenerSettings};
use crate::file_access::explain::explain_for_switch;

/// Logs each folder that the running switch, or an installed one, can't use. A switch that can only be on another host
/// is left out.
pub(super) fn warn_of_unusable_folders(config: &Config) {
    let daemon = &config.daemon;
    let listeners = [("asterisk", &daemon.asterisk), ("freeswitch", &daemon.freeswitch)];
    let switches = listeners.into_iter().filter(|(_, listener)| is_local(listener));
    let folders = shared_folders(config);
    // Of two switches that may be here, usually one is installed: what both can't use is reported once.
    let mut reported = Vec::new();
    for (switch, _) in switches {
        for SharedFolder { path, need, .. } in &folders {
            let Some(denied) = explain_for_switch(switch, path, *need) else { continue };
            if !reported.contains(&denied.reason) {
                let (folder, help) = (path.display(), &denied.fix);
                warn!(%folder, reason = denied.reason, help, "the switch can't use a folder of the daemon");
                reported.push(denied.reason);
            }
        }
    }
}

/// Whether a switch on this host may connect.
fn is_local(listener: &ListenerSettings) -> bool {
    let allows_loopback = listener.allow.iter().any(|network| network.addr().is_loopback());
    !listener.listen.is_empty()
        && (allows_loopback || listener.allow.iter().any(|n| n.prefix_len() == 0))
}
