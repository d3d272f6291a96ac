//! The connection of one call: commands, what they start, and what comes unasked.

use std::borrow::Cow;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};
use tokio_util::codec::Framed;

use super::channel_data::{ChannelData, SocketControl, SocketMode};
use super::codec::{EslCodec, EslMessage};
use super::command::{EslCommand, EventLock, EventUuid, EventUuidGenerator};
use super::event::{EslEvent, EslEventKind};
use super::execution::{ExecutionEnd, ExecutionUpdate, PendingExecutions};
use super::quote::EslCommandError;
use crate::channel::deadline::CallDeadline;
use crate::channel::digits::DigitCollector;
use crate::channel::{CallLimits, Interruption};

/// For an application that does what it does at once. FreeSWITCH takes one each 20 ms frame.
pub(super) const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// For FreeSWITCH's goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Events that are listened to where `full` allows the choice; `myevents` would bring 20 kinds more, of 7 kB each.
const SUBSCRIBED_EVENTS: [&str; 4] =
    ["CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "DTMF"];
/// A variable of dialplans that strands a call in CS_RESET when we close, if it is transferred or its `socket` line
/// lacks `async` (`listener_run`, `socket_function`).
pub(super) const SOCKET_RESUME: &str = "socket_resume";
/// The reply to `connect` is of 4 to 8 kB.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// A connection whose channel is known.
pub struct EslConnection<S> {
    framed: Framed<S, EslCodec>,
    pub(super) deadline: CallDeadline,
    executions: PendingExecutions,
    uuid_generator: EventUuidGenerator,
    mode: SocketMode,
    /// The call has ended, or our hold on it.
    pub(super) caller_gone: bool,
}

/// What came.
#[derive(Debug)]
pub(super) enum EslConnectionEvent {
    /// An application has ended.
    ApplicationEnded { execution: EventUuid, completion: ExecutionCompletion },
    /// A key was taken off the channel.
    Key(char),
    /// Something that changes nothing for us.
    Other,
}

/// What an application says of itself when it has ended: its event, where there is one.
#[derive(Debug, Default)]
pub(super) struct ExecutionCompletion(Option<EslEvent>);

impl ExecutionCompletion {
    fn from_message(message: &EslMessage) -> Self {
        match message {
            EslMessage::Event(event) => Self(Some(event.clone())),
            _ => Self::default(),
        }
    }

    /// `Application-Response`; empty where there is none. Only some applications give one.
    pub(super) fn response(&self) -> Cow<'_, str> {
        self.0.as_ref().and_then(EslEvent::application_response).unwrap_or_default()
    }

    /// A channel variable, as it was then.
    pub(super) fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.as_ref()?.variable(name)
    }
}

/// How the wait for an application ended.
#[derive(Debug)]
pub(super) enum ExecutionWait {
    /// With it.
    Ended(ExecutionCompletion),
    /// With a key after which it need not go on.
    Key,
    /// With the time.
    TimedOut,
}

/// Takes a connection over: asks whom it is about, within `time`, and asks for its events.
///
/// # Errors
///
/// When FreeSWITCH does not say: the connection is of no use.
pub async fn open<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    bounds: CallLimits,
    time: Duration,
) -> Result<(EslConnection<S>, ChannelData), Interruption> {
    let mut wire = Framed::with_capacity(stream, EslCodec::default(), READ_BUFFER_BYTES);
    let connect = EslCommand::connect();
    let connected = async {
        wire.send(&connect).await?;
        wire.next().await.transpose()
    };
    let data = match timeout(time, connected).await {
        Ok(Ok(Some(EslMessage::ChannelData(data)))) => data,
        Ok(Ok(Some(_))) => {
            return Err(Interruption::connection_lost("the switch sent no channel data"));
        }
        Ok(Ok(None)) => {
            return Err(Interruption::connection_lost(
                "the switch closed the connection before it sent the channel data",
            ));
        }
        Ok(Err(error)) => return Err(Interruption::connection_lost(error)),
        Err(_) => {
            return Err(Interruption::connection_lost(format!("no channel data within {time:?}")));
        }
    };
    let unique_id = data.unique_id().unwrap_or_default().into_owned();
    let mode = data.socket_mode();
    let executions = PendingExecutions::new(&*unique_id, mode);
    let uuids = EventUuidGenerator::default();
    let watch = CallDeadline::new(bounds);
    let mut link = EslConnection {
        framed: wire,
        deadline: watch,
        executions,
        uuid_generator: uuids,
        mode,
        caller_gone: false,
    };
    match link.subscribe(&unique_id, data.control()).await {
        Ok(()) => Ok((link, data)),
        Err(interrupted) => {
            link.release(&data).await;
            Err(interrupted)
        }
    }
}

