//! `dialscript call`: one call in the terminal, without a telephone.

mod options;

use std::io::{IsTerminal, Write, stderr, stdin};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;

use crate::cli::ConfigFile;
use crate::cli::check::{print_faults, print_warnings};
use crate::cli::rehearsal::{Ended, Rehearsal, play};
use crate::cli::rehearsed::{Stage, Texts};
use crate::cli::story::{Line, Style, Teller};
use crate::config::{self, Config};
use crate::fake::fingers::Fingers;
use crate::fake::phone::{Happening, Phone};
use crate::telemetry::Switch;
use crate::telemetry::overheard::overhear;

pub use options::Options;

use options::is_key;

/// Nobody stays longer on a line.
const LONGEST: Duration = Duration::from_secs(4 * 60 * 60);
/// As shells tell SIGINT.
const INTERRUPTED: u8 = 130;
/// Keys that are typed ahead.
const TYPED_AHEAD: usize = 64;

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
        None => match loaded(&options.config, &options.script) {
            Ok(config) => {
                print_warnings(&config.warnings);
                runtime.block_on(interruptible(options, &config, &teller))
            }
            Err(code) => code,
        },
    }
}

/// What engines have begun ends with the runtime, also when the call is broken off.
async fn interruptible(options: &Options, config: &Config, teller: &Teller) -> ExitCode {
    tokio::select! {
        code = rehearsed(options, config, teller) => code,
        _ = tokio::signal::ctrl_c() => ExitCode::from(INTERRUPTED),
    }
}

fn fail(reason: &str) -> ExitCode {
    drop(writeln!(stderr(), "error: {reason}"));
    ExitCode::FAILURE
}

/// The configuration, where it has this script.
pub(super) fn loaded(file: &ConfigFile, script: &str) -> Result<Config, ExitCode> {
    let config = config::load(&file.clone().path()).map_err(|faults| {
        print_faults(&faults);
        ExitCode::FAILURE
    })?;
    let scripts = &config.library.scripts;
    if scripts.contains_key(script) {
        return Ok(config);
    }
    let mut names: Vec<_> = scripts.keys().map(|name| name.to_string()).collect();
    names.sort();
    Err(fail(&format!("there is no script {script}; there are: {}", names.join(", "))))
}

async fn rehearsed(options: &Options, config: &Config, teller: &Teller) -> ExitCode {
    let listener = teller.clone();
    overhear(move |heard| {
        if let Some(line) = Line::of_log(&heard) {
            listener.tell(&line);
        }
    });
    let stage = options.stage();
    let rehearsal = match Rehearsal::start(config, options.switch.kind(), stage.clone()).await {
        Ok(rehearsal) => rehearsal,
        Err(error) => return fail(&error.to_string()),
    };
    let ended = played(options, &rehearsal.address.to_string(), teller, stage).await;
    rehearsal.stop().await;
    closing(options, ended.as_ref(), teller)
}

async fn connected(options: &Options, server: &str, teller: &Teller) -> ExitCode {
    let text = "requests and answers are not seen from here: the daemon's log has them";
    teller.tell(&Line::new("note", json!({ "text": text }), text));
    let ended = played(options, server, teller, Stage::default()).await;
    closing(options, ended.as_ref(), teller)
}

async fn played(options: &Options, server: &str, teller: &Teller, stage: Stage) -> Option<Ended> {
    teller.begin();
    let fingers = fingers(options, teller);
    let story = teller.clone();
    let hangs_up_after = options.hangup_after.unwrap_or(LONGEST).min(LONGEST);
    let phone = Phone::new(fingers, Some(hangs_up_after), move |mut told| {
        if let Happening::Says { text, .. } = &told.happening {
            stage.said.hear(text);
        }
        told.happening = with_its_text(told.happening, &stage.texts);
        story.told(&told);
    });
    let phone = phone.saying(options.mouth());
    match play(server, &options.call(), options.places(), phone).await {
        Ok(ended) => Some(ended),
        Err(error) => {
            let text = format!("the switch can't reach {server}: {error}");
            teller.tell(&Line::new("error", json!({ "reason": error.to_string() }), text));
            None
        }
    }
}

/// A sound that was made of a text is told by it.
fn with_its_text(happening: Happening, texts: &Texts) -> Happening {
    let quoted = |sound: String| match texts.of(&sound) {
        Some(text) => format!("\u{201c}{text}\u{201d}"),
        None => sound,
    };
    match happening {
        Happening::Hears { sound, lasts } => Happening::Hears { sound: quoted(sound), lasts },
        Happening::BrokenOff { sound, after } => {
            Happening::BrokenOff { sound: quoted(sound), after }
        }
        other => other,
    }
}

/// The last line, and the exit code.
fn closing(options: &Options, ended: Option<&Ended>, teller: &Teller) -> ExitCode {
    let outcome = ended.map_or("", |ended| ended.outcome.as_str());
    let unreached = (options.switch.kind() == Switch::Asterisk).then_some("FAILURE");
    let status = ended.map_or(unreached, |ended| ended.agi_status);
    let shown = match outcome {
        "" => "there is no outcome, since no script ran".to_owned(),
        _ => format!("the outcome is {outcome}"),
    };
    let fields = json!({ "outcome": outcome, "agi_status": status });
    let status = status.map(|status| format!("; AGISTATUS is {status}")).unwrap_or_default();
    let text = shown + &status;
    teller.tell(&Line::new("ended", fields, text));
    ExitCode::from(match outcome {
        "matched" | "otherwise" => 0,
        "no_input" | "invalid_input" => 3,
        "no_response" => 4,
        "hangup" => 5,
        _ => 6,
    })
}

fn fingers(options: &Options, teller: &Teller) -> Fingers {
    match &options.digits {
        Some(digits) => Fingers::when_asked(digits),
        None if stdin().is_terminal() => {
            let text = "you are the caller: type keys (0-9 * #) and Enter";
            teller.tell(&Line::new("note", json!({ "text": text }), text));
            Fingers::live(typed())
        }
        None => Fingers::still(),
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
