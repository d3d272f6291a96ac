//! `dialscript call`: one call in the terminal, without a telephone.

use std::io::{IsTerminal, Write, stderr, stdin};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use tokio::sync::mpsc;

use crate::cli::ConfigFile;
use crate::cli::check::print_faults;
use crate::cli::rehearsal::{Rehearsal, play};
use crate::cli::story::{Line, Style, Teller};
use crate::config::{self, Config};
use crate::fake::asterisk::{Call, Ended, Places};
use crate::fake::fingers::Fingers;
use crate::fake::phone::Phone;
use crate::telemetry::overheard::overhear;

/// Who calls, what is pressed, and what is run.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Options {
    /// The script that the dialplan hands the call to
    script: String,
    #[command(flatten)]
    config: ConfigFile,
    /// The switch that is played
    #[arg(long, value_enum, default_value = "asterisk")]
    switch: SwitchKind,
    /// Keys that the caller presses when asked; a comma waits for the next question. Without it keys are typed, with
    /// Enter, when standard input is a terminal
    #[arg(long, value_name = "KEYS", value_parser = keys)]
    digits: Option<String>,
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
    hangup_after: Option<Duration>,
    /// Call a daemon that runs already, in place of one in this process
    #[arg(long, value_name = "HOST:PORT")]
    connect: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// A switch that can be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SwitchKind {
    /// Asterisk 22, by FastAGI
    Asterisk,
}

const EXIT_CODES: &str = "Exit codes, by the outcome of the call:
  0  matched, otherwise
  1  faults in the files, or there is no such script
  2  a command line that can't be read
  3  no_input, invalid_input
  4  no_response
  5  hangup
  6  error, or no script ran";

/// Nobody stays longer on a line.
const LONGEST: Duration = Duration::from_secs(4 * 60 * 60);
/// Keys that are typed ahead.
const TYPED_AHEAD: usize = 64;
/// What a path of a URL takes as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/');

/// Plays the call and tells it.
pub fn call(options: &Options) -> ExitCode {
    let teller = Teller::new(if options.json { Style::Json } else { Style::Text });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    match &options.connect {
        Some(server) => runtime.block_on(connected(options, server, &teller)),
        None => match loaded(options) {
            Ok(config) => runtime.block_on(rehearsed(options, &config, &teller)),
            Err(code) => code,
        },
    }
}

fn fail(reason: &str) -> ExitCode {
    drop(writeln!(stderr(), "error: {reason}"));
    ExitCode::FAILURE
}

fn loaded(options: &Options) -> Result<Config, ExitCode> {
    let config = config::load(&options.config.clone().path()).map_err(|faults| {
        print_faults(&faults);
        ExitCode::FAILURE
    })?;
    let scripts = &config.library.scripts;
    if scripts.contains_key(&options.script) {
        return Ok(config);
    }
    let mut names: Vec<_> = scripts.keys().map(|name| name.to_string()).collect();
    names.sort();
    Err(fail(&format!("there is no script {}; there are: {}", options.script, names.join(", "))))
}

async fn rehearsed(options: &Options, config: &Config, teller: &Teller) -> ExitCode {
    let listener = teller.clone();
    overhear(move |heard| {
        if let Some(line) = Line::of_log(&heard) {
            listener.tell(&line);
        }
    });
    let rehearsal = match Rehearsal::start(config).await {
        Ok(rehearsal) => rehearsal,
        Err(error) => return fail(&error.to_string()),
    };
    let ended = played(options, &rehearsal.address.to_string(), teller).await;
    rehearsal.stop().await;
    closing(ended.as_ref(), teller)
}

async fn connected(options: &Options, server: &str, teller: &Teller) -> ExitCode {
    let text = "requests and answers are not seen from here: the daemon's log has them";
    teller.tell(&Line::new("note", json!({ "text": text }), text));
    let ended = played(options, server, teller).await;
    closing(ended.as_ref(), teller)
}

async fn played(options: &Options, server: &str, teller: &Teller) -> Option<Ended> {
    let fingers = options.fingers(teller);
    teller.begin();
    let story = teller.clone();
    let hangs_up_after = options.hangup_after.unwrap_or(LONGEST);
    let phone = Phone::new(fingers, Some(hangs_up_after), move |told| story.told(&told));
    match play(server, &options.call(), options.places(), phone).await {
        Ok(ended) => Some(ended),
        Err(error) => {
            let text = format!("the switch can't reach {server}: {error}");
            teller.tell(&Line::new("error", json!({ "reason": error.to_string() }), text));
            None
        }
    }
}

/// The last line, and the exit code.
fn closing(ended: Option<&Ended>, teller: &Teller) -> ExitCode {
    let outcome = ended.and_then(|ended| ended.variables.get("DIALSCRIPT_OUTCOME"));
    let outcome = outcome.map_or("", String::as_str);
    let status = ended.map_or("FAILURE", |ended| ended.status.as_str());
    let shown = match outcome {
        "" => "there is no outcome, since no script ran".to_owned(),
        _ => format!("the outcome is {outcome}"),
    };
    let fields = json!({ "outcome": outcome, "agi_status": status });
    let text = format!("{shown}; AGISTATUS is {status}");
    teller.tell(&Line::new("ended", fields, text));
    ExitCode::from(match outcome {
        "matched" | "otherwise" => 0,
        "no_input" | "invalid_input" => 3,
        "no_response" => 4,
        "hangup" => 5,
        _ => 6,
    })
}

impl Options {
    fn call(&self) -> Call {
        let SwitchKind::Asterisk = self.switch;
        Call {
            script: self.network_script(),
            caller: self.caller.clone(),
            caller_name: self.caller_name.clone(),
            called: self.called.clone(),
            extension: self.called.clone(),
            variables: self.set.clone(),
            ..Call::default()
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

    fn places(&self) -> Places {
        match self.exists.as_slice() {
            [] => Places::All,
            places => Places::These(places.to_vec()),
        }
    }

    fn fingers(&self, teller: &Teller) -> Fingers {
        match &self.digits {
            Some(digits) => Fingers::when_asked(digits),
            None if stdin().is_terminal() => {
                let text = "you are the caller: type keys (0-9 * #) and Enter";
                teller.tell(&Line::new("note", json!({ "text": text }), text));
                Fingers::live(typed())
            }
            None => Fingers::still(),
        }
    }
}

/// Keys as they are typed. A thread that waits for the terminal can't be ended: it ends with the process.
fn typed() -> mpsc::Receiver<char> {
    let (send, keys) = mpsc::channel(TYPED_AHEAD);
    std::thread::spawn(move || {
        for line in stdin().lines().map_while(Result::ok) {
            for key in line.chars().filter(|key| is_key(*key)) {
                if send.blocking_send(key).is_err() {
                    return;
                }
            }
        }
    });
    keys
}

fn is_key(key: char) -> bool {
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
