//! `dialscript match`: shows which branch an answer selects, and why the others do not match.

pub(super) mod answer_file;
mod branch_lines;
mod known_values;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::call::load_config_with_script;
use crate::cli::config_file::ConfigFile;
use crate::cli::printer::OutputLine;
use crate::cli::terminal::{
    escape_control, print_error, print_json, print_line, print_usage_error,
};
use crate::script::answer::TriggerAnswer;
use crate::script::branch::{
    BranchDecision, ChosenBranch, choose_branch, decide_branch, full_reason,
};
use crate::script::branch_context::BranchContext;
use crate::script::call_state::InputMethod;
use crate::script::definition::{Script, ScriptOutcome, ScriptTrigger};
use crate::script::input_check::InputCheck;
use crate::script::report::CallOutcome;
use crate::script::request::TriggerError;
use crate::script::template::{Secrets, reveal_sensitive_values};
use crate::trigger::MAX_BODY;

use answer_file::AnswerFile;
use branch_lines::branch_lines;
use known_values::{GivenValue, KnownValues};
use report::ChosenOutcome;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES_AND_EXIT_CODES)]
pub(super) struct MatchArgs {
    /// The script whose branches are matched
    script: String,
    #[command(flatten)]
    config: ConfigFile,
    /// The trigger's answer: a body that begins with `{`, `[` or `<`; a status with or without a body of any kind, such
    /// as '200 open'; or a file with a body or with headers and body as printed by `curl -i`; `-` reads standard input
    #[arg(long, value_name = "ANSWER")]
    answer: Option<PathBuf>,
    /// HTTP status; overrides the one in the file [default: 200]
    #[arg(long, value_parser = parse_status, requires = "answer", conflicts_with = "input")]
    status: Option<u16>,
    /// Content type; overrides the one in the file
    #[arg(long, value_name = "TYPE", requires = "answer", conflicts_with = "input")]
    content_type: Option<String>,
    /// Input of the caller, for a script without `[trigger]`
    #[arg(long, value_name = "TEXT", conflicts_with = "answer")]
    input: Option<String>,
    /// Value of a placeholder in the conditions, such as caller=100 or pin.keypress=1234; repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    value: Vec<GivenValue>,
    /// Show secrets and sensitive input instead of ***
    #[arg(long)]
    reveal: bool,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

const EXAMPLES_AND_EXIT_CODES: &str = "\
Examples:
  dialscript match order-status --answer answer.json
  dialscript match order-status --answer 404
  dialscript match order-status --answer - --status 404
  dialscript match menu --input 2
  dialscript match route --value caller=100

Exit codes, by result:
  0  a branch, [otherwise]
  1  errors in the files, no such script, or an unreadable answer file
  2  invalid command line, options that do not fit the script, or without the values that decide
  3  [no_input], [invalid_input]
  4  [no_response]";

/// Compares all branches and prints the result of each.
pub(super) fn matching(options: &MatchArgs) -> ExitCode {
    let config = match load_config_with_script(&options.config, &options.script) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let Some(script) = config.library.scripts.get(&options.script) else {
        return ExitCode::FAILURE;
    };
    if options.reveal {
        reveal_sensitive_values();
    }
    let (library, given) = (&config.library, options.value.as_slice());
    if let Some(reason) = given.iter().find_map(|given| given.unused_reason(script)) {
        return print_usage_error(&reason);
    }
    let known = KnownValues { library, script, answer: None, input: None, language: None, given };
    match (&script.trigger, &options.answer, &options.input) {
        (Some(trigger), Some(file), _) if !trigger.background => match answer_file::read(file) {
            Ok(file) => {
                let report = match_answer(known, trigger, options.with_overrides(file));
                options.print(&report, &library.secrets)
            }
            Err(error) => print_error(&error.to_string()),
        },
        (None, None, Some(input)) if script.asks_for_input() => {
            options.print(&match_input(known, input), &library.secrets)
        }
        // Without a question, the branches look at texts of the call.
        (None, None, None) if !script.asks_for_input() && !script.branches.is_empty() => {
            options.print(&match_texts(known), &library.secrets)
        }
        _ => print_usage_error(usage_hint(script)),
    }
}

struct MatchReport {
    lines: Vec<OutputLine>,
    /// `None` if values that are not given decide it.
    call_outcome: Option<CallOutcome>,
}

impl MatchArgs {
    fn with_overrides(&self, file: AnswerFile) -> AnswerFile {
        AnswerFile {
            status: self.status.or(file.status),
            content_type: self.content_type.clone().or(file.content_type),
            body: file.body,
        }
    }

    fn print(&self, report: &MatchReport, secrets: &Secrets) -> ExitCode {
        for line in &report.lines {
            let line = line.without_secrets(secrets);
            match self.json {
                true => print_json(&line.to_json()),
                false => print_line(&escape_control(&line.text)),
            }
        }
        ExitCode::from(match report.call_outcome {
            None => 2,
            Some(CallOutcome::NoInput | CallOutcome::InvalidInput) => 3,
            Some(CallOutcome::NoResponse) => 4,
            Some(_) => 0,
        })
    }
}

fn parse_status(text: &str) -> Result<u16, String> {
    let status = text.parse().ok().filter(|status| (100..600).contains(status));
    status.ok_or_else(|| "write a number from 100 to 599".to_owned())
}

fn usage_hint(script: &Script) -> &'static str {
    match &script.trigger {
        None if script.asks_for_input() => {
            "this script has no [trigger]: pass the caller's input with --input TEXT"
        }
        None if script.branches.is_empty() => {
            "this script has no branches: it always takes [otherwise]"
        }
        None => {
            "this script has neither a question nor a [trigger]: its branches compare values of the call, which are given \
             with --value NAME=VALUE alone, such as --value caller=100"
        }
        Some(trigger) if trigger.background => {
            "this script ignores the answer (background trigger): it always takes [otherwise]"
        }
        Some(_) => "this script needs its trigger's answer: pass it with --answer ANSWER",
    }
}

