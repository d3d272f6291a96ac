//! The actions of FreeSWITCH's XML dialplan that hand a call to the daemon with the application `socket`.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};

use super::findings::{DialplanFindings, DialplanPlace, is_this_daemon, read_file};
use crate::cli::doctor::context::DoctorContext;

/// The variable that tells how a script ended.
const OUTCOME: &str = "dialscript_outcome";
/// The most files of a dialplan.
const MAX_FILES: usize = 500;
/// How deep folders are looked into.
const MAX_DEPTH: usize = 5;

/// The XML files in a folder, in alphabetical order.
pub(super) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    add_files(folder, MAX_DEPTH, &mut files);
    files.sort();
    files
}

fn add_files(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth > 0 {
            add_files(&path, depth - 1, files);
        } else if path.extension().is_some_and(|extension| extension == "xml")
            && files.len() < MAX_FILES
        {
            files.push(path);
        }
    }
}

pub(super) fn check(
    path: &Path,
    context: &DoctorContext<'_>,
    found: &mut DialplanFindings,
) -> io::Result<()> {
    let text = read_file(path)?;
    let document = Document::parse(&text).map_err(io::Error::other)?;
    let mut variables = global_variables(path);
    variables.extend(preset_variables(&document));
    let is_action = |node: &Node<'_, '_>| node.has_tag_name("action");
    for extension in document.descendants().filter(|node| node.has_tag_name("extension")) {
        let actions: Vec<_> = extension.descendants().filter(is_action).collect();
        for (index, action) in actions.iter().enumerate() {
            let line = document.text_pos_at(action.range().start).row as usize;
            let place = DialplanPlace { file: path.to_owned(), line };
            check_action(&actions, index, &place, &variables, (context, &mut *found));
        }
    }
    Ok(())
}

fn check_action(
    actions: &[Node<'_, '_>],
    index: usize,
    place: &DialplanPlace,
    variables: &HashMap<String, String>,
    (context, found): (&DoctorContext<'_>, &mut DialplanFindings),
) {
    let Some(line) = socket_line(&actions[index], variables) else { return };
    if !line.hosts.iter().any(|host| is_listener(host, context)) {
        return;
    }
    found.handovers += 1;
    found.check_script(place, &line.script, context);
    if !(line.options.contains(&"async".to_owned()) && line.options.contains(&"full".to_owned())) {
        let message = "the socket action has no `async full`: input and music on hold do not work";
        found.warn(place, message, "end its data with ` async full`");
    }
    if !actions[..index].iter().rev().any(clears_outcome) {
        let fix = format!("add before it: <action application=\"unset\" data=\"{OUTCOME}\"/>");
        found.warn(place, &format!("{OUTCOME} is not cleared before socket"), &fix);
    }
    let reads = |action: &Node<'_, '_>| {
        action.attribute("data").is_some_and(|data| data.contains(&format!("${{{OUTCOME}}}")))
    };
    if !actions[index + 1..].iter().any(reads) {
        let message = format!("{OUTCOME} is not tested after socket: it is empty if no script ran");
        let fix = format!(
            "add after it: <action application=\"transfer\" data=\"after-${{{OUTCOME}}}\"/>"
        );
        found.warn(place, &message, &fix);
    }
}

/// The data of a `socket` action: `HOST:PORT|HOST:PORT/SCRIPT OPTIONS`.
struct SocketLine {
    hosts: Vec<String>,
    script: String,
    options: Vec<String>,
}

fn socket_line(action: &Node<'_, '_>, variables: &HashMap<String, String>) -> Option<SocketLine> {
    if action.attribute("application") != Some("socket") {
        return None;
    }
    let data = expand(action.attribute("data")?, variables);
    let mut words = data.split_whitespace();
    let (hosts, script) = words.next()?.split_once('/')?;
    let script = script.split('?').next().unwrap_or_default().to_owned();
    let hosts = hosts.split('|').map(str::to_owned).collect();
    Some(SocketLine { hosts, script, options: words.map(str::to_owned).collect() })
}

fn is_listener(host_port: &str, context: &DoctorContext<'_>) -> bool {
    let Some((host, port)) = host_port.rsplit_once(':') else { return false };
    let listen = &context.config.daemon.freeswitch.listen;
    port.parse().is_ok_and(|port| is_this_daemon(host, port, listen))
}

fn clears_outcome(action: &Node<'_, '_>) -> bool {
    let data = action.attribute("data").unwrap_or_default().trim();
    match action.attribute("application") {
        Some("unset") => data == OUTCOME,
        Some("set") => data == format!("{OUTCOME}="),
        _ => false,
    }
}

/// The variables of `vars.xml`, which is in the configuration folder above the dialplan.
fn global_variables(dialplan: &Path) -> HashMap<String, String> {
    let mut folders = dialplan.ancestors().skip(1).take(MAX_DEPTH);
    let file = folders.find_map(|folder| read_file(&folder.join("vars.xml")).ok());
    let document = file.as_deref().and_then(|text| Document::parse(text).ok());
    document.map(|document| preset_variables(&document)).unwrap_or_default()
}

/// The variables that a file sets with `<X-PRE-PROCESS cmd="set" data="NAME=VALUE"/>`.
fn preset_variables(document: &Document<'_>) -> HashMap<String, String> {
    let is_preset = |node: &Node<'_, '_>| {
        node.has_tag_name("X-PRE-PROCESS") && node.attribute("cmd") == Some("set")
    };
    let presets = document.descendants().filter(is_preset);
    let values = presets.filter_map(|node| node.attribute("data")?.split_once('='));
    values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Replaces `$${NAME}` and `${NAME}` of variables that are known.
fn expand(text: &str, variables: &HashMap<String, String>) -> String {
    variables.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("$${{{name}}}"), value).replace(&format!("${{{name}}}"), value)
    })
}
