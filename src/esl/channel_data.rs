//! The channel data: who calls, and which script is requested.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::headers::EslHeaders;
use crate::channel::Caller;
use crate::channel::caller_id::means_withheld;

/// The reply to `connect`: headers and variables of the channel (`parse_command`).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ChannelData(EslHeaders);

impl From<EslHeaders> for ChannelData {
    fn from(headers: EslHeaders) -> Self {
        Self(headers)
    }
}

/// Which thread of FreeSWITCH reads our commands (`Socket-Mode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SocketMode {
    /// A separate thread: replies are sent at once.
    Async,
    /// The thread of the call, between two applications: while an application runs, no command is read and no event is
    /// sent. If FreeSWITCH does not tell the mode, this one is assumed, since it is the more restricted one.
    #[default]
    Static,
}

/// Which commands FreeSWITCH accepts (`Control`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SocketControl {
    Full,
    /// Only `connect`, `getvar`, `myevents`, `filter`, `divert_events`, `resume`, `sendmsg` and `exit`
    /// (`parse_command`). Others are answered with `-ERR command not found`.
    #[default]
    SingleChannel,
}

impl ChannelData {
    pub fn from_block(block: Bytes) -> Self {
        Self(EslHeaders::parse(block).0)
    }

    pub fn headers(&self) -> &EslHeaders {
        &self.0
    }

    /// `Unique-ID`: FreeSWITCH's identifier of the channel.
    pub fn unique_id(&self) -> Option<Cow<'_, str>> {
        self.get_nonempty("Unique-ID")
    }

    /// `Caller-Caller-ID-Number`, unless there is none or it is withheld.
    ///
    /// `Caller-Screen-Bit` is not considered: it only says that the number is not verified (`switch_caller.c`).
    pub(crate) fn caller_number(&self) -> Option<Cow<'_, str>> {
        let is_shown = !self.header_is_true("Caller-Privacy-Hide-Number");
        self.get_nonempty("Caller-Caller-ID-Number")
            .filter(|number| is_shown && !means_withheld(number))
    }

    /// `Caller-Caller-ID-Name`, unless there is none or it is withheld.
    ///
    /// If the caller has no name, FreeSWITCH sends the number or `unknown` (`sofia_handle_sip_i_invite` in `sofia.c`).
    pub fn caller_name(&self) -> Option<Cow<'_, str>> {
        let is_shown = !self.header_is_true("Caller-Privacy-Hide-Name");
        let number = self.get_nonempty("Caller-Caller-ID-Number");
        let is_name = |name: &Cow<'_, str>| !means_withheld(name) && Some(name) != number.as_ref();
        self.get_nonempty("Caller-Caller-ID-Name").filter(|name| is_shown && is_name(name))
    }

    /// `Caller-Destination-Number`: the extension that the call is in. A transfer changes it.
    pub(crate) fn destination_number(&self) -> Option<Cow<'_, str>> {
        self.get_nonempty("Caller-Destination-Number")
    }

    /// The dialled number of a SIP call.
    ///
    /// It is the user part of the request URI. For a call from a gateway at which FreeSWITCH has registered, that is
    /// FreeSWITCH's name `gw+NAME`, and the dialled number is the user part of `To` (`sofia_handle_sip_i_invite` in
    /// `sofia.c`).
    pub(crate) fn dialled_number(&self) -> Option<Cow<'_, str>> {
        let dialled = self.variable("sip_req_user")?;
        if dialled.contains("gw+") { self.variable("sip_to_user") } else { Some(dialled) }
    }

    /// `Caller-Context`: the context that the call is in.
    pub fn context(&self) -> Option<Cow<'_, str>> {
        self.get_nonempty("Caller-Context")
    }

    /// `Channel-Name`
    pub(crate) fn channel_name(&self) -> Option<Cow<'_, str>> {
        self.get_nonempty("Channel-Name")
    }

    /// The variable `default_language`, or `en`, which is FreeSWITCH's own default (`switch_ivr_phrase_macro_event` in
    /// `switch_ivr_say.c`).
    pub fn language(&self) -> Cow<'_, str> {
        self.variable("default_language").unwrap_or(Cow::Borrowed("en"))
    }

    /// `Answer-State`: `ringing`, `early`, `answered`, `hangup`.
    pub fn answer_state(&self) -> Option<Cow<'_, str>> {
        self.get_nonempty("Answer-State")
    }

    /// Whether the channel is picked up already.
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

    /// A channel variable; `None` if it is empty.
    pub fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.variable(name).filter(|value| !value.is_empty())
    }

    /// The requested script: the text after the slash of `socket host:port/script`; if there is none, the channel
    /// variable `dialscript`. It comes from the dialplan and must not be used as a file name.
    pub fn script_name(&self) -> Option<Cow<'_, str>> {
        self.socket_path().or_else(|| self.variable("dialscript")).map(without_slashes)
    }

    /// The arguments of the script: the channel variables `dialscript_arg_NAME`, by NAME.
    pub fn arguments(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.0.variables(ARGUMENT_PREFIX).filter(|(name, _)| !name.is_empty())
    }

    /// One argument of the script. Names are not case-sensitive.
    pub fn argument(&self, name: &str) -> Option<Cow<'_, str>> {
        self.variable(&format!("{ARGUMENT_PREFIX}{name}"))
    }

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

    /// The variable `socket_path`, unless it is left over from an earlier `socket`: a `socket` without a path does not
    /// unset it (`socket_function`). The argument of the current `socket` is in `current_application_data`.
    fn socket_path(&self) -> Option<Cow<'_, str>> {
        let is_socket = self.variable("current_application").is_some_and(|name| name == "socket");
        let line = self.variable("current_application_data").filter(|_| is_socket);
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

/// Numbers and variables are personal data, so only the size is shown.
impl fmt::Debug for ChannelData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelData({:?})", self.0)
    }
}

const ARGUMENT_PREFIX: &str = "dialscript_arg_";

fn without_slashes(path: Cow<'_, str>) -> Cow<'_, str> {
    match path.trim_matches('/') {
        trimmed if trimmed.len() == path.len() => path,
        trimmed => Cow::Owned(trimmed.to_owned()),
    }
}
