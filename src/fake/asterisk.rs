//! FastAGI from Asterisk's side, as version 22 was seen to speak it.
//!
//! It has the commands that a call control needs and answers others as unknown. Names of functions are those of
//! `res/res_agi.c`.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::phone::{CallEvent, CallerAction, Continuation, Phone};
use super::sleep::sleep_until_or_forever;
use super::sound::FakeSounds;

mod commands;
pub mod dialplan;
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

/// For a server to close when its caller has gone. A real one waits for ever.
const HANGUP_CLOSE_TIMEOUT: Duration = Duration::from_secs(60);

/// How `AGI()` ended: `AGISTATUS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgiStatus {
    /// The server closed.
    Success,
    /// The server said so, or a sound was missing.
    Failure,
    /// The caller has gone.
    Hangup,
}

impl AgiStatus {
    /// As in the dialplan.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Hangup => "HANGUP",
        }
    }
}

/// What the dialplan has when `AGI()` is over.
#[derive(Debug, Clone)]
pub struct FakeAsteriskResult {
    /// How it ended.
    pub status: AgiStatus,
    /// All variables, `AGISTATUS` too.
    pub variables: HashMap<String, String>,
    /// Where the dialplan goes on.
    pub continuation: Continuation,
}

/// An Asterisk with one call.
pub struct FakeAsterisk<S> {
    stream: FakeAgiStream<S>,
    phone: Phone,
    sounds: FakeSounds,
    channel: FakeAsteriskChannel,
    line_state: FakeLineState,
    status: AgiStatus,
    question: FakeAgiQuestion,
    /// Whether the server was told of the hang-up.
    hangup_sent: bool,
    /// `AGISIGHUP`, as it was set before `AGI()`.
    sends_hangup: bool,
    /// `AGIEXITONHANGUP`, as it was set before `AGI()`.
    exits_on_hangup: bool,
    close_deadline: Option<Instant>,
}

/// Runs `AGI()` on a connection to a server until the dialplan has the call back.
pub async fn run_agi<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    call: &FakeAsteriskCall,
    places: FakeDestinations,
    sounds: FakeSounds,
    phone: Phone,
) -> FakeAsteriskResult {
    let leg = FakeAsteriskChannel::new(call, places);
    let gone = call.line_state == FakeLineState::HungUp;
    let mut asterisk = FakeAsterisk {
        stream: FakeAgiStream::new(stream),
        phone,
        sounds,
        sends_hangup: !leg.is_set_to("AGISIGHUP", "no"),
        exits_on_hangup: leg.is_set_to("AGIEXITONHANGUP", "yes"),
        channel: leg,
        line_state: call.line_state,
        status: AgiStatus::Success,
        question: FakeAgiQuestion::None,
        hangup_sent: gone,
        close_deadline: None,
    };
    asterisk.begin();
    let first_words = environment(call, host, &uniqueid());
    if asterisk.stream.send(&first_words).await.is_ok() {
        // A broken connection ends a session as a closed one does.
        drop(asterisk.run_session().await);
    }
    asterisk.finish().await
}

/// When the call began, as the real one's beginning.
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

    /// `run_agi`: between two commands keys are read and thrown away.
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
                act = self.phone.next_action() => self.handle_idle_action(act),
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

    fn handle_idle_action(&mut self, act: CallerAction) {
        match act {
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

    /// `HANGUP` is said once more at every end, also of a call that goes on.
    async fn finish(mut self) -> FakeAsteriskResult {
        drop(self.send_hangup().await);
        self.stream.close().await;
        self.channel.set("AGISTATUS", self.status.as_str());
        let goes_on = match self.line_state {
            FakeLineState::HungUp => Continuation::HangupHandler,
            FakeLineState::Ringing | FakeLineState::Up => self.channel.continuation(),
        };
        self.phone.emit(CallEvent::DialplanContinued(goes_on.clone()));
        FakeAsteriskResult {
            status: self.status,
            variables: self.channel.into_variables(),
            continuation: goes_on,
        }
    }
}

fn is_failure(line: &str) -> bool {
    line.as_bytes().get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"failure"))
}
