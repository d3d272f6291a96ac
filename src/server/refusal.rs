//! Refusing calls in the switch's protocol, so that the dialplan continues at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::agi::connection as agi;
use crate::esl::connection as esl;
use crate::telemetry::Switch;

/// The maximum number of refusals in progress. Refusals of calls and of denied peers are counted separately.
const MAX_REFUSALS: usize = 256;
/// How long a refusal may take to reach the peer.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);

/// Refuses each call in its own task. The number of these tasks is limited.
pub(super) struct CallRefuser {
    tasks: TaskTracker,
    call_permits: Arc<Semaphore>,
    /// Separate from `call_permits`, so that peers that may not connect do not delay the refusal of a call.
    denied_peer_permits: Arc<Semaphore>,
}

impl CallRefuser {
    pub(super) fn new(tasks: TaskTracker) -> Self {
        let permits = || Arc::new(Semaphore::new(MAX_REFUSALS));
        Self { tasks, call_permits: permits(), denied_peer_permits: permits() }
    }

    /// Refuses a call. If [`MAX_REFUSALS`] are in progress, a connection from Asterisk is only closed, and Asterisk
    /// continues the dialplan. A connection from FreeSWITCH waits for a permit: without a message, FreeSWITCH would
    /// hold the call for ever.
    pub(super) fn refuse_call(&self, switch: Switch, stream: TcpStream) {
        let permits = self.call_permits.clone();
        let available = permits.clone().try_acquire_owned();
        if available.is_err() && switch == Switch::Asterisk {
            return;
        }
        self.tasks.spawn(async move {
            let permit = match available {
                Ok(permit) => Ok(permit),
                Err(_) => permits.acquire_owned().await,
            };
            send_refusal(switch, stream).await;
            drop(permit);
        });
    }

    /// Refuses a peer that may not connect. If [`MAX_REFUSALS`] are in progress, its connection is only closed.
    pub(super) fn refuse_denied_peer(&self, switch: Switch, stream: TcpStream) {
        if let Ok(permit) = self.denied_peer_permits.clone().try_acquire_owned() {
            self.tasks.spawn(async move {
                send_refusal(switch, stream).await;
                drop(permit);
            });
        }
    }
}

async fn send_refusal(switch: Switch, stream: TcpStream) {
    match switch {
        Switch::Asterisk => agi::refuse(stream, REFUSAL_TIMEOUT).await,
        Switch::FreeSwitch => esl::refuse(stream, REFUSAL_TIMEOUT).await,
    }
}
