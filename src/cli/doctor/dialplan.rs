//! Whether the dialplan hands calls to scripts that exist, and checks the outcome.

mod asterisk;
mod extensions_conf;
mod freeswitch;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use super::DoctorContext;
use super::finding::Finding;
use super::switches::config_folder;
use crate::config::{counted, nearest};

const CHECK: &str = "dialplan";
/// The most findings about the dialplan.
const MAX_FINDINGS: usize = 100;

/// A place in the dialplan.
#[derive(Debug, Clone)]
struct DialplanPlace {
    file: PathBuf,
    /// From 1.
    line: usize,
}

impl std::fmt::Display for DialplanPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// What was found in the dialplans.
#[derive(Default)]
struct DialplanFindings {
    /// The number of hand-overs to this daemon.
    handovers: usize,
    findings: Vec<Finding>,
}

pub(super) fn check(context: &DoctorContext<'_>) -> Vec<Finding> {
    let files = dialplans(context);
    if files.is_empty() {
        let message = "the dialplan: neither extensions.conf nor an XML dialplan was found";
        let fix = "name it: dialscript doctor --dialplan FILE";
        return vec![Finding::not_checked(CHECK, message, fix)];
    }
    let mut found = DialplanFindings::default();
    for file in &files {
        let checked = match file.extension().is_some_and(|extension| extension == "xml") {
            true => freeswitch::check(file, context, &mut found),
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
    found
        .chain(freeswitch.into_iter().flat_map(|folder| freeswitch::files_below(&folder)))
        .collect()
}

/// Whether this `HOST:PORT` of a dialplan is one of these listeners of the daemon. A host name counts as this host.
fn is_this_daemon(host: &str, port: u16, listen: &[SocketAddr]) -> bool {
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let matches_host = |address: &SocketAddr| match ip {
        Ok(ip) => address.ip() == ip || address.ip().is_unspecified() || ip.is_loopback(),
        Err(_) => true,
    };
    listen.iter().any(|address| address.port() == port && matches_host(address))
}

impl DialplanFindings {
    /// Reports a script that the daemon does not serve. A name that contains a variable is not known here.
    fn check_script(&mut self, place: &DialplanPlace, script: &str, context: &DoctorContext<'_>) {
        let library = &context.config.library;
        if script.contains("${") || library.scripts.contains_key(script) {
            return;
        }
        if let Some(excluded) = library.excluded.get(script) {
            let message =
                format!("{place}: the script {script} is not served: {}", excluded.reason);
            let fix = format!("dialscript check --config '{}'", context.path.display());
            self.findings.push(Finding::problem(CHECK, message, fix));
            return;
        }
        let similar = nearest(script, library.scripts.keys().map(|name| &**name));
        let fix = match similar {
            Some(similar) => format!("write {similar} instead of {script}"),
            None => format!("write the script {script}.toml, or the name of another one"),
        };
        let message = format!("{place}: the daemon has no script {script}");
        self.findings.push(Finding::problem(CHECK, message, fix));
    }

    fn warn(&mut self, place: &DialplanPlace, message: &str, fix: &str) {
        self.findings.push(Finding::warning(CHECK, format!("{place}: {message}"), fix));
    }
}

/// Reads a file of a dialplan, of at most 4 MiB.
fn read_file(path: &Path) -> std::io::Result<String> {
    use std::io::Read;

    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(4 << 20).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
