//! The first words of a call: who calls whom, and which script is asked for.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::headers::EslHeaders;
use crate::channel::Caller;

/// The reply to `connect`: the channel's data and variables (`parse_command`).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ChannelData(EslHeaders);

/// Who reads our commands (`Socket-Mode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SocketMode {
    /// A thread of its own, beside the call: replies come at once.
    Async,
    /// The thread of the call, between two applications: nothing is read, and no event sent, while one runs. What a
    /// FreeSWITCH that does not say is taken for, since it allows less.
    #[default]
    Static,
}

/// Which commands are taken (`Control`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SocketControl {
    /// All.
    Full,
    /// `connect`, `getvar`, `myevents`, `filter`, `divert_events`, `resume`, `sendmsg`, `exit` (`parse_command`); the
    /// others are `-ERR command not found`.
    #[default]
    SingleChannel,
}

impl ChannelData {
    /// The data in a block of headers.
    pub fn from_block(block: Bytes) -> Self {
        Self(EslHeaders::from(block))
    }

    /// All headers.
    pub fn headers(&self) -> &EslHeaders {
        &self.0
    }

    /// `Unique-ID`: the switch's identifier of the call leg.
    pub fn unique_id(&self) -> Option<Cow<'_, str>> {
        self.get_nonempty("Unique-ID")
    }

    /// `Caller-Caller-ID-Number`, unless there is none or it is withheld.
    pub fn caller_number(&self) -> Option<Cow<'_, str>> {
        let shown = !self.header_is_true("Caller-Privacy-Hide-Number");
        self.get_nonempty("Caller-Caller-ID-Number")
            .filter(|number| shown && !is_unknown_caller(number))
    }

    /// `Caller-Caller-ID-Name`, unless there is none or it is withheld.
    ///
    /// A caller without a name has the number for one, or `unknown` (`sofia_handle_sip_i_invite` in `sofia.c`).
    pub fn caller_name(&self) -> Option<Cow<'_, str>> {
        let shown = !self.header_is_true("Caller-Privacy-Hide-Name");
        let number = self.get_nonempty("Caller-Caller-ID-Number");
        let is_name =
            |name: &Cow<'_, str>| !is_unknown_caller(name) && Some(name) != number.as_ref();
        self.get_nonempty("Caller-Caller-ID-Name").filter(|name| shown && is_name(name))
    }

    /// `Caller-Destination-Number`: the extension that the call is in, which a transfer changes.
    pub fn destination_number(&self) -> Option<Cow<'_, str>> {
        self.get_nonempty("Caller-Destination-Number")
    }

    /// The number that was dialled, where SIP told.
    ///
    /// It is the user of the request, but to a gateway that is registered this is a name of our side, `gw+NAME`, and
    /// the user in `To` was dialled (`sofia_handle_sip_i_invite` in `sofia.c`).
    pub fn dialled_number(&self) -> Option<Cow<'_, str>> {
        let dialled = self.variable("sip_req_user")?;
        if dialled.contains("gw+") { self.variable("sip_to_user") } else { Some(dialled) }
    }

    /// `Caller-Context`: the context that the call is in.
    pub fn context(&self) -> Option<Cow<'_, str>> {
        self.get_nonempty("Caller-Context")
    }

    /// `Channel-Name`
    pub fn channel_name(&self) -> Option<Cow<'_, str>> {
        self.get_nonempty("Channel-Name")
    }

    /// The variable `default_language`, or `en`, which is what FreeSWITCH itself says without one
    /// (`switch_ivr_phrase_macro_event` in `switch_ivr_say.c`).
    pub fn language(&self) -> Cow<'_, str> {
        self.variable("default_language").unwrap_or(Cow::Borrowed("en"))
    }

    /// `Answer-State`: `ringing`, `early`, `answered`, `hangup`.
    pub fn answer_state(&self) -> Option<Cow<'_, str>> {
        self.get_nonempty("Answer-State")
    }

    /// Whether somebody hears us without our picking up.
    pub fn is_answered(&self) -> bool {
        self.answer_state().is_some_and(|state| state == "answered")
    }

    /// `Socket-Mode`: `socket host:port async`, or without `async`.
    pub fn socket_mode(&self) -> SocketMode {
        match self.0.raw("Socket-Mode") {
            Some(b"async") => SocketMode::Async,
            _ => SocketMode::Static,
        }
    }

    /// `Control`: `socket host:port full`, or without `full`.
    pub fn control(&self) -> SocketControl {
        match self.0.raw("Control") {
            Some(b"full") => SocketControl::Full,
            _ => SocketControl::SingleChannel,
        }
    }

    /// A channel variable. One that is empty does not exist.
    pub fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.variable(name).filter(|value| !value.is_empty())
    }

    /// The script that is asked for: what stands after the slash of `socket host:port/script`, else the channel
    /// variable `dialscript`. From the dialplan: not to be used as a file.
    pub fn script_name(&self) -> Option<Cow<'_, str>> {
        self.socket_path().or_else(|| self.variable("dialscript")).map(without_slashes)
    }

    /// The arguments of the script: the channel variables `dialscript_arg_NAME`, by NAME.
    pub fn arguments(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.0.variables().filter_map(|(name, value)| Some((argument_name(name)?, value)))
    }

    /// The argument of that name, which is the same in small letters and in capitals.
    pub fn argument(&self, name: &str) -> Option<Cow<'_, str>> {
        self.variable(&format!("{ARGUMENT_PREFIX}{name}"))
    }

    /// Who calls whom.
    pub fn caller(&self) -> Caller {
        let text = |value: Option<Cow<'_, str>>| value.unwrap_or_default().into_owned();
        Caller {
            number: text(self.caller_number()),
            name: text(self.caller_name()),
            called: text(self.dialled_number().or_else(|| self.destination_number())),
            call_id: text(self.unique_id()),
            channel: text(self.channel_name()),
            language: self.language().into_owned(),
            context: text(self.context()),
        }
    }

    /// The variable `socket_path`, unless it is an earlier one's: a `socket` line without a path does not unset it
    /// (`socket_function`), and the line itself is there to see.
    fn socket_path(&self) -> Option<Cow<'_, str>> {
        let socket = self.variable("current_application").is_some_and(|name| name == "socket");
        let line = self.variable("current_application_data").filter(|_| socket);
        let has_path = line.is_none_or(|line| line.contains('/'));
        self.variable("socket_path").filter(|_| has_path)
    }

    fn get_nonempty(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.get(name).filter(|value| !value.is_empty())
    }

    fn header_is_true(&self, name: &str) -> bool {
        self.0.raw(name) == Some(b"true")
    }
}

