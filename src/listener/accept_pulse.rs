//! Proof that an accept loop runs, for systemd's watchdog.

use tokio::sync::Notify;

/// A question that only a running accept loop answers.
#[derive(Debug, Default)]
pub(crate) struct AcceptPulse {
    asked: Notify,
    answered: Notify,
}

impl AcceptPulse {
    /// Returns when the accept loop has answered. Waits for ever if it does not run.
    pub(crate) async fn check(&self) {
        self.asked.notify_one();
        self.answered.notified().await;
    }

    /// Resolves in the accept loop when it has to answer.
    pub(super) async fn asked(&self) {
        self.asked.notified().await;
    }

    pub(super) fn answer(&self) {
        self.answered.notify_one();
    }
}
