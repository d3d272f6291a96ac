//! `dialscript demo`: the main job, on a machine with nothing else installed.
//!
//! A script and a configuration are written to a temporary folder; a stand-in shop and the real server run in
//! this process; three callers are played, and what happens to them is told.

mod files;
mod mock_shop;

use std::io::{self, Write, stdout};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::cli::check::print_diagnostics;
use crate::cli::printer::{OutputFormat, OutputLine, Printer};
use crate::cli::simulated_voice::SimulationOptions;
use crate::cli::simulation::{self, Simulation, SimulationResult, place_call};
use crate::config;
use crate::fake::asterisk::FakeAsteriskCall;
use crate::fake::destinations::FakeDestinations;
use crate::fake::dtmf::DtmfSource;
use crate::fake::phone::{CallEvent, Continuation, Phone};
use crate::telemetry::Switch;
use crate::telemetry::event_layer::{LogEvent, install_event_layer};

use files::{DEMO_SCRIPT, DemoFolder};
use mock_shop::MockShop;

/// How it is told.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Without the pauses of people who speak, listen and think
    #[arg(long)]
    fast: bool,
}

/// A caller's story, and how it has to end.
struct DemoCall {
    title: &'static str,
    keys: &'static str,
    outcome: &'static str,
    continues_at: &'static str,
}

const DEMO_CALLS: [DemoCall; 3] = [
    DemoCall {
        title: "Ann asks for her order 4711, which the shop knows.",
        keys: "4711",
        outcome: "matched",
        continues_at: "9100@shipping,1",
    },
    DemoCall {
        title: "Ben mistypes: the shop knows no order 9999, and he is asked again.",
        keys: "9999,4711",
        outcome: "matched",
        continues_at: "9100@shipping,1",
    },
    DemoCall {
        title: "The shop is down. Cleo still reaches a person.",
        keys: "4711",
        outcome: "no_response",
        continues_at: "100@agents,1",
    },
];

/// Tells the stories. Exit codes: 0 when they ended as they have to, else 1.
pub fn demo(options: &DemoArgs) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let told = runtime.and_then(|runtime| runtime.block_on(run_until_interrupted(options)));
    match told {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            print_line(&format!("the demo can't go on: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The folder is removed also when it is broken off.
async fn run_until_interrupted(options: &DemoArgs) -> io::Result<bool> {
    tokio::select! {
        told = play_demo(options) => told,
        interrupted = tokio::signal::ctrl_c() => interrupted.map(|()| false),
    }
}

async fn play_demo(options: &DemoArgs) -> io::Result<bool> {
    let mut shop =
        Some(MockShop::start(if options.fast { Duration::ZERO } else { SHOP_DELAY }).await?);
    let port = shop.as_ref().map_or(0, |shop| shop.port);
    let folder = DemoFolder::write(port)?;
    let config = match config::load(&folder.config_path()) {
        Ok(config) => config,
        Err(faults) => {
            print_diagnostics(&faults);
            return Ok(false);
        }
    };
    let teller = Printer::new(OutputFormat::Text);
    let listener = teller.clone();
    install_event_layer(move |heard| log_line(&heard).iter().for_each(|line| listener.print(line)));
    print_introduction();
    let rehearsal =
        Simulation::start(&config, Switch::Asterisk, SimulationOptions::default()).await?;
    let mut as_told = true;
    for (number, chapter) in (1..).zip(&DEMO_CALLS) {
        if chapter.outcome == "no_response" {
            shop = None;
        }
        print_line(&format!("\n{number}. {}\n", chapter.title));
        as_told &= chapter.play(&rehearsal.address.to_string(), options, &teller).await?;
    }
    drop(shop);
    rehearsal.stop().await;
    print_conclusion(as_told);
    Ok(as_told)
}

/// Long enough for music.
const SHOP_DELAY: Duration = Duration::from_millis(1200);
/// The callers hear the question before they type.
const CALLER_DELAY: Duration = Duration::from_millis(2700);
/// Nobody stays longer on the line.
const MAX_CALL_DURATION: Duration = Duration::from_secs(60);

fn print_introduction() {
    print_line(
        "A caller dials 7000. The dialplan hands the call to this script, order-status.toml",
    );
    print_line("(SHOP is a stand-in for a web application, on this machine):\n");
    for line in DEMO_SCRIPT.trim().lines() {
        print_line(&format!("    {line}"));
    }
}

fn print_conclusion(as_told: bool) {
    match as_told {
        true => print_line(
            "\nEvery caller reached a next step. Your own script: `dialscript call --help`.",
        ),
        false => print_line("\nThis did not end as it has to: please report it."),
    }
}

fn print_line(text: &str) {
    drop(writeln!(stdout(), "{text}"));
}

impl DemoCall {
    async fn play(&self, server: &str, options: &DemoArgs, teller: &Printer) -> io::Result<bool> {
        let call = FakeAsteriskCall {
            script: "order-status".into(),
            caller: "100".into(),
            called: "7000".into(),
            ..FakeAsteriskCall::default()
        };
        let fingers = match options.fast {
            true => DtmfSource::on_request(self.keys),
            false => DtmfSource::on_request_after(CALLER_DELAY, self.keys),
        };
        teller.restart_clock();
        let story = teller.clone();
        let phone = Phone::new(fingers, Some(MAX_CALL_DURATION), move |told| {
            event_line(&told.event).iter().for_each(|line| story.print(line));
        });
        let call = simulation::SimulatedCall::Asterisk(call);
        let ended = place_call(server, &call, FakeDestinations::All, phone).await?;
        Ok(self.ended_as_expected(&ended))
    }

    fn ended_as_expected(&self, ended: &SimulationResult) -> bool {
        ended.outcome == self.outcome
            && ended.continuation == Continuation::Destination(self.continues_at.to_owned())
    }
}

/// In plain words; what is of no interest here is left out.
fn event_line(happening: &CallEvent) -> Option<OutputLine> {
    let plain = |text: String| Some(OutputLine { text, ..OutputLine::from_call_event(happening) });
    match happening {
        CallEvent::SoundStarted { sound, .. } => plain(format!("a voice: \"{sound}\"")),
        CallEvent::SoundInterrupted { .. } => plain("  (the key ends the voice)".into()),
        CallEvent::MusicStarted(_) => plain("music, while the shop thinks".into()),
        CallEvent::VariableSet { name, .. } if !is_shown_variable(name) => None,
        _ => Some(OutputLine::from_call_event(happening)),
    }
}

fn is_shown_variable(variable: &str) -> bool {
    variable == "ORDER_STATUS" || variable == "DIALSCRIPT_OUTCOME"
}

fn log_line(heard: &LogEvent) -> Option<OutputLine> {
    let line = OutputLine::from_log_event(heard)?;
    let text = match line.event {
        "request" => format!("the shop is asked: {}", heard.field("url").unwrap_or_default()),
        _ => line.text.clone(),
    };
    Some(OutputLine { text, ..line })
}
