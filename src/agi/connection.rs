//! The connection of one call: one command at a time, and its reply.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;
use tokio_util::codec::FramedRead;

use super::aborted_command::{AgiAbortedCommand, AgiCommandKind};
use super::codec::{AgiCodec, AgiMessage};
use super::command::AgiCommand;
use super::environment::AgiEnvironment;
use super::quote::AgiCommandError;
use super::reply::AgiReply;
use crate::channel::deadline::{CallDeadline, REPLY_MARGIN};
use crate::channel::{CallLimits, Interruption, LineState};

mod aborted;

/// Timeout of a command that Asterisk answers at once. ANSWER waits up to half a second for audio.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// Large enough for an environment. The buffers grow for longer messages.
const ENVIRONMENT_BUFFER_BYTES: usize = 2048;
/// Large enough for several replies.
const REPLY_BUFFER_BYTES: usize = 256;

/// A connection whose environment has been read.
pub struct AgiConnection<S> {
    framed: FramedRead<S, AgiCodec>,
    /// The rest of a command that was partly sent when its future was dropped. It must be sent before anything else:
    /// Asterisk busy-waits for the end of a line (`run_agi`).
    unsent: Bytes,
    pub(super) deadline: CallDeadline,
    /// State of the line; `None` until a reply has shown that it is up or hung up.
    pub(super) line_state: Option<LineState>,
    /// A reply has shown that the channel was not hung up when the call was handed to us. It may have been ringing.
    was_alive: bool,
    /// A `HANGUP` line was received, or a `511` for a channel that had been alive.
    pub(super) caller_gone: bool,
    /// The command whose reply is awaited.
    running: Option<AgiCommandKind>,
    /// A success of the command whose reply is awaited shows that the channel is alive.
    proves_alive: bool,
    /// When the last command was sent.
    sent_at: Instant,
    aborted: Option<AgiAbortedCommand>,
}

/// Reads the environment within `timeout`.
pub async fn open<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    limits: CallLimits,
    timeout: Duration,
) -> Result<(AgiConnection<S>, AgiEnvironment), Interruption> {
    let mut connection = AgiConnection::new(stream, limits);
    match connection.next_message(Instant::now() + timeout).await? {
        Some(AgiMessage::Environment(environment)) => {
            connection.shrink_read_buffer();
            Ok((connection, environment))
        }
        Some(_) => Err(Interruption::connection_lost("the AGI environment is missing")),
        None => {
            Err(Interruption::connection_lost(format!("no AGI environment within {timeout:?}")))
        }
    }
}