/// Compares an answer with the branches. As in a call, an answer that is too long is not compared.
fn match_answer(known: KnownValues<'_>, trigger: &ScriptTrigger, file: AnswerFile) -> MatchReport {
    let script = known.script;
    if file.body.len() > MAX_BODY {
        let reason = TriggerError::BodyTooLong(MAX_BODY).to_string();
        return match_report(Vec::new(), &ChosenOutcome::no_response(script, reason), &known);
    }
    let status = file.status.unwrap_or(200);
    let content_type = file.content_type.as_deref();
    let answer = TriggerAnswer::parse_as(trigger.read_as, status, content_type, &file.body);
    let key = trigger.response_key.as_ref();
    let known = KnownValues { answer: Some(&answer), ..known };
    let context = BranchContext::from_answer(&answer, key, known);
    let shown = known.shown_subject(&context.subject);
    let mut lines =
        vec![report::answer_line(&answer, key), report::value_line(&answer, &shown, key)];
    lines.extend(branch_lines(&script.branches, &context));
    let chosen = match decide_branch(&script.branches, &context) {
        BranchDecision::Matched(chosen) if !chosen.is_certain => return not_known(lines, chosen),
        BranchDecision::Matched(chosen) => ChosenOutcome::branch(chosen),
        BranchDecision::Otherwise => ChosenOutcome::otherwise(script),
        BranchDecision::NoResponse(reason) => {
            let reason = full_reason(reason, &answer, key, |_| false);
            ChosenOutcome::no_response(script, reason)
        }
    };
    match_report(lines, &chosen, &known)
}

fn match_input(known: KnownValues<'_>, input: &str) -> MatchReport {
    let (check, method, text) = read_input(&known, input);
    let known = KnownValues { input: Some((method, &text)), ..known };
    if check != InputCheck::Valid {
        let lines = vec![report::input_line(known.shown_input(input))];
        return match_report(lines, &ChosenOutcome::rejected_input(known.script, check), &known);
    }
    let lines = vec![report::input_line(known.shown_input(&text))];
    match_valid_input(lines, &text, known)
}

/// Compares the branches of a script that has neither a question nor a request.
fn match_texts(known: KnownValues<'_>) -> MatchReport {
    match_valid_input(Vec::new(), "", known)
}

fn match_valid_input(
    mut lines: Vec<OutputLine>,
    input: &str,
    known: KnownValues<'_>,
) -> MatchReport {
    let script = known.script;
    let context = BranchContext::from_input(input, known);
    lines.extend(branch_lines(&script.branches, &context));
    let chosen = match choose_branch(&script.branches, &context) {
        Some(chosen) if !chosen.is_certain => return not_known(lines, chosen),
        Some(chosen) => ChosenOutcome::branch(chosen),
        None if script.rejects_unmatched_input => ChosenOutcome::unmatched_input(script),
        None => ChosenOutcome::otherwise(script),
    };
    match_report(lines, &chosen, &known)
}

fn not_known(mut lines: Vec<OutputLine>, chosen: ChosenBranch<'_>) -> MatchReport {
    lines.push(report::not_known_line(chosen.number));
    MatchReport { lines, call_outcome: None }
}

/// Checks the input as digits first. If those are not valid and the script accepts speech, checks it as speech.
fn read_input(known: &KnownValues<'_>, input: &str) -> (InputCheck, InputMethod, String) {
    let script = known.script;
    let by_keys = script.keypress.as_ref().map(|keypress| keypress.check(input));
    match (by_keys, &script.speech) {
        (Some(InputCheck::Valid), _) => {
            (InputCheck::Valid, InputMethod::Keypress, input.to_owned())
        }
        (_, Some(speech)) => {
            let language = speech.language.as_deref().unwrap_or_else(|| known.language_before());
            let (check, text) = speech.check(input, language, script.keypress.as_ref());
            (check, InputMethod::Speech, text)
        }
        (check, None) => {
            (check.unwrap_or(InputCheck::Valid), InputMethod::Keypress, input.to_owned())
        }
    }
}

fn match_report(
    mut lines: Vec<OutputLine>,
    chosen: &ChosenOutcome<'_>,
    known: &KnownValues<'_>,
) -> MatchReport {
    lines.push(chosen.to_line());
    let ScriptOutcome { language, variables: set, then, .. } = chosen.outcome;
    let known = &KnownValues { language: language.as_deref(), ..*known };
    lines.extend(language.as_deref().map(report::language_line));
    lines.extend(set.iter().map(|(name, template)| report::set_line(name, template, known)));
    lines.push(report::then_line(then, known));
    MatchReport { lines, call_outcome: Some(chosen.call_outcome) }
}
