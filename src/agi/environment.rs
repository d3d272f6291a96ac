//! The environment: who calls, and which script is requested.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::parse::parse_environment_line;
use crate::channel::Caller;
use crate::channel::caller_id::means_withheld;
use crate::wire::{LossyText, decode_lossy};

/// Maximum number of arguments of `AGI(url,first,…)` (`MAX_ARGS`).
pub(crate) const MAX_ARGUMENTS: usize = 127;

/// The `agi_*` lines that Asterisk sends before the first command (`launch_netscript`, `setup_env`).
///
/// A newline in an argument of `AGI()` can forge other lines. So only the first value of a key counts: the lines that
/// we use come before the arguments. Unknown keys are ignored.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AgiEnvironment {
    /// Keys without `agi_`, in the order received.
    lines: Vec<(LossyText, LossyText)>,
}

impl AgiEnvironment {
    /// Parses a frame. Lines other than `agi_key: value` are skipped. Nothing is copied: the values are slices of the
    /// frame.
    pub fn from_frame(frame: &Bytes) -> Self {
        let text = |part: &[u8]| LossyText::from(frame.slice_ref(part));
        let lines = frame.split(|&byte| byte == b'\n').filter_map(parse_environment_line);
        Self { lines: lines.map(|(key, value)| (text(key), text(value))).collect() }
    }

    /// `agi_network_script`: the text after the slash of `agi://host/`, not decoded, with its query.
    ///
    /// Asterisk omits the line if there is no such text. The line comes before `agi_request`, so a value after
    /// `agi_request` is forged and is ignored.
    pub fn network_script(&self) -> Option<Cow<'_, str>> {
        let genuine = self.lines.iter().take_while(|(key, _)| *key != "request");
        first_value(genuine, "network_script")
    }

    /// The script that `agi_network_script` requests. Its name is empty if there is none.
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

    /// `agi_uniqueid`: Asterisk's identifier of the channel.
    pub(crate) fn uniqueid(&self) -> Option<Cow<'_, str>> {
        self.get("uniqueid")
    }

    /// `agi_threadid`: the identifier of the thread that runs the call; 0 if there is none.
    pub(super) fn thread_id(&self) -> u64 {
        self.get("threadid").and_then(|value| value.parse().ok()).unwrap_or_default()
    }

    /// `agi_callerid`: the caller's number, unless there is none or it is withheld.
    pub(crate) fn callerid(&self) -> Option<Cow<'_, str>> {
        self.get_unless_withheld("callerid")
    }

    /// `agi_calleridname`: the caller's name, unless there is none or it is withheld. A name that is only the number
    /// counts as none, as on FreeSWITCH, which sends the number if there is no name.
    ///
    /// PJSIP does not remove the escapes of a quoted display name (`\"` and `\\`), so they are removed here.
    pub fn calleridname(&self) -> Option<Cow<'_, str>> {
        let number = self.get("callerid");
        let name = self.get_unless_withheld("calleridname").map(unescape_display_name);
        name.filter(|name| Some(name) != number.as_ref())
    }

    /// `agi_dnid`: the dialled number, if the trunk has sent it.
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

    /// Whether the caller's number and name are withheld, according to the presentation bits of `agi_callingpres`.
    ///
    /// Asterisk sends one value for both, the stricter one (`ast_party_id_presentation` in `main/channel.c`). 67
    /// (number not available) is not a restriction: it is the value for a caller without a number.
    pub fn is_withheld(&self) -> bool {
        let presentation = self.get("callingpres").and_then(|value| value.parse::<u8>().ok());
        presentation.is_some_and(|value| value & 0x60 == 0x20)
    }

    /// `agi_arg_N`: an argument of `AGI(url,first,…)`, from 1 to [`MAX_ARGUMENTS`].
    pub fn argument(&self, number: usize) -> Option<Cow<'_, str>> {
        (1..=MAX_ARGUMENTS).contains(&number).then(|| self.get(&format!("arg_{number}"))).flatten()
    }

    /// All arguments, sorted by number.
    pub fn arguments(&self) -> impl Iterator<Item = (usize, Cow<'_, str>)> {
        let mut arguments = BTreeMap::new();
        for (key, value) in &self.lines {
            if let Some(number) = argument_number(key) {
                arguments.entry(number).or_insert(value);
            }
        }
        arguments.into_iter().map(|(number, value)| (number, value.decode()))
    }

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

    /// The dialled number; if that is not known, the extension. `h`, the extension that handles hang-ups, is not a
    /// number.
    fn called_number(&self) -> Option<Cow<'_, str>> {
        let is_number = |value: &Cow<'_, str>| value != "h";
        self.dnid().filter(is_number).or_else(|| self.get_known("extension").filter(is_number))
    }

    fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        first_value(self.lines.iter(), key)
    }

    /// The value of a key for which Asterisk sends `unknown` if there is no value (`setup_env`).
    fn get_known(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key).filter(|value| !value.is_empty() && value != "unknown")
    }

    /// A number or a name, unless the presentation bits or its text say that it is withheld.
    fn get_unless_withheld(&self, key: &str) -> Option<Cow<'_, str>> {
        let value = self.get(key).filter(|_| !self.is_withheld());
        value.filter(|value| !means_withheld(value))
    }
}

/// Numbers and arguments are personal data, so only the number of lines is shown.
impl fmt::Debug for AgiEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgiEnvironment({} lines)", self.lines.len())
    }
}

/// N of the key `arg_N`.
fn argument_number(key: &LossyText) -> Option<usize> {
    let digits = key.as_bytes().strip_prefix(b"arg_")?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (1..=MAX_ARGUMENTS).contains(&number).then_some(number)
}

fn first_value<'a>(
    mut lines: impl Iterator<Item = &'a (LossyText, LossyText)>,
    key: &str,
) -> Option<Cow<'a, str>> {
    lines.find(|(name, _)| name == key).map(|(_, value)| value.decode())
}

/// Removes the escapes of a SIP quoted string: `\x` is `x` (RFC 3261, 25.1).
fn unescape_display_name(name: Cow<'_, str>) -> Cow<'_, str> {
    if !name.contains('\\') {
        return name;
    }
    let mut unescaped = String::with_capacity(name.len());
    let mut rest = name.chars().peekable();
    while let Some(char) = rest.next() {
        let escaped = rest.next_if(|&next| char == '\\' && matches!(next, '"' | '\\'));
        unescaped.push(escaped.unwrap_or(char));
    }
    Cow::Owned(unescaped)
}

/// The request in `agi://host/NAME?KEY=VALUE&…`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AgiScriptRequest {
    /// The path, percent-decoded once, without leading and trailing slashes. It comes from the dialplan and must not be
    /// used as a file name.
    pub name: String,
    /// The decoded pairs of the query, in their order. Only the first value of a key counts.
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

    /// The query's value for a key.
    pub fn argument(&self, key: &str) -> Option<&str> {
        self.arguments.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// Arguments may be personal data, so only their number is shown.
impl fmt::Debug for AgiScriptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgiScriptRequest({:?}, {} arguments)", self.name, self.arguments.len())
    }
}

fn parse_query(query: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if !pairs.iter().any(|(name, _)| *name == key) {
            pairs.push((key.into_owned(), value.into_owned()));
        }
    }
    pairs
}
