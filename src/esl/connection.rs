//! The connection of one call: sends commands and waits for the applications that they start.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::channel_data::{ChannelData, SocketControl, SocketMode};
use super::codec::EslMessage;
use super::command::{EslCommand, EventLock, EventUuid, EventUuidGenerator};
use super::execution::PendingExecutions;
use super::quote::EslCommandError;
use crate::channel::deadline::CallDeadline;
use crate::channel::digits::DigitCollector;
use crate::channel::{CallLimits, Interruption};

mod ending;
mod interrupt;
mod transport;
mod wait;

use transport::EslTransport;
pub(super) use wait::{EslConnectionEvent, ExecutionCompletion, ExecutionWait};

/// Timeout of an application that ends at once. FreeSWITCH starts one in each frame of 20 ms.
pub(super) const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// The events that we subscribe to if the connection has `full`. `myevents` would add 20 other kinds of events, of 7 kB
/// each.
const SUBSCRIBED_EVENTS: [&str; 3] = ["CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP", "DTMF"];
/// A variable that some dialplans set. If the call is transferred, or its `socket` line has no `async`, the call stays
/// in CS_RESET for ever after we close the connection (`listener_run`, `socket_function`).
pub(super) const SOCKET_RESUME: &str = "socket_resume";

/// A connection whose channel data has been read.
pub struct EslConnection<S> {
    transport: EslTransport<S>,
    pub(super) deadline: CallDeadline,
    executions: PendingExecutions,
    uuid_generator: EventUuidGenerator,
    mode: SocketMode,
    /// See [`controlled_channel`](EslConnection::controlled_channel).
    controlled_channel: Option<String>,
    /// See [`is_parked`](EslConnection::is_parked).
    parked: bool,
    exit_sent: bool,
    /// The call, or our control of it, has ended.
    pub(super) caller_gone: bool,
}

/// Reads the channel data within `timeout`, and subscribes to the channel's events.
pub async fn open<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    limits: CallLimits,
    timeout: Duration,
) -> Result<(EslConnection<S>, ChannelData), Interruption> {
    let mut transport = EslTransport::new(stream);
    let data = connect(&mut transport, timeout).await?;
    let unique_id = data.unique_id().unwrap_or_default().into_owned();
    let mode = data.socket_mode();
    let has_functions = mode == SocketMode::Async
        && data.control() == SocketControl::Full
        && EslCommand::filter_unique_id(&unique_id).is_ok();
    let mut connection = EslConnection {
        transport,
        deadline: CallDeadline::new(limits),
        executions: PendingExecutions::new(&*unique_id, mode),
        uuid_generator: EventUuidGenerator::default(),
        mode,
        controlled_channel: has_functions.then(|| unique_id.clone()),
        parked: false,
        exit_sent: false,
        caller_gone: false,
    };
    match connection.subscribe(&unique_id, data.control()).await {
        Ok(()) => Ok((connection, data)),
        Err(interruption) => {
            // In a box, since this is rare.
            Box::pin(connection.release(&data)).await;
            Err(interruption)
        }
    }
}

