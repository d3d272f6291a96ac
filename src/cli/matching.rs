//! `dialscript match`: which branch an answer takes, and why the others do not.

mod answer_file;
mod report;

use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::ConfigFile;
use crate::cli::call::load_config_with_script;
use crate::cli::printer::{OutputLine, escape_control};
use crate::script::answer::TriggerAnswer;
use crate::script::branch::choose_branch;
use crate::script::branch::{BranchDecision, decide_branch};
use crate::script::call_state::InputMethod;
use crate::script::definition::{Script, ScriptOutcome, ScriptTrigger};
use crate::script::input_check::InputCheck;
use crate::script::report::CallOutcome;
use crate::script::request::TriggerError;
use crate::script::subject::BranchSubject;
use crate::trigger::MAX_BODY;

use answer_file::AnswerFile;
use report::{ChosenOutcome, KnownValues};

/// Which script, and what comes to it.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct MatchArgs {
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
const EXIT_USAGE: u8 = 2;

/// Tries the branches and tells how each fares.
pub fn matching(options: &MatchArgs) -> ExitCode {
    let config = match load_config_with_script(&options.config, &options.script) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let Some(script) = config.library.scripts.get(&options.script) else {
        return ExitCode::FAILURE;
    };
    match (&script.trigger, &options.answer, &options.input) {
        (Some(trigger), Some(file), _) if !trigger.background => match answer_file::read(file) {
            Ok(reply) => {
                options.print(&match_answer(script, trigger, options.with_overrides(reply)))
            }
            Err(fault) => print_error(&fault.to_string(), ExitCode::FAILURE),
        },
        (None, _, Some(input)) => options.print(&match_input(script, input)),
        (trigger, ..) => print_error(usage_hint(trigger.as_ref()), ExitCode::from(EXIT_USAGE)),
    }
}

/// What is told, and what it comes to.
struct MatchReport {
    lines: Vec<OutputLine>,
    call_outcome: CallOutcome,
}

impl MatchArgs {
    fn with_overrides(&self, reply: AnswerFile) -> AnswerFile {
        AnswerFile {
            status: self.status.or(reply.status),
            content_type: self.content_type.clone().or(reply.content_type),
            body: reply.body,
        }
    }

    fn print(&self, judged: &MatchReport) -> ExitCode {
        for line in &judged.lines {
            let shown =
                if self.json { line.to_json().to_string() } else { escape_control(&line.text) };
            // A closed pipe ends the telling.
            drop(writeln!(stdout(), "{shown}"));
        }
        ExitCode::from(match judged.call_outcome {
            CallOutcome::NoInput | CallOutcome::InvalidInput => 3,
            CallOutcome::NoResponse => 4,
            _ => 0,
        })
    }
}

fn print_error(reason: &str, code: ExitCode) -> ExitCode {
    drop(writeln!(stderr(), "error: {reason}"));
    code
}

fn usage_hint(trigger: Option<&ScriptTrigger>) -> &'static str {
    match trigger {
        None => "this script has no [trigger]: give what the caller enters, with --input TEXT",
        Some(trigger) if trigger.background => {
            "this script waits for no answer: its trigger is in the background, and [otherwise] is taken"
        }
        Some(_) => "this script compares its trigger's answer: give one, with --answer FILE",
    }
}

/// An answer that is too long reaches no branch.
fn match_answer(script: &Script, trigger: &ScriptTrigger, reply: AnswerFile) -> MatchReport {
    if reply.body.len() > MAX_BODY {
        let reason = TriggerError::BodyTooLong(MAX_BODY).to_string();
        return match_report(
            Vec::new(),
            &ChosenOutcome::no_response(script, reason),
            &KnownValues::default(),
        );
    }
    let status = reply.status.unwrap_or(200);
    let answer = TriggerAnswer::parse(status, reply.content_type.as_deref(), &reply.body);
    let key = trigger.response_key.as_ref();
    let subject = BranchSubject::from_answer(&answer, key);
    let mut lines = vec![report::answer_line(&answer), report::value_line(&answer, &subject, key)];
    lines.extend(report::branch_lines(&script.branches, &subject));
    let taken = match decide_branch(&script.branches, &answer, key) {
        BranchDecision::Matched(chosen) => ChosenOutcome::branch(chosen),
        BranchDecision::Otherwise => ChosenOutcome::otherwise(script),
        BranchDecision::NoResponse(reason) => ChosenOutcome::no_response(script, reason),
    };
    match_report(lines, &taken, &KnownValues { answer: Some(&answer), input: None })
}

fn match_input(script: &Script, input: &str) -> MatchReport {
    let (right, by, text) = read_input(script, input);
    let known = KnownValues { answer: None, input: Some((by, &text)) };
    let table = match right {
        InputCheck::Valid => None,
        InputCheck::Missing => Some((CallOutcome::NoInput, &script.no_input)),
        InputCheck::Invalid => Some((CallOutcome::InvalidInput, &script.invalid_input)),
    };
    if let Some((happened, outcome)) = table {
        let lines = vec![report::input_line(input)];
        return match_report(lines, &ChosenOutcome::rejected_input(happened, outcome), &known);
    }
    let subject = BranchSubject::from_input(&text);
    let mut lines = vec![report::input_line(&text)];
    lines.extend(report::branch_lines(&script.branches, &subject));
    let chosen = choose_branch(&script.branches, &subject);
    match_report(
        lines,
        &chosen.map_or_else(|| ChosenOutcome::otherwise(script), ChosenOutcome::branch),
        &known,
    )
}

/// What was asked for by keys may be entered or, where speech is asked for too, said.
fn read_input(script: &Script, input: &str) -> (InputCheck, InputMethod, String) {
    let by_keys = script.keypress.as_ref().map(|keypress| {
        let digits = input.bytes().all(|b| b.is_ascii_digit());
        match keypress.check(input) {
            InputCheck::Valid if !digits || input.len() > keypress.digit_options.max_digits => {
                InputCheck::Invalid
            }
            judged => judged,
        }
    });
    match (by_keys, &script.speech) {
        (Some(InputCheck::Valid), _) => {
            (InputCheck::Valid, InputMethod::Keypress, input.to_owned())
        }
        (_, Some(speech)) => {
            let (judged, text) = speech.check(input, script.keypress.as_ref());
            (judged, InputMethod::Speech, text)
        }
        (judged, None) => {
            (judged.unwrap_or(InputCheck::Valid), InputMethod::Keypress, input.to_owned())
        }
    }
}

fn match_report(
    mut lines: Vec<OutputLine>,
    taken: &ChosenOutcome<'_>,
    known: &KnownValues<'_>,
) -> MatchReport {
    lines.push(taken.to_line());
    let ScriptOutcome { variables: set, then, .. } = taken.outcome;
    lines.extend(set.iter().map(|(name, template)| report::set_line(name, template, known)));
    lines.push(report::then_line(then, known));
    MatchReport { lines, call_outcome: taken.call_outcome }
}
