//! Notifications to systemd.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use sd_notify::NotifyState;
use tokio::sync::oneshot;
use tracing::warn;

/// The most notifications that wait to be sent.
const MAX_WAITING: usize = 64;

/// What systemd is told.
#[derive(Debug)]
pub(super) enum ServiceNotification {
    /// The daemon serves calls, also after a reload.
    Ready,
    Reloading,
    Stopping,
    /// One line for `systemctl status`.
    Status(String),
    /// The daemon can serve calls.
    Watchdog,
    /// Keep a copy of a file descriptor under this name, and pass it to the next process.
    Store(String, OwnedFd),
    /// Close the copies with this name.
    Remove(String),
}

enum Command {
    Notify(ServiceNotification),
    /// Reply when the notifications before this one are sent, and send no more.
    Finish(oneshot::Sender<()>),
}

/// Notifies systemd, in a thread of its own: sending waits while the socket of systemd is full, and neither calls nor
/// the stop of the daemon may wait for that. Does nothing if the daemon does not run under systemd.
#[derive(Debug, Clone)]
pub(super) struct SystemdNotifier(SyncSender<Command>);

impl SystemdNotifier {
    pub(super) fn start() -> Self {
        let (sender, commands) = sync_channel(MAX_WAITING);
        let run = move || send_all(&commands);
        if let Err(error) = thread::Builder::new().name("systemd".to_owned()).spawn(run) {
            warn!(%error, "can't notify systemd");
        }
        Self(sender)
    }

    pub(super) fn notify(&self, notification: ServiceNotification) {
        // Fails if systemd does not take the notifications before this one.
        drop(self.0.try_send(Command::Notify(notification)));
    }

    /// Notifies that a reload has begun, and when the guard is dropped, that it has ended.
    pub(super) fn reloading(&self) -> ReloadGuard {
        self.notify(ServiceNotification::Reloading);
        ReloadGuard(self.clone())
    }

    /// Waits until all notifications are sent. Later ones are not sent: they are for the next process to make.
    pub(super) async fn finish(&self) {
        let (sent, all_sent) = oneshot::channel();
        if self.0.try_send(Command::Finish(sent)).is_ok() {
            drop(all_sent.await);
        }
    }
}

/// A reload in progress.
pub(super) struct ReloadGuard(SystemdNotifier);

impl Drop for ReloadGuard {
    fn drop(&mut self) {
        self.0.notify(ServiceNotification::Ready);
    }
}

fn send_all(commands: &Receiver<Command>) {
    for command in commands {
        match command {
            Command::Notify(notification) => {
                if let Err(error) = send(&notification) {
                    warn!(%error, "can't notify systemd");
                }
            }
            Command::Finish(sent) => {
                let _ = sent.send(());
                return;
            }
        }
    }
}

fn send(notification: &ServiceNotification) -> io::Result<()> {
    match notification {
        ServiceNotification::Ready => sd_notify::notify(&[NotifyState::Ready]),
        // systemd compares the time with that of its request to reload.
        ServiceNotification::Reloading => {
            sd_notify::notify(&[NotifyState::Reloading, NotifyState::monotonic_usec_now()?])
        }
        ServiceNotification::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
        ServiceNotification::Status(status) => sd_notify::notify(&[NotifyState::Status(status)]),
        ServiceNotification::Watchdog => sd_notify::notify(&[NotifyState::Watchdog]),
        ServiceNotification::Store(name, file) => sd_notify::notify_with_fds(
            &[NotifyState::FdStore, NotifyState::FdName(name)],
            &[file.as_fd()],
        ),
        ServiceNotification::Remove(name) => {
            sd_notify::notify(&[NotifyState::FdStoreRemove, NotifyState::FdName(name)])
        }
    }
}
