//! Matches replies and events to commands and applications.
//!
//! For some applications FreeSWITCH never reports the end: an unknown one, one that a `break` has removed from the
//! queue, one that was queued when the call ended. So the end of the call counts as the end of all applications, and
//! every wait for an application needs a timeout.

use std::collections::VecDeque;

use super::channel_data::SocketMode;
use super::codec::EslMessage;
use super::command::{EslCommand, EventUuid};
use super::event::{EslEvent, EslEventKind};

/// The commands of one connection that have no reply yet, and its running applications.
#[derive(Debug)]
pub struct PendingExecutions {
    /// The identifier of our channel. Without `myevents` or a filter, events of all channels are received.
    unique_id: String,
    mode: SocketMode,
    /// FreeSWITCH sends one reply to each command, in order (`listener_run`).
    unanswered: VecDeque<Option<EventUuid>>,
    running: Vec<EventUuid>,
    call_end: Option<EslCallEnd>,
}

/// What a message means for the pending commands and applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionUpdate {
    /// The reply to the oldest command. If that was an `execute`, the application is running.
    Replied,
    Ended(EventUuid, ExecutionEnd),
    /// The call has ended, and with it all applications. Reported once.
    CallEnded(EslCallEnd),
    /// A reply although no command waits for one. Replies can no longer be matched to commands.
    UnexpectedReply,
    /// An event that ends nothing, or that ends an application that is not ours or has ended already.
    Unrelated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionEnd {
    /// `CHANNEL_EXECUTE_COMPLETE`. The application may have succeeded or failed.
    Complete,
    /// The reply, in static mode: FreeSWITCH sends it when the application has ended, and sends all its events
    /// afterwards (`parse_command` executes it in `switch_ivr_parse_event`). It also sends the reply if there is no
    /// such application.
    Returned,
    Refused,
}

/// How the call, or our control of it, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EslCallEnd {
    /// `CHANNEL_HANGUP`, or `CHANNEL_HANGUP_COMPLETE` if that comes first.
    HungUp,
    /// `text/disconnect-notice` after a hang-up or an `exit`, or the end of the `socket` application.
    Disconnected,
}

impl PendingExecutions {
    pub fn new(unique_id: impl Into<String>, mode: SocketMode) -> Self {
        let (unanswered, running) = (VecDeque::new(), Vec::new());
        Self { unique_id: unique_id.into(), mode, unanswered, running, call_end: None }
    }

    /// Records a command that was sent; to be called in the order of sending. Not for a `connect` whose reply is read
    /// elsewhere. After the end of the call, FreeSWITCH accepts an `execute` but never runs it.
    pub fn record_sent(&mut self, command: &EslCommand) {
        self.unanswered.push_back(command.event_uuid());
        let runs = command.event_uuid().filter(|_| self.call_end.is_none());
        self.running.extend(runs);
    }

    pub fn handle_message(&mut self, message: &EslMessage) -> ExecutionUpdate {
        match message {
            EslMessage::ChannelData(_) | EslMessage::ApiResponse(_) => self.handle_reply(true),
            EslMessage::Reply(reply) => self.handle_reply(reply.ok),
            EslMessage::Event(event) => self.handle_event(event),
            EslMessage::Disconnected { .. } => self.end_call(EslCallEnd::Disconnected),
        }
    }

    pub fn is_running(&self, execution: EventUuid) -> bool {
        self.running.contains(&execution)
    }

    /// Whether no application is running, or only this one.
    pub(crate) fn is_idle_except(&self, execution: Option<EventUuid>) -> bool {
        self.running.iter().all(|&running| Some(running) == execution)
    }

    /// Number of commands without a reply.
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// How the call has ended, if it has.
    pub fn call_end(&self) -> Option<EslCallEnd> {
        self.call_end
    }

    /// Removes an application from the running ones, after a `uuid_break … all` or a timeout. Its end is then
    /// [`ExecutionUpdate::Unrelated`]. Returns whether it was running.
    pub fn forget(&mut self, execution: EventUuid) -> bool {
        let before = self.running.len();
        self.running.retain(|&running| running != execution);
        self.running.len() < before
    }

    fn handle_reply(&mut self, ok: bool) -> ExecutionUpdate {
        let Some(execution) = self.unanswered.pop_front() else {
            return ExecutionUpdate::UnexpectedReply;
        };
        let end = match self.mode {
            _ if !ok => ExecutionEnd::Refused,
            SocketMode::Static => ExecutionEnd::Returned,
            SocketMode::Async => return ExecutionUpdate::Replied,
        };
        match execution.filter(|&execution| self.forget(execution)) {
            Some(execution) => ExecutionUpdate::Ended(execution, end),
            None => ExecutionUpdate::Replied,
        }
    }

    fn handle_event(&mut self, event: &EslEvent) -> ExecutionUpdate {
        match event.kind() {
            EslEventKind::ExecuteComplete => self.handle_execute_complete(event),
            EslEventKind::Hangup | EslEventKind::HangupComplete
                if self.concerns_our_channel(event) =>
            {
                self.end_call(EslCallEnd::HungUp)
            }
            _ => ExecutionUpdate::Unrelated,
        }
    }

    /// Other applications end on our channel too: the `socket` that made this connection, those that the dialplan
    /// executes after it, and those of other connections.
    fn handle_execute_complete(&mut self, event: &EslEvent) -> ExecutionUpdate {
        let ended = event.application_uuid().and_then(|uuid| {
            self.running.iter().copied().find(|execution| execution.matches(&uuid))
        });
        match ended.filter(|&execution| self.concerns_our_channel(event) && self.forget(execution))
        {
            Some(execution) => ExecutionUpdate::Ended(execution, ExecutionEnd::Complete),
            // The `socket` application that made this connection has ended: someone has transferred the call. Our
            // commands have no effect on it any more, although the connection stays open (`socket_function`).
            None if self.concerns_our_channel(event)
                && event.application().as_deref() == Some("socket") =>
            {
                self.end_call(EslCallEnd::Disconnected)
            }
            None => ExecutionUpdate::Unrelated,
        }
    }

    fn concerns_our_channel(&self, event: &EslEvent) -> bool {
        event.unique_id().is_some_and(|unique_id| unique_id == self.unique_id)
    }

    /// After a hang-up, a `CHANNEL_EXECUTE_COMPLETE` of a running application may follow, or may not.
    fn end_call(&mut self, end: EslCallEnd) -> ExecutionUpdate {
        self.running.clear();
        if self.call_end.is_some() {
            return ExecutionUpdate::Unrelated;
        }
        self.call_end = Some(end);
        ExecutionUpdate::CallEnded(end)
    }
}
