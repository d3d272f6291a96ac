//! Whether the daemon runs and accepts calls.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::context::DoctorContext;
use super::finding::Finding;
use super::switches::{allows_this_host, reachable};
use crate::cli::simulation::{SimulatedCall, place_call};
use crate::config::ListenerSettings;
use crate::control::client::{ControlClientError, send_request};
use crate::control::protocol::ControlRequest;
use crate::fake::asterisk::FakeAsteriskCall;
use crate::fake::destinations::FakeDestinations;
use crate::fake::dtmf::DtmfSource;
use crate::fake::freeswitch::FakeFreeSwitchCall;
use crate::fake::phone::{Continuation, Phone};
use crate::file_access::shell_quoted;

const CHECK: &str = "daemon";
/// A script that no daemon has: its name has a character that no name of a script can have.
const NO_SUCH_SCRIPT: &str = "dialscript.doctor";
const RESTART: &str = "systemctl restart dialscript";
/// How long a refused call may take, and an answer at the control socket.
const TIME_LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn check(context: &DoctorContext<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(check_unit(context));
    findings.extend(check_program(context));
    if let Some(socket) = &context.config.daemon.control {
        findings.push(check_control(socket, context).await);
    }
    let daemon = &context.config.daemon;
    let asterisk = FakeAsteriskCall { script: NO_SUCH_SCRIPT.into(), ..Default::default() };
    let asterisk = SimulatedCall::Asterisk(asterisk);
    findings.extend(check_listeners("Asterisk", &daemon.asterisk, &asterisk, context).await);
    let freeswitch = FakeFreeSwitchCall { script: NO_SUCH_SCRIPT.into(), ..Default::default() };
    let freeswitch = SimulatedCall::FreeSwitch(freeswitch);
    findings.extend(check_listeners("FreeSWITCH", &daemon.freeswitch, &freeswitch, context).await);
    findings
}

fn check_unit(context: &DoctorContext<'_>) -> Option<Finding> {
    let unit = context.host.unit.as_ref()?;
    let state = &unit.active_state;
    let message = format!("the unit dialscript.service is {state}");
    Some(match state.as_str() {
        "active" | "reloading" => Finding::ok(CHECK, message),
        "failed" => {
            let fix = "journalctl -u dialscript -e, then systemctl restart dialscript";
            Finding::problem(CHECK, message, fix)
        }
        "activating" => {
            let message = format!("{message}: it starts, or starts again after a failure");
            Finding::warning(CHECK, message, "journalctl -u dialscript -e")
        }
        _ => match context.host.daemon {
            Some(pid) => {
                let message = format!("{message}: the daemon (process {pid}) was started by hand");
                let fix = format!("kill {pid}; systemctl enable --now dialscript");
                Finding::warning(CHECK, message, fix)
            }
            None => Finding::problem(CHECK, message, "systemctl enable --now dialscript"),
        },
    })
}

/// Whether the program was replaced, for example by an upgrade, after the daemon was started.
fn check_program(context: &DoctorContext<'_>) -> Option<Finding> {
    let pid = context.host.daemon?;
    let program = context.host.root.join(format!("proc/{pid}/exe"));
    let program = std::fs::read_link(program).ok()?.display().to_string();
    // The kernel adds this to the name of a file that does not exist any more.
    let replaced = program.strip_suffix(" (deleted)")?;
    let message =
        format!("the daemon (process {pid}) still runs the old program: {replaced} was replaced");
    Some(Finding::warning(CHECK, message, RESTART))
}

