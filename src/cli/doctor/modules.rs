//! Whether the switch has loaded the modules that the manual names in docs/admin/installation.md.

use std::path::Path;
use std::time::Duration;

use super::context::DoctorContext;
use super::finding::Finding;
use super::program::program_output;
use super::switches::{config_folder, is_here};
use crate::file_access::regular_file;
use crate::voice::settings::AsrBackend;

const CHECK: &str = "modules";
/// How long one question to the switch may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// A longer list of modules is cut.
const MAX_LIST_BYTES: u64 = 4 << 20;

/// A module, and what does not work without it.
struct NeededModule {
    name: &'static str,
    /// What calls lose without it; `None` if nothing works.
    purpose: Option<&'static str>,
}

const fn essential(name: &'static str) -> NeededModule {
    NeededModule { name, purpose: None }
}

pub(super) fn check(context: &DoctorContext<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if is_here("asterisk", context) && !context.config.daemon.asterisk.listen.is_empty() {
        findings.extend(check_asterisk(context));
    }
    if is_here("freeswitch", context) && !context.config.daemon.freeswitch.listen.is_empty() {
        findings.extend(check_freeswitch(context));
    }
    findings
}

fn check_asterisk(context: &DoctorContext<'_>) -> Vec<Finding> {
    let mut needed = vec![
        essential("res_agi"),
        essential("format_wav"),
        NeededModule {
            name: "func_dialplan",
            purpose: Some("destinations are not checked before a call is sent there"),
        },
    ];
    let voice = &context.config.daemon.voice;
    if voice.sound_server.is_some() {
        needed.extend([essential("res_http_media_cache"), essential("res_curl")]);
    }
    let backend = voice.asr_engine.as_ref().map(|engine| &engine.backend);
    if matches!(backend, Some(AsrBackend::Switch { .. })) {
        needed.push(essential("res_speech"));
    }
    let is_loaded = |module: &NeededModule| {
        let command = format!("module show like {}.so", module.name);
        let shown = ask("asterisk", "asterisk", &["-rx", &command], context)?;
        // A module that is loaded but has failed to start is listed as "Not Running".
        let line = shown.lines().find(|line| line.starts_with(module.name));
        shown
            .contains("modules loaded")
            .then(|| line.is_some_and(|line| !line.contains("Not Running")))
    };
    let configured = config_folder("asterisk", &context.host.root)
        .and_then(|folder| read_list(&folder.join("modules.conf")));
    let is_configured = |module: &NeededModule| asterisk_loads(configured.as_deref()?, module.name);
    let fix = |module: &NeededModule| {
        let name = module.name;
        format!(
            "asterisk -rx 'module load {name}.so', and no `noload => {name}.so` in modules.conf"
        )
    };
    report("Asterisk", &needed, is_loaded, is_configured, fix)
}

fn check_freeswitch(context: &DoctorContext<'_>) -> Vec<Finding> {
    let needed =
        ["mod_event_socket", "mod_commands", "mod_dptools", "mod_dialplan_xml", "mod_sndfile"]
            .map(essential);
    let is_loaded = |module: &NeededModule| {
        let command = format!("module_exists {}", module.name);
        let shown = ask("freeswitch", "fs_cli", &["-x", &command], context)?;
        match shown.trim() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    };
    let configured = config_folder("freeswitch", &context.host.root)
        .and_then(|folder| read_list(&folder.join("autoload_configs/modules.conf.xml")));
    let is_configured =
        |module: &NeededModule| freeswitch_loads(configured.as_deref()?, module.name);
    let fix = |module: &NeededModule| {
        let name = module.name;
        format!(
            "fs_cli -x 'load {name}', and <load module=\"{name}\"/> in autoload_configs/modules.conf.xml"
        )
    };
    report("FreeSWITCH", &needed, is_loaded, is_configured, fix)
}

fn read_list(path: &Path) -> Option<String> {
    let bytes = regular_file::read(path, MAX_LIST_BYTES).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// What the command line of a switch answers, if the switch runs on this host.
fn ask(
    switch: &str,
    program: &str,
    arguments: &[&str],
    context: &DoctorContext<'_>,
) -> Option<String> {
    let mut users = context.host.switches.iter();
    let is_running = users.any(|user| user.switch == switch && user.running.is_some());
    let asks = context.host.runs_programs() && is_running;
    if asks { program_output(program, arguments, TIME_LIMIT) } else { None }
}

/// The running switch is asked first. If it does not answer, its configuration counts.
fn report(
    switch: &str,
    needed: &[NeededModule],
    is_loaded: impl Fn(&NeededModule) -> Option<bool>,
    is_configured: impl Fn(&NeededModule) -> Option<bool>,
    fix: impl Fn(&NeededModule) -> String,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_running = true;
    for module in needed {
        let loaded = if is_running { is_loaded(module) } else { None };
        is_running = loaded.is_some();
        let Some(is_there) = loaded.or_else(|| is_configured(module)) else {
            let message = format!(
                "the modules of {switch}: it does not answer this user, and has no readable list"
            );
            let fix = "start the switch, and run this as root: sudo dialscript doctor";
            return vec![Finding::not_checked(CHECK, message, fix)];
        };
        if is_there {
            continue;
        }
        let message = format!("{switch} does not load {}", module.name);
        findings.push(match module.purpose {
            Some(purpose) => Finding::warning(CHECK, format!("{message}: {purpose}"), fix(module)),
            None => Finding::problem(CHECK, message, fix(module)),
        });
    }
    if findings.is_empty() {
        let names: Vec<_> = needed.iter().map(|module| module.name).collect();
        findings.push(Finding::ok(CHECK, format!("{switch} loads {}", names.join(", "))));
    }
    findings
}

/// What Asterisk's `modules.conf` says about a module. `None` if it has no line about modules: another
/// file, which it includes, may have them.
fn asterisk_loads(configuration: &str, module: &str) -> Option<bool> {
    let (mut loads, mut has_lines) = (None, false);
    for line in configuration.lines() {
        let line = line.split(';').next().unwrap_or_default();
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim_start_matches('>').trim());
        has_lines |= matches!(key, "autoload" | "load" | "preload" | "require" | "noload");
        match key {
            "autoload" if value == "yes" && loads.is_none() => loads = Some(true),
            "load" | "preload" | "require" if is_module(value, module) => loads = Some(true),
            "noload" if is_module(value, module) => return Some(false),
            _ => {}
        }
    }
    loads.or(has_lines.then_some(false))
}

fn is_module(value: &str, module: &str) -> bool {
    Path::new(value).file_stem().is_some_and(|stem| stem == module)
}

/// Whether FreeSWITCH's `modules.conf.xml` names a module. `None` if the file is not valid XML.
fn freeswitch_loads(configuration: &str, module: &str) -> Option<bool> {
    let document = roxmltree::Document::parse(configuration).ok()?;
    let mut loads = document.descendants().filter(|node| node.has_tag_name("load"));
    Some(loads.any(|load| load.attribute("module") == Some(module)))
}
