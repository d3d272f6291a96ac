//! `dialscript demo`: three simulated calls, on a machine with nothing else installed.
//!
//! The script and the configuration are in a temporary folder. A mock shop and the real server run in this process.

mod files;
mod mock_shop;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::cli::check::print_diagnostics;
use crate::cli::printer::{OutputFormat, OutputLine, Printer};
use crate::cli::simulated_voice::SimulationOptions;
use crate::cli::simulation::{self, Simulation, SimulationResult, place_call};
use crate::cli::terminal::print_line;
use crate::config;
use crate::fake::asterisk::FakeAsteriskCall;
use crate::fake::destinations::FakeDestinations;
use crate::fake::dtmf::DtmfSource;
use crate::fake::phone::{CallEvent, Continuation, Phone};
use crate::telemetry::Switch;
use crate::telemetry::event_layer::{LogEvent, install_event_layer};

use files::{DEMO_SCRIPT, DemoFolder};
use mock_shop::MockShop;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DemoArgs {
    /// Let the callers press keys sooner and the shop answer at once. Sounds take as long as without it
    #[arg(long)]
    fast: bool,
}

const EXAMPLES: &str = "\
Examples:
  dialscript demo
  dialscript demo --fast";

/// A simulated call, and how it is expected to end.
struct DemoCall {
    title: &'static str,
    keys: &'static str,
    outcome: &'static str,
    continues_at: &'static str,
}

const DEMO_CALLS: [DemoCall; 3] = [
    DemoCall {
        title: "A caller enters order 4711, which exists.",
        keys: "4711",
        outcome: "matched",
        continues_at: "9100@shipping,1",
    },
    DemoCall {
        title: "A caller enters order 9999, which does not exist, and is asked again.",
        keys: "9999,4711",
        outcome: "matched",
        continues_at: "9100@shipping,1",
    },
    DemoCall {
        title: "The shop is down: the caller is connected to an agent.",
        keys: "4711",
        outcome: "no_response",
        continues_at: "100@agents,1",
    },
];

/// Runs the calls. Exit codes: 0 if all calls ended as expected, else 1.
pub(super) fn demo(options: &DemoArgs) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.and_then(|runtime| runtime.block_on(run_until_interrupted(options)));
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            print_line(&format!("the demo failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Ctrl-C drops the demo, which removes its folder.
async fn run_until_interrupted(options: &DemoArgs) -> io::Result<bool> {
    tokio::select! {
        result = run_demo(options) => result,
        interrupted = tokio::signal::ctrl_c() => interrupted.map(|()| false),
    }
}

async fn run_demo(options: &DemoArgs) -> io::Result<bool> {
    let mut shop =
        Some(MockShop::start(if options.fast { Duration::ZERO } else { SHOP_DELAY }).await?);
    let port = shop.as_ref().map_or(0, |shop| shop.port);
    let folder = DemoFolder::write(port)?;
    let config = match config::load(&folder.config_path()) {
        Ok(config) => config,
        Err(errors) => {
            print_diagnostics(&errors);
            return Ok(false);
        }
    };
    let printer = Printer::new(OutputFormat::Text);
    let log_printer = printer.clone();
    install_event_layer(move |event| {
        log_line(&event).iter().for_each(|line| log_printer.print(line));
    });
    print_introduction();
    let simulation =
        Simulation::start(&config, Switch::Asterisk, SimulationOptions::default()).await?;
    let mut as_expected = true;
    for (number, call) in (1..).zip(&DEMO_CALLS) {
        if call.outcome == "no_response" {
            shop = None;
        }
        print_line(&format!("\n{number}. {}\n", call.title));
        as_expected &= call.run(&simulation.address.to_string(), options, &printer).await?;
    }
    drop(shop);
    simulation.stop().await;
    print_conclusion(as_expected);
    Ok(as_expected)
}

/// How long the shop takes to answer: long enough for music on hold to start.
const SHOP_DELAY: Duration = Duration::from_millis(1200);
/// How long a caller listens to the prompt before pressing the first key.
const CALLER_DELAY: Duration = Duration::from_millis(2700);
/// A caller whose call does not end hangs up after this time.
const MAX_CALL_DURATION: Duration = Duration::from_secs(60);

fn print_introduction() {
    print_line(
        "A caller dials 7000. The dialplan hands the call to this script, order-status.toml",
    );
    print_line("(SHOP stands for a mock web application on this machine):\n");
    for line in DEMO_SCRIPT.trim().lines() {
        print_line(&format!("    {line}"));
    }
}

fn print_conclusion(as_expected: bool) {
    match as_expected {
        true => print_line(
            "\nAll calls ended as expected. Next: `dialscript new hello` writes a script, and `dialscript call hello` \
             tries it.",
        ),
        false => print_line("\nA call did not end as expected: please report this."),
    }
}

impl DemoCall {
    async fn run(&self, server: &str, options: &DemoArgs, printer: &Printer) -> io::Result<bool> {
        let call = FakeAsteriskCall {
            script: "order-status".into(),
            caller: "100".into(),
            called: "7000".into(),
            ..FakeAsteriskCall::default()
        };
        let dtmf = match options.fast {
            true => DtmfSource::on_request(self.keys),
            false => DtmfSource::on_request_after(CALLER_DELAY, self.keys),
        };
        printer.restart_clock();
        let event_printer = printer.clone();
        let phone = Phone::new(dtmf, Some(MAX_CALL_DURATION), move |event| {
            event_line(&event.event).iter().for_each(|line| event_printer.print(line));
        });
        let call = simulation::SimulatedCall::Asterisk(call);
        let result = place_call(server, &call, FakeDestinations::All, phone).await?;
        Ok(self.ended_as_expected(&result))
    }

    fn ended_as_expected(&self, result: &SimulationResult) -> bool {
        result.outcome == self.outcome
            && result.continuation == Continuation::Destination(self.continues_at.to_owned())
    }
}

/// The line of an event, in simpler words than those of `call`; `None` for events that would only distract.
fn event_line(event: &CallEvent) -> Option<OutputLine> {
    let plain = |text: String| Some(OutputLine { text, ..OutputLine::from_call_event(event) });
    match event {
        CallEvent::SoundStarted { sound, .. } => plain(format!("prompt: \"{sound}\"")),
        CallEvent::SoundInterrupted { .. } => plain("  (the key interrupts the prompt)".into()),
        CallEvent::MusicStarted(_) => plain("music on hold while waiting for the shop".into()),
        CallEvent::VariableSet { name, .. } if !is_shown_variable(name) => None,
        _ => Some(OutputLine::from_call_event(event)),
    }
}

fn is_shown_variable(variable: &str) -> bool {
    variable == "ORDER_STATUS" || variable == "DIALSCRIPT_OUTCOME"
}

fn log_line(event: &LogEvent) -> Option<OutputLine> {
    let line = OutputLine::from_log_event(event)?;
    let text = match line.event {
        "request" => format!("request to the shop: {}", event.field("url").unwrap_or_default()),
        _ => line.text.clone(),
    };
    Some(OutputLine { text, ..line })
}
