//! Notifications to systemd.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use sd_notify::NotifyState;
use tracing::warn;

/// The most notifications that wait to be sent. The daemon sends fewer than this.
const MAX_WAITING: usize = 8;

/// Notifies systemd, in a thread of its own: sending waits while the socket of systemd is full, and neither calls nor
/// the stop of the daemon may wait for that. Does nothing if the daemon does not run under systemd.
#[derive(Debug, Clone)]
pub(super) struct SystemdNotifier(SyncSender<NotifyState<'static>>);

impl SystemdNotifier {
    pub(super) fn start() -> Self {
        let (sender, states) = sync_channel(MAX_WAITING);
        let notify = move || {
            for state in states {
                if let Err(error) = sd_notify::notify(&[state]) {
                    warn!(%error, "can't notify systemd");
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("systemd".to_owned()).spawn(notify) {
            warn!(%error, "can't notify systemd");
        }
        Self(sender)
    }

    pub(super) fn notify(&self, state: NotifyState<'static>) {
        // Fails if systemd does not take the notifications before this one.
        drop(self.0.try_send(state));
    }
}
