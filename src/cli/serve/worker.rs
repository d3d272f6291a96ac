//! The worker of a supervisor: how it leaves new calls to the next process, and ends after that.

use std::io::{self, stdin};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net;
use std::process;

use rustix::process::{Signal, set_parent_process_death_signal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::earlier_processes::STORED_NAME;
use super::supervisor::LEAVE;
use super::systemd::{ServiceNotification, SystemdNotifier};
use crate::server::StopRequests;

/// The connection of a worker to its supervisor.
pub(super) struct SupervisorLink {
    channel: UnixStream,
    systemd: SystemdNotifier,
    requests: StopRequests,
    /// Its tokens are held as long as the next process can't take over.
    releasing: TaskTracker,
    left: CancellationToken,
}

impl SupervisorLink {
    /// Opens the connection, which is standard input. From now on this process is killed if the supervisor dies. The
    /// kernel keeps this setting for each thread, so [`Self::follow`] must run on the same thread.
    ///
    /// # Errors
    ///
    /// If standard input is no connection.
    pub(super) fn open(
        systemd: SystemdNotifier,
        requests: StopRequests,
        releasing: TaskTracker,
    ) -> io::Result<Self> {
        let channel = net::UnixStream::from(stdin().as_fd().try_clone_to_owned()?);
        channel.set_nonblocking(true)?;
        let channel = UnixStream::from_std(channel)?;
        set_parent_process_death_signal(Some(Signal::KILL))?;
        Ok(Self { channel, systemd, requests, releasing, left: CancellationToken::new() })
    }

    /// Cancelled when the supervisor has the reply to its request to leave, or can't get it. Until then this process must
    /// not end its work: the supervisor would wait for the end of the process, and new calls for the supervisor.
    pub(super) fn left(&self) -> CancellationToken {
        self.left.clone()
    }

    /// Leaves new calls to the next process when the supervisor asks for it. From then on, the next process decides
    /// when this one stops. `release` gives up what only one process can have.
    pub(super) async fn follow(mut self, release: impl FnOnce()) {
        if !matches!(self.channel.read_u8().await, Ok(LEAVE)) {
            // The supervisor has died.
            return self.requests.advance();
        }
        let left = self.leave(release).await;
        self.left.cancel();
        match left {
            Ok(successor) => stop_as_told(successor, &self.requests).await,
            Err(error) => warn!(%error, "can't leave new calls to the next process"),
        }
    }

    /// Returns the connection to the next process. Its other end waits in systemd's store.
    async fn leave(&mut self, release: impl FnOnce()) -> io::Result<UnixStream> {
        let (successor, stored) = net::UnixStream::pair()?;
        successor.set_nonblocking(true)?;
        let successor = UnixStream::from_std(successor)?;
        set_parent_process_death_signal(None)?;
        let name = format!("{STORED_NAME}{}", process::id());
        self.systemd.notify(ServiceNotification::Store(name, OwnedFd::from(stored)));
        self.systemd.finish().await;
        release();
        self.requests.leave.cancel();
        self.releasing.close();
        self.releasing.wait().await;
        self.channel.write_all(&[LEAVE]).await?;
        Ok(successor)
    }
}

/// Each byte from the next process has the effect of SIGTERM, and so has the end of the connection: then the service
/// was stopped, and nobody else would tell this process.
async fn stop_as_told(mut successor: UnixStream, requests: &StopRequests) {
    while !requests.force.is_cancelled() {
        let told = successor.read_u8().await;
        requests.advance();
        if told.is_err() {
            return;
        }
    }
}
