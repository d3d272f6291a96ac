//! What we send to FreeSWITCH.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::quote::{self, EslCommandError, MAX_COMMAND_BYTES};
use crate::wire::whole_seconds;

/// One command with all its lines and its body, ready to be sent in one write: at most [`COMMAND_BYTES`], and nothing
/// from outside in it that begins another line.
#[derive(Clone, PartialEq, Eq)]
pub struct EslCommand {
    verb: &'static str,
    /// The application or the function.
    target: &'static str,
    event_uuid: Option<EventUuid>,
    bytes: Bytes,
}

/// The name of one execute, by which its events are known: `Event-UUID` in the command, `Application-UUID` in them
/// (`switch_ivr_parse_event` in `switch_ivr.c`, `switch_core_session_exec` in `switch_core_session.c`).
///
/// It must be unique among the applications that run on one channel under our connection, so a counter is enough. What
/// FreeSWITCH makes up for others are 36 hexadecimal digits and dashes, which `dialscript-1` is never equal to. Two of
/// our connections to one channel at a time, of which FreeSWITCH lets the dialplan make a second, would take each
/// other's events for theirs: neither must be believed to have ended more than its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventUuid(u64);

impl EventUuid {
    /// Whether the text, an `Application-UUID`, is this one.
    pub fn matches(self, text: &str) -> bool {
        let number = text.strip_prefix(EVENT_UUID_PREFIX);
        number.is_some_and(|number| number == self.0.to_string())
    }
}

const EVENT_UUID_PREFIX: &str = "dialscript-";

impl fmt::Display for EventUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{EVENT_UUID_PREFIX}{}", self.0)
    }
}

/// Makes the names of a connection's executes.
#[derive(Debug, Default)]
pub struct EventUuidGenerator(u64);

impl EventUuidGenerator {
    /// One that was not there before.
    pub fn generate(&mut self) -> EventUuid {
        self.0 += 1;
        EventUuid(self.0)
    }
}

/// What happens to an execute that comes while another runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventLock {
    /// It runs at once, inside the one that runs, which goes on afterwards.
    Nested,
    /// It waits until the one that runs with this lock is done (`switch_core_session_execute_application` under
    /// `CF_EVENT_LOCK`).
    Queued,
}

impl EslCommand {
    /// `connect`: answered by the channel's data. Must be the first command, and must be sent even where the call is
    /// refused: a connection that closes before it leaves the call parked for ever (`socket_function` waits for
    /// `LFLAG_CONNECTED` or the listener's end, and parks either way). It is not enough:
    /// [`EslConnection::release`](super::link::Link::let_go).
    pub fn connect() -> Self {
        Self::from_static("connect", "connect\n\n")
    }

    /// `myevents`: the channel's own events of 23 kinds, and no others' from here on. All that there is without `full`.
    pub fn my_events() -> Self {
        Self::from_static("myevents", "myevents\n\n")
    }

    /// `filter Unique-ID`: of the events that `event` asked for, only the channel's.
    ///
    /// # Errors
    /// An identifier that is no word.
    pub fn filter_unique_id(unique_id: &str) -> Result<Self, EslCommandError> {
        // A sign before the value adds or negates (`parse_command`).
        let unsigned = (!unique_id.starts_with('-')).then_some(unique_id);
        let word = quote::check_word(unsigned.unwrap_or_default())?;
        let line = format!("filter Unique-ID {word}");
        EslCommandBuilder::new("filter", "", &line)?.build()
    }

