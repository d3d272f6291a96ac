//! `dialscript demo`: the main job, on a machine with nothing else installed.
//!
//! A script and a configuration are written to a temporary folder; a stand-in shop and the real server run in
//! this process; three callers are played, and what happens to them is told.

mod files;
mod shop;

use std::io::{self, Write, stdout};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::cli::check::print_faults;
use crate::cli::rehearsal::{self, Ended, Rehearsal, play};
use crate::cli::rehearsed::Stage;
use crate::cli::story::{Line, Style, Teller};
use crate::config;
use crate::fake::asterisk::Call;
use crate::fake::fingers::Fingers;
use crate::fake::phone::{GoesOn, Happening, Phone};
use crate::fake::places::Places;
use crate::telemetry::Switch;
use crate::telemetry::overheard::{Overheard, overhear};

use files::{Folder, SCRIPT};
use shop::Shop;

/// How it is told.
#[derive(Debug, Args)]
pub struct Options {
    /// Without the pauses of people who speak, listen and think
    #[arg(long)]
    fast: bool,
}

/// A caller's story, and how it has to end.
struct Chapter {
    title: &'static str,
    keys: &'static str,
    outcome: &'static str,
    goes_on: &'static str,
}

const CHAPTERS: [Chapter; 3] = [
    Chapter {
        title: "Ann asks for her order 4711, which the shop knows.",
        keys: "4711",
        outcome: "matched",
        goes_on: "9100@shipping,1",
    },
    Chapter {
        title: "Ben mistypes: the shop knows no order 9999, and he is asked again.",
        keys: "9999,4711",
        outcome: "matched",
        goes_on: "9100@shipping,1",
    },
    Chapter {
        title: "The shop is down. Cleo still reaches a person.",
        keys: "4711",
        outcome: "no_response",
        goes_on: "100@agents,1",
    },
];

/// Tells the stories. Exit codes: 0 when they ended as they have to, else 1.
pub fn demo(options: &Options) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let told = runtime.and_then(|runtime| runtime.block_on(interruptible(options)));
    match told {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("the demo can't go on: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The folder is removed also when it is broken off.
async fn interruptible(options: &Options) -> io::Result<bool> {
    tokio::select! {
        told = stories(options) => told,
        interrupted = tokio::signal::ctrl_c() => interrupted.map(|()| false),
    }
}

async fn stories(options: &Options) -> io::Result<bool> {
    let mut shop = Some(Shop::open(if options.fast { Duration::ZERO } else { SHOP_TAKES }).await?);
    let port = shop.as_ref().map_or(0, |shop| shop.port);
    let folder = Folder::write(port)?;
    let config = match config::load(&folder.config()) {
        Ok(config) => config,
        Err(faults) => {
            print_faults(&faults);
            return Ok(false);
        }
    };
    let teller = Teller::new(Style::Text);
    let listener = teller.clone();
    overhear(move |heard| of_log(&heard).iter().for_each(|line| listener.tell(line)));
    introduce();
    let rehearsal = Rehearsal::start(&config, Switch::Asterisk, Stage::default()).await?;
    let mut as_told = true;
    for (number, chapter) in (1..).zip(&CHAPTERS) {
        if chapter.outcome == "no_response" {
            shop = None;
        }
        say(&format!("\n{number}. {}\n", chapter.title));
        as_told &= chapter.play(&rehearsal.address.to_string(), options, &teller).await?;
    }
    drop(shop);
    rehearsal.stop().await;
    conclude(as_told);
    Ok(as_told)
}

/// Long enough for music.
const SHOP_TAKES: Duration = Duration::from_millis(1200);
/// The callers hear the question before they type.
const THINKS: Duration = Duration::from_millis(2700);
/// Nobody stays longer on the line.
const LONGEST: Duration = Duration::from_secs(60);

fn introduce() {
    say("A caller dials 7000. The dialplan hands the call to this script, order-status.toml");
    say("(SHOP is a stand-in for a web application, on this machine):\n");
    for line in SCRIPT.trim().lines() {
        say(&format!("    {line}"));
    }
}

fn conclude(as_told: bool) {
    match as_told {
        true => {
            say("\nEvery caller reached a next step. Your own script: `dialscript call --help`.")
        }
        false => say("\nThis did not end as it has to: please report it."),
    }
}

fn say(text: &str) {
    drop(writeln!(stdout(), "{text}"));
}

impl Chapter {
    async fn play(&self, server: &str, options: &Options, teller: &Teller) -> io::Result<bool> {
        let call = Call {
            script: "order-status".into(),
            caller: "100".into(),
            called: "7000".into(),
            ..Call::default()
        };
        let fingers = match options.fast {
            true => Fingers::when_asked(self.keys),
            false => Fingers::thinking(THINKS, self.keys),
        };
        teller.begin();
        let story = teller.clone();
        let phone = Phone::new(fingers, Some(LONGEST), move |told| {
            of_happening(&told.happening).iter().for_each(|line| story.tell(line));
        });
        let call = rehearsal::Call::Asterisk(call);
        let ended = play(server, &call, Places::All, phone).await?;
        Ok(self.ended_as_told(&ended))
    }

    fn ended_as_told(&self, ended: &Ended) -> bool {
        ended.outcome == self.outcome && ended.goes_on == GoesOn::At(self.goes_on.to_owned())
    }
}

/// In plain words; what is of no interest here is left out.
fn of_happening(happening: &Happening) -> Option<Line> {
    let plain = |text: String| Some(Line { text, ..Line::of_happening(happening) });
    match happening {
        Happening::Hears { sound, .. } => plain(format!("a voice: \"{sound}\"")),
        Happening::BrokenOff { .. } => plain("  (the key ends the voice)".into()),
        Happening::MusicOn(_) => plain("music, while the shop thinks".into()),
        Happening::Variable { name, .. } if !is_of_interest(name) => None,
        _ => Some(Line::of_happening(happening)),
    }
}

fn is_of_interest(variable: &str) -> bool {
    variable == "ORDER_STATUS" || variable == "DIALSCRIPT_OUTCOME"
}

fn of_log(heard: &Overheard) -> Option<Line> {
    let line = Line::of_log(heard)?;
    let text = match line.event {
        "request" => format!("the shop is asked: {}", heard.field("url").unwrap_or_default()),
        _ => line.text.clone(),
    };
    Some(Line { text, ..line })
}
