//! What the switch knows of a call.

use std::collections::BTreeMap;

use super::text::encode;
use crate::fake::phone::GoesOn;
use crate::fake::places::Places;

/// A call as it reaches `socket`.
#[derive(Debug, Clone)]
pub struct Call {
    /// What stands behind the slash of `socket host:port/script`.
    pub script: String,
    /// The caller's number; empty where it is unknown.
    pub caller: String,
    /// The caller's name; empty where it is unknown.
    pub caller_name: String,
    /// The number that was dialled; empty where the line did not tell.
    pub called: String,
    /// The extension that the call is in.
    pub extension: String,
    /// Its context.
    pub context: String,
    /// The channel's language.
    pub language: String,
    /// Whether it was picked up before.
    pub answered: bool,
    /// Whether the `socket` line has `full`.
    pub full: bool,
    /// Variables that were set before.
    pub variables: Vec<(String, String)>,
}

impl Default for Call {
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

/// The channel. Names of variables are the same in small letters and in capitals.
pub(super) struct Leg {
    pub(super) unique_id: String,
    pub(super) answered: bool,
    pub(super) full: bool,
    /// How it was hung up.
    pub(super) cause: Option<&'static str>,
    places: Places,
    /// Where a transfer sent it: extension and context.
    moved: Option<(String, String)>,
    caller: Vec<(&'static str, String)>,
    variables: BTreeMap<String, String>,
}

/// `SWITCH_DEFAULT_CLID_NUMBER`
const NOBODY: &str = "0000000000";

impl Leg {
    pub(super) fn new(call: &Call, unique_id: String, host: &str, places: Places) -> Self {
        let mut leg = Self {
            unique_id,
            answered: call.answered,
            full: call.full,
            cause: None,
            places,
            moved: None,
            caller: caller(call),
            variables: BTreeMap::new(),
        };
        for (name, value) in before(call, host) {
            leg.set(&name, &value);
        }
        leg
    }

    /// A variable that is set to nothing is none.
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

    /// What `transfer` does: without a context it stays in its own.
    pub(super) fn transfer(&mut self, extension: &str, context: Option<&str>) {
        let own = self.caller.iter().find(|(name, _)| *name == "Caller-Context");
        let own = own.map_or("default", |(_, context)| context);
        self.moved = Some((extension.to_owned(), context.unwrap_or(own).to_owned()));
    }

    pub(super) fn has_moved(&self) -> bool {
        self.moved.is_some()
    }

    /// Where the dialplan goes on with a call that is not stranded.
    pub(super) fn goes_on(&self) -> GoesOn {
        match &self.moved {
            Some((extension, context)) if self.places.have(context, extension, "1") => {
                GoesOn::At(format!("{extension}@{context}"))
            }
            Some((extension, context)) => GoesOn::NoSuchPlace(format!("{extension}@{context}")),
            None if self.cause.is_some() => GoesOn::HangupHandler,
            None => GoesOn::NextStep,
        }
    }

    /// The headers that all events of the channel have.
    pub(super) fn headers(&self) -> String {
        let (state, number) = if self.cause.is_some() { ("HANGUP", "10") } else { ("ACTIVE", "4") };
        let answer = match (self.cause, self.answered) {
            (Some(_), _) => "hangup",
            (None, true) => "answered",
            (None, false) => "ringing",
        };
        let call_state = if answer == "ringing" { "RINGING" } else { state };
        let mut headers = lines(&[
            ("Channel-State", "CS_EXECUTE"),
            ("Channel-Call-State", call_state),
            ("Channel-State-Number", number),
            ("Channel-Name", CHANNEL),
            ("Unique-ID", &self.unique_id),
            ("Call-Direction", "inbound"),
            ("Answer-State", answer),
        ]);
        headers
            .push_str(&self.cause.map_or(String::new(), |cause| lines(&[("Hangup-Cause", cause)])));
        let caller: Vec<_> = self.caller.iter().map(|(name, value)| (*name, &**value)).collect();
        headers + &lines(&caller)
    }

    pub(super) fn variable_headers(&self) -> String {
        let line =
            |(name, value): (&String, &String)| format!("variable_{name}: {}\n", encode(value));
        self.variables.iter().map(line).collect()
    }

    pub(super) fn into_variables(self) -> BTreeMap<String, String> {
        self.variables
    }
}

const CHANNEL: &str = "sofia/internal/fake@127.0.0.1";

/// Header lines, with their values as they are written.
pub(super) fn lines(headers: &[(&str, &str)]) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {}\n", encode(value))).collect()
}

/// A caller without a name has the number for one (`sofia_handle_sip_i_invite`).
fn caller(call: &Call) -> Vec<(&'static str, String)> {
    let or = |value: &str, other: &str| if value.is_empty() { other } else { value }.to_owned();
    let number = or(&call.caller, NOBODY);
    vec![
        ("Caller-Direction", "inbound".into()),
        ("Caller-Dialplan", "XML".into()),
        ("Caller-Caller-ID-Name", or(&call.caller_name, &number)),
        ("Caller-Caller-ID-Number", number),
        ("Caller-Destination-Number", call.extension.clone()),
        ("Caller-Context", call.context.clone()),
        ("Caller-Channel-Name", CHANNEL.into()),
        ("Caller-Privacy-Hide-Name", "false".into()),
        ("Caller-Privacy-Hide-Number", "false".into()),
    ]
}

/// The variables that the channel has when `socket` begins.
fn before(call: &Call, host: &str) -> Vec<(String, String)> {
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
