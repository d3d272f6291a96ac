//! `dialscript match`: which branch an answer takes, and why the others do not.

mod reply;
mod told;

use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::ConfigFile;
use crate::cli::call::loaded;
use crate::cli::story::{Line, printable};
use crate::script::answer::Answer;
use crate::script::branch::choose;
use crate::script::definition::{Outcome, Script, Trigger};
use crate::script::input::Input;
use crate::script::memory::By;
use crate::script::report::Happened;
use crate::script::request::NoAnswer;
use crate::script::subject::Subject;
use crate::script::verdict::{Verdict, verdict};
use crate::trigger::MAX_BODY;

use reply::Reply;
use told::{Known, Taken};

/// Which script, and what comes to it.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Options {
    /// The script whose branches are tried
    script: String,
    #[command(flatten)]
    config: ConfigFile,
    /// The answer of its trigger: a body, or a whole reply as `curl -i` prints it; `-` is standard input
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
    /// The HTTP status, in place of the file's [default: 200]
    #[arg(long, value_parser = clap::value_parser!(u16).range(100..600), requires = "answer", conflicts_with = "input")]
    status: Option<u16>,
    /// The content type, in place of the file's
    #[arg(long, value_name = "TYPE", requires = "answer", conflicts_with = "input")]
    content_type: Option<String>,
    /// What the caller enters or says, for a script without [trigger]: its branches compare that
    #[arg(long, value_name = "TEXT", conflicts_with = "answer")]
    input: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

const EXIT_CODES: &str = "Exit codes, by what it comes to:
  0  a branch, [otherwise]
  1  faults in the files, no such script, or an answer that can't be read from its file
  2  a command line that can't be read, or does not fit the script
  3  [no_input], [invalid_input]
  4  [no_response]";

/// The command line does not fit the script.
const UNFIT: u8 = 2;

/// Tries the branches and tells how each fares.
pub fn matching(options: &Options) -> ExitCode {
    let config = match loaded(&options.config, &options.script) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let Some(script) = config.library.scripts.get(&options.script) else {
        return ExitCode::FAILURE;
    };
    match (&script.trigger, &options.answer, &options.input) {
        (Some(trigger), Some(file), _) if !trigger.background => match reply::read(file) {
            Ok(reply) => options.tell(&of_reply(script, trigger, options.overridden(reply))),
            Err(fault) => fail(&fault.to_string(), ExitCode::FAILURE),
        },
        (None, _, Some(input)) => options.tell(&of_input(script, input)),
        (trigger, ..) => fail(wanted(trigger.as_ref()), ExitCode::from(UNFIT)),
    }
}

/// What is told, and what it comes to.
struct Judged {
    lines: Vec<Line>,
    happened: Happened,
}

impl Options {
    fn overridden(&self, reply: Reply) -> Reply {
        Reply {
            status: self.status.or(reply.status),
            content_type: self.content_type.clone().or(reply.content_type),
            body: reply.body,
        }
    }

    fn tell(&self, judged: &Judged) -> ExitCode {
        for line in &judged.lines {
            let shown = if self.json { line.object().to_string() } else { printable(&line.text) };
            // A closed pipe ends the telling.
            drop(writeln!(stdout(), "{shown}"));
        }
        ExitCode::from(match judged.happened {
            Happened::NoInput | Happened::InvalidInput => 3,
            Happened::NoResponse => 4,
            _ => 0,
        })
    }
}

fn fail(reason: &str, code: ExitCode) -> ExitCode {
    drop(writeln!(stderr(), "error: {reason}"));
    code
}

fn wanted(trigger: Option<&Trigger>) -> &'static str {
    match trigger {
        None => "this script has no [trigger]: give what the caller enters, with --input TEXT",
        Some(trigger) if trigger.background => {
            "this script waits for no answer: its trigger is in the background, and [otherwise] is taken"
        }
        Some(_) => "this script compares its trigger's answer: give one, with --answer FILE",
    }
}

/// An answer that is too long reaches no branch.
fn of_reply(script: &Script, trigger: &Trigger, reply: Reply) -> Judged {
    if reply.body.len() > MAX_BODY {
        let reason = NoAnswer::TooLong(MAX_BODY).to_string();
        return judged(Vec::new(), &Taken::no_response(script, reason), &Known::default());
    }
    let status = reply.status.unwrap_or(200);
    let answer = Answer::read(status, reply.content_type.as_deref(), &reply.body);
    let key = trigger.key.as_ref();
    let subject = Subject::answer(&answer, key);
    let mut lines = vec![told::answer(&answer), told::value(&answer, &subject, key)];
    lines.extend(told::branches(&script.branches, &subject));
    let taken = match verdict(&script.branches, &answer, key) {
        Verdict::Matched(chosen) => Taken::branch(chosen),
        Verdict::Otherwise => Taken::otherwise(script),
        Verdict::NoResponse(reason) => Taken::no_response(script, reason),
    };
    judged(lines, &taken, &Known { answer: Some(&answer), input: None })
}

fn of_input(script: &Script, input: &str) -> Judged {
    let (right, by, text) = entered(script, input);
    let known = Known { answer: None, input: Some((by, &text)) };
    let table = match right {
        Input::Right => None,
        Input::Nothing => Some((Happened::NoInput, &script.no_input)),
        Input::Wrong => Some((Happened::InvalidInput, &script.invalid_input)),
    };
    if let Some((happened, outcome)) = table {
        let lines = vec![told::input(input)];
        return judged(lines, &Taken::unasked(happened, outcome), &known);
    }
    let subject = Subject::input(&text);
    let mut lines = vec![told::input(&text)];
    lines.extend(told::branches(&script.branches, &subject));
    let chosen = choose(&script.branches, &subject);
    judged(lines, &chosen.map_or_else(|| Taken::otherwise(script), Taken::branch), &known)
}

/// What was asked for by keys may be entered or, where speech is asked for too, said.
fn entered(script: &Script, input: &str) -> (Input, By, String) {
    let by_keys = script.keypress.as_ref().map(|keypress| {
        let digits = input.bytes().all(|b| b.is_ascii_digit());
        match keypress.judge(input) {
            Input::Right if !digits || input.len() > keypress.ask.most => Input::Wrong,
            judged => judged,
        }
    });
    match (by_keys, &script.speech) {
        (Some(Input::Right), _) => (Input::Right, By::Keypress, input.to_owned()),
        (_, Some(speech)) => {
            let (judged, text) = speech.judge(input, script.keypress.as_ref());
            (judged, By::Speech, text)
        }
        (judged, None) => (judged.unwrap_or(Input::Right), By::Keypress, input.to_owned()),
    }
}

fn judged(mut lines: Vec<Line>, taken: &Taken<'_>, known: &Known<'_>) -> Judged {
    lines.push(taken.line());
    let Outcome { set, then, .. } = taken.outcome;
    lines.extend(set.iter().map(|(name, template)| told::set(name, template, known)));
    lines.push(told::then(then, known));
    Judged { lines, happened: taken.happened }
}