/// Lets a call go that is not served, in as many words as one that is: see [`EslConnection::release`].
pub async fn refuse<S: AsyncRead + AsyncWrite + Unpin + Send>(stream: S, time: Duration) {
    if let Ok((link, data)) = open(stream, CallLimits::with_timeout(time), time).await {
        link.release(&data).await;
    }
}

impl From<EslCommandError> for Interruption {
    fn from(unsendable: EslCommandError) -> Self {
        Self::Refused(unsendable.to_string())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslConnection<S> {
    /// The filter goes first: without it the events of everybody's calls would come. A profile with
    /// `inbound-use-callid-as-uuid` lets the caller choose the identifier; one that a filter would read something into
    /// is not put into one.
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

    /// Whether applications run beside our commands: with a `socket` line without `async` they do not.
    pub fn is_async(&self) -> bool {
        self.mode == SocketMode::Async
    }

    /// All of them in one write.
    pub(super) async fn send(&mut self, commands: &[EslCommand]) -> Result<(), Interruption> {
        let due = Instant::now() + REPLY_TIMEOUT;
        for command in commands {
            tokio::select! {
                biased;
                fed = self.framed.feed(command) => fed.map_err(Interruption::connection_lost)?,
                over = self.deadline.wait_until(due) => return over.and(Err(Interruption::connection_lost(SWITCH_NOT_READING))),
            }
            self.executions.record_sent(command);
        }
        tokio::select! {
            biased;
            flushed = self.framed.flush() => flushed.map_err(Interruption::connection_lost),
            over = self.deadline.wait_until(due) => over.and(Err(Interruption::connection_lost(SWITCH_NOT_READING))),
        }
    }

    /// An application, ready to be sent, and the name of this run of it.
    pub(super) fn execute(
        &mut self,
        application: &'static str,
        argument: &str,
    ) -> Result<(EslCommand, EventUuid), Interruption> {
        let execution = self.uuid_generator.generate();
        let command = EslCommand::execute(application, argument, execution, EventLock::Nested)?;
        Ok((command, execution))
    }

    /// An application that takes no time, from its start to its end.
    pub(super) async fn run(
        &mut self,
        application: &'static str,
        argument: &str,
    ) -> Result<(), Interruption> {
        self.run_collecting_keys(application, argument, None).await
    }

    /// The same; keys that come meanwhile are for `collector`.
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

    /// The end of an application; keys that come meanwhile are for `collector`.
    pub(super) async fn wait_for_end(
        &mut self,
        execution: EventUuid,
        time: Duration,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<ExecutionCompletion, Interruption> {
        let due = Instant::now() + time;
        let key = |key| {
            if let Some(collector) = collector.as_mut() {
                collector.push_key(key, Instant::now());
            }
            false
        };
        match self.wait_for_end_or_key(execution, due, key).await? {
            ExecutionWait::Ended(completion) => Ok(completion),
            ExecutionWait::Key | ExecutionWait::TimedOut => Err(Interruption::connection_lost(
                format!("an application did not end within {time:?}"),
            )),
        }
    }

    /// Waits until an application has ended, until `due`, or for a key of which `is_last` says that no more is needed.
    pub(super) async fn wait_for_end_or_key(
        &mut self,
        execution: EventUuid,
        due: Instant,
        mut is_last: impl FnMut(char) -> bool + Send,
    ) -> Result<ExecutionWait, Interruption> {
        while self.executions.is_running(execution) {
            match self.next_event(due).await? {
                Some(EslConnectionEvent::ApplicationEnded { execution: ended, completion })
                    if ended == execution =>
                {
                    return Ok(ExecutionWait::Ended(completion));
                }
                Some(EslConnectionEvent::Key(key)) if is_last(key) => {
                    return Ok(ExecutionWait::Key);
                }
                Some(_) => {}
                None => return Ok(ExecutionWait::TimedOut),
            }
        }
        Ok(ExecutionWait::Ended(ExecutionCompletion::default()))
    }

    /// Ends a sound. `break` runs inside of it, which works without `full` too; where the sound has ended meanwhile it
    /// does nothing.
    pub(super) async fn break_application(
        &mut self,
        execution: EventUuid,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        if self.executions.is_running(execution) && self.is_async() {
            let (command, _) = self.execute("break", "")?;
            self.send(&[command]).await?;
        }
        self.wait_for_end(execution, REPLY_TIMEOUT, collector).await.map(drop)
    }

    /// Whether no application of ours runs.
    pub(super) fn is_idle(&self) -> bool {
        self.executions.is_idle()
    }

    /// What comes next, unless `due`, a stop, or the longest call comes first.
    pub(super) async fn next_event(
        &mut self,
        due: Instant,
    ) -> Result<Option<EslConnectionEvent>, Interruption> {
        let message = tokio::select! {
            biased;
            message = self.framed.next() => message,
            over = self.deadline.wait_until(due) => return over.map(|()| None),
        };
        match message {
            Some(Ok(message)) => self.handle_message(&message).map(Some),
            Some(Err(error)) => Err(Interruption::connection_lost(error)),
            None if self.caller_gone => Err(Interruption::caller_hung_up()),
            None => Err(Interruption::connection_lost("the switch closed the connection")),
        }
    }

    fn handle_message(&mut self, message: &EslMessage) -> Result<EslConnectionEvent, Interruption> {
        match (self.executions.handle_message(message), message) {
            (ExecutionUpdate::CallEnded(_), _) => {
                self.caller_gone = true;
                Err(Interruption::caller_hung_up())
            }
            (ExecutionUpdate::UnexpectedReply, _) => {
                Err(Interruption::connection_lost("a reply that no command waits for"))
            }
            (ExecutionUpdate::Ended(_, ExecutionEnd::Refused), _) => Err(command_refused()),
            (_, EslMessage::Reply(reply)) if !reply.ok => Err(command_refused()),
            (ExecutionUpdate::Ended(execution, _), message) => {
                Ok(EslConnectionEvent::ApplicationEnded {
                    execution,
                    completion: ExecutionCompletion::from_message(message),
                })
            }
            (_, EslMessage::Event(event)) => {
                Ok(dtmf_key(event).map_or(EslConnectionEvent::Other, EslConnectionEvent::Key))
            }
            _ => Ok(EslConnectionEvent::Other),
        }
    }

    /// Keys for `collector` until one ends the prompt.
    pub(super) async fn wait_for_barge_in(
        &mut self,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        loop {
            let far = Instant::now() + self.deadline.remaining_with_margin();
            if let (Some(EslConnectionEvent::Key(key)), Some(collector)) =
                (self.next_event(far).await?, &mut collector)
            {
                collector.push_key(key, Instant::now());
                if collector.ends_prompt() {
                    return Ok(());
                }
            }
        }
    }

    /// Keys for `collector` until a time.
    pub(super) async fn collect_keys_until(
        &mut self,
        until: Instant,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        while let Some(news) = self.next_event(until).await? {
            if let (EslConnectionEvent::Key(key), Some(collector)) = (news, &mut collector) {
                collector.push_key(key, Instant::now());
            }
        }
        Ok(())
    }

    /// What needs a call is not even sent when there is none.
    pub(super) fn ensure_alive(&self) -> Result<(), Interruption> {
        if self.caller_gone { Err(Interruption::caller_hung_up()) } else { Ok(()) }
    }

    /// Gives back a call for which nothing was done.
    ///
    /// FreeSWITCH reads us in a thread of its own, and the call goes its way to `switch_ivr_park` meanwhile, which
    /// holds it until our connection has ended. One that ended before the call came there holds it for ever: `park` sets the
    /// flag that our end has cleared already. An application is run by `park`: where one has ended, the call is there.
    pub async fn release(mut self, data: &ChannelData) {
        self.deadline.start_handover();
        // Why it did not run, if it did not, changes nothing: the connection ends either way.
        drop(self.run("eval", "").await);
        if !self.is_async() && data.variable(SOCKET_RESUME).is_some() {
            drop(self.run("unset", SOCKET_RESUME).await);
        }
        self.close().await;
    }

    /// Says goodbye, and waits for FreeSWITCH's: closing over unread bytes would reset the connection, and the commands
    /// before with it.
    pub async fn close(&mut self) {
        let goodbye = async {
            self.send(&[EslCommand::exit()]).await?;
            while let Some(Ok(_)) = self.framed.next().await {}
            Ok::<_, Interruption>(())
        };
        // Whether it comes is FreeSWITCH's affair: the connection ends either way.
        drop(timeout(CLOSE_TIMEOUT, goodbye).await);
    }
}

const SWITCH_NOT_READING: &str = "the switch has stopped reading";

fn command_refused() -> Interruption {
    Interruption::Refused("the switch replied -ERR".into())
}

fn dtmf_key(event: &EslEvent) -> Option<char> {
    (event.kind() == EslEventKind::Dtmf).then(|| event.digit()).flatten()
}
