//! Which message answers which command, and ends which application.
//!
//! An application says that it has ended, or it says nothing at all: one that FreeSWITCH does not know, one that was
//! thrown away by a `break`, one that was still queued when the call ended. So the end of the call is the end of all of
//! them, and whoever waits for one must have a deadline of its own, too.

use std::collections::VecDeque;

use super::channel_data::SocketMode;
use super::codec::Message;
use super::command::{Command, EventUuid};
use super::event::{Event, Kind};

/// The commands that wait for a reply, and the executes that have not ended, of one connection.
#[derive(Debug)]
pub struct Executions {
    /// Ours, and only ours: without `myevents` or a filter everybody's events come.
    unique_id: String,
    mode: SocketMode,
    /// Replies come in the order of the commands, one for each (`listener_run`).
    unanswered: VecDeque<Option<EventUuid>>,
    running: Vec<EventUuid>,
    gone: Option<Gone>,
}

/// What a message was to our commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The reply to the oldest command; if that was an execute, it goes on.
    Answer,
    /// The execute has ended.
    Ended(EventUuid, End),
    /// The call has, and with it all that ran. Said once, at the first sign.
    Gone(Gone),
    /// A reply that no command waited for: they are out of step, and no later one can be trusted.
    Unasked,
    /// Nothing: an event to look at, or the end of what was not ours or had ended before.
    Nothing,
}

/// How an execute ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
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
pub enum Gone {
    /// `CHANNEL_HANGUP`, or `CHANNEL_HANGUP_COMPLETE` without it.
    HungUp,
    /// `text/disconnect-notice`: hung up as well, or we were told goodbye.
    Disconnected,
}

impl Executions {
    /// A connection on which nothing was sent.
    pub fn new(unique_id: impl Into<String>, mode: SocketMode) -> Self {
        let (unanswered, running) = (VecDeque::new(), Vec::new());
        Self { unique_id: unique_id.into(), mode, unanswered, running, gone: None }
    }

    /// Takes note of a command that goes out, in the order in which they do. `connect` is one where its reply is heard
    /// here. What is executed after the call's end is taken by FreeSWITCH, and never run.
    pub fn sent(&mut self, command: &Command) {
        self.unanswered.push_back(command.execution());
        let runs = command.execution().filter(|_| self.gone.is_none());
        self.running.extend(runs);
    }

    /// What the message means for them.
    pub fn hear(&mut self, message: &Message) -> Meaning {
        match message {
            Message::Connected(_) | Message::ApiResponse(_) => self.answer(true),
            Message::Reply(reply) => self.answer(reply.ok),
            Message::Event(event) => self.event(event),
            Message::Disconnected { .. } => self.gone(Gone::Disconnected),
        }
    }

    /// Whether the execute has not ended.
    pub fn is_running(&self, execution: EventUuid) -> bool {
        self.running.contains(&execution)
    }

    /// Whether all executes have ended.
    pub fn is_quiet(&self) -> bool {
        self.running.is_empty()
    }

    /// Commands without a reply.
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Whether the call is over, and how that was told first.
    pub fn is_gone(&self) -> Option<Gone> {
        self.gone
    }

    /// Gives an execute up, so that its end is nobody's: after a `uuid_break … all`, or a deadline.
    pub fn forget(&mut self, execution: EventUuid) -> bool {
        let before = self.running.len();
        self.running.retain(|&running| running != execution);
        self.running.len() < before
    }

    fn answer(&mut self, ok: bool) -> Meaning {
        let Some(execution) = self.unanswered.pop_front() else { return Meaning::Unasked };
        let end = match self.mode {
            _ if !ok => End::Refused,
            SocketMode::Static => End::Returned,
            SocketMode::Async => return Meaning::Answer,
        };
        match execution.filter(|&execution| self.forget(execution)) {
            Some(execution) => Meaning::Ended(execution, end),
            None => Meaning::Answer,
        }
    }

    fn event(&mut self, event: &Event) -> Meaning {
        match event.kind() {
            Kind::ExecuteComplete => self.complete(event),
            Kind::Hangup | Kind::HangupComplete if self.is_ours(event) => self.gone(Gone::HungUp),
            _ => Meaning::Nothing,
        }
    }

    /// Others end on our channel too: the `socket` that made this connection, what the dialplan runs after it, what
    /// somebody else's connection executes.
    fn complete(&mut self, event: &Event) -> Meaning {
        let ended = event
            .application_uuid()
            .and_then(|uuid| self.running.iter().copied().find(|execution| execution.is(&uuid)));
        match ended.filter(|&execution| self.is_ours(event) && self.forget(execution)) {
            Some(execution) => Meaning::Ended(execution, End::Complete),
            // The application that made this connection is over: somebody else transferred the call, and it is no longer
            // ours to act on, although the connection stays (`socket_function`).
            None if self.is_ours(event) && event.application().as_deref() == Some("socket") => {
                self.gone(Gone::Disconnected)
            }
            None => Meaning::Nothing,
        }
    }

    fn is_ours(&self, event: &Event) -> bool {
        event.unique_id().is_some_and(|unique_id| unique_id == self.unique_id)
    }

    /// The `CHANNEL_EXECUTE_COMPLETE` of what ran may follow a hang-up, or not.
    fn gone(&mut self, gone: Gone) -> Meaning {
        self.running.clear();
        if self.gone.is_some() {
            return Meaning::Nothing;
        }
        self.gone = Some(gone);
        Meaning::Gone(gone)
    }
}
