//! The first words of a call: who calls whom, and which script is asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::parse::parse_environment_line;
use crate::channel::Caller;
use crate::wire::{LossyText, decode_lossy};

/// Most arguments of `AGI(url,first,…)` that Asterisk sends (`MAX_ARGS`).
pub const MAX_ARGUMENTS: usize = 127;

/// The `agi_*` lines that Asterisk sends before the first command (`launch_netscript`, `setup_env`).
///
/// A newline in an argument of `AGI()` makes lines that Asterisk did not mean, so the first value of a key wins: the
/// ones that we use stand before the arguments. Other keys are ignored.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AgiEnvironment {
    /// Keys without `agi_`, in their order.
    lines: Vec<(LossyText, LossyText)>,
}

impl AgiEnvironment {
    /// Slices the lines out of a frame. A line that is no `agi_key: value` is left out.
    pub fn from_frame(frame: &Bytes) -> Self {
        let text = |part: &[u8]| LossyText::from(frame.slice_ref(part));
        let lines = frame.split(|&byte| byte == b'\n').filter_map(parse_environment_line);
        Self { lines: lines.map(|(key, value)| (text(key), text(value))).collect() }
    }

    /// `agi_network_script`: what stands after the slash of `agi://host/`, raw, with its query.
    ///
    /// Asterisk leaves the line out when nothing stands there. One that comes later than `agi_request`, which follows
    /// it, is forged.
    pub fn network_script(&self) -> Option<Cow<'_, str>> {
        let meant = self.lines.iter().take_while(|(key, _)| *key != "request");
        first_value(meant, "network_script")
    }

    /// What `agi_network_script` asks for. An empty name when it asks for nothing.
    pub fn script_request(&self) -> AgiScriptRequest {
        AgiScriptRequest::from_network_script(&self.network_script().unwrap_or_default())
    }

    /// `agi_channel`: the channel's name.
    pub fn channel(&self) -> Option<Cow<'_, str>> {
        self.get("channel")
    }

    /// `agi_language`: the channel's language, such as `en`.
    pub fn language(&self) -> Option<Cow<'_, str>> {
        self.get("language")
    }

    /// `agi_uniqueid`: the switch's identifier of the call leg.
    pub fn uniqueid(&self) -> Option<Cow<'_, str>> {
        self.get("uniqueid")
    }

    /// `agi_callerid`: the caller's number, unless there is none or it is withheld.
    pub fn callerid(&self) -> Option<Cow<'_, str>> {
        self.get_unless_withheld("callerid")
    }

    /// `agi_calleridname`: the caller's name, unless there is none or it is withheld.
    ///
    /// PJSIP leaves the escapes of a quoted display name in it (`\"` and `\\`); they are undone.
    pub fn calleridname(&self) -> Option<Cow<'_, str>> {
        self.get_unless_withheld("calleridname").map(unescape_display_name)
    }

    /// `agi_dnid`: the number that was dialled, where the trunk told.
    pub fn dnid(&self) -> Option<Cow<'_, str>> {
        self.get_known("dnid")
    }

    /// `agi_extension`: the extension that the call is in.
    pub fn extension(&self) -> Option<Cow<'_, str>> {
        self.get("extension")
    }

    /// `agi_context`: the context that the call is in.
    pub fn context(&self) -> Option<Cow<'_, str>> {
        self.get("context")
    }

    /// Whether the caller asked not to be shown: the presentation bits of `agi_callingpres` say restricted.
    ///
    /// They speak for number and name together, and the stricter one wins (`ast_party_id_presentation` in
    /// `main/channel.c`). 67, number not available, is no wish: it is what a caller without a number has.
    pub fn is_withheld(&self) -> bool {
        let presentation = self.get("callingpres").and_then(|value| value.parse::<u8>().ok());
        presentation.is_some_and(|value| value & 0x60 == 0x20)
    }

    /// `agi_arg_N`: an argument of `AGI(url,first,…)`, counted from 1 to [`ARGUMENTS`].
    pub fn argument(&self, number: usize) -> Option<Cow<'_, str>> {
        (1..=MAX_ARGUMENTS).contains(&number).then(|| self.get(&format!("arg_{number}"))).flatten()
    }

    /// All arguments that there are, by rising number.
    pub fn arguments(&self) -> impl Iterator<Item = (usize, Cow<'_, str>)> {
        let mut arguments = BTreeMap::new();
        for (key, value) in &self.lines {
            if let Some(number) = argument_number(key) {
                arguments.entry(number).or_insert(value);
            }
        }
        arguments.into_iter().map(|(number, value)| (number, value.decode()))
    }

    /// Who calls whom.
    pub fn caller(&self) -> Caller {
        let text = |value: Option<Cow<'_, str>>| value.unwrap_or_default().into_owned();
        Caller {
            number: text(self.callerid()),
            name: text(self.calleridname()),
            called: text(self.called_number()),
            call_id: text(self.uniqueid()),
            channel: text(self.channel()),
            language: text(self.language()),
            context: text(self.context()),
        }
    }

    /// The dialled number, else the extension, but never the one for hang-ups.
    fn called_number(&self) -> Option<Cow<'_, str>> {
        let number = |value: &Cow<'_, str>| value != "h";
        self.dnid().filter(number).or_else(|| self.get_known("extension").filter(number))
    }

    fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        first_value(self.lines.iter(), key)
    }

    /// A value that Asterisk replaces by `unknown` where there is none (`setup_env`).
    fn get_known(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key).filter(|value| !value.is_empty() && value != "unknown")
    }

    fn get_unless_withheld(&self, key: &str) -> Option<Cow<'_, str>> {
        if self.is_withheld() { None } else { self.get_known(key) }
    }
}

