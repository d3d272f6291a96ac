//! The actions of FreeSWITCH's XML dialplan that hand a call to the daemon with the application `socket`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};

use super::findings::{
    DialplanFindings, DialplanPlace, GlobalVariables, is_this_daemon, read_file,
};
use crate::cli::doctor::context::DoctorContext;
use crate::cli::doctor::files_below::files_below;

/// The variable that tells how a script ended.
const OUTCOME: &str = "dialscript_outcome";
/// The most files of a dialplan.
const MAX_FILES: usize = 500;
/// How many folders above a dialplan can have the file `vars.xml`.
const MAX_PARENTS: usize = 5;

/// The XML files in a folder, in alphabetical order.
pub(super) fn xml_files(folder: &Path) -> Vec<PathBuf> {
    let is_xml = |path: &Path| path.extension().is_some_and(|extension| extension == "xml");
    files_below(folder, MAX_FILES, is_xml)
}

/// The variables in the files `vars.xml`, each of which is read once.
pub(super) type VarsFiles = BTreeMap<PathBuf, GlobalVariables>;

pub(super) fn check(
    path: &Path,
    vars_files: &mut VarsFiles,
    context: &DoctorContext<'_>,
    found: &mut DialplanFindings,
) -> io::Result<()> {
    let text = read_file(path)?;
    let document = Document::parse(&text).map_err(io::Error::other)?;
    let mut variables = global_variables(path, vars_files);
    preset_variables(&document, &mut variables);
    let is_action = |node: &Node<'_, '_>| node.has_tag_name("action");
    for extension in document.descendants().filter(|node| node.has_tag_name("extension")) {
        let actions: Vec<_> = extension.descendants().filter(is_action).collect();
        for index in 0..actions.len() {
            check_action(&actions, index, path, &variables, (context, &mut *found));
        }
    }
    Ok(())
}

fn check_action(
    actions: &[Node<'_, '_>],
    index: usize,
    path: &Path,
    variables: &GlobalVariables,
    (context, found): (&DoctorContext<'_>, &mut DialplanFindings),
) {
    let action = &actions[index];
    let Some(line) = socket_line(action, variables) else { return };
    if !line.hosts.iter().any(|host| is_listener(host, context)) {
        return;
    }
    found.handovers += 1;
    // This searches the text up to the action: not for each action.
    let row = action.document().text_pos_at(action.range().start).row;
    let place = &DialplanPlace { file: path.to_owned(), line: row as usize };
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

fn socket_line(action: &Node<'_, '_>, variables: &GlobalVariables) -> Option<SocketLine> {
    if action.attribute("application") != Some("socket") {
        return None;
    }
    let data = variables.expand(action.attribute("data")?);
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
fn global_variables(dialplan: &Path, vars_files: &mut VarsFiles) -> GlobalVariables {
    let folders = dialplan.ancestors().skip(1).take(MAX_PARENTS);
    let mut files = folders.map(|folder| folder.join("vars.xml"));
    let Some(file) = files.find(|file| file.is_file()) else { return GlobalVariables::default() };
    vars_files.entry(file).or_insert_with_key(|file| vars_file(file)).clone()
}

fn vars_file(file: &Path) -> GlobalVariables {
    let mut variables = GlobalVariables::default();
    let text = read_file(file).unwrap_or_default();
    if let Ok(document) = Document::parse(&text) {
        preset_variables(&document, &mut variables);
    }
    variables
}

/// Adds the variables that a file sets with `<X-PRE-PROCESS cmd="set" data="NAME=VALUE"/>`.
fn preset_variables(document: &Document<'_>, variables: &mut GlobalVariables) {
    let is_preset = |node: &Node<'_, '_>| {
        node.has_tag_name("X-PRE-PROCESS") && node.attribute("cmd") == Some("set")
    };
    for preset in document.descendants().filter(is_preset) {
        if let Some((name, value)) = preset.attribute("data").and_then(|data| data.split_once('='))
        {
            variables.set(name, value);
        }
    }
}
