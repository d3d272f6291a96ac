//! The state of a channel.

use std::collections::BTreeMap;

use super::text::url_encode;
use crate::fake::destinations::FakeDestinations;
use crate::fake::phone::Continuation;

/// A call that runs `socket`.
#[derive(Debug, Clone)]
pub struct FakeFreeSwitchCall {
    /// The part after the slash in `socket host:port/script`.
    pub script: String,
    /// Empty if unknown.
    pub caller: String,
    /// Empty if unknown.
    pub caller_name: String,
    /// The dialled number; empty if unknown.
    pub called: String,
    pub extension: String,
    pub context: String,
    pub language: String,
    /// Whether the dialplan has already picked up the call.
    pub answered: bool,
    /// Whether `socket` has the argument `full`.
    pub full: bool,
    /// Variables that the dialplan has set before.
    pub variables: Vec<(String, String)>,
}

impl Default for FakeFreeSwitchCall {
    fn default() -> Self {
        let (script, caller, caller_name, variables) = Default::default();
        Self {
            script,
            caller,
            caller_name,
            called: "7000".into(),
            extension: "7000".into(),
            context: "from-phones".into(),
            language: "en".into(),
            answered: false,
            full: true,
            variables,
        }
    }
}

/// A channel. Names of variables are not case-sensitive.
pub(super) struct FakeFreeSwitchChannel {
    pub(super) unique_id: String,
    pub(super) answered: bool,
    pub(super) full: bool,
    /// Set after a hang-up.
    pub(super) cause: Option<&'static str>,
    destinations: FakeDestinations,
    /// The target of a transfer: extension and context.
    transferred_to: Option<(String, String)>,
    caller_headers: Vec<(&'static str, String)>,
    variables: BTreeMap<String, String>,
}

/// `SWITCH_DEFAULT_CLID_NUMBER`
const UNKNOWN_CALLER_NUMBER: &str = "0000000000";

impl FakeFreeSwitchChannel {
    pub(super) fn new(
        call: &FakeFreeSwitchCall,
        unique_id: String,
        host: &str,
        destinations: FakeDestinations,
    ) -> Self {
        let mut channel = Self {
            unique_id,
            answered: call.answered,
            full: call.full,
            cause: None,
            destinations,
            transferred_to: None,
            caller_headers: caller_headers(call),
            variables: BTreeMap::new(),
        };
        for (name, value) in initial_variables(call, host) {
            channel.set(&name, &value);
        }
        channel
    }

    /// Sets a variable. An empty value deletes it.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let name = name.to_ascii_lowercase();
        match value {
            "" => self.variables.remove(&name),
            _ => self.variables.insert(name, value.to_owned()),
        };
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// Transfers the call. If there is no context, the call stays in its current one.
    pub(super) fn transfer(&mut self, extension: &str, context: Option<&str>) {
        let current = self.caller_headers.iter().find(|(name, _)| *name == "Caller-Context");
        let current = current.map_or("default", |(_, context)| context);
        self.transferred_to = Some((extension.to_owned(), context.unwrap_or(current).to_owned()));
    }

    pub(super) fn is_transferred(&self) -> bool {
        self.transferred_to.is_some()
    }

    /// Where the dialplan continues if the call is not stranded.
    pub(super) fn continuation(&self) -> Continuation {
        match &self.transferred_to {
            Some((extension, context)) if self.destinations.contains(context, extension, "1") => {
                Continuation::Destination(format!("{extension}@{context}"))
            }
            Some((extension, context)) => {
                Continuation::NoSuchDestination(format!("{extension}@{context}"))
            }
            None if self.cause.is_some() => Continuation::HangupHandler,
            None => Continuation::NextStep,
        }
    }

    /// The headers of all events of this channel.
    pub(super) fn headers(&self) -> String {
        let (state, number) = if self.cause.is_some() { ("HANGUP", "10") } else { ("ACTIVE", "4") };
        let answer = match (self.cause, self.answered) {
            (Some(_), _) => "hangup",
            (None, true) => "answered",
            (None, false) => "ringing",
        };
        let call_state = if answer == "ringing" { "RINGING" } else { state };
        let mut headers = header_lines(&[
            ("Channel-State", "CS_EXECUTE"),
            ("Channel-Call-State", call_state),
            ("Channel-State-Number", number),
            ("Channel-Name", CHANNEL_NAME),
            ("Unique-ID", &self.unique_id),
            ("Call-Direction", "inbound"),
            ("Answer-State", answer),
        ]);
        headers.push_str(
            &self.cause.map_or(String::new(), |cause| header_lines(&[("Hangup-Cause", cause)])),
        );
        let caller: Vec<_> =
            self.caller_headers.iter().map(|(name, value)| (*name, &**value)).collect();
        headers + &header_lines(&caller)
    }

    pub(super) fn variable_headers(&self) -> String {
        let line =
            |(name, value): (&String, &String)| format!("variable_{name}: {}\n", url_encode(value));
        self.variables.iter().map(line).collect()
    }

    pub(super) fn into_variables(self) -> BTreeMap<String, String> {
        self.variables
    }
}

const CHANNEL_NAME: &str = "sofia/internal/fake@127.0.0.1";

/// Header lines, with their values encoded.
pub(super) fn header_lines(headers: &[(&str, &str)]) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {}\n", url_encode(value))).collect()
}

/// The headers about the caller. If the caller has no name, the number is used (`sofia_handle_sip_i_invite`).
fn caller_headers(call: &FakeFreeSwitchCall) -> Vec<(&'static str, String)> {
    let or = |value: &str, other: &str| if value.is_empty() { other } else { value }.to_owned();
    let number = or(&call.caller, UNKNOWN_CALLER_NUMBER);
    vec![
        ("Caller-Direction", "inbound".into()),
        ("Caller-Dialplan", "XML".into()),
        ("Caller-Caller-ID-Name", or(&call.caller_name, &number)),
        ("Caller-Caller-ID-Number", number),
        ("Caller-Destination-Number", call.extension.clone()),
        ("Caller-Context", call.context.clone()),
        ("Caller-Channel-Name", CHANNEL_NAME.into()),
        ("Caller-Privacy-Hide-Name", "false".into()),
        ("Caller-Privacy-Hide-Number", "false".into()),
    ]
}

/// The variables at the start of `socket`.
fn initial_variables(call: &FakeFreeSwitchCall, host: &str) -> Vec<(String, String)> {
    let path = if call.script.is_empty() { String::new() } else { format!("/{}", call.script) };
    let full = if call.full { " full" } else { "" };
    let socket = [
        ("direction", "inbound".to_owned()),
        ("sip_req_user", call.called.clone()),
        ("default_language", call.language.clone()),
        ("current_application", "socket".into()),
        ("current_application_data", format!("{host}{path} async{full}")),
        ("socket_host", host.split(':').next().unwrap_or_default().to_owned()),
        ("socket_path", call.script.clone()),
    ];
    let socket = socket.into_iter().map(|(name, value)| (name.to_owned(), value));
    call.variables.iter().cloned().chain(socket).collect()
}
