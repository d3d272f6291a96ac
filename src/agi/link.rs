//! The connection of one call: one command at a time, and its reply.

use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tokio_util::codec::FramedRead;

use super::codec::{Codec, Message};
use super::command::Command;
use super::environment::Environment;
use super::quote::Unsendable;
use super::reply::Reply;
use crate::channel::watch::Watch;
use crate::channel::{Bounds, Interrupted, Line};

/// For a reply to a command that Asterisk answers at once. ANSWER waits up to half a second for media.
const REPLY_TIME: Duration = Duration::from_secs(10);
/// From a command to the NOOP that ends it: what comes together with it ends nothing.
const HEADWAY: Duration = Duration::from_millis(50);
/// For the reply to a NOOP, until another one is sent; then longer.
const PATIENCE: Duration = Duration::from_millis(250);
/// A whole environment fits; longer things make it grow.
const READ_BUFFER: usize = 2048;
/// Beyond what a command was given to last, until a missing reply ends the connection.
pub(super) const MARGIN: Duration = Duration::from_secs(10);

/// What Asterisk is doing when we stop waiting for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Running {
    /// STREAM FILE: ended by the next command, then it never answers.
    Stream,
    /// WAIT FOR DIGIT: ended by the next command, and answers before it.
    Wait,
    /// Anything else: answers in its own time, before the next one.
    Other,
}

/// A connection whose environment has been read.
pub struct Link<S> {
    wire: FramedRead<S, Codec>,
    /// What is left of a command that was broken off. It goes out before all else: Asterisk spins on an unfinished
    /// line and serves nothing else (`run_agi`).
    unsent: Bytes,
    watch: Watch,
    /// How the line is, as far as replies have told.
    pub(super) line: Option<Line>,
    /// A `HANGUP` line, or a `511` on a channel that was alive.
    pub(super) caller_gone: bool,
    running: Option<Running>,
    /// When the last command was sent.
    started: Instant,
    broken_off: Option<BrokenOff>,
}

/// A command that was broken off, and the NOOPs behind it, until all have answered. It is kept here, since whoever waits
/// for that may be broken off as well.
#[derive(Debug, Clone, Copy)]
struct BrokenOff {
    running: Running,
    /// Replies that must still come.
    replies: usize,
    /// NOOPs that were sent.
    noops: u32,
    /// The key that ended it at that moment.
    pressed: Option<char>,
}

/// Reads Asterisk's first words, within `time`.
///
/// # Errors
///
/// When they do not come, or are none: the connection is of no use.
pub async fn open<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    bounds: Bounds,
    time: Duration,
) -> Result<(Link<S>, Environment), Interrupted> {
    let mut link = Link::new(stream, bounds);
    match link.message(Instant::now() + time).await? {
        Some(Message::Environment(environment)) => Ok((link, environment)),
        Some(_) => Err(lost("no environment came")),
        None => Err(lost(format!("no environment within {time:?}"))),
    }
}

fn lost(reason: impl ToString) -> Interrupted {
    Interrupted::SwitchLost(reason.to_string())
}

