//! The daemon as a service of systemd: notifications, sockets that it is passed, and restarts.

mod fake_systemd;
mod held_call;

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;

use rustix::process::{Signal, kill_process};

use crate::support::net::free_address;
use crate::support::program::dialscript;
use crate::support::wait::blocking_until;
use fake_systemd::{FakeSystemd, HELLO};
use held_call::{HeldCall, outcome};

const SUPERVISED: &[&str] = &["--supervise"];

/// Whether the control socket works.
fn lists_the_cache(systemd: &FakeSystemd) -> bool {
    let mut program = dialscript();
    program.args(["cache", "list", "--config"]).arg(systemd.folder.config_file());
    program.output().unwrap().status.success()
}

#[test]
fn systemd_hears_that_the_daemon_is_ready_reloads_stops_and_what_it_does() {
    let systemd = FakeSystemd::new("");
    let mut daemon = systemd.start(&[], vec![]);
    systemd.wait_for("STATUS=serving: 0 active calls\n");
    let call = HeldCall::start(systemd.address);
    systemd.wait_for("STATUS=serving: 1 active call\n");
    daemon.signal("-HUP");
    systemd.wait_for("RELOADING=1\nMONOTONIC_USEC=");
    blocking_until("READY=1 after the reload", || (systemd.count("READY=1") == 2).then_some(()));
    daemon.signal("-TERM");
    systemd.wait_for("STOPPING=1");
    systemd.wait_for("STATUS=draining: 1 active call\n");
    assert_eq!(call.last_command(), outcome("otherwise"));
    assert_eq!(daemon.exit_code(), Some(0));
    assert_eq!(systemd.stored(), [""; 0]);
}

#[test]
fn the_status_names_excluded_scripts_and_those_that_their_last_valid_version_serves() {
    let systemd = FakeSystemd::new("[server]\ngrace = '1s'\n");
    systemd.folder.script("menu", HELLO);
    let mut daemon = systemd.start(&[], vec![]);
    let copy = systemd.folder.at("state/last_valid/menu.toml");
    blocking_until("the copy of the script", || copy.exists().then_some(()));
    daemon.signal("-TERM");
    assert_eq!(daemon.exit_code(), Some(0));
    systemd.folder.script("menu", "[keypress");
    systemd.folder.script("order", "[keypress");
    let _daemon = systemd.start(&[], vec![]);
    systemd.wait_for(
        "STATUS=serving: 0 active calls; 1 script excluded: order; \
         1 script served by the last valid version: menu\n",
    );
}

#[test]
fn an_earlier_process_does_not_reload() {
    let systemd = FakeSystemd::new("");
    let mut first = systemd.start(SUPERVISED, vec![]);
    let held = HeldCall::start(systemd.address);
    let worker = first.worker();
    first.signal("-USR1");
    assert_eq!(first.exit_code(), Some(0));
    kill_process(worker, Signal::HUP).unwrap();
    systemd.wait_for_log("new calls are for the next process of this service", 1);
    assert_eq!(held.last_command(), outcome("otherwise"));
}

#[test]
fn the_watchdog_is_fed_while_the_daemon_can_serve_calls() {
    let systemd = FakeSystemd::new("");
    let daemon = systemd.start_with_watchdog();
    blocking_until("the watchdog", || (systemd.count("WATCHDOG=1") > 3).then_some(()));
    drop(daemon);
}

#[test]
fn a_socket_of_a_socket_unit_is_used_and_goes_on_listening_after_a_stop() {
    let systemd = FakeSystemd::new("");
    let listener = TcpListener::bind(systemd.address).unwrap();
    let passed = OwnedFd::from(listener.try_clone().unwrap());
    let mut daemon = systemd.start(&[], vec![("dialscript.socket", passed)]);
    let call = HeldCall::start(systemd.address);
    daemon.signal("-TERM");
    systemd.wait_for("STOPPING=1");
    let waiting = TcpStream::connect(systemd.address).unwrap();
    assert_eq!(call.last_command(), outcome("otherwise"));
    assert_eq!(daemon.exit_code(), Some(0));
    assert_eq!(listener.accept().unwrap().1, waiting.local_addr().unwrap());
}

