//! Interrupts a command that has not replied yet.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::{AgiConnection, REPLY_TIMEOUT};
use crate::agi::aborted_command::{AgiAbortedCommand, AgiCommandKind};
use crate::agi::codec::AgiMessage;
use crate::agi::command::AgiCommand;
use crate::agi::reply::AgiReply;
use crate::channel::Interruption;

/// Time between a command and the NOOP that interrupts it. A NOOP that arrives together with the command does not
/// interrupt it.
const FIRST_NOOP_DELAY: Duration = Duration::from_millis(50);
/// Time after which the first NOOP is repeated. It grows with each further NOOP.
const NOOP_RETRY_DELAY: Duration = Duration::from_millis(250);

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiConnection<S> {
    /// Interrupts the running command, whose future was dropped, and reads all replies to it, so that the next reply
    /// belongs to the next command. Returns the key that has ended the command at the same moment, if any. Does nothing
    /// if no command is running. If this future is dropped, the next call of this method continues where it stopped.
    ///
    /// The command is interrupted by a NOOP. STREAM FILE then does not reply, unless it has just ended: that reply is
    /// recognized by its `endpos`, which the reply to a NOOP does not have. WAIT FOR DIGIT always replies
    /// (`ast_waitstream_full` and `ast_waitfordigit_full` return when the control descriptor becomes readable).
    pub(in crate::agi) async fn finish_aborted(&mut self) -> Result<Option<char>, Interruption> {
        if self.running.is_none() && self.aborted.is_none() && self.unsent.is_empty() {
            return Ok(None);
        }
        // In a box, because every command begins with this method, and hardly any has something to finish.
        Box::pin(self.read_pending_replies()).await
    }

    async fn read_pending_replies(&mut self) -> Result<Option<char>, Interruption> {
        self.flush().await?;
        if let Some(running) = self.running.take() {
            self.aborted = Some(AgiAbortedCommand {
                kind: running,
                pending_replies: 1,
                noops_sent: 0,
                key: None,
            });
        }
        let due = Instant::now() + REPLY_TIMEOUT;
        while let Some(aborted @ AgiAbortedCommand { pending_replies: 1.., .. }) = self.aborted {
            let until = match aborted.kind {
                AgiCommandKind::Other => due,
                _ if aborted.noops_sent == 0 => self.sent_at + FIRST_NOOP_DELAY,
                _ => due.min(Instant::now() + NOOP_RETRY_DELAY * aborted.noops_sent),
            };
            match self.next_message(until).await? {
                Some(message) => self.handle_message(message)?,
                None if Instant::now() >= due => {
                    return Err(Interruption::connection_lost(
                        "no reply to an interrupted command",
                    ));
                }
                None => self.send_noop().await?,
            }
        }
        Ok(self.aborted.take().and_then(|aborted| aborted.key))
    }

    /// Sends the first or another NOOP. Asterisk reads its input through a buffer: a NOOP that arrives together with
    /// the command before it does not interrupt that command, and is only read when another NOOP arrives (`run_agi`).
    async fn send_noop(&mut self) -> Result<(), Interruption> {
        let Some(aborted) = &mut self.aborted else { return Ok(()) };
        // An interrupted STREAM FILE does not reply, so the reply to the first NOOP takes its place.
        let replaces_reply = aborted.kind == AgiCommandKind::StreamFile && aborted.noops_sent == 0;
        aborted.pending_replies += usize::from(!replaces_reply);
        aborted.noops_sent += 1;
        self.send(AgiCommand::noop()).await
    }

    /// Handles a message that arrives while a command is being interrupted.
    fn handle_message(&mut self, message: AgiMessage) -> Result<(), Interruption> {
        let Some(aborted) = &mut self.aborted else { return Ok(()) };
        let is_stream_file = aborted.kind == AgiCommandKind::StreamFile;
        // Once a NOOP was sent, only the replies to NOOPs are pending, not the reply to STREAM FILE.
        let own_reply = usize::from(aborted.noops_sent == 0);
        match message {
            AgiMessage::Hangup => self.caller_gone = true,
            AgiMessage::Reply(reply @ AgiReply::Success { endpos: Some(_), .. })
                if is_stream_file =>
            {
                aborted.key = reply.key();
                aborted.pending_replies -= own_reply;
            }
            // STREAM FILE on a dead channel. It is not the NOOP's reply: a NOOP also works on a dead channel.
            AgiMessage::Reply(AgiReply::Dead) if is_stream_file => {
                aborted.pending_replies -= own_reply;
                drop(self.note_dead_channel());
            }
            AgiMessage::Reply(reply) => {
                aborted.key = aborted.key.or(reply.key());
                aborted.pending_replies -= 1;
            }
            AgiMessage::Environment(_) => {
                return Err(Interruption::connection_lost("unexpected second AGI environment"));
            }
        }
        Ok(())
    }
}