impl From<Unsendable> for Interrupted {
    fn from(unsendable: Unsendable) -> Self {
        Self::Refused(unsendable.to_string())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Link<S> {
    fn new(stream: S, bounds: Bounds) -> Self {
        let wire = FramedRead::with_capacity(stream, Codec::default(), READ_BUFFER);
        let (unsent, watch) = (Bytes::new(), Watch::new(bounds));
        let (line, running, broken_off) = (None, None, None);
        let (started, caller_gone) = (Instant::now(), false);
        Self { wire, unsent, watch, line, caller_gone, running, started, broken_off }
    }

    /// A command, and its reply.
    pub(super) async fn command(&mut self, command: Command) -> Result<Reply, Interrupted> {
        self.run(command, Running::Other, REPLY_TIME).await
    }

    pub(super) async fn run(
        &mut self,
        command: Command,
        kind: Running,
        time: Duration,
    ) -> Result<Reply, Interrupted> {
        self.start(command, kind).await?;
        self.reply(time).await
    }

    async fn start(&mut self, command: Command, kind: Running) -> Result<(), Interrupted> {
        self.settle().await?;
        self.running = Some(kind);
        self.started = Instant::now();
        self.send(command).await
    }

    async fn send(&mut self, command: Command) -> Result<(), Interrupted> {
        self.unsent = command.into_bytes();
        self.flush().await
    }

    /// In one piece, unless the switch does not read.
    async fn flush(&mut self) -> Result<(), Interrupted> {
        let due = Instant::now() + REPLY_TIME;
        while !self.unsent.is_empty() {
            tokio::select! {
                biased;
                sent = self.wire.get_mut().write(&self.unsent) => match sent.map_err(lost)? {
                    0 => return Err(lost("the connection takes no more")),
                    sent => self.unsent.advance(sent),
                },
                over = self.watch.over(due) => {
                    return over.and_then(|()| Err(lost("the switch does not read")));
                }
            }
        }
        Ok(())
    }

    /// The reply to the command that runs. Without one in time the connection is given up: a late reply would be taken
    /// for the next command's.
    pub(super) async fn reply(&mut self, time: Duration) -> Result<Reply, Interrupted> {
        let due = Instant::now() + time;
        let reply = loop {
            match self.message(due).await? {
                Some(Message::Reply(reply)) => break reply,
                Some(Message::Hangup) => self.caller_gone = true,
                Some(Message::Environment(_)) => return Err(lost("a second environment came")),
                None => return Err(lost(format!("no reply within {time:?}"))),
            }
        };
        self.running = None;
        match reply {
            Reply::Dead => Err(self.dead()),
            Reply::Unknown => Err(Interrupted::Refused("510 to a command".into())),
            Reply::Usage(_) => Err(Interrupted::Refused("520 to a command".into())),
            success => Ok(success),
        }
    }

    /// `511`. On a channel that was never seen alive it says that we are in its `h` extension.
    fn dead(&mut self) -> Interrupted {
        if self.line.is_none() && !self.caller_gone {
            self.line = Some(Line::Gone);
        } else {
            self.caller_gone = true;
        }
        Interrupted::caller_left()
    }

    /// The next message, unless `due`, a stop, or the longest call comes first. The only place that waits for what
    /// Asterisk says.
    async fn message(&mut self, due: Instant) -> Result<Option<Message>, Interrupted> {
        tokio::select! {
            biased;
            message = self.wire.next() => match message {
                Some(Ok(message)) => Ok(Some(message)),
                Some(Err(error)) => Err(lost(error)),
                None => Err(lost("the connection ended")),
            },
            over = self.watch.over(due) => over.map(|()| None),
        }
    }

    /// Waits while no command runs, until the call is interrupted.
    pub(super) async fn idle(&mut self) -> Interrupted {
        let far = self.watch.ends() + MARGIN;
        match self.message(far).await {
            Ok(Some(Message::Hangup)) => {
                self.caller_gone = true;
                Interrupted::caller_left()
            }
            Ok(_) => lost("a reply to no command"),
            Err(interrupted) => interrupted,
        }
    }

    /// Ends a command that was broken off, so that the next reply is the next command's. The key that ended it at that
    /// moment, if one did. Where this is dropped before it is ready, the next one takes it up.
    ///
    /// A new command ends STREAM FILE, which then does not answer, unless it had ended by itself at that moment; its
    /// reply is known by its `endpos`. WAIT FOR DIGIT is ended too, and always answers. So NOOP is sent, whose reply has
    /// no `endpos` (`ast_waitstream_full` and `ast_waitfordigit_full` return when the control descriptor is readable).
    pub(super) async fn settle(&mut self) -> Result<Option<char>, Interrupted> {
        self.flush().await?;
        if let Some(running) = self.running.take() {
            self.broken_off = Some(BrokenOff { running, replies: 1, noops: 0, pressed: None });
        }
        let due = Instant::now() + REPLY_TIME;
        while let Some(broken_off @ BrokenOff { replies: 1.., .. }) = self.broken_off {
            let until = match broken_off.running {
                Running::Other => due,
                _ if broken_off.noops == 0 => self.started + HEADWAY,
                _ => due.min(Instant::now() + PATIENCE * broken_off.noops),
            };
            match self.message(until).await? {
                Some(message) => self.hear(message)?,
                None if Instant::now() >= due => {
                    return Err(lost("no reply to a command that was broken off"));
                }
                None => self.nudge().await?,
            }
        }
        Ok(self.broken_off.take().and_then(|broken_off| broken_off.pressed))
    }

    /// Asterisk reads through a buffer: a NOOP that came together with the command before it wakes nobody, and is read
    /// when a further one comes (`run_agi`).
    async fn nudge(&mut self) -> Result<(), Interrupted> {
        let Some(broken_off) = &mut self.broken_off else { return Ok(()) };
        // The first one answers instead of a sound.
        let instead = broken_off.running == Running::Stream && broken_off.noops == 0;
        broken_off.replies += usize::from(!instead);
        broken_off.noops += 1;
        self.send(Command::noop()).await
    }

    /// What comes while a command is being ended.
    fn hear(&mut self, message: Message) -> Result<(), Interrupted> {
        let Some(broken_off) = &mut self.broken_off else { return Ok(()) };
        let of_sound = broken_off.running == Running::Stream;
        // Behind a NOOP it is the NOOP's reply that counts.
        let counts = usize::from(broken_off.noops == 0);
        match message {
            Message::Hangup => self.caller_gone = true,
            Message::Reply(reply @ Reply::Success { endpos: Some(_), .. }) if of_sound => {
                broken_off.pressed = reply.key();
                broken_off.replies -= counts;
            }
            // Of the sound, on a channel that was dead already: NOOP works on one.
            Message::Reply(Reply::Dead) if of_sound => {
                broken_off.replies -= counts;
                drop(self.dead());
            }
            Message::Reply(reply) => {
                broken_off.pressed = broken_off.pressed.or(reply.key());
                broken_off.replies -= 1;
            }
            Message::Environment(_) => return Err(lost("a second environment came")),
        }
        Ok(())
    }

    /// What needs a living channel is not even sent to one that is known to be dead.
    pub(super) fn alive(&self) -> Result<(), Interrupted> {
        if self.is_dead() { Err(Interrupted::caller_left()) } else { Ok(()) }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.caller_gone || self.line == Some(Line::Gone)
    }

    /// From here on only `time` bounds the call: a stop, or the longest call, may be why it is handed over.
    pub(super) fn rebound(&mut self, time: Duration) {
        self.watch.rebound(time);
    }

    /// What is left of the longest call, and a margin: only the longest call bounds a sound.
    pub(super) fn rest(&self) -> Duration {
        self.rest_of_call() + MARGIN
    }

    /// What is left of the longest call: for a command that nothing else ends, and whose reply a hand-over awaits.
    pub(super) fn rest_of_call(&self) -> Duration {
        self.watch.rest()
    }

    /// The connection itself, to be refused.
    pub fn into_stream(self) -> S {
        self.wire.into_inner()
    }
}

/// Ends a session, before or after its environment, such that the dialplan sees `AGISTATUS=FAILURE` and goes on
/// (`run_agi`).
///
/// What Asterisk still sends is read, within `time`: closing over unread bytes would reset the connection, and the word
/// with it.
pub async fn refuse<S: AsyncRead + AsyncWrite + Unpin + Send>(mut stream: S, time: Duration) {
    let said = async {
        stream.write_all(Command::failure().as_bytes()).await?;
        stream.shutdown().await?;
        let mut unread = [0; 1024];
        for _ in 0..MOST_UNREAD / unread.len() {
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
const MOST_UNREAD: usize = 64 * 1024;
