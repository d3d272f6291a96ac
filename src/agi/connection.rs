//! The connection of one call: one command at a time, and its reply.

use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tokio_util::codec::FramedRead;

use super::codec::{AgiCodec, AgiMessage};
use super::command::AgiCommand;
use super::environment::AgiEnvironment;
use super::quote::AgiCommandError;
use super::reply::AgiReply;
use crate::channel::deadline::{CallDeadline, REPLY_MARGIN};
use crate::channel::{CallLimits, Interruption, LineState};

/// For a reply to a command that Asterisk answers at once. ANSWER waits up to half a second for media.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// From a command to the NOOP that ends it: what comes together with it ends nothing.
const FIRST_NOOP_DELAY: Duration = Duration::from_millis(50);
/// For the reply to a NOOP, until another one is sent; then longer.
const NOOP_RETRY_DELAY: Duration = Duration::from_millis(250);
/// A whole environment fits; longer things make it grow.
const READ_BUFFER_BYTES: usize = 2048;

/// What Asterisk is doing when we stop waiting for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AgiCommandKind {
    /// STREAM FILE: ended by the next command, then it never answers.
    StreamFile,
    /// WAIT FOR DIGIT: ended by the next command, and answers before it.
    WaitForDigit,
    /// Anything else: answers in its own time, before the next one.
    Other,
}

/// A connection whose environment has been read.
pub struct AgiConnection<S> {
    framed: FramedRead<S, AgiCodec>,
    /// What is left of a command that was broken off. It goes out before all else: Asterisk spins on an unfinished
    /// line and serves nothing else (`run_agi`).
    unsent: Bytes,
    pub(super) deadline: CallDeadline,
    /// How the line is, as far as replies have told.
    pub(super) line_state: Option<LineState>,
    /// A `HANGUP` line, or a `511` on a channel that was alive.
    pub(super) caller_gone: bool,
    running: Option<AgiCommandKind>,
    /// When the last command was sent.
    sent_at: Instant,
    aborted: Option<AgiAbortedCommand>,
}

/// A command that was broken off, and the NOOPs behind it, until all have answered. It is kept here, since whoever waits
/// for that may be broken off as well.
#[derive(Debug, Clone, Copy)]
struct AgiAbortedCommand {
    kind: AgiCommandKind,
    /// Replies that must still come.
    pending_replies: usize,
    /// NOOPs that were sent.
    noops_sent: u32,
    /// The key that ended it at that moment.
    key: Option<char>,
}

/// Reads Asterisk's first words, within `time`.
///
/// # Errors
///
/// When they do not come, or are none: the connection is of no use.
pub async fn open<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    bounds: CallLimits,
    time: Duration,
) -> Result<(AgiConnection<S>, AgiEnvironment), Interruption> {
    let mut link = AgiConnection::new(stream, bounds);
    match link.next_message(Instant::now() + time).await? {
        Some(AgiMessage::Environment(environment)) => Ok((link, environment)),
        Some(_) => Err(Interruption::connection_lost("no environment came")),
        None => Err(Interruption::connection_lost(format!("no environment within {time:?}"))),
    }
}

