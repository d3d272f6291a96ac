//! Which message answers which command, and ends which application.
//!
//! An application says that it has ended, or it says nothing at all: one that FreeSWITCH does not know, one that was
//! thrown away by a `break`, one that was still queued when the call ended. So the end of the call is the end of all of
//! them, and whoever waits for one must have a deadline of its own, too.

use std::collections::VecDeque;

use super::channel_data::SocketMode;
use super::codec::EslMessage;
use super::command::{EslCommand, EventUuid};
use super::event::{EslEvent, EslEventKind};

/// The commands that wait for a reply, and the executes that have not ended, of one connection.
#[derive(Debug)]
pub struct PendingExecutions {
    /// Ours, and only ours: without `myevents` or a filter everybody's events come.
    unique_id: String,
    mode: SocketMode,
    /// Replies come in the order of the commands, one for each (`listener_run`).
    unanswered: VecDeque<Option<EventUuid>>,
    running: Vec<EventUuid>,
    call_end: Option<EslCallEnd>,
}

/// What a message was to our commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionUpdate {
    /// The reply to the oldest command; if that was an execute, it goes on.
    Replied,
    /// The execute has ended.
    Ended(EventUuid, ExecutionEnd),
    /// The call has, and with it all that ran. Said once, at the first sign.
    CallEnded(EslCallEnd),
    /// A reply that no command waited for: they are out of step, and no later one can be trusted.
    UnexpectedReply,
    /// Nothing: an event to look at, or the end of what was not ours or had ended before.
    Unrelated,
}

/// How an execute ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionEnd {
    /// `CHANNEL_EXECUTE_COMPLETE` came. Whether it did what it should is another matter.
    Complete,
    /// The reply came, in static mode: it is given when the application is done, and all events of it follow
    /// (`parse_command` runs it in `switch_ivr_parse_event`). Also where there is no such application.
    Returned,
    /// The command was refused.
    Refused,
}

/// How the call, or our control of it, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EslCallEnd {
    /// `CHANNEL_HANGUP`, or `CHANNEL_HANGUP_COMPLETE` without it.
    HungUp,
    /// `text/disconnect-notice`: hung up as well, or we were told goodbye.
    Disconnected,
}

impl PendingExecutions {
    /// A connection on which nothing was sent.
    pub fn new(unique_id: impl Into<String>, mode: SocketMode) -> Self {
        let (unanswered, running) = (VecDeque::new(), Vec::new());
        Self { unique_id: unique_id.into(), mode, unanswered, running, call_end: None }
    }

    /// Takes note of a command that goes out, in the order in which they do. `connect` is one where its reply is heard
    /// here. What is executed after the call's end is taken by FreeSWITCH, and never run.
    pub fn record_sent(&mut self, command: &EslCommand) {
        self.unanswered.push_back(command.event_uuid());
        let runs = command.event_uuid().filter(|_| self.call_end.is_none());
        self.running.extend(runs);
    }

    /// What the message means for them.
    pub fn handle_message(&mut self, message: &EslMessage) -> ExecutionUpdate {
        match message {
            EslMessage::ChannelData(_) | EslMessage::ApiResponse(_) => self.handle_reply(true),
            EslMessage::Reply(reply) => self.handle_reply(reply.ok),
            EslMessage::Event(event) => self.handle_event(event),
            EslMessage::Disconnected { .. } => self.end_call(EslCallEnd::Disconnected),
        }
    }

    /// Whether the execute has not ended.
    pub fn is_running(&self, execution: EventUuid) -> bool {
        self.running.contains(&execution)
    }

    /// Whether all executes have ended.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Commands without a reply.
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Whether the call is over, and how that was told first.
    pub fn call_end(&self) -> Option<EslCallEnd> {
        self.call_end
    }

    /// Gives an execute up, so that its end is nobody's: after a `uuid_break … all`, or a deadline.
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

    /// Others end on our channel too: the `socket` that made this connection, what the dialplan runs after it, what
    /// somebody else's connection executes.
    fn handle_execute_complete(&mut self, event: &EslEvent) -> ExecutionUpdate {
        let ended = event.application_uuid().and_then(|uuid| {
            self.running.iter().copied().find(|execution| execution.matches(&uuid))
        });
        match ended.filter(|&execution| self.concerns_our_channel(event) && self.forget(execution))
        {
            Some(execution) => ExecutionUpdate::Ended(execution, ExecutionEnd::Complete),
            // The application that made this connection is over: somebody else transferred the call, and it is no longer
            // ours to act on, although the connection stays (`socket_function`).
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

    /// The `CHANNEL_EXECUTE_COMPLETE` of what ran may follow a hang-up, or not.
    fn end_call(&mut self, gone: EslCallEnd) -> ExecutionUpdate {
        self.running.clear();
        if self.call_end.is_some() {
            return ExecutionUpdate::Unrelated;
        }
        self.call_end = Some(gone);
        ExecutionUpdate::CallEnded(gone)
    }
}
