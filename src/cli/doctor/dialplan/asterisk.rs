//! The steps of Asterisk's dialplan that hand a call to the daemon with `AGI(agi://…)`.

use std::io;
use std::path::Path;

use super::extensions_conf::{DialplanStep, ExtensionsConf};
use super::findings::{DialplanFindings, is_this_daemon};
use crate::cli::doctor::context::DoctorContext;

/// The variable that tells how a script ended.
const OUTCOME: &str = "DIALSCRIPT_OUTCOME";
/// The port of a URL without one.
const DEFAULT_PORT: u16 = 4573;

pub(super) fn check(
    path: &Path,
    context: &DoctorContext<'_>,
    found: &mut DialplanFindings,
) -> io::Result<()> {
    let dialplan = ExtensionsConf::read(path)?;
    for (index, step) in dialplan.steps.iter().enumerate() {
        let Some(script) = handed_to(step, &dialplan, context) else { continue };
        found.handovers += 1;
        found.check_script(&step.place, &script, context);
        if !is_cleared_before(&dialplan, index, context) {
            let fix = format!("add the step Set({OUTCOME}=) before this one");
            found.warn(&step.place, &format!("{OUTCOME} is not cleared before AGI()"), &fix);
        }
        if step.extension != "h" && !is_tested_after(&dialplan, index, context) {
            let message =
                format!("{OUTCOME} is not tested after AGI(): it is empty if no script ran");
            let fix =
                format!("add a step after this one: GotoIf($[\"${{{OUTCOME}}}\" = \"\"]?down)");
            found.warn(&step.place, &message, &fix);
        }
    }
    Ok(())
}

/// The script to which a step hands the call, if it goes to this daemon.
fn handed_to(
    step: &DialplanStep,
    dialplan: &ExtensionsConf,
    context: &DoctorContext<'_>,
) -> Option<String> {
    if !matches!(step.application.as_str(), "agi" | "eagi" | "deadagi") {
        return None;
    }
    let argument = dialplan.globals.expand(&step.argument);
    let url = argument.trim_matches('"').strip_prefix("agi://")?;
    let (authority, path) = url.split_once('/').unwrap_or((url, ""));
    let (host, port) = host_and_port(authority)?;
    let listen = &context.config.daemon.asterisk.listen;
    let script = path.split(['?', ',']).next().unwrap_or_default();
    is_this_daemon(host, port, listen).then(|| script.to_owned())
}

fn host_and_port(authority: &str) -> Option<(&str, u16)> {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => Some((host, port.parse().ok()?)),
        _ => Some((authority, DEFAULT_PORT)),
    }
}

/// Whether an earlier step of the extension, after the hand-over before, clears the variable.
fn is_cleared_before(dialplan: &ExtensionsConf, index: usize, context: &DoctorContext<'_>) -> bool {
    let own = &dialplan.steps[index];
    let before =
        dialplan.steps[..index].iter().rev().take_while(|step| is_same_extension(step, own));
    let mut before = before.take_while(|step| handed_to(step, dialplan, context).is_none());
    before.any(|step| {
        let argument = step.argument.replace(' ', "");
        matches!(step.application.as_str(), "set" | "mset")
            && argument.contains(&format!("{OUTCOME}="))
    })
}

/// Whether a later step of the extension, before the next hand-over, reads the variable.
fn is_tested_after(dialplan: &ExtensionsConf, index: usize, context: &DoctorContext<'_>) -> bool {
    let own = &dialplan.steps[index];
    let after = dialplan.steps[index + 1..].iter().take_while(|step| is_same_extension(step, own));
    let mut after = after.take_while(|step| handed_to(step, dialplan, context).is_none());
    after.any(|step| step.argument.contains(&format!("${{{OUTCOME}")))
}

fn is_same_extension(step: &DialplanStep, other: &DialplanStep) -> bool {
    step.context == other.context && step.extension == other.extension
}
