//! What `dialscript call` is asked for.

use std::time::Duration;

use clap::{Args, ValueEnum};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::cli::ConfigFile;
use crate::cli::rehearsal::Call;
use crate::cli::rehearsed::{Said, Stage};
use crate::fake::mouth::{Mouth, Utterance};
use crate::fake::places::Places;
use crate::fake::{asterisk, freeswitch};
use crate::telemetry::Switch;

/// What a path of a URL takes as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/');

/// A word takes this long to say.
const WORD: Duration = Duration::from_millis(400);

/// Who calls, what is pressed, and what is run.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Options {
    /// The script that the dialplan hands the call to
    pub(super) script: String,
    #[command(flatten)]
    pub(super) config: ConfigFile,
    /// The switch that is played
    #[arg(long, value_enum, default_value = "asterisk")]
    pub(super) switch: SwitchKind,
    /// Keys that the caller presses when asked; a comma waits for the next question. Without it keys are typed, with
    /// Enter, when standard input is a terminal
    #[arg(long, value_name = "KEYS", value_parser = keys)]
    pub(super) digits: Option<String>,
    /// What the caller says when asked to speak, once for each question
    #[arg(long, value_name = "WORDS")]
    say: Vec<String>,
    /// Let the engines of the daemon's file make the texts' sounds; without it texts are told
    #[arg(long)]
    engines: bool,
    /// The caller's number [default: withheld]
    #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
    caller: String,
    /// The caller's name
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    caller_name: String,
    /// The number that was dialled
    #[arg(long, value_name = "NUMBER", default_value = "7000")]
    called: String,
    /// A channel variable that the dialplan set before
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// An argument: the script has it as {arg.NAME}
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    arg: Vec<(String, String)>,
    /// A place that the dialplan has, such as 9100@shipping [default: every place]
    #[arg(long, value_name = "EXT@CONTEXT")]
    exists: Vec<String>,
    /// The caller hangs up after this time, such as 3s
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) hangup_after: Option<Duration>,
    /// Call a daemon that runs already, in place of one in this process
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) connect: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// A switch that can be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SwitchKind {
    /// Asterisk 22, by FastAGI
    Asterisk,
    /// FreeSWITCH 1.11, by its outbound Event Socket
    Freeswitch,
}

const EXIT_CODES: &str = "Exit codes, by the outcome of the call:
  0  matched, otherwise
  1  faults in the files, or there is no such script
  2  a command line that can't be read
  3  no_input, invalid_input
  4  no_response
  5  hangup
  6  error, or no script ran";

impl SwitchKind {
    /// As the server knows it.
    pub(super) fn kind(self) -> Switch {
        match self {
            Self::Asterisk => Switch::Asterisk,
            Self::Freeswitch => Switch::FreeSwitch,
        }
    }
}

impl Options {
    /// The call as it reaches the switch.
    pub(super) fn call(&self) -> Call {
        match self.switch {
            SwitchKind::Asterisk => Call::Asterisk(self.on_asterisk()),
            SwitchKind::Freeswitch => Call::FreeSwitch(self.on_freeswitch()),
        }
    }

    fn on_asterisk(&self) -> asterisk::Call {
        asterisk::Call {
            script: self.network_script(),
            caller: self.caller.clone(),
            caller_name: self.caller_name.clone(),
            called: self.called.clone(),
            extension: self.called.clone(),
            variables: self.set.clone(),
            ..asterisk::Call::default()
        }
    }

    fn on_freeswitch(&self) -> freeswitch::Call {
        let argument =
            |(name, value): &(String, String)| (format!("dialscript_arg_{name}"), value.clone());
        freeswitch::Call {
            script: self.script.clone(),
            caller: self.caller.clone(),
            caller_name: self.caller_name.clone(),
            called: self.called.clone(),
            extension: self.called.clone(),
            variables: self.set.iter().cloned().chain(self.arg.iter().map(argument)).collect(),
            ..freeswitch::Call::default()
        }
    }

    fn network_script(&self) -> String {
        let script = utf8_percent_encode(&self.script, IN_PATH);
        let mut query = form_urlencoded::Serializer::new(String::new());
        match query.extend_pairs(&self.arg).finish() {
            query if query.is_empty() => script.to_string(),
            query => format!("{script}?{query}"),
        }
    }

    /// What is spoken and said.
    pub(super) fn stage(&self) -> Stage {
        let said = if self.say.is_empty() { Said::default() } else { Said::by_a_speaker() };
        Stage { said, engines: self.engines, ..Stage::default() }
    }

    /// Who says it.
    pub(super) fn mouth(&self) -> Mouth {
        let utterances = self.say.iter().map(|words| {
            let lasts = WORD * u32::try_from(words.split_whitespace().count()).unwrap_or(1);
            Utterance { text: words.clone(), lasts }
        });
        Mouth::when_listened_to(utterances.collect())
    }

    /// The places that its dialplan has.
    pub(super) fn places(&self) -> Places {
        match self.exists.as_slice() {
            [] => Places::All,
            places => Places::These(places.to_vec()),
        }
    }
}

pub(super) fn is_key(key: char) -> bool {
    key.is_ascii_digit() || matches!(key, '*' | '#' | 'A'..='D')
}

fn keys(given: &str) -> Result<String, String> {
    match given.chars().find(|&key| !is_key(key) && key != ',') {
        Some(strange) => Err(format!("a telephone has no key {strange:?}")),
        None => Ok(given.to_owned()),
    }
}

fn pair(given: &str) -> Result<(String, String), String> {
    match given.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}