    /// `event plain`: events by name, with those that were asked for before. Everybody's, unless `myevents` or
    /// [`filter_unique_id`](Self::filter_unique_id) was sent. Wants `full`. No name is `-ERR no keywords supplied`.
    pub fn event_plain(names: &[&'static str]) -> Self {
        let line = format!("event plain {}\n\n", names.join(" "));
        Self { verb: "event", target: "", event_uuid: None, bytes: Bytes::from(line) }
    }

    /// `linger`: after a hang-up the connection stays open for the time, so that nothing that is said of it is lost.
    /// Wants `full`. Sent in seconds, rounded up, at least 1: without a number FreeSWITCH keeps the dead channel for
    /// ever (`parse_command`).
    pub fn linger(time: Duration) -> Self {
        let seconds = whole_seconds(time).min(MAX_LINGER_SECONDS);
        let line = format!("linger {seconds}\n\n");
        Self { verb: "linger", target: "", event_uuid: None, bytes: Bytes::from(line) }
    }

    /// `exit`: FreeSWITCH says goodbye and closes. The dialplan goes on with its next action when what runs, and what
    /// is queued, is done; with a `resume` before it, or the variable `socket_resume`, at once.
    pub fn exit() -> Self {
        Self::from_static("exit", "exit\n\n")
    }

    /// `resume`: at the end of the connection, what runs is broken off (`listener_run` sets `CS_RESET`), and
    /// `socket_function` lets the dialplan go on (`CS_EXECUTE`). It also sets the variable `socket_resume=true`, which
    /// does the same for each later `socket` of the call.
    ///
    /// It strands a call for ever, in `CS_RESET` with nobody to set `CS_EXECUTE`, in these orders:
    ///
    /// - with a `Socket-Mode` of `static`: `socket_function` does that for `async` only;
    /// - `resume`, then a transfer, then the end, by `exit`, a close or a crash: the channel has moved on, and
    ///   `listener_run` does not know;
    /// - both of these also without this command, where the dialplan has set `socket_resume`: `listener_run` looks at
    ///   the variable too, in either mode. Whoever leaves such a call unsets it first, and waits until that is done.
    ///
    /// So it may be sent, if at all, in async mode, as the last command before [`exit`](Self::exit), and never on a
    /// call that was or will be transferred. The call goes on without it too.
    pub fn resume() -> Self {
        Self::from_static("resume", "resume\n\n")
    }

    /// `sendmsg` of an `execute`. In async mode `+OK` says that it is queued, no more: also where there is no such
    /// application, which then hangs the call up with `DESTINATION_OUT_OF_ORDER`
    /// (`switch_core_session_execute_application_get_flags` in `switch_core_session.c`).
    ///
    /// FreeSWITCH evaluates `${…}` in the argument, and the application splits it as it likes: text from outside comes
    /// from [`quote`] or was checked for both. It may hold line breaks.
    ///
    /// # Errors
    /// A NUL in the argument, or one that is too long.
    pub fn execute(
        application: &'static str,
        argument: &str,
        event_uuid: EventUuid,
        lock: EventLock,
    ) -> Result<Self, EslCommandError> {
        let mut lines = EslCommandBuilder::new("execute", application, "sendmsg")?
            .header("call-command", "execute")?
            .header("execute-app-name", application)?
            .header("Event-UUID", &event_uuid.to_string())?;
        lines.event_uuid = Some(event_uuid);
        if lock == EventLock::Queued {
            lines = lines.header("event-lock", "true")?;
        }
        if fits_in_header(argument) {
            return lines.header("execute-app-arg", argument)?.build();
        }
        lines.build_with_body(argument)
    }

    /// `sendmsg` of a `hangup`, with the name or the number of a cause; one that FreeSWITCH does not know is
    /// `NORMAL_CLEARING` (`switch_channel_str2cause` in `switch_channel.c`).
    ///
    /// # Errors
    /// A cause that is no word.
    pub fn hangup(cause: &str) -> Result<Self, EslCommandError> {
        EslCommandBuilder::new("hangup", "", "sendmsg")?
            .header("call-command", "hangup")?
            .header("hangup-cause", quote::check_word(cause)?)?
            .build()
    }

    /// `api`: runs a function while the connection waits, events and hang-ups too; answered by what it wrote. Wants
    /// `full`. Nothing is expanded in the arguments; how they are split is the function's affair.
    ///
    /// # Errors
    /// A line break in the arguments, too many of them, or both names that make `unload mod_event_socket` of them.
    pub fn api(function: &'static str, arguments: &str) -> Result<Self, EslCommandError> {
        EslCommandBuilder::new("api", function, &format!("api {function} {arguments}"))?.build()
    }

    /// `bgapi`: the same beside the connection; the result is the body of a `BACKGROUND_JOB` with this `Job-UUID`.
    ///
    /// # Errors
    /// Those of [`api`](Self::api).
    pub fn bgapi(
        function: &'static str,
        arguments: &str,
        job_uuid: EventUuid,
    ) -> Result<Self, EslCommandError> {
        EslCommandBuilder::new("bgapi", function, &format!("bgapi {function} {arguments}"))?
            .header("Job-UUID", &job_uuid.to_string())?
            .build()
    }

    /// The bytes, with the blank line and the body.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the command does, for logs: `execute playback`, without any argument.
    pub fn verb(&self) -> String {
        [self.verb, self.target].join(" ").trim_end().to_owned()
    }

    /// The name of the execute that it begins.
    pub fn event_uuid(&self) -> Option<EventUuid> {
        self.event_uuid
    }

    fn from_static(verb: &'static str, line: &'static str) -> Self {
        let bytes = Bytes::from_static(line.as_bytes());
        Self { verb, target: "", event_uuid: None, bytes }
    }
}

/// Arguments may be a PIN: only the verb is shown.
impl fmt::Debug for EslCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EslCommand({})", self.verb())
    }
}

/// A day, in seconds.
const MAX_LINGER_SECONDS: u64 = 86_400;

/// Whether a header brings the argument over as it is: FreeSWITCH takes the spaces before a value away, makes a list of
/// `ARRAY::` (`switch_event_base_add_header` in `switch_event.c`), knows no line breaks in it, and may read another
/// command into it ([`EslCommandError::UnloadsModule`]). A body has none of that (`switch_ivr_parse_event` in `switch_ivr.c`).
fn fits_in_header(argument: &str) -> bool {
    quote::check_header(argument).is_ok()
        && !argument.is_empty()
        && !argument.starts_with(' ')
        && !argument.starts_with("ARRAY::")
        && !quote::names_module(argument)
}

/// A command in the making.
struct EslCommandBuilder {
    verb: &'static str,
    target: &'static str,
    event_uuid: Option<EventUuid>,
    text: String,
}

impl EslCommandBuilder {
    fn new(verb: &'static str, what: &'static str, line: &str) -> Result<Self, EslCommandError> {
        let text = format!("{}\n", quote::check_header(line)?.trim_end_matches(' '));
        Ok(Self { verb, target: what, event_uuid: None, text })
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
        let lines = self
            .header("content-type", "text/plain")?
            .header("content-length", &body.len().to_string())?;
        lines.finish(body)
    }

    fn build(self) -> Result<EslCommand, EslCommandError> {
        self.finish("")
    }

    fn finish(mut self, body: &str) -> Result<EslCommand, EslCommandError> {
        quote::check_headers(&self.text)?;
        self.text.push('\n');
        self.text.push_str(body);
        let Self { verb, target: what, event_uuid: execution, text } = self;
        match text.len() {
            bytes if bytes > MAX_COMMAND_BYTES => Err(EslCommandError::TooLong(bytes)),
            _ => Ok(EslCommand {
                verb,
                target: what,
                event_uuid: execution,
                bytes: Bytes::from(text),
            }),
        }
    }
}