/// Asks for the state of the daemon, as `dialscript status` does.
async fn check_control(socket: &Path, context: &DoctorContext<'_>) -> Finding {
    let shown = socket.display();
    let silent = || {
        let limit = TIME_LIMIT.as_secs();
        let message = format!(
            "the daemon does not answer within {limit} s at the control socket {shown}: it hangs, or is overloaded"
        );
        Finding::problem(CHECK, message, RESTART)
    };
    let asked = send_request(socket, &ControlRequest::Status {});
    let Ok(answered) = timeout(TIME_LIMIT, asked).await else { return silent() };
    match answered {
        Ok(_) => Finding::ok(CHECK, format!("it answers at the control socket {shown}")),
        Err(ControlClientError::Connect(error)) if error.kind() == ErrorKind::PermissionDenied => {
            Finding::not_permitted(CHECK, format!("the control socket {shown}: {error}"))
        }
        Err(ControlClientError::Connect(error)) => {
            let message = format!("no daemon answers at the control socket {shown}: {error}");
            Finding::problem(CHECK, message, start_command(context))
        }
        Err(ControlClientError::NoReply(_)) => silent(),
        Err(error) => {
            let message = format!("the answer at the control socket {shown} is wrong: {error}");
            Finding::problem(CHECK, message, RESTART)
        }
    }
}

async fn check_listeners(
    switch: &str,
    listener: &ListenerSettings,
    call: &SimulatedCall,
    context: &DoctorContext<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for address in &listener.listen {
        findings.push(match allows_this_host(listener, *address) {
            true => check_listener(switch, *address, call, context).await,
            false => check_port(switch, *address, context).await,
        });
    }
    findings
}

/// The daemon closes a connection of a host that is not in `allow`: then only the connection can be checked.
async fn check_port(switch: &str, address: SocketAddr, context: &DoctorContext<'_>) -> Finding {
    match timeout(TIME_LIMIT, TcpStream::connect(reachable(address))).await {
        Ok(Ok(_)) => {
            let message = format!(
                "whether the daemon answers {switch} at {address}: `allow` does not have this host"
            );
            Finding::not_checked(CHECK, message, "call from the host of the switch")
        }
        Ok(Err(error)) => {
            let message = format!("nobody can connect to {address}: {error}");
            Finding::problem(CHECK, message, start_command(context))
        }
        Err(_) => {
            let message = format!("a connection to {address} takes too long");
            Finding::problem(CHECK, message, start_command(context))
        }
    }
}

/// Calls the daemon as the switch does, for a script that does not exist: it has to refuse the call in the protocol of
/// the switch, so that the dialplan continues.
async fn check_listener(
    switch: &str,
    address: SocketAddr,
    call: &SimulatedCall,
    context: &DoctorContext<'_>,
) -> Finding {
    let phone = Phone::new(DtmfSource::none(), Some(TIME_LIMIT), |_| {});
    let server = reachable(address).to_string();
    let placed = place_call(&server, call, FakeDestinations::default(), phone);
    match timeout(TIME_LIMIT, placed).await {
        Ok(Ok(result)) if is_refused(&result.continuation, result.agi_status) => {
            Finding::ok(CHECK, format!("it answers {switch} at {address}"))
        }
        Ok(Ok(_)) => {
            let message =
                format!("what listens at {address} does not speak the protocol of {switch}");
            Finding::problem(CHECK, message, format!("ss -tlnp 'sport = :{}'", address.port()))
        }
        Err(_) => {
            let limit = TIME_LIMIT.as_secs();
            let message = format!(
                "what listens at {address} does not answer {switch} within {limit} s: it hangs, is overloaded, or is \
                 another program"
            );
            let fix =
                format!("ss -tlnp 'sport = :{}'; if it is the daemon: {RESTART}", address.port());
            Finding::problem(CHECK, message, fix)
        }
        Ok(Err(error)) => {
            let message = format!("{switch} cannot connect to {address}: {error}");
            Finding::problem(CHECK, message, start_command(context))
        }
    }
}

fn start_command(context: &DoctorContext<'_>) -> String {
    match &context.host.unit {
        Some(_) => "systemctl start dialscript".to_owned(),
        None => format!("dialscript serve --config {}", shell_quoted(context.path)),
    }
}

fn is_refused(continuation: &Continuation, agi_status: Option<&str>) -> bool {
    *continuation == Continuation::NextStep && agi_status.is_none_or(|status| status == "FAILURE")
}
