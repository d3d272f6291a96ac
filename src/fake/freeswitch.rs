//! A fake FreeSWITCH that runs `socket HOST:PORT async` (outbound Event Socket), as observed on version 1.11.
//!
//! It models two threads of FreeSWITCH. The listener replies to each command at once. The session takes queued messages
//! and one key in each frame of 20 ms. Functions named in comments are in `mod_event_socket.c` and `switch_ivr.c`,
//! unless another file is named. The fake has the commands and applications that call control needs, and sends events
//! in plain format. It has no speech recognition, and only the `api` functions that set variables, break, transfer and
//! hang up.

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
mod functions;
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

/// The timeout for the command `connect` (`listener_run`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(24);
/// How long sounds may still play after the server has closed the connection. FreeSWITCH has no such limit.
const DISCONNECTED_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// The state after `socket`.
#[derive(Debug, Clone)]
pub struct FakeFreeSwitchResult {
    /// All variables, with their names in lower case.
    pub variables: BTreeMap<String, String>,
    pub continuation: Continuation,
}

/// A fake FreeSWITCH with one call that runs `socket`.
pub(crate) struct FakeFreeSwitch<S> {
    stream: FakeEslStream<S>,
    phone: Phone,
    sounds: FakeSounds,
    channel: FakeFreeSwitchChannel,
    frame_timer: Interval,
    connection: FakeEslConnection,
    /// Messages that the session has not taken yet; at most 256 (`switch_core_session_queue_private_event`).
    queue: VecDeque<FakeEslMessage>,
    /// Nested applications; the last one is running.
    running_applications: Vec<FakeRunningApplication>,
    recorder: Option<FakeRecorder>,
    /// The call has reached `switch_ivr_park`.
    parked: bool,
    /// `CF_BREAK`
    break_requested: bool,
    keys: VecDeque<char>,
    question: FakeEslQuestion,
    /// `current_application_response`. If an application sets no response, its end is reported with the response of the
    /// last application that was nested in it.
    application_response: &'static str,
    /// The time at which the connection is closed. After that, the time at which the rest of the session ends.
    close_deadline: Option<Instant>,
    event_sequence: u64,
}

/// The connection's state in the listener.
#[derive(Default)]
struct FakeEslConnection {
    connected: bool,
    closed: bool,
    my_events: bool,
    events: BTreeSet<String>,
    /// Seconds; `Some(0)` means no limit.
    linger: Option<u64>,
    resume: bool,
}

/// A message from the listener to the session.
enum FakeEslMessage {
    Execute(FakeExecute),
    HangUp(String),
}

/// Runs `socket` on a connection to a server, until the dialplan continues.
pub async fn run_socket<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    call: &FakeFreeSwitchCall,
    destinations: FakeDestinations,
    sounds: FakeSounds,
    phone: Phone,
) -> FakeFreeSwitchResult {
    let channel = FakeFreeSwitchChannel::new(call, unique_id(), host, destinations);
    let mut switch = FakeFreeSwitch::new(stream, channel, sounds, phone);
    if call.answered {
        switch.phone.pick_up();
    }
    // A connection error ends the listener in the same way as a closed connection.
    if switch.run_connected().await.is_err() {
        switch.connection.closed = true;
    }
    switch.run_disconnected().await;
    switch.finish()
}

/// The start time of the call, in the form of a UUID.
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
            question: FakeEslQuestion::default(),
            application_response: NO_RESPONSE,
            close_deadline: Some(Instant::now() + CONNECT_TIMEOUT),
            event_sequence: 0,
        }
    }

    async fn run_connected(&mut self) -> io::Result<()> {
        while !self.connection.closed {
            tokio::select! {
                biased;
                command = self.stream.next_command() => match command? {
                    Some(command) => self.handle_command(&command).await?,
                    None => self.connection.closed = true,
                },
                action = self.phone.next_action() => self.handle_caller_action(action).await?,
                () = sleep_until_or_forever(self.close_deadline) => self.send_disconnect().await?,
                _ = self.frame_timer.tick() => self.run_frame().await?,
            }
        }
        Ok(())
    }

    /// Runs the session after the end of the connection. Running and queued applications are completed, unless `resume`
    /// was set.
    async fn run_disconnected(&mut self) {
        self.stream.close().await;
        self.phone.digits_not_expected();
        self.close_deadline = Some(Instant::now() + DISCONNECTED_TIMEOUT);
        while self.is_busy() && !self.is_stranded() {
            // Errors are ignored: the connection is closed, and no events are sent any more.
            drop(tokio::select! {
                biased;
                action = self.phone.next_action() => self.handle_caller_action(action).await,
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

    /// Whether FreeSWITCH holds the call and the dialplan does not continue (`socket_function`, `listener_run`). There
    /// are two cases: the channel is parked without a listener, as the server sent no `connect` or the listener ended
    /// before the channel was parked; or the channel was transferred, and then set to CS_RESET because of `resume`.
    fn is_stranded(&self) -> bool {
        let unattended = !self.connection.connected || !self.parked;
        let parked = unattended && !self.resumes_dialplan();
        let reset = self.resumes_dialplan() && self.channel.is_transferred();
        self.channel.cause.is_none() && (parked || reset)
    }

    async fn handle_caller_action(&mut self, action: CallerAction) -> io::Result<()> {
        match action {
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
        let still_busy = self.is_busy();
        for running in self.running_applications.drain(..) {
            running.report_end(&mut self.phone, false);
        }
        let stranded = still_busy || self.is_stranded();
        let continuation =
            if stranded { Continuation::Stranded } else { self.channel.continuation() };
        self.phone.emit(CallEvent::DialplanContinued(continuation.clone()));
        FakeFreeSwitchResult { variables: self.channel.into_variables(), continuation }
    }
}
