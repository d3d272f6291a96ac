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
    /// Interrupts the command that we no longer wait for, so that the next reply belongs to the next command. Returns
    /// the key that ended the command at the same moment, if any. If this future is dropped, the next call continues
    /// where it stopped.
    ///
    /// A new command interrupts STREAM FILE, which then does not reply. If the file had just ended, there is a reply
    /// all the same, which is recognized by its `endpos`. A new command also interrupts WAIT FOR DIGIT, which always
    /// replies. So a NOOP is sent, whose reply has no `endpos` (`ast_waitstream_full` and `ast_waitfordigit_full`
    /// return when the control descriptor becomes readable).
    pub(in crate::agi) async fn finish_aborted(&mut self) -> Result<Option<char>, Interruption> {
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

    /// Asterisk reads through a buffer. A NOOP that arrived together with the command before it does not interrupt that
    /// command, and is only read when a further one arrives (`run_agi`).
    async fn send_noop(&mut self) -> Result<(), Interruption> {
        let Some(aborted) = &mut self.aborted else { return Ok(()) };
        // The first NOOP replies in place of STREAM FILE.
        let replaces_reply = aborted.kind == AgiCommandKind::StreamFile && aborted.noops_sent == 0;
        aborted.pending_replies += usize::from(!replaces_reply);
        aborted.noops_sent += 1;
        self.send(AgiCommand::noop()).await
    }

    /// Handles a message that arrives while a command is being interrupted.
    fn handle_message(&mut self, message: AgiMessage) -> Result<(), Interruption> {
        let Some(aborted) = &mut self.aborted else { return Ok(()) };
        let is_stream_file = aborted.kind == AgiCommandKind::StreamFile;
        // Once a NOOP was sent, its reply is the one that is awaited.
        let counts = usize::from(aborted.noops_sent == 0);
        match message {
            AgiMessage::Hangup => self.caller_gone = true,
            AgiMessage::Reply(reply @ AgiReply::Success { endpos: Some(_), .. })
                if is_stream_file =>
            {
                aborted.key = reply.key();
                aborted.pending_replies -= counts;
            }
            // STREAM FILE on a dead channel. It is not the NOOP's reply: a NOOP also works on a dead channel.
            AgiMessage::Reply(AgiReply::Dead) if is_stream_file => {
                aborted.pending_replies -= counts;
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
