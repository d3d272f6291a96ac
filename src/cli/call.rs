//! `dialscript call`: simulates one call in the terminal.

mod args;
mod redaction;

use std::io::{IsTerminal, stdin};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;

use crate::cli::check::{print_warnings, report_failure};
use crate::cli::config_file::ConfigFile;
use crate::cli::printer::{OutputFormat, OutputLine, Printer};
use crate::cli::simulated_voice::SimulationOptions;
use crate::cli::simulation::{Simulation, SimulationResult, place_call};
use crate::cli::terminal::{print_error, print_note};
use crate::config::{self, Config, ConfigErrors, nearest};
use crate::fake::dtmf::DtmfSource;
use crate::fake::phone::{CallEvent, Phone};
use crate::script::definition::ScriptLibrary;
use crate::script::template::reveal_sensitive_values;
use crate::telemetry::Switch;
use crate::telemetry::event_layer::install_event_layer;
use crate::voice::program::{adopt_orphans, kill_orphans};

pub(super) use args::CallArgs;

use args::is_dtmf_key;
use redaction::CallRedaction;

/// The caller hangs up after this time at the latest, with and without `--hangup-after`.
const MAX_CALL_DURATION: Duration = Duration::from_secs(4 * 60 * 60);
/// The exit code that shells use for a program ended by SIGINT.
const EXIT_INTERRUPTED: u8 = 130;
/// The maximum number of typed keys that the simulated caller has not pressed yet.
const TYPED_KEY_BUFFER: usize = 64;

/// Runs the call and prints what happens in it.
pub(super) fn call(options: &CallArgs) -> ExitCode {
    if options.reveal {
        reveal_sensitive_values();
    }
    let printer = Printer::new(if options.json { OutputFormat::Json } else { OutputFormat::Text });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return print_error(&error.to_string()),
    };
    match &options.connect {
        Some(server) => runtime.block_on(call_daemon(options, server, &printer)),
        None => match load_config_with_script(&options.config, &options.script) {
            Ok(config) => {
                print_warnings(&config.warnings);
                note_unheard_words(options, &config);
                // If the system refuses it, an engine may leave processes behind.
                drop(adopt_orphans());
                let code = runtime.block_on(simulate_until_interrupted(options, &config, &printer));
                drop(runtime);
                kill_orphans();
                code
            }
            Err(code) => code,
        },
    }
}

/// Ctrl-C drops the simulation, which also stops engines that run as programs.
async fn simulate_until_interrupted(
    options: &CallArgs,
    config: &Config,
    printer: &Printer,
) -> ExitCode {
    tokio::select! {
        code = simulate(options, config, printer) => code,
        _ = tokio::signal::ctrl_c() => ExitCode::from(EXIT_INTERRUPTED),
    }
}

/// Loads the configuration, which must contain this script.
pub(super) fn load_config_with_script(file: &ConfigFile, script: &str) -> Result<Config, ExitCode> {
    let path = file.clone().resolve_path();
    let config = config::load(&path).map_err(|errors| {
        let code = report_failure(&errors);
        note_faultless_script(&path, script, &errors);
        code
    })?;
    let scripts = &config.library.scripts;
    if scripts.contains_key(script) {
        return Ok(config);
    }
    let mut names: Vec<_> = scripts.keys().map(String::as_str).collect();
    names.sort_unstable();
    let reason = match nearest(script_name(script), names.iter().copied()) {
        Some(near) => format!("no script {script:?}; did you mean {near:?}?"),
        None if names.is_empty() => format!("no script {script:?}: there are no scripts"),
        None => format!("no script {script:?}; available: {}", names.join(", ")),
    };
    Err(print_error(&reason))
}

/// Says that the errors are in other files, if so.
fn note_faultless_script(config_file: &Path, script: &str, errors: &ConfigErrors) {
    let Some(file) = config::script_file(config_file, script) else { return };
    let name = file.display().to_string();
    if errors.iter().all(|error| error.file.name != name) {
        print_note(&format!(
            "{name} itself has no errors, but a call needs all files without errors, as a daemon does"
        ));
    }
}

/// Says that nothing listens to the words of `--say`, if so.
fn note_unheard_words(options: &CallArgs, config: &Config) {
    if !options.say.is_empty() && !listens(&config.library, &options.script) {
        print_note(&format!(
            "{} has no [speech], and leads to no script that has: nothing hears the words of --say. Use --digits, or add \
             [speech]",
            options.script
        ));
    }
}

/// Whether a script has `[speech]`, or one that it leads to.
fn listens(library: &ScriptLibrary, first: &str) -> bool {
    let mut names = vec![first];
    let mut position = 0;
    while let Some(name) = names.get(position) {
        position += 1;
        let Some(script) = library.scripts.get(*name) else { continue };
        if script.speech.is_some() {
            return true;
        }
        for next in script.next_scripts() {
            if !names.contains(&next) {
                names.push(next);
            }
        }
    }
    false
}

