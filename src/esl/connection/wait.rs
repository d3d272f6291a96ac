//! Waits for the end of an application, for keys, and for the end of the call.

use std::borrow::Cow;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::EslConnection;
use crate::channel::Interruption;
use crate::channel::digits::DigitCollector;
use crate::esl::codec::EslMessage;
use crate::esl::command::EventUuid;
use crate::esl::event::{EslEvent, EslEventKind};
use crate::esl::execution::{ExecutionEnd, ExecutionUpdate};

/// What a message means for the driver.
#[derive(Debug)]
pub(in crate::esl) enum EslConnectionEvent {
    ApplicationEnded {
        execution: EventUuid,
        completion: ExecutionCompletion,
    },
    /// FreeSWITCH has read a key from the channel.
    Key(char),
    Other,
}

/// The end of an application.
#[derive(Debug, Default)]
pub(in crate::esl) struct ExecutionCompletion {
    /// The event that reported it, if there was one.
    event: Option<EslEvent>,
    /// Time since the application was sent, or since the end of the last one before it.
    pub(in crate::esl) duration: Duration,
}

impl ExecutionCompletion {
    fn from_message(message: EslMessage) -> Self {
        match message {
            EslMessage::Event(event) => Self { event: Some(event), ..Self::default() },
            _ => Self::default(),
        }
    }

    /// `Application-Response`; empty if the application has set none.
    pub(in crate::esl) fn response(&self) -> Cow<'_, str> {
        self.event.as_ref().and_then(EslEvent::application_response).unwrap_or_default()
    }

    /// A channel variable, as it was when the application ended.
    pub(in crate::esl) fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.event.as_ref()?.variable(name)
    }
}

