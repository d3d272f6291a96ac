//! What `dialscript call` is asked for.

use std::time::Duration;

use clap::{Args, ValueEnum};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::cli::ConfigFile;
use crate::cli::simulated_voice::{CallerSpeech, SimulationOptions};
use crate::cli::simulation::SimulatedCall;
use crate::fake::destinations::FakeDestinations;
use crate::fake::utterances::{FakeUtterance, UtteranceSource};
use crate::fake::{asterisk, freeswitch};
use crate::telemetry::Switch;

/// What a path of a URL takes as it is.
const PATH_ENCODE_SET: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/');

/// A word takes this long to say.
const WORD_DURATION: Duration = Duration::from_millis(400);

/// Who calls, what is pressed, and what is run.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct CallArgs {
    /// The script that the dialplan hands the call to
    pub(super) script: String,
    #[command(flatten)]
    pub(super) config: ConfigFile,
    /// The switch that is played
    #[arg(long, value_enum, default_value = "asterisk")]
    pub(super) switch: SwitchArg,
    /// Keys that the caller presses when asked; a comma waits for the next question. Without it keys are typed, with
    /// Enter, when standard input is a terminal
    #[arg(long, value_name = "KEYS", value_parser = parse_keys)]
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
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    set: Vec<(String, String)>,
    /// An argument: the script has it as {arg.NAME}
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_pair)]
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
pub(super) enum SwitchArg {
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

impl SwitchArg {
    /// As the server knows it.
    pub(super) fn to_switch(self) -> Switch {
        match self {
            Self::Asterisk => Switch::Asterisk,
            Self::Freeswitch => Switch::FreeSwitch,
        }
    }
}

impl CallArgs {
    /// The call as it reaches the switch.
    pub(super) fn simulated_call(&self) -> SimulatedCall {
        match self.switch {
            SwitchArg::Asterisk => SimulatedCall::Asterisk(self.asterisk_call()),
            SwitchArg::Freeswitch => SimulatedCall::FreeSwitch(self.freeswitch_call()),
        }
    }

    fn asterisk_call(&self) -> asterisk::FakeAsteriskCall {
        asterisk::FakeAsteriskCall {
            script: self.network_script(),
            caller: self.caller.clone(),
            caller_name: self.caller_name.clone(),
            called: self.called.clone(),
            extension: self.called.clone(),
            variables: self.set.clone(),
            ..asterisk::FakeAsteriskCall::default()
        }
    }

    fn freeswitch_call(&self) -> freeswitch::FakeFreeSwitchCall {
        let argument =
            |(name, value): &(String, String)| (format!("dialscript_arg_{name}"), value.clone());
        freeswitch::FakeFreeSwitchCall {
            script: self.script.clone(),
            caller: self.caller.clone(),
            caller_name: self.caller_name.clone(),
            called: self.called.clone(),
            extension: self.called.clone(),
            variables: self.set.iter().cloned().chain(self.arg.iter().map(argument)).collect(),
            ..freeswitch::FakeFreeSwitchCall::default()
        }
    }

    fn network_script(&self) -> String {
        let script = utf8_percent_encode(&self.script, PATH_ENCODE_SET);
        let mut query = form_urlencoded::Serializer::new(String::new());
        match query.extend_pairs(&self.arg).finish() {
            query if query.is_empty() => script.to_string(),
            query => format!("{script}?{query}"),
        }
    }

    /// What is spoken and said.
    pub(super) fn simulation_options(&self) -> SimulationOptions {
        let said =
            if self.say.is_empty() { CallerSpeech::default() } else { CallerSpeech::scripted() };
        SimulationOptions {
            caller_speech: said,
            engines: self.engines,
            ..SimulationOptions::default()
        }
    }

    /// Who says it.
    pub(super) fn utterances(&self) -> UtteranceSource {
        let utterances = self.say.iter().map(|words| {
            let lasts =
                WORD_DURATION * u32::try_from(words.split_whitespace().count()).unwrap_or(1);
            FakeUtterance { text: words.clone(), duration: lasts }
        });
        UtteranceSource::per_recording(utterances.collect())
    }

    /// The places that its dialplan has.
    pub(super) fn destinations(&self) -> FakeDestinations {
        match self.exists.as_slice() {
            [] => FakeDestinations::All,
            places => FakeDestinations::Only(places.to_vec()),
        }
    }
}

pub(super) fn is_dtmf_key(key: char) -> bool {
    key.is_ascii_digit() || matches!(key, '*' | '#' | 'A'..='D')
}

fn parse_keys(given: &str) -> Result<String, String> {
    match given.chars().find(|&key| !is_dtmf_key(key) && key != ',') {
        Some(strange) => Err(format!("a telephone has no key {strange:?}")),
        None => Ok(given.to_owned()),
    }
}

fn parse_pair(given: &str) -> Result<(String, String), String> {
    match given.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}
