//! Commands to FreeSWITCH.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::quote::{self, EslCommandError, MAX_COMMAND_BYTES};
use crate::wire::whole_seconds;

mod event_uuid;

pub use event_uuid::{EventUuid, EventUuidGenerator};

/// One command with its headers and its body, ready to send in one write. It has at most [`MAX_COMMAND_BYTES`]. Text
/// from outside cannot add a header to it.
#[derive(Clone, PartialEq, Eq)]
pub struct EslCommand {
    verb: &'static str,
    /// The application or the API function; empty for other commands.
    target: &'static str,
    event_uuid: Option<EventUuid>,
    bytes: Bytes,
}

/// What happens to an `execute` while another application runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventLock {
    /// It runs at once, inside the running application, which continues afterwards.
    Nested,
    /// It waits until the running application with this lock has ended (`switch_core_session_execute_application` under
    /// `CF_EVENT_LOCK`).
    Queued,
}

impl EslCommand {
    /// `connect`: the reply is the channel data. Must be the first command.
    ///
    /// It must be sent even if the call is refused: if the connection closes without it, the call stays parked for ever
    /// (`socket_function` waits for `LFLAG_CONNECTED` or the end of the listener, and parks in both cases). It is not
    /// sufficient: see [`EslConnection::release`](super::connection::EslConnection::release).
    pub fn connect() -> Self {
        Self::from_static("connect", "connect\n\n")
    }

    /// `myevents`: subscribes to 23 kinds of events of our channel only. Without `full` it is the only way to
    /// subscribe.
    pub fn my_events() -> Self {
        Self::from_static("myevents", "myevents\n\n")
    }

    /// `filter Unique-ID`: restricts the events of `event` to our channel.
    ///
    /// # Errors
    ///
    /// [`EslCommandError::InvalidWord`] if FreeSWITCH would read something else into the identifier.
    pub fn filter_unique_id(unique_id: &str) -> Result<Self, EslCommandError> {
        // FreeSWITCH interprets a sign before the value (`parse_command`).
        let unsigned = (!unique_id.starts_with('-')).then_some(unique_id);
        let word = quote::check_word(unsigned.unwrap_or_default())?;
        let line = format!("filter Unique-ID {word}");
        EslCommandBuilder::new("filter", "", &line)?.build()
    }

    /// `event plain`: adds kinds of events to the subscription. They are events of all channels, unless `myevents` or
    /// [`filter_unique_id`](Self::filter_unique_id) was sent. Needs `full`. Without a name the reply is `-ERR no
    /// keywords supplied`.
    pub fn event_plain(names: &[&'static str]) -> Self {
        let line = format!("event plain {}\n\n", names.join(" "));
        Self { verb: "event", target: "", event_uuid: None, bytes: Bytes::from(line) }
    }

    /// `linger`: keeps the connection open for some time after a hang-up, so that we receive the last events. Needs
    /// `full`. The time is sent in seconds, rounded up: at least 1, at most one day. Without a number FreeSWITCH keeps
    /// the dead channel for ever (`parse_command`).
    pub fn linger(time: Duration) -> Self {
        let seconds = whole_seconds(time).min(MAX_LINGER_SECONDS);
        let line = format!("linger {seconds}\n\n");
        Self { verb: "linger", target: "", event_uuid: None, bytes: Bytes::from(line) }
    }

    /// `exit`: FreeSWITCH sends a disconnect notice and closes the connection. The dialplan continues when the running
    /// and the queued applications have ended; after a `resume`, or with the variable `socket_resume`, it continues at
    /// once.
    pub fn exit() -> Self {
        Self::from_static("exit", "exit\n\n")
    }

    /// `resume`: at the end of the connection the running application is interrupted (`listener_run` sets `CS_RESET`),
    /// and `socket_function` lets the dialplan continue (`CS_EXECUTE`). It also sets the variable `socket_resume=true`,
    /// which does the same for each later `socket` of the call.
    ///
    /// In these cases the call stays in `CS_RESET` for ever, because nothing sets `CS_EXECUTE`:
    ///
    /// - with a `Socket-Mode` of `static`, since `socket_function` does that for `async` only;
    /// - if the call is transferred after the `resume` and the connection then ends in any way: the channel has left
    ///   `socket_function`, and `listener_run` does not know it.
    ///
    /// Both also happen without this command if the dialplan has set `socket_resume`: `listener_run` reads the variable
    /// too, in either mode. So in both cases the variable must be unset, and the reply awaited, before the connection
    /// ends.
    ///
    /// So this command may only be sent in async mode, as the last command before [`exit`](Self::exit), and never for a
    /// call that was or will be transferred. A call also continues in the dialplan without it.
    pub fn resume() -> Self {
        Self::from_static("resume", "resume\n\n")
    }

    /// `sendmsg` with `execute`: executes an application. In async mode `+OK` only means that it is queued, even if
    /// there is no such application. An unknown application hangs the call up with `DESTINATION_OUT_OF_ORDER`
    /// (`switch_core_session_execute_application_get_flags` in `switch_core_session.c`).
    ///
    /// FreeSWITCH evaluates `${…}` in the argument, and each application splits it in its own way. So text from outside
    /// must be escaped by [`variable`](super::variable), or checked for both. The argument may contain line breaks but
    /// no NUL.
    pub fn execute(
        application: &'static str,
        argument: &str,
        event_uuid: EventUuid,
        lock: EventLock,
    ) -> Result<Self, EslCommandError> {
        let mut builder = EslCommandBuilder::new("execute", application, "sendmsg")?
            .header("call-command", "execute")?
            .header("execute-app-name", application)?
            .header("Event-UUID", &event_uuid.to_string())?;
        builder.event_uuid = Some(event_uuid);
        if lock == EventLock::Queued {
            builder = builder.header("event-lock", "true")?;
        }
        if fits_in_header(argument) {
            return builder.header("execute-app-arg", argument)?.build();
        }
        builder.build_with_body(argument)
    }

    /// `sendmsg` with `hangup`, and the name or number of a cause. An unknown cause becomes `NORMAL_CLEARING`
    /// (`switch_channel_str2cause` in `switch_channel.c`).
    pub fn hangup(cause: &str) -> Result<Self, EslCommandError> {
        EslCommandBuilder::new("hangup", "", "sendmsg")?
            .header("call-command", "hangup")?
            .header("hangup-cause", quote::check_word(cause)?)?
            .build()
    }

    /// `api`: calls a function. The reply is its output. Until it has replied, FreeSWITCH handles nothing else on this
    /// connection, no events and no hang-up. Needs `full`. FreeSWITCH does not expand the arguments; each function
    /// splits them in its own way.
    pub fn api(function: &'static str, arguments: &str) -> Result<Self, EslCommandError> {
        EslCommandBuilder::new("api", function, &format!("api {function} {arguments}"))?.build()
    }

    /// `bgapi`: calls a function in the background. The result is the body of a `BACKGROUND_JOB` event with this
    /// `Job-UUID`.
    pub fn bgapi(
        function: &'static str,
        arguments: &str,
        job_uuid: EventUuid,
    ) -> Result<Self, EslCommandError> {
        EslCommandBuilder::new("bgapi", function, &format!("bgapi {function} {arguments}"))?
            .header("Job-UUID", &job_uuid.to_string())?
            .build()
    }

    /// The headers, the blank line and the body.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The command without its arguments, for logs: `execute playback`.
    pub fn verb(&self) -> String {
        [self.verb, self.target].join(" ").trim_end().to_owned()
    }

    /// The identifier of the execution that the command starts.
    pub fn event_uuid(&self) -> Option<EventUuid> {
        self.event_uuid
    }

    fn from_static(verb: &'static str, line: &'static str) -> Self {
        let bytes = Bytes::from_static(line.as_bytes());
        Self { verb, target: "", event_uuid: None, bytes }
    }
}

/// Arguments may be a PIN, so they are not shown.
impl fmt::Debug for EslCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EslCommand({})", self.verb())
    }
}

