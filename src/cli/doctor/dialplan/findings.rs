//! What was found in the dialplans, and what both kinds of dialplan need.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::cli::doctor::configuration::check_command;
use crate::cli::doctor::context::DoctorContext;
use crate::cli::doctor::finding::Finding;
use crate::config::nearest;

/// The name of the check.
pub(super) const CHECK: &str = "dialplan";

/// A place in the dialplan.
#[derive(Debug, Clone)]
pub(super) struct DialplanPlace {
    pub(super) file: PathBuf,
    /// From 1.
    pub(super) line: usize,
}

impl fmt::Display for DialplanPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// What was found in the dialplans.
#[derive(Default)]
pub(super) struct DialplanFindings {
    /// The number of hand-overs to this daemon.
    pub(super) handovers: usize,
    pub(super) findings: Vec<Finding>,
}

/// Whether this `HOST:PORT` of a dialplan is one of these listeners of the daemon. A host name counts as this host.
pub(super) fn is_this_daemon(host: &str, port: u16, listen: &[SocketAddr]) -> bool {
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let matches_host = |address: &SocketAddr| match ip {
        Ok(ip) => address.ip() == ip || address.ip().is_unspecified() || ip.is_loopback(),
        Err(_) => true,
    };
    listen.iter().any(|address| address.port() == port && matches_host(address))
}

impl DialplanFindings {
    /// Reports a script that the daemon does not serve. A name that contains a variable is not known here.
    pub(super) fn check_script(
        &mut self,
        place: &DialplanPlace,
        script: &str,
        context: &DoctorContext<'_>,
    ) {
        let library = &context.config.library;
        if script.contains("${") || library.scripts.contains_key(script) {
            return;
        }
        if let Some(excluded) = library.excluded.get(script) {
            let message =
                format!("{place}: the script {script} is not served: {}", excluded.reason);
            let fix = check_command(context.path);
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

    pub(super) fn warn(&mut self, place: &DialplanPlace, message: &str, fix: &str) {
        self.findings.push(Finding::warning(CHECK, format!("{place}: {message}"), fix));
    }
}

/// Reads a file of a dialplan, of at most 4 MiB.
pub(super) fn read_file(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(4 << 20).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