impl From<AgiCommandError> for Interruption {
    fn from(error: AgiCommandError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiConnection<S> {
    fn new(stream: S, limits: CallLimits) -> Self {
        let framed =
            FramedRead::with_capacity(stream, AgiCodec::default(), ENVIRONMENT_BUFFER_BYTES);
        let (unsent, deadline) = (Bytes::new(), CallDeadline::new(limits));
        let (line_state, running, aborted) = (None, None, None);
        Self {
            framed,
            unsent,
            deadline,
            line_state,
            was_alive: false,
            caller_gone: false,
            running,
            proves_alive: false,
            sent_at: Instant::now(),
            aborted,
        }
    }

    /// Replaces the buffer of the environment, whose memory is freed together with the environment.
    fn shrink_read_buffer(&mut self) {
        let unread = self.framed.read_buffer_mut();
        let mut buffer = BytesMut::with_capacity(REPLY_BUFFER_BYTES.max(unread.len()));
        buffer.extend_from_slice(unread);
        *unread = buffer;
    }

    /// Sends a command that Asterisk answers at once, and reads its reply.
    pub(super) async fn run_command(
        &mut self,
        command: AgiCommand,
    ) -> Result<AgiReply, Interruption> {
        self.run(command, AgiCommandKind::Other, REPLY_TIMEOUT).await
    }

    pub(super) async fn run(
        &mut self,
        command: AgiCommand,
        kind: AgiCommandKind,
        timeout: Duration,
    ) -> Result<AgiReply, Interruption> {
        self.start(command, kind).await?;
        self.read_reply(timeout).await
    }

    /// Sends a command that lasts until the end of the call at most, such as the playback of a sound.
    pub(super) async fn run_until_call_ends(
        &mut self,
        command: AgiCommand,
        kind: AgiCommandKind,
    ) -> Result<AgiReply, Interruption> {
        self.run(command, kind, self.deadline.remaining_with_margin()).await
    }

    async fn start(
        &mut self,
        command: AgiCommand,
        kind: AgiCommandKind,
    ) -> Result<(), Interruption> {
        self.finish_aborted().await?;
        self.running = Some(kind);
        self.proves_alive = command.needs_live_channel();
        self.sent_at = Instant::now();
        self.send(command).await
    }

    async fn send(&mut self, command: AgiCommand) -> Result<(), Interruption> {
        self.unsent = command.into_bytes();
        self.flush().await
    }

    /// Sends the rest of the last command, in one write unless the switch reads too slowly.
    async fn flush(&mut self) -> Result<(), Interruption> {
        let due = Instant::now() + REPLY_TIMEOUT;
        while !self.unsent.is_empty() {
            tokio::select! {
                biased;
                sent = self.framed.get_mut().write(&self.unsent) => match sent.map_err(Interruption::connection_lost)? {
                    0 => return Err(Interruption::connection_lost("the connection accepts no more data")),
                    sent => self.unsent.advance(sent),
                },
                waited = self.deadline.wait_until(due) => {
                    return waited.and_then(|()| Err(Interruption::connection_lost("the switch has stopped reading")));
                }
            }
        }
        Ok(())
    }

    /// Reads the reply to the running command. After the timeout the connection cannot be used any more: a late reply
    /// would be taken for the reply to the next command.
    pub(super) async fn read_reply(&mut self, timeout: Duration) -> Result<AgiReply, Interruption> {
        let due = Instant::now() + timeout;
        let reply = loop {
            match self.next_message(due).await? {
                Some(AgiMessage::Reply(reply)) => break reply,
                Some(AgiMessage::Hangup) => self.caller_gone = true,
                Some(AgiMessage::Environment(_)) => {
                    return Err(Interruption::connection_lost("unexpected second AGI environment"));
                }
                None => {
                    return Err(Interruption::connection_lost(format!(
                        "no reply within {timeout:?}"
                    )));
                }
            }
        };
        self.running = None;
        match reply {
            AgiReply::Dead => Err(self.note_dead_channel()),
            AgiReply::Unknown => {
                Err(Interruption::Refused("510: invalid or unknown command".into()))
            }
            AgiReply::Usage(_) => Err(Interruption::Refused("520: invalid arguments".into())),
            success => {
                self.was_alive |= self.proves_alive;
                Ok(success)
            }
        }
    }

    /// Handles a `511`. If no earlier reply has shown that the channel was alive, the call is in its `h` extension.
    fn note_dead_channel(&mut self) -> Interruption {
        if !self.was_alive && !self.caller_gone {
            self.line_state = Some(LineState::HungUp);
        } else {
            self.caller_gone = true;
        }
        Interruption::caller_hung_up()
    }

    /// The next message, or `None` at `due`. The driver waits for Asterisk only here.
    async fn next_message(&mut self, due: Instant) -> Result<Option<AgiMessage>, Interruption> {
        tokio::select! {
            biased;
            message = self.framed.next() => match message {
                Some(Ok(message)) => Ok(Some(message)),
                Some(Err(error)) => Err(Interruption::connection_lost(error)),
                None => Err(Interruption::connection_lost("the switch closed the connection")),
            },
            waited = self.deadline.wait_until(due) => waited.map(|()| None),
        }
    }

    /// Waits for the end of the call while no command runs.
    pub(super) async fn wait_for_interruption(&mut self) -> Interruption {
        let after_call = self.deadline.ends_at() + REPLY_MARGIN;
        match self.next_message(after_call).await {
            Ok(Some(AgiMessage::Hangup)) => {
                self.caller_gone = true;
                Interruption::caller_hung_up()
            }
            Ok(_) => Interruption::connection_lost("a reply that no command waits for"),
            Err(interruption) => interruption,
        }
    }

    /// Returns an error after a hang-up. Called before commands that Asterisk executes only on a channel that is not
    /// hung up.
    pub(super) fn ensure_alive(&self) -> Result<(), Interruption> {
        if self.is_dead() { Err(Interruption::caller_hung_up()) } else { Ok(()) }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.caller_gone || self.line_state == Some(LineState::HungUp)
    }

    pub fn into_stream(self) -> S {
        self.framed.into_inner()
    }
}

/// Ends a session, whether its environment was read or not. The dialplan continues with `AGISTATUS=FAILURE`
/// (`run_agi`).
///
/// What Asterisk still sends is read and discarded, for at most `timeout`: closing a connection with unread bytes would
/// reset it, and the `failure` command would be lost.
pub async fn refuse<S: AsyncRead + AsyncWrite + Unpin + Send>(mut stream: S, timeout: Duration) {
    let refusal = async {
        stream.write_all(AgiCommand::failure().as_bytes()).await?;
        stream.shutdown().await?;
        let mut unread = [0; 1024];
        for _ in 0..MAX_DISCARDED_BYTES / unread.len() {
            if stream.read(&mut unread).await? == 0 {
                break;
            }
        }
        std::io::Result::Ok(())
    };
    // The connection is closed anyway, so errors do not matter.
    drop(tokio::time::timeout(timeout, refusal).await);
}

/// Maximum number of bytes that are read from a refused connection.
const MAX_DISCARDED_BYTES: usize = 64 * 1024;