async fn connect<S: AsyncRead + AsyncWrite + Unpin + Send>(
    transport: &mut EslTransport<S>,
    timeout: Duration,
) -> Result<ChannelData, Interruption> {
    transport.feed(&EslCommand::connect());
    let reply = async {
        transport.flush().await?;
        transport.next().await.transpose()
    };
    Err(Interruption::connection_lost(match tokio::time::timeout(timeout, reply).await {
        Ok(Ok(Some(EslMessage::ChannelData(data)))) => return Ok(data),
        Ok(Ok(Some(_))) => "the switch sent no channel data".to_owned(),
        Ok(Ok(None)) => {
            "the switch closed the connection before it sent the channel data".to_owned()
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no channel data within {timeout:?}"),
    }))
}

/// Gives a call that is not served back to the dialplan. See [`EslConnection::release`].
pub async fn refuse<S: AsyncRead + AsyncWrite + Unpin + Send>(stream: S, timeout: Duration) {
    if let Ok((connection, data)) = open(stream, CallLimits::with_timeout(timeout), timeout).await {
        connection.release(&data).await;
    }
}

impl From<EslCommandError> for Interruption {
    fn from(error: EslCommandError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslConnection<S> {
    /// Subscribes to the events of our channel. The filter is sent first: without it the events of all channels would
    /// be received. If the channel's identifier cannot be part of a filter, `myevents` is used: a profile with
    /// `inbound-use-callid-as-uuid` lets the caller choose the identifier.
    async fn subscribe(
        &mut self,
        unique_id: &str,
        control: SocketControl,
    ) -> Result<(), Interruption> {
        let filter = EslCommand::filter_unique_id(unique_id);
        match (control, filter) {
            (SocketControl::Full, Ok(filter)) => {
                self.send(&[filter, EslCommand::event_plain(&SUBSCRIBED_EVENTS)]).await
            }
            _ => self.send(&[EslCommand::my_events()]).await,
        }
    }

    /// Whether the `socket` line has `async`: FreeSWITCH then reads commands while an application runs.
    pub(crate) fn is_async(&self) -> bool {
        self.mode == SocketMode::Async
    }

    /// The identifier of our channel, if functions of [`EslCommand::api`] can be used for it: the `socket` line has both
    /// `async` and `full`. FreeSWITCH executes them at once, in the order of the commands, in the thread that reads our
    /// commands. An application would wait for the channel's next frame, and would cause three events of 7 kB.
    pub(super) fn controlled_channel(&self) -> Option<&str> {
        self.controlled_channel.as_deref()
    }

    /// Whether the call has certainly entered `park`: an application has ended, and only `park` executes applications.
    /// Before that, `exit` would leave the call parked for ever: see [`release`](Self::release).
    pub(super) fn is_parked(&self) -> bool {
        self.parked
    }

    /// Sends all commands in one write.
    pub(super) async fn send(&mut self, commands: &[EslCommand]) -> Result<(), Interruption> {
        for command in commands {
            self.transport.feed(command);
            self.executions.record_sent(command);
        }
        let due = Instant::now() + REPLY_TIMEOUT;
        tokio::select! {
            biased;
            flushed = self.transport.flush() => flushed.map_err(Interruption::connection_lost),
            waited = self.deadline.wait_until(due) => waited.and(Err(Interruption::connection_lost(SWITCH_NOT_READING))),
        }
    }

    /// The command that executes an application, and the identifier of that execution.
    pub(super) fn execute(
        &mut self,
        application: &'static str,
        argument: &str,
    ) -> Result<(EslCommand, EventUuid), Interruption> {
        self.execute_with(application, argument, EventLock::Nested)
    }

    /// Like [`execute`](Self::execute), for an application that plays a sound. Applications that are sent later wait for
    /// its end, if [`send_break`](Self::send_break) can interrupt it. Otherwise the application `break` must be able to
    /// run inside it.
    pub(super) fn execute_sound(
        &mut self,
        application: &'static str,
        argument: &str,
    ) -> Result<(EslCommand, EventUuid), Interruption> {
        let has_break = self.controlled_channel.is_some();
        let lock = if has_break { EventLock::Queued } else { EventLock::Nested };
        self.execute_with(application, argument, lock)
    }

    fn execute_with(
        &mut self,
        application: &'static str,
        argument: &str,
        lock: EventLock,
    ) -> Result<(EslCommand, EventUuid), Interruption> {
        let execution = self.uuid_generator.generate();
        Ok((EslCommand::execute(application, argument, execution, lock)?, execution))
    }

    /// Executes an application that ends at once, and waits for its end.
    pub(super) async fn run(
        &mut self,
        application: &'static str,
        argument: &str,
    ) -> Result<(), Interruption> {
        self.run_collecting_keys(application, argument, None).await
    }

    /// Like [`run`](Self::run), but passes on keys that are pressed meanwhile.
    pub(super) async fn run_collecting_keys(
        &mut self,
        application: &'static str,
        argument: &str,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        self.ensure_alive()?;
        let (command, execution) = self.execute(application, argument)?;
        self.send(&[command]).await?;
        self.wait_for_end(execution, REPLY_TIMEOUT, collector).await.map(drop)
    }

    /// Returns an error after the end of the call. Called before commands that make no sense then.
    pub(super) fn ensure_alive(&self) -> Result<(), Interruption> {
        if self.caller_gone { Err(Interruption::caller_hung_up()) } else { Ok(()) }
    }
}

const SWITCH_NOT_READING: &str = "the switch has stopped reading";
