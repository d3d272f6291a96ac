//! The options of `dialscript call`.

use std::net::Ipv6Addr;
use std::num::NonZeroU16;
use std::time::Duration;

use clap::{Args, ValueEnum};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::cli::config_file::ConfigFile;
use crate::cli::simulated_voice::{CallerSpeech, SimulationOptions};
use crate::cli::simulated_web::{GivenAnswer, GivenAnswers};
use crate::cli::simulation::SimulatedCall;
use crate::fake::destinations::FakeDestinations;
use crate::fake::utterances::{FakeUtterance, UtteranceSource};
use crate::fake::{asterisk, freeswitch};
use crate::telemetry::Switch;

/// The characters of a script's name that are percent-encoded in the URL.
const PATH_ENCODE_SET: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/');

/// How long the simulated caller takes to say one word.
const WORD_DURATION: Duration = Duration::from_millis(400);

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES_AND_EXIT_CODES)]
pub(in crate::cli) struct CallArgs {
    /// The script to run
    pub(super) script: String,
    #[command(flatten)]
    pub(super) config: ConfigFile,
    /// The switch to simulate
    #[arg(long, value_enum, default_value = "asterisk")]
    pub(super) switch: SwitchArg,
    /// Keys that the caller presses when prompted; a comma waits for the next prompt. Without this option, keys are
    /// read from the terminal (press Enter)
    #[arg(long, value_name = "KEYS", value_parser = parse_keys)]
    pub(super) digits: Option<String>,
    /// What the caller says; repeat the option for each speech prompt
    #[arg(long, value_name = "WORDS")]
    pub(super) say: Vec<String>,
    /// An answer in place of that of the web application: a body that begins with `{`, `[` or `<`; a status with or
    /// without a body of any kind, such as '200 open'; a file, `-`, or `none`. Repeat the option for each request; none
    /// is sent
    #[arg(long, value_name = "ANSWER", value_parser = GivenAnswer::parse, conflicts_with = "connect")]
    answer: Vec<GivenAnswer>,
    /// Use the configured speech engines; without this option texts are printed
    #[arg(long)]
    engines: bool,
    /// The caller's number [default: withheld]
    #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
    caller: String,
    /// The caller's name
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    caller_name: String,
    /// The dialled number
    #[arg(long, value_name = "NUMBER", default_value = "7000")]
    called: String,
    /// A channel variable set by the dialplan
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable)]
    set: Vec<(String, String)>,
    /// A script argument, available as {arg.NAME}
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    arg: Vec<(String, String)>,
    /// A destination that exists in the dialplan, such as 9100@shipping [default: all exist]
    #[arg(long, value_name = "EXT@CONTEXT", value_parser = parse_destination)]
    exists: Vec<String>,
    /// The caller hangs up after this time, such as 3s
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) hangup_after: Option<Duration>,
    /// Call a running daemon instead of one in this process
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_address)]
    pub(super) connect: Option<String>,
    /// Show secrets and sensitive input instead of ***
    #[arg(long)]
    pub(super) reveal: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SwitchArg {
    /// Asterisk 22, by FastAGI
    Asterisk,
    /// FreeSWITCH 1.11, by its outbound Event Socket
    Freeswitch,
}

const EXAMPLES_AND_EXIT_CODES: &str = "\
Examples:
  dialscript call order-status             the terminal is the telephone: type digits, then Enter
  dialscript call order-status --digits 4711
  dialscript call order-status --digits 4711 --answer 404    in place of the web application's answer
  dialscript call menu --digits 1,4711 --caller +4930123456 --switch freeswitch
  dialscript call route --set VIP=yes --arg shop=7 --hangup-after 3s

Exit codes, by the outcome of the call:
  0  matched, otherwise
  1  errors in the files, or no such script
  2  invalid command line
  3  no_input, invalid_input
  4  no_response
  5  hangup
  6  error, or no script ran";

impl SwitchArg {
    pub(super) fn to_switch(self) -> Switch {
        match self {
            Self::Asterisk => Switch::Asterisk,
            Self::Freeswitch => Switch::FreeSwitch,
        }
    }
}

impl CallArgs {
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

    pub(super) fn simulation_options(&self) -> SimulationOptions {
        let caller_speech =
            if self.say.is_empty() { CallerSpeech::default() } else { CallerSpeech::scripted() };
        let answers = (!self.answer.is_empty()).then(|| GivenAnswers::new(self.answer.clone()));
        let engines = self.engines;
        SimulationOptions { caller_speech, answers, engines, ..SimulationOptions::default() }
    }

    pub(super) fn utterances(&self) -> UtteranceSource {
        let utterances = self.say.iter().map(|words| {
            let count = u32::try_from(words.split_whitespace().count()).unwrap_or(1);
            FakeUtterance { text: words.clone(), duration: WORD_DURATION * count }
        });
        UtteranceSource::per_recording(utterances.collect())
    }

    pub(super) fn destinations(&self) -> FakeDestinations {
        match self.exists.as_slice() {
            [] => FakeDestinations::All,
            destinations => FakeDestinations::Only(destinations.to_vec()),
        }
    }
}

pub(super) fn is_dtmf_key(key: char) -> bool {
    key.is_ascii_digit() || matches!(key, '*' | '#' | 'A'..='D')
}

fn parse_keys(text: &str) -> Result<String, String> {
    match text.chars().find(|&key| !is_dtmf_key(key) && key != ',') {
        Some(key) => Err(format!("invalid key {key:?}: use 0-9, *, #, A-D or a comma")),
        None => Ok(text.to_owned()),
    }
}

fn parse_variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = parse_pair(text)?;
    match name.contains(|char: char| char.is_whitespace() || char.is_control()) {
        true => Err(format!(
            "{name:?} is no name of a variable: write NAME=VALUE without spaces in NAME"
        )),
        false => Ok((name, value)),
    }
}

fn parse_destination(text: &str) -> Result<String, String> {
    match text.split_once('@') {
        Some((extension, context)) if !extension.is_empty() && !context.is_empty() => {
            Ok(text.to_owned())
        }
        _ => Err("write EXTENSION@CONTEXT, such as 9100@shipping".to_owned()),
    }
}

/// A host and a port. An IPv6 address is in brackets.
fn parse_address(text: &str) -> Result<String, String> {
    let is_host = |host: &str| match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
    {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && !host.contains(':'),
    };
    match text.rsplit_once(':') {
        Some((host, port)) if is_host(host) && port.parse::<NonZeroU16>().is_ok() => {
            Ok(text.to_owned())
        }
        _ => Err("write HOST:PORT, such as 127.0.0.1:4573 or [::1]:4573".to_owned()),
    }
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
