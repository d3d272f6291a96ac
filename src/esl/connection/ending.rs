//! The end of a connection. It decides whether the call continues in the dialplan.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};

use super::{EslConnection, REPLY_TIMEOUT, SOCKET_RESUME};
use crate::channel::Interruption;
use crate::esl::channel_data::ChannelData;
use crate::esl::command::EslCommand;

/// Timeout for FreeSWITCH to close the connection.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslConnection<S> {
    /// Gives a call on which nothing was done back to the dialplan.
    ///
    /// Another thread of FreeSWITCH reads our commands while the call enters `switch_ivr_park`, which holds the call
    /// until our connection has ended. If the connection ends before the call has entered `park`, the call is parked
    /// for ever: `park` then sets the flag that the end of our connection has already cleared. Only `park` executes
    /// applications. So `eval` is executed first: when it has ended, the call has entered `park`.
    pub async fn release(mut self, data: &ChannelData) {
        self.deadline.start_handover();
        // The connection is closed anyway, so an error does not matter.
        drop(self.run("eval", "").await);
        if !self.is_async() && data.variable(SOCKET_RESUME).is_some() {
            drop(self.run("unset", SOCKET_RESUME).await);
        }
        self.close().await;
    }

    /// Sends commands and `exit` in one write, and waits until FreeSWITCH has executed the commands. The call must be
    /// [parked](Self::is_parked).
    pub(in crate::esl) async fn send_with_exit(
        &mut self,
        mut commands: Vec<EslCommand>,
    ) -> Result<(), Interruption> {
        commands.push(EslCommand::exit());
        self.exit_sent = true;
        self.send(&commands).await?;
        let due = Instant::now() + REPLY_TIMEOUT;
        // The last reply is that of `exit`.
        while self.executions.unanswered() > 1 {
            if self.next_event(due).await?.is_none() {
                return Err(Interruption::connection_lost(SWITCH_NOT_REPLYING));
            }
        }
        Ok(())
    }

    /// Sends `exit`, unless it was sent, and waits until FreeSWITCH closes the connection. Closing it with unread bytes
    /// would reset it, and the commands that were sent before would be lost.
    pub async fn close(&mut self) {
        let closed = async {
            if !self.exit_sent {
                self.send(&[EslCommand::exit()]).await?;
            }
            while let Some(Ok(_)) = self.transport.next().await {}
            Ok::<_, Interruption>(())
        };
        // The connection is closed anyway, so an error does not matter.
        drop(timeout(CLOSE_TIMEOUT, closed).await);
    }
}

const SWITCH_NOT_REPLYING: &str = "the switch has not replied to the hand-over";