/// Maximum time of `linger`: one day.
const MAX_LINGER_SECONDS: u64 = 86_400;

/// Whether a header can carry the argument unchanged. FreeSWITCH removes spaces before a value, turns `ARRAY::` into a
/// list (`switch_event_base_add_header` in `switch_event.c`), ends a header at a line break, and may take it for
/// another command ([`EslCommandError::UnloadsModule`]). A body has none of these problems (`switch_ivr_parse_event` in
/// `switch_ivr.c`).
fn fits_in_header(argument: &str) -> bool {
    quote::check_header(argument).is_ok()
        && !argument.is_empty()
        && !argument.starts_with(' ')
        && !argument.starts_with("ARRAY::")
        && !quote::names_module(argument)
}

struct EslCommandBuilder {
    verb: &'static str,
    target: &'static str,
    event_uuid: Option<EventUuid>,
    text: String,
}

impl EslCommandBuilder {
    fn new(verb: &'static str, target: &'static str, line: &str) -> Result<Self, EslCommandError> {
        let text = format!("{}\n", quote::check_header(line)?.trim_end_matches(' '));
        Ok(Self { verb, target, event_uuid: None, text })
    }

    fn header(mut self, name: &'static str, value: &str) -> Result<Self, EslCommandError> {
        self.text.push_str(&format!("{name}: {}\n", quote::check_header(value)?));
        Ok(self)
    }

    fn build_with_body(self, body: &str) -> Result<EslCommand, EslCommandError> {
        if body.contains('\0') {
            return Err(EslCommandError::LineBreak);
        }
        if body.is_empty() {
            return self.build();
        }
        let builder = self
            .header("content-type", "text/plain")?
            .header("content-length", &body.len().to_string())?;
        builder.finish(body)
    }

    fn build(self) -> Result<EslCommand, EslCommandError> {
        self.finish("")
    }

    fn finish(mut self, body: &str) -> Result<EslCommand, EslCommandError> {
        quote::check_headers(&self.text)?;
        self.text.push('\n');
        self.text.push_str(body);
        let Self { verb, target, event_uuid, text } = self;
        match text.len() {
            bytes if bytes > MAX_COMMAND_BYTES => Err(EslCommandError::TooLong(bytes)),
            _ => Ok(EslCommand { verb, target, event_uuid, bytes: Bytes::from(text) }),
        }
    }
}
