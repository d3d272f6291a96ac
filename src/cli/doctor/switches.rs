//! Which switches are on this host, and whether they may connect.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use super::context::DoctorContext;
use super::finding::Finding;
use crate::config::ListenerSettings;

const CHECK: &str = "switch";

/// Folders in which switches have their configuration.
const CONFIG_FOLDERS: [(&str, &str); 3] = [
    ("asterisk", "etc/asterisk"),
    ("freeswitch", "etc/freeswitch"),
    ("freeswitch", "usr/local/freeswitch/conf"),
];

pub(super) fn check(context: &DoctorContext<'_>) -> Vec<Finding> {
    let daemon = &context.config.daemon;
    let mut findings = Vec::new();
    for (switch, name, table, listener) in [
        ("asterisk", "Asterisk", "[asterisk]", &daemon.asterisk),
        ("freeswitch", "FreeSWITCH", "[freeswitch]", &daemon.freeswitch),
    ] {
        if is_here(switch, context) {
            findings.push(presence(switch, name, context));
            findings.extend(check_allow(name, table, listener, context));
        }
    }
    if findings.is_empty() {
        findings.extend(check_remote(context));
    }
    findings
}

/// The folder with the configuration of a switch on this host.
pub(super) fn config_folder(switch: &str, root: &Path) -> Option<std::path::PathBuf> {
    let of_switch = CONFIG_FOLDERS.iter().filter(|(of, _)| *of == switch);
    of_switch.map(|(_, folder)| root.join(folder)).find(|folder| folder.is_dir())
}

/// Whether a switch runs on this host, or is installed here.
pub(super) fn is_here(switch: &str, context: &DoctorContext<'_>) -> bool {
    context.host.switches.iter().any(|user| user.switch == switch)
        || config_folder(switch, &context.host.root).is_some()
}

fn presence(switch: &str, name: &str, context: &DoctorContext<'_>) -> Finding {
    let user = context.host.switches.iter().find(|user| user.switch == switch);
    match user.map(|user| (&user.user.name, user.running.as_ref())) {
        Some((user, Some((pid, _)))) => {
            Finding::ok(CHECK, format!("{name} runs as user {user} (process {pid})"))
        }
        _ => {
            let message = format!("{name} is installed on this host, and does not run");
            Finding::warning(CHECK, message, format!("systemctl start {switch}"))
        }
    }
}

/// A switch on this host connects from a loopback address, or from the address at which the daemon listens.
fn check_allow(
    name: &str,
    table: &str,
    listener: &ListenerSettings,
    context: &DoctorContext<'_>,
) -> Option<Finding> {
    let file = context.path.display();
    let Some(address) = listener.listen.first() else {
        let message = format!("{name} is on this host, but the daemon does not listen for it");
        let fix = format!("remove `listen = []` from {table} in {file}, and restart the daemon");
        return Some(Finding::warning(CHECK, message, fix));
    };
    if allows_this_host(listener, *address) {
        return None;
    }
    let source = reachable(*address).ip();
    let message = format!("{name} connects from {source}, which is not in `allow` of {table}");
    let fix = format!("add \"{source}\" to `allow` of {table} in {file}, and restart the daemon");
    Some(Finding::problem(CHECK, message, fix))
}

/// Whether the daemon accepts a connection that comes from this host to this address.
pub(super) fn allows_this_host(listener: &ListenerSettings, address: SocketAddr) -> bool {
    let source = reachable(address).ip();
    listener.allow.iter().any(|network| network.contains(&source))
}

/// An address at which this host reaches a listener. A connection to it comes from the same address.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Without a switch on this host, one on another host must be allowed to connect.
fn check_remote(context: &DoctorContext<'_>) -> Option<Finding> {
    let daemon = &context.config.daemon;
    let mut allowed = daemon.asterisk.allow.iter().chain(&daemon.freeswitch.allow);
    if allowed.any(|network| !network.addr().is_loopback()) {
        return Some(Finding::ok(CHECK, "no switch on this host; others may connect"));
    }
    let message = "no switch was found on this host, and no other host may connect";
    let fix = format!(
        "install Asterisk or FreeSWITCH here, or add the address of the switch to `listen` and `allow` in {}",
        context.path.display()
    );
    Some(Finding::warning(CHECK, message, fix))
}
