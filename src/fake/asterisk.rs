//! A fake Asterisk that runs `AGI()` (FastAGI), as observed on version 22.
//!
//! It has the commands that call control needs. It rejects others as unknown. Functions named in
//! comments are in `res/res_agi.c`.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::phone::{CallEvent, CallerAction, Continuation, Phone};
use super::sleep::sleep_until_or_forever;
use super::sound::FakeSounds;

mod commands;
mod dialplan;
mod environment;
mod parse;
mod playback;
mod question;
mod record;
mod reply;
mod stream;

pub use super::destinations::FakeDestinations;
pub use dialplan::{FakeAsteriskCall, FakeLineState};

use dialplan::FakeAsteriskChannel;
use environment::environment;
use question::FakeAgiQuestion;
use stream::FakeAgiStream;

/// The timeout for the server to close the connection after a hang-up. A real Asterisk has none.
const HANGUP_CLOSE_TIMEOUT: Duration = Duration::from_secs(60);

/// The value of `AGISTATUS`, which says how `AGI()` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgiStatus {
    /// The server closed the connection.
    Success,
    /// The server sent `FAILURE`, or a sound was missing.
    Failure,
    /// The call was hung up.
    Hangup,
}

impl AgiStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Hangup => "HANGUP",
        }
    }
}

/// The state after `AGI()`.
#[derive(Debug, Clone)]
pub struct FakeAsteriskResult {
    pub status: AgiStatus,
    /// All variables, including `AGISTATUS`.
    pub variables: HashMap<String, String>,
    pub continuation: Continuation,
}

/// A fake Asterisk with one call that runs `AGI()`.
pub(crate) struct FakeAsterisk<S> {
    stream: FakeAgiStream<S>,
    phone: Phone,
    sounds: FakeSounds,
    channel: FakeAsteriskChannel,
    line_state: FakeLineState,
    status: AgiStatus,
    question: FakeAgiQuestion,
    /// Whether the server has been notified of the hang-up.
    hangup_sent: bool,
    /// Whether `HANGUP` is sent. From the variable `AGISIGHUP`, as set before `AGI()`.
    sends_hangup: bool,
    /// Whether a hang-up ends `AGI()`. From the variable `AGIEXITONHANGUP`, as set before `AGI()`.
    exits_on_hangup: bool,
    close_deadline: Option<Instant>,
}

/// Runs `AGI()` on a connection to a server, until the dialplan continues.
pub async fn run_agi<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    call: &FakeAsteriskCall,
    destinations: FakeDestinations,
    sounds: FakeSounds,
    phone: Phone,
) -> FakeAsteriskResult {
    let channel = FakeAsteriskChannel::new(call, destinations);
    let hung_up = call.line_state == FakeLineState::HungUp;
    let mut asterisk = FakeAsterisk {
        stream: FakeAgiStream::new(stream),
        phone,
        sounds,
        sends_hangup: !channel.is_set_to("AGISIGHUP", "no"),
        exits_on_hangup: channel.is_set_to("AGIEXITONHANGUP", "yes"),
        channel,
        line_state: call.line_state,
        status: AgiStatus::Success,
        question: FakeAgiQuestion::None,
        hangup_sent: hung_up,
        close_deadline: None,
    };
    asterisk.begin();
    let environment_lines = environment(call, host, &uniqueid());
    if asterisk.stream.send(&environment_lines).await.is_ok() {
        // A connection error ends `AGI()` in the same way as a closed connection.
        drop(asterisk.run_session().await);
    }
    asterisk.finish().await
}

/// The start time of the call, as in a real `UNIQUEID`.
fn uniqueid() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.{}", now.as_secs(), now.subsec_micros())
}

impl<S: AsyncRead + AsyncWrite + Unpin> FakeAsterisk<S> {
    fn begin(&mut self) {
        if self.line_state == FakeLineState::Up {
            self.phone.pick_up();
        }
    }

    /// `run_agi`. Keys that arrive between two commands are dropped.
    async fn run_session(&mut self) -> io::Result<()> {
        loop {
            tokio::select! {
                biased;
                line = self.stream.next_line() => match line? {
                    Some(line) if is_failure(&line) => {
                        self.status = AgiStatus::Failure;
                        return Ok(());
                    }
                    Some(line) => self.handle_command(&line).await?,
                    None => return Ok(()),
                },
                action = self.phone.next_action() => self.handle_idle_action(action),
                () = sleep_until_or_forever(self.close_deadline) => return Ok(()),
            }
            if self.line_state == FakeLineState::HungUp && !self.hangup_sent {
                self.hangup_sent = true;
                self.send_hangup().await?;
                if self.exits_on_hangup {
                    return Ok(());
                }
            }
        }
    }

    fn handle_idle_action(&mut self, action: CallerAction) {
        match action {
            CallerAction::Key(key) => self.phone.emit(CallEvent::KeyLost(key)),
            CallerAction::HangUp => self.mark_hung_up(),
        }
    }

    fn mark_hung_up(&mut self) {
        self.line_state = FakeLineState::HungUp;
        self.status = AgiStatus::Hangup;
        self.close_deadline = Some(Instant::now() + HANGUP_CLOSE_TIMEOUT);
    }

    async fn send_hangup(&mut self) -> io::Result<()> {
        if self.sends_hangup { self.stream.send("HANGUP").await } else { Ok(()) }
    }

    /// Asterisk sends `HANGUP` at every end of `AGI()`, even if the call continues.
    async fn finish(mut self) -> FakeAsteriskResult {
        drop(self.send_hangup().await);
        self.stream.close().await;
        self.channel.set("AGISTATUS", self.status.as_str());
        let continuation = match self.line_state {
            FakeLineState::HungUp => Continuation::HangupHandler,
            FakeLineState::Ringing | FakeLineState::Up => self.channel.continuation(),
        };
        self.phone.emit(CallEvent::DialplanContinued(continuation.clone()));
        FakeAsteriskResult {
            status: self.status,
            variables: self.channel.into_variables(),
            continuation,
        }
    }
}

fn is_failure(line: &str) -> bool {
    line.as_bytes().get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"failure"))
}