#[test]
fn a_socket_at_an_address_that_no_table_names_is_reported_and_not_used() {
    let systemd = FakeSystemd::new("");
    let foreign = TcpListener::bind("127.0.0.1:0").unwrap();
    let passed = OwnedFd::from(foreign.try_clone().unwrap());
    let _daemon = systemd.start(&[], vec![("dialscript.socket", passed)]);
    systemd.wait_for_log("a socket from systemd is not used: no `listen` names its address", 1);
    drop(HeldCall::start(systemd.address));
    foreign.set_nonblocking(true).unwrap();
    assert_eq!(foreign.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_control_socket_of_a_socket_unit_is_used_and_its_file_stays() {
    let systemd = FakeSystemd::new("");
    let path = systemd.control_socket();
    let passed = OwnedFd::from(UnixListener::bind(&path).unwrap());
    let mut daemon = systemd.start(&[], vec![("dialscript.socket", passed)]);
    assert!(lists_the_cache(&systemd));
    daemon.signal("-TERM");
    assert_eq!(daemon.exit_code(), Some(0));
    assert!(path.exists());
}

#[test]
fn after_a_restart_the_new_process_owns_the_sound_cache() {
    let systemd =
        FakeSystemd::new("[speech]\nsay = { engine = 'command', command = ['cat', 'tone.wav'] }\n");
    systemd.folder.script("speaks", "[prompt]\nsay = 'hello'\n");
    let mut first = systemd.start(SUPERVISED, vec![]);
    let held = HeldCall::start(systemd.address);
    systemd.wait_for_log("sounds could not be prepared", 1);
    first.signal("-USR1");
    assert_eq!(first.exit_code(), Some(0));
    let _second = systemd.start(SUPERVISED, vec![]);
    let log = systemd.wait_for_log("sounds could not be prepared", 2);
    assert!(!log.contains("another process owns the sound cache"), "{log}");
    assert_eq!(held.last_command(), outcome("otherwise"));
}

#[test]
fn at_a_restart_the_supervisor_ends_at_once_and_no_call_is_lost_or_refused() {
    let systemd = FakeSystemd::new("");
    let mut first = systemd.start(SUPERVISED, vec![]);
    let held = HeldCall::start(systemd.address);
    let listens = format!("listen-{}", systemd.address.to_string().replace(':', "_"));
    assert_eq!(systemd.stored(), [listens]);
    first.signal("-USR1");
    first.signal("-TERM");
    assert_eq!(first.exit_code(), Some(0));
    assert_eq!(systemd.stored().len(), 2);
    let waiting = HeldCall::connect(systemd.address);
    let mut second = systemd.start(SUPERVISED, vec![]);
    systemd.wait_for("; 1 earlier process still has calls");
    let control =
        dialscript().args(["cache", "list", "--config"]).arg(systemd.folder.config_file()).output();
    assert!(control.unwrap().status.success());
    let mut waiting = waiting;
    waiting.wait_for_the_script();
    assert_eq!(waiting.last_command(), outcome("otherwise"));
    assert_eq!(held.last_command(), outcome("otherwise"));
    systemd.wait_for("STATUS=serving: 0 active calls\n");
    second.signal("-TERM");
    assert_eq!(second.exit_code(), Some(0));
}

#[test]
fn a_restart_does_not_wait_for_the_last_background_request() {
    let systemd = FakeSystemd::new("");
    let web = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", web.local_addr().unwrap());
    let script = format!("[trigger]\nurl = '{url}'\nbackground = true\n");
    systemd.folder.script("hello", &script);
    let mut first = systemd.start(SUPERVISED, vec![]);
    let call = HeldCall::connect(systemd.address);
    assert_eq!(call.last_command_without_key(), outcome("otherwise"));
    let (mut request, _) = web.accept().unwrap();
    first.signal("-USR1");
    assert_eq!(first.exit_code(), Some(0));
    request.set_nonblocking(true).unwrap();
    let mut bytes = [0; 4096];
    assert!(request.read(&mut bytes).unwrap() > 0);
    assert_eq!(request.read(&mut bytes).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_stop_also_stops_an_earlier_process_and_waits_for_it() {
    let systemd = FakeSystemd::new("[server]\ngrace = '1s'\n");
    let mut first = systemd.start(SUPERVISED, vec![]);
    let held = HeldCall::start(systemd.address);
    first.signal("-USR1");
    assert_eq!(first.exit_code(), Some(0));
    let mut second = systemd.start(SUPERVISED, vec![]);
    second.signal("-TERM");
    systemd.wait_for("STOPPING=1");
    let held = std::thread::spawn(move || held.last_command_without_key());
    assert_eq!(second.exit_code(), Some(0));
    assert_eq!(held.join().unwrap(), outcome("error"));
}

#[test]
fn an_earlier_process_stops_when_the_service_is_stopped_and_nobody_tells_it() {
    let systemd = FakeSystemd::new("[server]\ngrace = '1s'\n");
    let mut first = systemd.start(SUPERVISED, vec![]);
    let held = HeldCall::start(systemd.address);
    first.signal("-USR1");
    assert_eq!(first.exit_code(), Some(0));
    systemd.clear_store();
    assert_eq!(held.last_command_without_key(), outcome("error"));
}

#[test]
fn a_stop_refuses_calls_although_systemd_has_a_copy_of_the_socket() {
    let systemd = FakeSystemd::new("");
    let mut daemon = systemd.start(SUPERVISED, vec![]);
    let call = HeldCall::start(systemd.address);
    daemon.signal("-TERM");
    blocking_until("a refused connection", || TcpStream::connect(systemd.address).err());
    assert_eq!(systemd.stored().len(), 1);
    assert_eq!(call.last_command(), outcome("otherwise"));
    assert_eq!(daemon.exit_code(), Some(0));
}

#[test]
fn the_worker_ends_with_a_supervisor_that_is_killed() {
    let systemd = FakeSystemd::new("");
    let daemon = systemd.start(SUPERVISED, vec![]);
    let mut call = HeldCall::start(systemd.address);
    daemon.signal("-KILL");
    assert_eq!(call.next_command(), "");
}

#[test]
fn the_exit_code_of_the_supervisor_is_that_of_its_worker() {
    let systemd = FakeSystemd::new("");
    systemd.folder.daemon_file("[asterisk]\nlissten = 1\n");
    let run = |options: &[&str]| {
        let mut program = systemd.folder.program("serve");
        program.args(options).output().unwrap().status.code()
    };
    assert_eq!(run(SUPERVISED), run(&[]));
}

#[test]
fn after_a_restart_the_daemon_listens_on_another_host_with_the_same_port() {
    let systemd = FakeSystemd::new("");
    let mut first = systemd.start(SUPERVISED, vec![]);
    let held = HeldCall::start(systemd.address);
    first.signal("-USR1");
    assert_eq!(first.exit_code(), Some(0));
    let every_host = SocketAddr::from(([0, 0, 0, 0], systemd.address.port()));
    systemd.folder.daemon_file(format!(
        "[asterisk]\nlisten = ['{every_host}']\n[freeswitch]\nlisten = []\n[control]\nsocket = ''\n"
    ));
    let _second = systemd.start(SUPERVISED, vec![]);
    drop(HeldCall::start(SocketAddr::from(([127, 0, 0, 2], every_host.port()))));
    assert_eq!(held.last_command(), outcome("otherwise"));
}

#[test]
fn a_stored_socket_whose_address_left_the_configuration_is_closed_and_removed() {
    let systemd = FakeSystemd::new("");
    let mut first = systemd.start(SUPERVISED, vec![]);
    first.signal("-KILL");
    first.exit_code();
    let other = free_address();
    let old = systemd.address;
    systemd.folder.daemon_file(format!(
        "[asterisk]\nlisten = ['{other}']\n[freeswitch]\nlisten = []\n[control]\nsocket = ''\n"
    ));
    let _second = systemd.start(SUPERVISED, vec![]);
    assert_eq!(TcpStream::connect(old).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    blocking_until("the socket to be removed", || {
        let listens = format!("listen-{}", other.to_string().replace(':', "_"));
        (systemd.stored() == [listens]).then_some(())
    });
}
