//! The outbound Event Socket from FreeSWITCH's side, as version 1.11 was seen to speak it: `socket HOST:PORT async`.
//!
//! Two threads of the real one are here: the listener, which answers each command at once, and the session, which takes
//! what is queued, and a key, once in each frame of 20 ms. Names of functions are those of `mod_event_socket.c` and
//! `switch_ivr.c`. It has the commands and applications that a call control needs, events in plain format, no
//! functions for `api`, and no engine that recognises speech.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::phone::{Act, GoesOn, Happening, Phone, at};
use super::sound::SoundsOfSwitch;

mod applications;
mod cause;
mod events;
mod leg;
mod listener;
mod session;
mod speech;
mod text;
mod wire;

pub use super::places::Places;
pub use leg::Call;

use events::NO_RESPONSE;
use leg::Leg;
use session::{Execute, Question, Running};
use speech::Recorder;
use wire::{Packet, Wire};

/// How often a session looks at what there is to do.
const FRAME: Duration = Duration::from_millis(20);
/// For `connect` (`listener_run`).
const CONNECT_TIME: Duration = Duration::from_secs(24);
/// For what still plays when the server has closed. A real one plays on for ever.
const AFTER_CLOSE: Duration = Duration::from_secs(60 * 60);

/// What the dialplan has when `socket` is over.
#[derive(Debug, Clone)]
pub struct Ended {
    /// All variables, their names in small letters.
    pub variables: BTreeMap<String, String>,
    /// Where the dialplan goes on.
    pub goes_on: GoesOn,
}

/// A FreeSWITCH with one call.
pub struct FreeSwitch<S> {
    wire: Wire<S>,
    phone: Phone,
    sounds: SoundsOfSwitch,
    leg: Leg,
    frames: Interval,
    listener: Listener,
    /// What was sent and did not begin yet: at most 256 (`switch_core_session_queue_private_event`).
    queue: VecDeque<Message>,
    /// Applications inside of each other: the last one runs.
    running: Vec<Running>,
    recorder: Option<Recorder>,
    /// The call has come to `switch_ivr_park`.
    parked: bool,
    /// `CF_BREAK`
    breaks: bool,
    keys: VecDeque<char>,
    question: Question,
    /// `current_application_response`: an application that tells none leaves that of those inside of it.
    response: &'static str,
    /// When the connection, or the rest of the session after it, ends at the latest.
    closes_at: Option<Instant>,
    sequence: u64,
}

/// The connection, as the listener knows it.
#[derive(Default)]
struct Listener {
    connected: bool,
    closed: bool,
    my_events: bool,
    events: BTreeSet<String>,
    /// `Some(0)` has no end.
    linger: Option<u64>,
    resume: bool,
}

/// What the listener queues for the session.
enum Message {
    Execute(Execute),
    HangUp(String),
}

/// Runs `socket` on a connection to a server until the dialplan has the call back.
pub async fn socket<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    call: &Call,
    places: Places,
    sounds: SoundsOfSwitch,
    phone: Phone,
) -> Ended {
    let leg = Leg::new(call, unique_id(), host, places);
    let mut switch = FreeSwitch::new(stream, leg, sounds, phone);
    if call.answered {
        switch.phone.is_picked_up();
    }
    // A broken connection ends the listener as a closed one does.
    if switch.controlled().await.is_err() {
        switch.listener.closed = true;
    }
    switch.uncontrolled().await;
    switch.end()
}

/// When the call began, in the form of a UUID.
fn unique_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = format!("{:032x}", now.as_nanos());
    [&now[..8], &now[8..12], &now[12..16], &now[16..20], &now[20..]].join("-")
}

impl<S: AsyncRead + AsyncWrite + Unpin> FreeSwitch<S> {
    fn new(stream: S, leg: Leg, sounds: SoundsOfSwitch, phone: Phone) -> Self {
        let mut frames = interval_at(Instant::now() + FRAME, FRAME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            wire: Wire::new(stream),
            phone,
            sounds,
            leg,
            frames,
            listener: Listener::default(),
            queue: VecDeque::new(),
            running: Vec::new(),
            recorder: None,
            parked: false,
            breaks: false,
            keys: VecDeque::new(),
            question: Question::None,
            response: NO_RESPONSE,
            closes_at: Some(Instant::now() + CONNECT_TIME),
            sequence: 0,
        }
    }

    /// Until the connection ends.
    async fn controlled(&mut self) -> io::Result<()> {
        while !self.listener.closed {
            tokio::select! {
                biased;
                packet = self.wire.packet() => match packet? {
                    Some(packet) => self.command(&packet).await?,
                    None => self.listener.closed = true,
                },
                act = self.phone.acts() => self.caller(act).await?,
                () = at(self.closes_at) => self.goodbye().await?,
                _ = self.frames.tick() => self.frame().await?,
            }
        }
        Ok(())
    }

    /// What runs and what is queued finishes first, unless `resume` breaks it off.
    async fn uncontrolled(&mut self) {
        self.wire.close().await;
        self.phone.is_not_asked();
        self.closes_at = Some(Instant::now() + AFTER_CLOSE);
        while self.is_busy() && !self.is_stranded() {
            // Nobody listens to events any more.
            drop(tokio::select! {
                biased;
                act = self.phone.acts() => self.caller(act).await,
                () = at(self.closes_at) => break,
                _ = self.frames.tick() => self.frame().await,
            });
        }
    }

    fn is_busy(&self) -> bool {
        let has_work = !self.running.is_empty() || !self.queue.is_empty();
        self.leg.cause.is_none() && !self.resumes() && has_work
    }

    fn resumes(&self) -> bool {
        self.listener.resume || self.leg.is_true("socket_resume")
    }

    /// A channel that is parked without a listener, also after one that ended before, or set to CS_RESET when it has moved on (`socket_function`,
    /// `listener_run`).
    fn is_stranded(&self) -> bool {
        let unheard = !self.listener.connected || !self.parked;
        let parked = unheard && !self.resumes();
        let reset = self.resumes() && self.leg.has_moved();
        self.leg.cause.is_none() && (parked || reset)
    }

    async fn caller(&mut self, act: Act) -> io::Result<()> {
        match act {
            Act::Key(key) if self.listener.closed || self.leg.has_moved() => {
                self.phone.tell(Happening::KeyLost(key));
                Ok(())
            }
            Act::Key(key) => {
                self.keys.push_back(key);
                Ok(())
            }
            Act::HangUp => self.hung_up(cause::NORMAL_CLEARING).await,
        }
    }

    fn end(mut self) -> Ended {
        let endless = self.is_busy();
        for running in self.running.drain(..) {
            running.is_over(&mut self.phone, false);
        }
        let stranded = endless || self.is_stranded();
        let goes_on = if stranded { GoesOn::Stranded } else { self.leg.goes_on() };
        self.phone.tell(Happening::GoesOn(goes_on.clone()));
        Ended { variables: self.leg.into_variables(), goes_on }
    }
}
