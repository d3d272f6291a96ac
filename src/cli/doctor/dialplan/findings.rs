//! What was found in the dialplans, and what both kinds of dialplan need.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::cli::doctor::configuration::check_command;
use crate::cli::doctor::context::DoctorContext;
use crate::cli::doctor::finding::Finding;
use crate::config::nearest;
use crate::file_access::regular_file;

/// The name of the check.
pub(super) const CHECK: &str = "dialplan";

/// The size of a file of a dialplan, at most.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// The length of the value of a variable, and of a text in which variables are replaced, at most.
const MAX_TEXT_BYTES: usize = 4096;
/// How deep the values of variables may contain variables.
const MAX_EXPANSIONS: usize = 10;

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

/// Reads a file of a dialplan.
pub(super) fn read_file(path: &Path) -> io::Result<String> {
    let bytes = regular_file::read(path, MAX_FILE_BYTES + 1)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("it is larger than {MAX_FILE_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Variables of a dialplan that are the same for each call.
#[derive(Debug, Clone, Default)]
pub(super) struct GlobalVariables(BTreeMap<String, String>);

impl GlobalVariables {
    /// A variable with a long value is left out: it is not known then.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        if value.len() <= MAX_TEXT_BYTES {
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Replaces `${NAME}`, and `$${NAME}` as FreeSWITCH writes it, also in the values. Variables that are not known stay
    /// as they are, and so does what would become too long.
    pub(super) fn expand(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..MAX_EXPANSIONS {
            match self.expand_once(&text) {
                Some(expanded) if expanded.len() <= MAX_TEXT_BYTES => text = expanded,
                _ => break,
            }
        }
        text
    }

    /// `None` if there is nothing to replace, or if the text becomes too long.
    fn expand_once(&self, text: &str) -> Option<String> {
        let (mut expanded, mut rest, mut is_changed) = (String::new(), text, false);
        while let Some((before, after)) = rest.split_once('}') {
            let reference = before.rsplit_once("${");
            match reference.and_then(|(start, name)| Some((start, self.0.get(name)?))) {
                Some((start, value)) => {
                    expanded.push_str(start.strip_suffix('$').unwrap_or(start));
                    expanded.push_str(value);
                    is_changed = true;
                }
                None => expanded.extend([before, "}"]),
            }
            if expanded.len() > MAX_TEXT_BYTES {
                return None;
            }
            rest = after;
        }
        expanded.push_str(rest);
        is_changed.then_some(expanded)
    }
}
