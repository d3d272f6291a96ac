//! Interrupts applications, by the function `uuid_break` where functions can be used.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::wait::{ExecutionWait, not_ended, push_to};
use super::{EslConnection, REPLY_TIMEOUT};
use crate::channel::Interruption;
use crate::channel::digits::DigitCollector;
use crate::esl::command::{EslCommand, EventUuid};

/// Time until `uuid_break` is repeated. FreeSWITCH ends a sound in the next frame of 20 ms, and reports it up to 20 ms
/// later.
const BREAK_INTERVAL: Duration = Duration::from_millis(100);
/// How long a hand-over waits for the end of what it interrupts. A sound that is being downloaded, or an engine that
/// hangs, cannot be interrupted. Functions can set variables all the same.
const MAX_BREAK_TIME: Duration = Duration::from_secs(2);

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslConnection<S> {
    /// Interrupts an application and waits for its end.
    ///
    /// `uuid_break` has no effect on an application that FreeSWITCH has not started yet (`switch_core_session_exec`),
    /// so it is repeated. Without it, the application `break` is sent: it runs inside the other one.
    pub(in crate::esl) async fn break_application(
        &mut self,
        execution: EventUuid,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        if !self.is_async() || !self.executions.is_running(execution) {
            return self.wait_for_end(execution, REPLY_TIMEOUT, collector).await.map(drop);
        }
        if self.controlled_channel.is_none() {
            let (command, _) = self.execute("break", "")?;
            self.send(&[command]).await?;
            return self.wait_for_end(execution, REPLY_TIMEOUT, collector).await.map(drop);
        }
        let deadline = Instant::now() + REPLY_TIMEOUT;
        while self.executions.is_running(execution) {
            self.send_break().await?;
            let due = deadline.min(Instant::now() + BREAK_INTERVAL);
            let push_key = |key| push_to(&mut collector, key);
            let wait = self.wait_for_end_or_key(execution, due, push_key).await?;
            if matches!(wait, ExecutionWait::TimedOut) && due == deadline {
                return Err(not_ended(REPLY_TIMEOUT));
            }
        }
        Ok(())
    }

    /// Interrupts what is playing by `uuid_break`. Does nothing if [functions](Self::controlled_channel) cannot be
    /// used.
    pub(in crate::esl) async fn send_break(&mut self) -> Result<(), Interruption> {
        let Some(channel) = self.controlled_channel() else { return Ok(()) };
        let command = EslCommand::api("uuid_break", channel)?;
        self.send(&[command]).await
    }

    /// Interrupts all applications by `uuid_break`, and waits for their end, but not longer than [`MAX_BREAK_TIME`].
    pub(in crate::esl) async fn break_all(&mut self) -> Result<(), Interruption> {
        let deadline = Instant::now() + MAX_BREAK_TIME;
        while !self.is_idle_except(None) && Instant::now() < deadline {
            self.send_break().await?;
            let due = deadline.min(Instant::now() + BREAK_INTERVAL);
            while !self.is_idle_except(None) && self.next_event(due).await?.is_some() {}
        }
        Ok(())
    }
}
