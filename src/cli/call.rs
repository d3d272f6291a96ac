//! `dialscript call`: one call in the terminal, without a telephone.

mod args;

use std::io::{IsTerminal, Write, stderr, stdin};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;

use crate::cli::ConfigFile;
use crate::cli::check::{print_diagnostics, print_warnings};
use crate::cli::printer::{OutputFormat, OutputLine, Printer};
use crate::cli::simulated_voice::{PromptTexts, SimulationOptions};
use crate::cli::simulation::{Simulation, SimulationResult, place_call};
use crate::config::{self, Config};
use crate::fake::dtmf::DtmfSource;
use crate::fake::phone::{CallEvent, Phone};
use crate::telemetry::Switch;
use crate::telemetry::event_layer::install_event_layer;

pub use args::CallArgs;

use args::is_dtmf_key;

/// Nobody stays longer on a line.
const MAX_CALL_DURATION: Duration = Duration::from_secs(4 * 60 * 60);
/// As shells tell SIGINT.
const EXIT_INTERRUPTED: u8 = 130;
/// Keys that are typed ahead.
const TYPED_KEY_BUFFER: usize = 64;

/// Plays the call and tells it.
pub fn call(options: &CallArgs) -> ExitCode {
    let teller = Printer::new(if options.json { OutputFormat::Json } else { OutputFormat::Text });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return print_error(&error.to_string()),
    };
    match &options.connect {
        Some(server) => runtime.block_on(call_daemon(options, server, &teller)),
        None => match load_config_with_script(&options.config, &options.script) {
            Ok(config) => {
                print_warnings(&config.warnings);
                runtime.block_on(simulate_until_interrupted(options, &config, &teller))
            }
            Err(code) => code,
        },
    }
}

/// What engines have begun ends with the runtime, also when the call is broken off.
async fn simulate_until_interrupted(
    options: &CallArgs,
    config: &Config,
    teller: &Printer,
) -> ExitCode {
    tokio::select! {
        code = simulate(options, config, teller) => code,
        _ = tokio::signal::ctrl_c() => ExitCode::from(EXIT_INTERRUPTED),
    }
}

fn print_error(reason: &str) -> ExitCode {
    drop(writeln!(stderr(), "error: {reason}"));
    ExitCode::FAILURE
}

/// The configuration, where it has this script.
pub(super) fn load_config_with_script(file: &ConfigFile, script: &str) -> Result<Config, ExitCode> {
    let config = config::load(&file.clone().resolve_path()).map_err(|faults| {
        print_diagnostics(&faults);
        ExitCode::FAILURE
    })?;
    let scripts = &config.library.scripts;
    if scripts.contains_key(script) {
        return Ok(config);
    }
    let mut names: Vec<_> = scripts.keys().map(|name| name.to_string()).collect();
    names.sort();
    Err(print_error(&format!("there is no script {script}; there are: {}", names.join(", "))))
}

async fn simulate(options: &CallArgs, config: &Config, teller: &Printer) -> ExitCode {
    let listener = teller.clone();
    install_event_layer(move |heard| {
        if let Some(line) = OutputLine::from_log_event(&heard) {
            listener.print(&line);
        }
    });
    let stage = options.simulation_options();
    let rehearsal = match Simulation::start(config, options.switch.to_switch(), stage.clone()).await
    {
        Ok(rehearsal) => rehearsal,
        Err(error) => return print_error(&error.to_string()),
    };
    let ended = play_call(options, &rehearsal.address.to_string(), teller, stage).await;
    rehearsal.stop().await;
    print_outcome(options, ended.as_ref(), teller)
}

async fn call_daemon(options: &CallArgs, server: &str, teller: &Printer) -> ExitCode {
    let text = "requests and answers are not seen from here: the daemon's log has them";
    teller.print(&OutputLine::new("note", json!({ "text": text }), text));
    let ended = play_call(options, server, teller, SimulationOptions::default()).await;
    print_outcome(options, ended.as_ref(), teller)
}

async fn play_call(
    options: &CallArgs,
    server: &str,
    teller: &Printer,
    stage: SimulationOptions,
) -> Option<SimulationResult> {
    teller.restart_clock();
    let fingers = dtmf_source(options, teller);
    let story = teller.clone();
    let hangs_up_after = options.hangup_after.unwrap_or(MAX_CALL_DURATION).min(MAX_CALL_DURATION);
    let phone = Phone::new(fingers, Some(hangs_up_after), move |mut told| {
        if let CallEvent::CallerSpoke { text, .. } = &told.event {
            stage.caller_speech.push(text);
        }
        told.event = with_prompt_text(told.event, &stage.prompt_texts);
        story.print_call_event(&told);
    });
    let phone = phone.with_utterances(options.utterances());
    match place_call(server, &options.simulated_call(), options.destinations(), phone).await {
        Ok(ended) => Some(ended),
        Err(error) => {
            let text = format!("the switch can't reach {server}: {error}");
            teller.print(&OutputLine::new("error", json!({ "reason": error.to_string() }), text));
            None
        }
    }
}

/// A sound that was made of a text is told by it.
fn with_prompt_text(happening: CallEvent, texts: &PromptTexts) -> CallEvent {
    let quoted = |sound: String| match texts.get(&sound) {
        Some(text) => format!("\u{201c}{text}\u{201d}"),
        None => sound,
    };
    match happening {
        CallEvent::SoundStarted { sound, duration: lasts } => {
            CallEvent::SoundStarted { sound: quoted(sound), duration: lasts }
        }
        CallEvent::SoundInterrupted { sound, played: after } => {
            CallEvent::SoundInterrupted { sound: quoted(sound), played: after }
        }
        other => other,
    }
}

/// The last line, and the exit code.
fn print_outcome(
    options: &CallArgs,
    ended: Option<&SimulationResult>,
    teller: &Printer,
) -> ExitCode {
    let outcome = ended.map_or("", |ended| ended.outcome.as_str());
    let unreached = (options.switch.to_switch() == Switch::Asterisk).then_some("FAILURE");
    let status = ended.map_or(unreached, |ended| ended.agi_status);
    let shown = match outcome {
        "" => "there is no outcome, since no script ran".to_owned(),
        _ => format!("the outcome is {outcome}"),
    };
    let fields = json!({ "outcome": outcome, "agi_status": status });
    let status = status.map(|status| format!("; AGISTATUS is {status}")).unwrap_or_default();
    let text = shown + &status;
    teller.print(&OutputLine::new("ended", fields, text));
    ExitCode::from(match outcome {
        "matched" | "otherwise" => 0,
        "no_input" | "invalid_input" => 3,
        "no_response" => 4,
        "hangup" => 5,
        _ => 6,
    })
}

fn dtmf_source(options: &CallArgs, teller: &Printer) -> DtmfSource {
    match &options.digits {
        Some(digits) => DtmfSource::on_request(digits),
        None if stdin().is_terminal() => {
            let text = "you are the caller: type keys (0-9 * #) and Enter";
            teller.print(&OutputLine::new("note", json!({ "text": text }), text));
            DtmfSource::live(keys_from_stdin())
        }
        None => DtmfSource::none(),
    }
}

/// Keys as they are typed. A thread that waits for the terminal can't be ended: it ends with the process.
fn keys_from_stdin() -> mpsc::Receiver<char> {
    let (send, keys) = mpsc::channel(TYPED_KEY_BUFFER);
    std::thread::spawn(move || {
        for line in stdin().lines().map_while(Result::ok) {
            for key in line.chars().filter(|key| is_dtmf_key(*key)) {
                if send.blocking_send(key).is_err() {
                    return;
                }
            }
        }
    });
    keys
}