/// Callers' numbers and arguments are personal: only a count is shown.
impl fmt::Debug for AgiEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} lines)", self.lines.len())
    }
}

/// The number in a key `arg_N`.
fn argument_number(key: &LossyText) -> Option<usize> {
    let digits = key.as_bytes().strip_prefix(b"arg_")?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (1..=MAX_ARGUMENTS).contains(&number).then_some(number)
}

fn first_value<'a>(
    mut lines: impl Iterator<Item = &'a (LossyText, LossyText)>,
    key: &str,
) -> Option<Cow<'a, str>> {
    lines.find(|(its, _)| its == key).map(|(_, value)| value.decode())
}

/// `\x` is `x`, as in a quoted string of SIP (RFC 3261, 25.1).
fn unescape_display_name(name: Cow<'_, str>) -> Cow<'_, str> {
    if !name.contains('\\') {
        return name;
    }
    let mut plain = String::with_capacity(name.len());
    let mut rest = name.chars().peekable();
    while let Some(char) = rest.next() {
        let escaped = rest.next_if(|&next| char == '\\' && matches!(next, '"' | '\\'));
        plain.push(escaped.unwrap_or(char));
    }
    Cow::Owned(plain)
}

/// What `agi://host/NAME?KEY=VALUE&…` asks for.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AgiScriptRequest {
    /// The path, percent-decoded once, without the slashes around it. From the dialplan: not to be used as a file.
    pub name: String,
    /// The pairs of the query in their order, decoded. The first value of a key wins; later ones are left out.
    pub arguments: Vec<(String, String)>,
}

impl AgiScriptRequest {
    fn from_network_script(script: &str) -> Self {
        let (path, query) = script.split_once('?').unwrap_or((script, ""));
        let path: Vec<u8> = percent_decode_str(path).collect();
        Self {
            name: decode_lossy(&path).trim_matches('/').to_owned(),
            arguments: parse_query(query),
        }
    }

    /// The value of a key of the query.
    pub fn argument(&self, key: &str) -> Option<&str> {
        self.arguments.iter().find(|(its, _)| its == key).map(|(_, value)| value.as_str())
    }
}

/// Arguments may be a caller's: only their count is shown.
impl fmt::Debug for AgiScriptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScriptCall({:?}, {} arguments)", self.name, self.arguments.len())
    }
}

fn parse_query(query: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if !pairs.iter().any(|(its, _)| *its == key) {
            pairs.push((key.into_owned(), value.into_owned()));
        }
    }
    pairs
}