/// Callers' numbers and variables are personal: only a size is shown.
impl fmt::Debug for ChannelData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelData({:?})", self.0)
    }
}

/// What stands before an argument's name.
const ARGUMENT_PREFIX: &str = "dialscript_arg_";

fn argument_name(variable: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let start = variable.get(..ARGUMENT_PREFIX.len())?;
    let name =
        start.eq_ignore_ascii_case(ARGUMENT_PREFIX).then(|| &variable[ARGUMENT_PREFIX.len()..])?;
    (!name.is_empty()).then(|| Cow::Owned(name.to_owned()))
}

fn without_slashes(path: Cow<'_, str>) -> Cow<'_, str> {
    match path.trim_matches('/') {
        trimmed if trimmed.len() == path.len() => path,
        trimmed => Cow::Owned(trimmed.to_owned()),
    }
}

/// What trunks and FreeSWITCH write for a caller who is not known or does not want to be: RFC 3323 has `anonymous`,
/// `0000000000` is FreeSWITCH's own (`SWITCH_DEFAULT_CLID_NUMBER` in `switch_types.h`).
const UNKNOWN_CALLERS: [&str; 7] =
    ["anonymous", "unknown", "unavailable", "restricted", "private", "withheld", "0000000000"];

fn is_unknown_caller(caller: &str) -> bool {
    UNKNOWN_CALLERS.iter().any(|nobody| nobody.eq_ignore_ascii_case(caller))
}