/// How the wait for an application ended.
#[derive(Debug)]
pub(in crate::esl) enum ExecutionWait {
    Ended(ExecutionCompletion),
    /// A key was pressed that ends the wait. The application still runs.
    Key,
    TimedOut,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslConnection<S> {
    /// Waits for the end of an application. Keys that are pressed meanwhile are passed to the collector.
    pub(in crate::esl) async fn wait_for_end(
        &mut self,
        execution: EventUuid,
        timeout: Duration,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<ExecutionCompletion, Interruption> {
        let due = Instant::now() + timeout;
        let push_key = |key| push_to(&mut collector, key);
        match self.wait_for_end_or_key(execution, due, push_key).await? {
            ExecutionWait::Ended(completion) => Ok(completion),
            ExecutionWait::Key | ExecutionWait::TimedOut => Err(not_ended(timeout)),
        }
    }

    /// Waits until an application ends, a key is pressed for which `ends_wait` is true, or `due` is reached.
    pub(in crate::esl) async fn wait_for_end_or_key(
        &mut self,
        execution: EventUuid,
        due: Instant,
        mut ends_wait: impl FnMut(char) -> bool + Send,
    ) -> Result<ExecutionWait, Interruption> {
        let mut began_at = Instant::now();
        while self.executions.is_running(execution) {
            match self.next_event(due).await? {
                Some(EslConnectionEvent::ApplicationEnded { execution: ended, completion })
                    if ended == execution =>
                {
                    let duration = began_at.elapsed();
                    return Ok(ExecutionWait::Ended(ExecutionCompletion {
                        duration,
                        ..completion
                    }));
                }
                Some(EslConnectionEvent::ApplicationEnded { .. }) => began_at = Instant::now(),
                Some(EslConnectionEvent::Key(key)) if ends_wait(key) => {
                    return Ok(ExecutionWait::Key);
                }
                Some(_) => {}
                None => return Ok(ExecutionWait::TimedOut),
            }
        }
        Ok(ExecutionWait::Ended(ExecutionCompletion::default()))
    }

    pub(in crate::esl) fn is_running(&self, execution: EventUuid) -> bool {
        self.executions.is_running(execution)
    }

    /// Whether none of our applications is running, or only this one.
    pub(in crate::esl) fn is_idle_except(&self, execution: Option<EventUuid>) -> bool {
        self.executions.is_idle_except(execution)
    }

    /// The next event, or `None` at `due`. The driver waits for FreeSWITCH only here.
    pub(in crate::esl) async fn next_event(
        &mut self,
        due: Instant,
    ) -> Result<Option<EslConnectionEvent>, Interruption> {
        let message = tokio::select! {
            biased;
            message = self.transport.next() => message,
            waited = self.deadline.wait_until(due) => return waited.map(|()| None),
        };
        match message {
            Some(Ok(message)) => self.handle_message(message).map(Some),
            Some(Err(error)) => Err(Interruption::connection_lost(error)),
            None if self.caller_gone => Err(Interruption::caller_hung_up()),
            None => Err(Interruption::connection_lost("the switch closed the connection")),
        }
    }

    fn handle_message(&mut self, message: EslMessage) -> Result<EslConnectionEvent, Interruption> {
        match (self.executions.handle_message(&message), message) {
            (ExecutionUpdate::CallEnded(_), _) => {
                self.caller_gone = true;
                Err(Interruption::caller_hung_up())
            }
            (ExecutionUpdate::UnexpectedReply, _) => {
                Err(Interruption::connection_lost("a reply that no command waits for"))
            }
            (ExecutionUpdate::Ended(_, ExecutionEnd::Refused), _) => Err(command_refused()),
            (_, EslMessage::Reply(reply)) if !reply.ok => Err(command_refused()),
            (_, EslMessage::ApiResponse(output)) => self.handle_output(output.as_bytes()),
            (ExecutionUpdate::Ended(execution, end), message) => {
                self.parked |= end == ExecutionEnd::Complete;
                Ok(EslConnectionEvent::ApplicationEnded {
                    execution,
                    completion: ExecutionCompletion::from_message(message),
                })
            }
            (_, EslMessage::Event(event)) => {
                Ok(dtmf_key(&event).map_or(EslConnectionEvent::Other, EslConnectionEvent::Key))
            }
            _ => Ok(EslConnectionEvent::Other),
        }
    }

    /// Handles the output of a function. When the channel hangs up, functions do not find it any more, and
    /// `CHANNEL_HANGUP` may come later.
    fn handle_output(&mut self, output: &[u8]) -> Result<EslConnectionEvent, Interruption> {
        if output.starts_with(b"+OK") {
            return Ok(EslConnectionEvent::Other);
        }
        if !output.starts_with(NO_CHANNEL) {
            // So the hand-over does without functions.
            self.controlled_channel = None;
            return Err(Interruption::Refused(FUNCTION_REFUSED.into()));
        }
        self.caller_gone = true;
        Err(Interruption::caller_hung_up())
    }

    /// Collects keys until one ends the prompt. Without a collector, waits for the end of the call.
    pub(in crate::esl) async fn wait_for_barge_in(
        &mut self,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        loop {
            let after_call = Instant::now() + self.deadline.remaining_with_margin();
            if let (Some(EslConnectionEvent::Key(key)), Some(collector)) =
                (self.next_event(after_call).await?, &mut collector)
            {
                collector.push_key(key, Instant::now());
                if collector.ends_prompt() {
                    return Ok(());
                }
            }
        }
    }

    pub(in crate::esl) async fn collect_keys_until(
        &mut self,
        until: Instant,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        while let Some(event) = self.next_event(until).await? {
            if let (EslConnectionEvent::Key(key), Some(collector)) = (event, &mut collector) {
                collector.push_key(key, Instant::now());
            }
        }
        Ok(())
    }
}

const FUNCTION_REFUSED: &str =
    "the switch refused a function of `api`: load mod_commands, or leave out `full`";
/// The output of a function for a channel that does not exist, or that has hung up (`switch_core_session_read_lock` in
/// `switch_core_rwlock.c`).
const NO_CHANNEL: &[u8] = b"-ERR No such channel";

/// Passes a key to the collector, if there is one. A key does not end the wait.
pub(super) fn push_to(collector: &mut Option<&mut DigitCollector<'_>>, key: char) -> bool {
    if let Some(collector) = collector {
        collector.push_key(key, Instant::now());
    }
    false
}

pub(super) fn not_ended(timeout: Duration) -> Interruption {
    Interruption::connection_lost(format!("an application did not end within {timeout:?}"))
}

fn command_refused() -> Interruption {
    Interruption::Refused("the switch replied -ERR".into())
}

fn dtmf_key(event: &EslEvent) -> Option<char> {
    (event.kind() == EslEventKind::Dtmf).then(|| event.digit()).flatten()
}
