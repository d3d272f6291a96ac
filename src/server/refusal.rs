//! Refusing calls in the switch's protocol, so that the dialplan continues at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::agi::connection as agi;
use crate::esl::connection as esl;
use crate::telemetry::Switch;

/// Most refusals in progress, of calls and of denied peers each.
const MAX_REFUSALS: usize = 256;
/// How long a refusal may take to reach the peer.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);

/// Refuses calls in tasks of their own. Their number is bounded, since each costs a little.
pub(super) struct CallRefuser {
    tasks: TaskTracker,
    call_permits: Arc<Semaphore>,
    /// Apart from `call_permits`: peers that may not connect must not delay the refusal of a call.
    denied_peer_permits: Arc<Semaphore>,
}

impl CallRefuser {
    pub(super) fn new(tasks: TaskTracker) -> Self {
        let permits = || Arc::new(Semaphore::new(MAX_REFUSALS));
        Self { tasks, call_permits: permits(), denied_peer_permits: permits() }
    }

    /// Refuses a call. Over [`MAX_REFUSALS`] a connection from Asterisk is just closed, and Asterisk continues the
    /// dialplan. One from FreeSWITCH waits for its turn: without a message FreeSWITCH would hold the call for ever.
    pub(super) fn refuse_call(&self, switch: Switch, stream: TcpStream) {
        let permits = self.call_permits.clone();
        let free = permits.clone().try_acquire_owned();
        if free.is_err() && switch == Switch::Asterisk {
            return;
        }
        self.tasks.spawn(async move {
            let permit = match free {
                Ok(permit) => Ok(permit),
                Err(_) => permits.acquire_owned().await,
            };
            send_refusal(switch, stream).await;
            drop(permit);
        });
    }

    /// Refuses a peer that may not connect. Over [`MAX_REFUSALS`] its connection is just closed.
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
