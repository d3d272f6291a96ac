//! Whether the dialplan hands calls to scripts that exist, and checks the outcome.

mod asterisk;
mod extensions_conf;
mod findings;
mod freeswitch;

use std::path::PathBuf;

use super::context::DoctorContext;
use super::finding::Finding;
use super::switches::config_folder;
use crate::config::counted;
use findings::{CHECK, DialplanFindings};
use freeswitch::VarsFiles;

/// The most findings about the dialplan.
const MAX_FINDINGS: usize = 100;

pub(super) fn check(context: &DoctorContext<'_>) -> Vec<Finding> {
    let files = dialplans(context);
    if files.is_empty() {
        let message = "the dialplan: neither extensions.conf nor an XML dialplan was found";
        let fix = "name it: dialscript doctor --dialplan FILE";
        return vec![Finding::not_checked(CHECK, message, fix)];
    }
    let mut found = DialplanFindings::default();
    let mut vars_files = VarsFiles::new();
    for file in &files {
        let checked = match file.extension().is_some_and(|extension| extension == "xml") {
            true => freeswitch::check(file, &mut vars_files, context, &mut found),
            false => asterisk::check(file, context, &mut found),
        };
        if let Err(error) = checked {
            let message = format!("the dialplan {}: {error}", file.display());
            found.findings.push(match error.kind() {
                std::io::ErrorKind::PermissionDenied => Finding::not_permitted(CHECK, message),
                _ => Finding::not_checked(
                    CHECK,
                    message,
                    "name another: dialscript doctor --dialplan FILE",
                ),
            });
        }
    }
    found.findings.truncate(MAX_FINDINGS);
    if found.handovers == 0 && found.findings.is_empty() {
        let message = "no step of the dialplan hands a call to this daemon";
        let fix = "add the steps that the manual shows in docs/scripts/dialplan.md";
        found.findings.push(Finding::warning(CHECK, message, fix));
    } else if found.findings.is_empty() {
        let number = counted(found.handovers, "step");
        let message = format!(
            "{number} that hand calls to this daemon: the scripts exist, the outcomes are tested"
        );
        found.findings.push(Finding::ok(CHECK, message));
    }
    found.findings
}

/// The files that the command line names, else those of the switches on this host.
fn dialplans(context: &DoctorContext<'_>) -> Vec<PathBuf> {
    if !context.dialplans.is_empty() {
        return context.dialplans.to_vec();
    }
    let root = &context.host.root;
    let asterisk = config_folder("asterisk", root).map(|folder| folder.join("extensions.conf"));
    let freeswitch = config_folder("freeswitch", root).map(|folder| folder.join("dialplan"));
    let found = asterisk.into_iter().filter(|file| file.exists());
    found.chain(freeswitch.into_iter().flat_map(|folder| freeswitch::xml_files(&folder))).collect()
}
