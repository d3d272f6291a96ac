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

use super::phone::{CallEvent, CallerAction, Continuation, Phone};
use super::sleep::sleep_until_or_forever;
use super::sound::FakeSounds;

mod applications;
mod cause;
mod channel;
mod commands;
mod events;
mod execution;
mod question;
mod recorder;
mod session;
mod speech;
mod stream;
mod text;

pub use super::destinations::FakeDestinations;
pub use channel::FakeFreeSwitchCall;

use channel::FakeFreeSwitchChannel;
use execution::{FRAME_DURATION, FakeExecute, FakeRunningApplication, NO_RESPONSE};
use question::FakeEslQuestion;
use recorder::FakeRecorder;
use stream::{FakeEslCommand, FakeEslStream};

/// For `connect` (`listener_run`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(24);
/// For what still plays when the server has closed. A real one plays on for ever.
const DISCONNECTED_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// What the dialplan has when `socket` is over.
#[derive(Debug, Clone)]
pub struct FakeFreeSwitchResult {
    /// All variables, their names in small letters.
    pub variables: BTreeMap<String, String>,
    /// Where the dialplan goes on.
    pub continuation: Continuation,
}

/// A FreeSWITCH with one call.
pub struct FakeFreeSwitch<S> {
    stream: FakeEslStream<S>,
    phone: Phone,
    sounds: FakeSounds,
    channel: FakeFreeSwitchChannel,
    frame_timer: Interval,
    connection: FakeEslConnection,
    /// What was sent and did not begin yet: at most 256 (`switch_core_session_queue_private_event`).
    queue: VecDeque<FakeEslMessage>,
    /// Applications inside of each other: the last one runs.
    running_applications: Vec<FakeRunningApplication>,
    recorder: Option<FakeRecorder>,
    /// The call has come to `switch_ivr_park`.
    parked: bool,
    /// `CF_BREAK`
    break_requested: bool,
    keys: VecDeque<char>,
    question: FakeEslQuestion,
    /// `current_application_response`: an application that tells none leaves that of those inside of it.
    application_response: &'static str,
    /// When the connection, or the rest of the session after it, ends at the latest.
    close_deadline: Option<Instant>,
    event_sequence: u64,
}

/// The connection, as the listener knows it.
#[derive(Default)]
struct FakeEslConnection {
    connected: bool,
    closed: bool,
    my_events: bool,
    events: BTreeSet<String>,
    /// `Some(0)` has no end.
    linger: Option<u64>,
    resume: bool,
}

/// What the listener queues for the session.
enum FakeEslMessage {
    Execute(FakeExecute),
    HangUp(String),
}

/// Runs `socket` on a connection to a server until the dialplan has the call back.
pub async fn run_socket<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    call: &FakeFreeSwitchCall,
    places: FakeDestinations,
    sounds: FakeSounds,
    phone: Phone,
) -> FakeFreeSwitchResult {
    let leg = FakeFreeSwitchChannel::new(call, unique_id(), host, places);
    let mut switch = FakeFreeSwitch::new(stream, leg, sounds, phone);
    if call.answered {
        switch.phone.pick_up();
    }
    // A broken connection ends the listener as a closed one does.
    if switch.run_connected().await.is_err() {
        switch.connection.closed = true;
    }
    switch.run_disconnected().await;
    switch.finish()
}

/// When the call began, in the form of a UUID.
fn unique_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = format!("{:032x}", now.as_nanos());
    [&now[..8], &now[8..12], &now[12..16], &now[16..20], &now[20..]].join("-")
}

impl<S: AsyncRead + AsyncWrite + Unpin> FakeFreeSwitch<S> {
    fn new(stream: S, channel: FakeFreeSwitchChannel, sounds: FakeSounds, phone: Phone) -> Self {
        let mut frame_timer = interval_at(Instant::now() + FRAME_DURATION, FRAME_DURATION);
        frame_timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            stream: FakeEslStream::new(stream),
            phone,
            sounds,
            channel,
            frame_timer,
            connection: FakeEslConnection::default(),
            queue: VecDeque::new(),
            running_applications: Vec::new(),
            recorder: None,
            parked: false,
            break_requested: false,
            keys: VecDeque::new(),
            question: FakeEslQuestion::None,
            application_response: NO_RESPONSE,
            close_deadline: Some(Instant::now() + CONNECT_TIMEOUT),
            event_sequence: 0,
        }
    }

    /// Until the connection ends.
    async fn run_connected(&mut self) -> io::Result<()> {
        while !self.connection.closed {
            tokio::select! {
                biased;
                packet = self.stream.next_command() => match packet? {
                    Some(packet) => self.handle_command(&packet).await?,
                    None => self.connection.closed = true,
                },
                act = self.phone.next_action() => self.handle_caller_action(act).await?,
                () = sleep_until_or_forever(self.close_deadline) => self.send_disconnect().await?,
                _ = self.frame_timer.tick() => self.run_frame().await?,
            }
        }
        Ok(())
    }

    /// What runs and what is queued finishes first, unless `resume` breaks it off.
    async fn run_disconnected(&mut self) {
        self.stream.close().await;
        self.phone.digits_not_expected();
        self.close_deadline = Some(Instant::now() + DISCONNECTED_TIMEOUT);
        while self.is_busy() && !self.is_stranded() {
            // Nobody listens to events any more.
            drop(tokio::select! {
                biased;
                act = self.phone.next_action() => self.handle_caller_action(act).await,
                () = sleep_until_or_forever(self.close_deadline) => break,
                _ = self.frame_timer.tick() => self.run_frame().await,
            });
        }
    }

    fn is_busy(&self) -> bool {
        let has_work = !self.running_applications.is_empty() || !self.queue.is_empty();
        self.channel.cause.is_none() && !self.resumes_dialplan() && has_work
    }

    fn resumes_dialplan(&self) -> bool {
        self.connection.resume || self.channel.is_true("socket_resume")
    }

    /// A channel that is parked without a listener, also after one that ended before, or set to CS_RESET when it has moved on (`socket_function`,
    /// `listener_run`).
    fn is_stranded(&self) -> bool {
        let unheard = !self.connection.connected || !self.parked;
        let parked = unheard && !self.resumes_dialplan();
        let reset = self.resumes_dialplan() && self.channel.is_transferred();
        self.channel.cause.is_none() && (parked || reset)
    }

    async fn handle_caller_action(&mut self, act: CallerAction) -> io::Result<()> {
        match act {
            CallerAction::Key(key) if self.connection.closed || self.channel.is_transferred() => {
                self.phone.emit(CallEvent::KeyLost(key));
                Ok(())
            }
            CallerAction::Key(key) => {
                self.keys.push_back(key);
                Ok(())
            }
            CallerAction::HangUp => self.end_call(cause::NORMAL_CLEARING).await,
        }
    }

    fn finish(mut self) -> FakeFreeSwitchResult {
        let endless = self.is_busy();
        for running in self.running_applications.drain(..) {
            running.report_end(&mut self.phone, false);
        }
        let stranded = endless || self.is_stranded();
        let goes_on = if stranded { Continuation::Stranded } else { self.channel.continuation() };
        self.phone.emit(CallEvent::DialplanContinued(goes_on.clone()));
        FakeFreeSwitchResult { variables: self.channel.into_variables(), continuation: goes_on }
    }
}