/// The name of the script in a path such as `scripts/hello.toml`, or in the URL of a dialplan.
fn script_name(given: &str) -> &str {
    let path = given.split('?').next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    file.strip_suffix(".toml").unwrap_or(file)
}

async fn simulate(options: &CallArgs, config: &Config, printer: &Printer) -> ExitCode {
    let redaction = Arc::new(match options.reveal {
        true => CallRedaction::Nothing,
        false => CallRedaction::by_log(),
    });
    let (log_printer, log_redaction) = (printer.clone(), redaction.clone());
    install_event_layer(move |event| {
        log_redaction.observe(&event);
        if let Some(line) = OutputLine::from_log_event(&event) {
            log_printer.print(&line);
        }
    });
    let simulation_options = options.simulation_options();
    let switch = options.switch.to_switch();
    let simulation = match Simulation::start(config, switch, simulation_options.clone()).await {
        Ok(simulation) => simulation,
        Err(error) => return print_error(&error.to_string()),
    };
    let address = simulation.address.to_string();
    let result = run_call(options, &address, printer, simulation_options, redaction).await;
    simulation.stop().await;
    print_outcome(options, result.as_ref(), printer)
}

async fn call_daemon(options: &CallArgs, server: &str, printer: &Printer) -> ExitCode {
    let redaction =
        Arc::new(if options.reveal { CallRedaction::Nothing } else { CallRedaction::All });
    let text = match options.reveal {
        true => "requests and answers are only in the daemon's log",
        false => {
            "requests and answers are only in the daemon's log; --reveal shows keys, words, values and destinations"
        }
    };
    printer.print(&OutputLine::new("note", json!({ "text": text }), text));
    let result = run_call(options, server, printer, SimulationOptions::default(), redaction).await;
    print_outcome(options, result.as_ref(), printer)
}

async fn run_call(
    options: &CallArgs,
    server: &str,
    printer: &Printer,
    simulation_options: SimulationOptions,
    redaction: Arc<CallRedaction>,
) -> Option<SimulationResult> {
    printer.restart_clock();
    let dtmf = dtmf_source(options, printer);
    let event_printer = printer.clone();
    let hang_up_after = options.hangup_after.unwrap_or(MAX_CALL_DURATION).min(MAX_CALL_DURATION);
    let phone = Phone::new(dtmf, Some(hang_up_after), move |event| {
        if let CallEvent::CallerSpoke { text, .. } = &event.event {
            simulation_options.caller_speech.push(text);
        }
        let line = redaction.line(event.event, &simulation_options.prompt_texts);
        event_printer.print_at(event.at, &line);
    });
    let phone = phone.with_utterances(options.utterances());
    match place_call(server, &options.simulated_call(), options.destinations(), phone).await {
        Ok(result) => Some(result),
        Err(error) => {
            let text = format!("can't connect to {server}: {error}");
            printer.print(&OutputLine::new("error", json!({ "reason": error.to_string() }), text));
            None
        }
    }
}

/// Prints the last line, and returns the exit code.
fn print_outcome(
    options: &CallArgs,
    result: Option<&SimulationResult>,
    printer: &Printer,
) -> ExitCode {
    let outcome = result.map_or("", |result| result.outcome.as_str());
    // The value of AGISTATUS if Asterisk can't connect.
    let unreached = (options.switch.to_switch() == Switch::Asterisk).then_some("FAILURE");
    let status = result.map_or(unreached, |result| result.agi_status);
    let shown = match outcome {
        "" => match options.connect.as_deref().filter(|_| result.is_some()) {
            Some(server) => format!(
                "no outcome: no script ran; {server} may be no dialscript daemon, listen for the other switch, or refuse \
                 this script: see its log"
            ),
            None => "no outcome: no script ran".to_owned(),
        },
        _ => format!("outcome {outcome}"),
    };
    let fields = json!({ "outcome": outcome, "agi_status": status });
    let status = status.map(|status| format!("; AGISTATUS {status}")).unwrap_or_default();
    let text = shown + &status;
    printer.print(&OutputLine::new("ended", fields, text));
    ExitCode::from(match outcome {
        "matched" | "otherwise" => 0,
        "no_input" | "invalid_input" => 3,
        "no_response" => 4,
        "hangup" => 5,
        _ => 6,
    })
}

fn dtmf_source(options: &CallArgs, printer: &Printer) -> DtmfSource {
    match &options.digits {
        Some(digits) => DtmfSource::on_request(digits),
        None if stdin().is_terminal() => {
            let text = "you are the caller: type digits (0-9 * #) and press Enter";
            printer.print(&OutputLine::new("note", json!({ "text": text }), text));
            DtmfSource::live(keys_from_stdin())
        }
        None => DtmfSource::none(),
    }
}

/// Reads keys from the terminal in a thread. A thread that waits for the terminal can't be stopped, so it runs until
/// the process ends.
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
