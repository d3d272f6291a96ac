//! FastAGI from Asterisk's side, as version 22 was seen to speak it.
//!
//! It has the commands that a call control needs and answers others as unknown. Names of functions are those of
//! `res/res_agi.c`.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::phone::{Act, GoesOn, Happening, Phone, at};
use super::sound::SoundsOfSwitch;

pub mod dialplan;
mod environment;
mod listen;
mod record;
mod run;
mod wire;
mod words;

pub use super::places::Places;
pub use dialplan::{Call, Line};

use dialplan::Leg;
use environment::environment;
use listen::Question;
use wire::Wire;

/// For a server to close when its caller has gone. A real one waits for ever.
const AFTER_HANG_UP: Duration = Duration::from_secs(60);

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
pub struct Ended {
    /// How it ended.
    pub status: AgiStatus,
    /// All variables, `AGISTATUS` too.
    pub variables: HashMap<String, String>,
    /// Where the dialplan goes on.
    pub goes_on: GoesOn,
}

/// An Asterisk with one call.
pub struct Asterisk<S> {
    wire: Wire<S>,
    phone: Phone,
    sounds: SoundsOfSwitch,
    leg: Leg,
    line: Line,
    status: AgiStatus,
    question: Question,
    /// Whether the server was told of the hang-up.
    told_hang_up: bool,
    /// `AGISIGHUP`, as it was set before `AGI()`.
    tells_hang_up: bool,
    /// `AGIEXITONHANGUP`, as it was set before `AGI()`.
    ends_at_hang_up: bool,
    closes_at: Option<Instant>,
}

/// Runs `AGI()` on a connection to a server until the dialplan has the call back.
pub async fn agi<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    call: &Call,
    places: Places,
    sounds: SoundsOfSwitch,
    phone: Phone,
) -> Ended {
    let leg = Leg::new(call, places);
    let gone = call.line == Line::Gone;
    let mut asterisk = Asterisk {
        wire: Wire::new(stream),
        phone,
        sounds,
        tells_hang_up: !leg.is_set_to("AGISIGHUP", "no"),
        ends_at_hang_up: leg.is_set_to("AGIEXITONHANGUP", "yes"),
        leg,
        line: call.line,
        status: AgiStatus::Success,
        question: Question::None,
        told_hang_up: gone,
        closes_at: None,
    };
    asterisk.begin();
    let first_words = environment(call, host, &uniqueid());
    if asterisk.wire.say(&first_words).await.is_ok() {
        // A broken connection ends a session as a closed one does.
        drop(asterisk.session().await);
    }
    asterisk.end().await
}

/// When the call began, as the real one's beginning.
fn uniqueid() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.{}", now.as_secs(), now.subsec_micros())
}

impl<S: AsyncRead + AsyncWrite + Unpin> Asterisk<S> {
    fn begin(&mut self) {
        if self.line == Line::Up {
            self.phone.is_picked_up();
        }
    }

    /// `run_agi`: between two commands keys are read and thrown away.
    async fn session(&mut self) -> io::Result<()> {
        loop {
            tokio::select! {
                biased;
                line = self.wire.line() => match line? {
                    Some(line) if is_failure(&line) => {
                        self.status = AgiStatus::Failure;
                        return Ok(());
                    }
                    Some(line) => self.command(&line).await?,
                    None => return Ok(()),
                },
                act = self.phone.acts() => self.idle(act),
                () = at(self.closes_at) => return Ok(()),
            }
            if self.line == Line::Gone && !self.told_hang_up {
                self.told_hang_up = true;
                self.tell_hang_up().await?;
                if self.ends_at_hang_up {
                    return Ok(());
                }
            }
        }
    }

    fn idle(&mut self, act: Act) {
        match act {
            Act::Key(key) => self.phone.tell(Happening::KeyLost(key)),
            Act::HangUp => self.hung_up(),
        }
    }

    fn hung_up(&mut self) {
        self.line = Line::Gone;
        self.status = AgiStatus::Hangup;
        self.closes_at = Some(Instant::now() + AFTER_HANG_UP);
    }

    async fn tell_hang_up(&mut self) -> io::Result<()> {
        if self.tells_hang_up { self.wire.say("HANGUP").await } else { Ok(()) }
    }

    /// `HANGUP` is said once more at every end, also of a call that goes on.
    async fn end(mut self) -> Ended {
        drop(self.tell_hang_up().await);
        self.wire.close().await;
        self.leg.set("AGISTATUS", self.status.as_str());
        let goes_on = match self.line {
            Line::Gone => GoesOn::HangupHandler,
            Line::Ringing | Line::Up => self.leg.goes_on(),
        };
        self.phone.tell(Happening::GoesOn(goes_on.clone()));
        Ended { status: self.status, variables: self.leg.into_variables(), goes_on }
    }
}

fn is_failure(line: &str) -> bool {
    line.as_bytes().get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"failure"))
}