impl From<AgiCommandError> for Interruption {
    fn from(unsendable: AgiCommandError) -> Self {
        Self::Refused(unsendable.to_string())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiConnection<S> {
    fn new(stream: S, bounds: CallLimits) -> Self {
        let framed = FramedRead::with_capacity(stream, AgiCodec::default(), READ_BUFFER_BYTES);
        let (unsent, deadline) = (Bytes::new(), CallDeadline::new(bounds));
        let (line_state, running, aborted) = (None, None, None);
        let (sent_at, caller_gone) = (Instant::now(), false);
        Self { framed, unsent, deadline, line_state, caller_gone, running, sent_at, aborted }
    }

    /// A command, and its reply.
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
        time: Duration,
    ) -> Result<AgiReply, Interruption> {
        self.start(command, kind).await?;
        self.read_reply(time).await
    }

    async fn start(
        &mut self,
        command: AgiCommand,
        kind: AgiCommandKind,
    ) -> Result<(), Interruption> {
        self.finish_aborted().await?;
        self.running = Some(kind);
        self.sent_at = Instant::now();
        self.send(command).await
    }

    async fn send(&mut self, command: AgiCommand) -> Result<(), Interruption> {
        self.unsent = command.into_bytes();
        self.flush().await
    }

    /// In one piece, unless the switch does not read.
    async fn flush(&mut self) -> Result<(), Interruption> {
        let due = Instant::now() + REPLY_TIMEOUT;
        while !self.unsent.is_empty() {
            tokio::select! {
                biased;
                sent = self.framed.get_mut().write(&self.unsent) => match sent.map_err(Interruption::connection_lost)? {
                    0 => return Err(Interruption::connection_lost("the connection takes no more")),
                    sent => self.unsent.advance(sent),
                },
                over = self.deadline.wait_until(due) => {
                    return over.and_then(|()| Err(Interruption::connection_lost("the switch does not read")));
                }
            }
        }
        Ok(())
    }

    /// The reply to the command that runs. Without one in time the connection is given up: a late reply would be taken
    /// for the next command's.
    pub(super) async fn read_reply(&mut self, time: Duration) -> Result<AgiReply, Interruption> {
        let due = Instant::now() + time;
        let reply = loop {
            match self.next_message(due).await? {
                Some(AgiMessage::Reply(reply)) => break reply,
                Some(AgiMessage::Hangup) => self.caller_gone = true,
                Some(AgiMessage::Environment(_)) => {
                    return Err(Interruption::connection_lost("a second environment came"));
                }
                None => {
                    return Err(Interruption::connection_lost(format!("no reply within {time:?}")));
                }
            }
        };
        self.running = None;
        match reply {
            AgiReply::Dead => Err(self.note_dead_channel()),
            AgiReply::Unknown => Err(Interruption::Refused("510 to a command".into())),
            AgiReply::Usage(_) => Err(Interruption::Refused("520 to a command".into())),
            success => Ok(success),
        }
    }

    /// `511`. On a channel that was never seen alive it says that we are in its `h` extension.
    fn note_dead_channel(&mut self) -> Interruption {
        if self.line_state.is_none() && !self.caller_gone {
            self.line_state = Some(LineState::HungUp);
        } else {
            self.caller_gone = true;
        }
        Interruption::caller_hung_up()
    }

    /// The next message, unless `due`, a stop, or the longest call comes first. The only place that waits for what
    /// Asterisk says.
    async fn next_message(&mut self, due: Instant) -> Result<Option<AgiMessage>, Interruption> {
        tokio::select! {
            biased;
            message = self.framed.next() => match message {
                Some(Ok(message)) => Ok(Some(message)),
                Some(Err(error)) => Err(Interruption::connection_lost(error)),
                None => Err(Interruption::connection_lost("the connection ended")),
            },
            over = self.deadline.wait_until(due) => over.map(|()| None),
        }
    }

    /// Waits while no command runs, until the call is interrupted.
    pub(super) async fn wait_for_interruption(&mut self) -> Interruption {
        let far = self.deadline.ends_at() + REPLY_MARGIN;
        match self.next_message(far).await {
            Ok(Some(AgiMessage::Hangup)) => {
                self.caller_gone = true;
                Interruption::caller_hung_up()
            }
            Ok(_) => Interruption::connection_lost("a reply to no command"),
            Err(interrupted) => interrupted,
        }
    }

    /// Ends a command that was broken off, so that the next reply is the next command's. The key that ended it at that
    /// moment, if one did. Where this is dropped before it is ready, the next one takes it up.
    ///
    /// A new command ends STREAM FILE, which then does not answer, unless it had ended by itself at that moment; its
    /// reply is known by its `endpos`. WAIT FOR DIGIT is ended too, and always answers. So NOOP is sent, whose reply has
    /// no `endpos` (`ast_waitstream_full` and `ast_waitfordigit_full` return when the control descriptor is readable).
    pub(super) async fn finish_aborted(&mut self) -> Result<Option<char>, Interruption> {
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
        while let Some(broken_off @ AgiAbortedCommand { pending_replies: 1.., .. }) = self.aborted {
            let until = match broken_off.kind {
                AgiCommandKind::Other => due,
                _ if broken_off.noops_sent == 0 => self.sent_at + FIRST_NOOP_DELAY,
                _ => due.min(Instant::now() + NOOP_RETRY_DELAY * broken_off.noops_sent),
            };
            match self.next_message(until).await? {
                Some(message) => self.handle_message(message)?,
                None if Instant::now() >= due => {
                    return Err(Interruption::connection_lost(
                        "no reply to a command that was broken off",
                    ));
                }
                None => self.send_noop().await?,
            }
        }
        Ok(self.aborted.take().and_then(|broken_off| broken_off.key))
    }

    /// Asterisk reads through a buffer: a NOOP that came together with the command before it wakes nobody, and is read
    /// when a further one comes (`run_agi`).
    async fn send_noop(&mut self) -> Result<(), Interruption> {
        let Some(broken_off) = &mut self.aborted else { return Ok(()) };
        // The first one answers instead of a sound.
        let instead = broken_off.kind == AgiCommandKind::StreamFile && broken_off.noops_sent == 0;
        broken_off.pending_replies += usize::from(!instead);
        broken_off.noops_sent += 1;
        self.send(AgiCommand::noop()).await
    }

    /// What comes while a command is being ended.
    fn handle_message(&mut self, message: AgiMessage) -> Result<(), Interruption> {
        let Some(broken_off) = &mut self.aborted else { return Ok(()) };
        let of_sound = broken_off.kind == AgiCommandKind::StreamFile;
        // Behind a NOOP it is the NOOP's reply that counts.
        let counts = usize::from(broken_off.noops_sent == 0);
        match message {
            AgiMessage::Hangup => self.caller_gone = true,
            AgiMessage::Reply(reply @ AgiReply::Success { endpos: Some(_), .. }) if of_sound => {
                broken_off.key = reply.key();
                broken_off.pending_replies -= counts;
            }
            // Of the sound, on a channel that was dead already: NOOP works on one.
            AgiMessage::Reply(AgiReply::Dead) if of_sound => {
                broken_off.pending_replies -= counts;
                drop(self.note_dead_channel());
            }
            AgiMessage::Reply(reply) => {
                broken_off.key = broken_off.key.or(reply.key());
                broken_off.pending_replies -= 1;
            }
            AgiMessage::Environment(_) => {
                return Err(Interruption::connection_lost("a second environment came"));
            }
        }
        Ok(())
    }

    /// What needs a living channel is not even sent to one that is known to be dead.
    pub(super) fn ensure_alive(&self) -> Result<(), Interruption> {
        if self.is_dead() { Err(Interruption::caller_hung_up()) } else { Ok(()) }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.caller_gone || self.line_state == Some(LineState::HungUp)
    }

    /// The connection itself, to be refused.
    pub fn into_stream(self) -> S {
        self.framed.into_inner()
    }
}

/// Ends a session, before or after its environment, such that the dialplan sees `AGISTATUS=FAILURE` and goes on
/// (`run_agi`).
///
/// What Asterisk still sends is read, within `time`: closing over unread bytes would reset the connection, and the word
/// with it.
pub async fn refuse<S: AsyncRead + AsyncWrite + Unpin + Send>(mut stream: S, time: Duration) {
    let said = async {
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
    // Whether the word arrived is the peer's affair: the connection ends either way.
    drop(timeout(time, said).await);
}

/// Most bytes that a refused peer is listened to.
const MAX_DISCARDED_BYTES: usize = 64 * 1024;
