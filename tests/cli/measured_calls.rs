//! What the metrics of a running daemon say after calls. Both switches are measured in the same way.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::process::Stdio;

use tempfile::NamedTempFile;

use crate::support::config_folder::ConfigFolder;
use crate::support::http_get::request;
use crate::support::net::free_address;
use crate::support::program::{DaemonProcess, ProgramResult};
use crate::support::wait::blocking_until;

const MENU: &str =
    "[keypress]\nlength = 1\n[no_input]\n[invalid_input]\n[otherwise]\nthen = 'continue'\n";

/// Its web application does not answer.
const ORDER: &str =
    "[trigger]\nurl = 'http://127.0.0.1:1/'\nretry = 0\n[no_response]\nthen = 'script menu'\n";

/// A daemon for both switches.
struct MeasuredDaemon {
    program: DaemonProcess,
    /// With the option of `dialscript call` that names the switch.
    switches: [(&'static str, SocketAddr); 2],
    metrics: SocketAddr,
}

impl MeasuredDaemon {
    fn start(scripts: &[(&str, &str)], more: &str, log: impl Into<Stdio>) -> Self {
        let folder = ConfigFolder::with_scripts(scripts);
        let [asterisk, freeswitch, metrics] = [(); 3].map(|()| free_address());
        let switches = [("asterisk", asterisk), ("freeswitch", freeswitch)];
        folder.daemon_file(daemon_file(switches, metrics, more));
        let program = DaemonProcess::start(folder, log);
        let daemon = Self { program, switches, metrics };
        daemon.wait_for_listeners();
        daemon
    }

    /// Reloads with these tables in the daemon's file.
    fn reload(&self, more: &str) {
        self.program.folder.daemon_file(daemon_file(self.switches, self.metrics, more));
        self.program.signal("-HUP");
        self.wait_for_sample("dialscript_reloads_total{result=\"success\"} 1");
    }

    /// Connects once to each listener for switches, and waits until these connections are over. Each is counted as a
    /// failed handshake.
    fn wait_for_listeners(&self) {
        for (switch, address) in &self.switches {
            drop(DaemonProcess::connect(*address));
            let labels = format!("switch=\"{switch}\",reason=\"handshake\"");
            self.wait_for_sample(&format!("dialscript_calls_refused_total{{{labels}}} 1"));
        }
        self.wait_for_sample("dialscript_calls_under_way 0");
    }

    /// Makes a simulated call from each switch.
    fn call(&self, script: &str, arguments: &[&str]) {
        for (switch, address) in &self.switches {
            let mut program = self.program.folder.program("call");
            program.args([script, "--switch", switch, "--connect", &address.to_string()]);
            ProgramResult::from_output(program.args(arguments).output().unwrap());
        }
    }

    fn metrics(&self) -> String {
        request("GET", self.metrics, "/metrics").body
    }

    fn wait_for_sample(&self, sample: &str) {
        let line = format!("\n{sample}\n");
        blocking_until(sample, || self.metrics().contains(&line).then_some(()));
    }
}

fn daemon_file(
    [(_, asterisk), (_, freeswitch)]: [(&str, SocketAddr); 2],
    metrics: SocketAddr,
    more: &str,
) -> String {
    format!(
        "[asterisk]\nlisten = ['{asterisk}']\n[freeswitch]\nlisten = ['{freeswitch}']\n\
         [control]\nsocket = ''\n[metrics]\nlisten = '{metrics}'\n{more}"
    )
}

#[test]
fn calls_of_both_switches_are_measured_alike() {
    let scripts = [("menu", MENU), ("order", ORDER)];
    let daemon = MeasuredDaemon::start(&scripts, "", Stdio::null());
    daemon.call("order", &["--digits", "1"]);
    for switch in ["asterisk", "freeswitch"] {
        for name in ["call_duration", "handover"] {
            daemon.wait_for_sample(&format!(
                "dialscript_{name}_seconds_count{{switch=\"{switch}\"}} 1"
            ));
        }
    }
    daemon.wait_for_sample("dialscript_input_seconds_count{script=\"menu\"} 2");
    let labels = "script=\"order\",upstream=\"127.0.0.1:1\"";
    daemon.wait_for_sample(&format!("dialscript_trigger_seconds_count{{{labels}}} 2"));
    let text = daemon.metrics();
    assert!(!text.contains("dialscript_input_seconds_count{script=\"order\"}"), "{text}");
}

#[test]
fn a_call_that_ends_with_a_hang_up_has_no_hand_over() {
    let daemon = MeasuredDaemon::start(&[("menu", MENU)], "", Stdio::null());
    daemon.call("menu", &["--digits", "", "--hangup-after", "200ms"]);
    for switch in ["asterisk", "freeswitch"] {
        let labels = format!("{{switch=\"{switch}\"}}");
        daemon.wait_for_sample(&format!("dialscript_call_duration_seconds_count{labels} 1"));
        daemon.wait_for_sample(&format!("dialscript_handover_seconds_count{labels} 0"));
    }
}

#[test]
fn refused_calls_are_counted_by_their_reason() {
    let daemon =
        MeasuredDaemon::start(&[("menu", MENU)], "[server]\nmax_calls = 2\n", Stdio::null());
    daemon.call("nothing", &["--digits", "1"]);
    let refused = |reason: &str, count: usize| {
        for (switch, _) in &daemon.switches {
            let labels = format!("switch=\"{switch}\",reason=\"{reason}\"");
            daemon.wait_for_sample(&format!("dialscript_calls_refused_total{{{labels}}} {count}"));
        }
    };
    refused("unknown_script", 1);
    refused("handshake", 1);
    daemon.wait_for_sample("dialscript_calls_under_way 0");
    let held = daemon.switches.map(|(_, address)| DaemonProcess::connect(address));
    daemon.wait_for_sample("dialscript_calls_under_way 2");
    for (_, address) in &daemon.switches {
        let mut further = DaemonProcess::connect(*address);
        further.write_all(b"agi_network: yes\n\n").unwrap();
        // The refusal ends the connection of Asterisk. FreeSWITCH waits for its own `connect`.
        drop(further.read(&mut [0; 64]));
    }
    refused("limit", 1);
    drop(held);
}

#[test]
fn reloads_and_the_version_of_each_script_are_visible() {
    let log = NamedTempFile::new().unwrap();
    let daemon = MeasuredDaemon::start(&[("menu", MENU)], "", log.reopen().unwrap());
    daemon.wait_for_sample("dialscript_scripts{state=\"valid\"} 1");
    let info = |text: &str| {
        let mut lines = text.lines().filter(|line| line.starts_with("dialscript_script_info"));
        lines.next().unwrap_or_default().to_owned()
    };
    let before = info(&daemon.metrics());
    assert!(before.starts_with("dialscript_script_info{script=\"menu\",version=\""), "{before}");
    daemon.program.folder.daemon_file("[asterisk]\nlissten = 1\n");
    daemon.program.signal("-HUP");
    daemon.wait_for_sample("dialscript_reloads_total{result=\"failure\"} 1");
    daemon.wait_for_sample("dialscript_reload_last_successful 0");
    daemon.program.folder.daemon_file("");
    daemon.program.folder.script("menu", &format!("# another version\n{MENU}"));
    daemon.program.signal("-HUP");
    daemon.wait_for_sample("dialscript_reloads_total{result=\"success\"} 1");
    daemon.wait_for_sample("dialscript_reload_last_successful 1");
    let after = info(&daemon.metrics());
    assert!(after != before && after.ends_with(",state=\"valid\"} 1"), "{after}");
}

#[test]
fn a_reload_keeps_all_numbers_except_those_of_scripts_that_it_removes() {
    let scripts = [("menu", MENU), ("order", ORDER), ("old", MENU)];
    let daemon = MeasuredDaemon::start(&scripts, "", Stdio::null());
    let wait_for_calls = |of_order: usize, all: usize| {
        for (switch, _) in daemon.switches {
            for name in ["call_duration", "handover"] {
                let name = format!("dialscript_{name}_seconds_count{{switch=\"{switch}\"}}");
                daemon.wait_for_sample(&format!("{name} {all}"));
            }
            let labels = format!("switch=\"{switch}\",outcome=\"otherwise\"");
            daemon.wait_for_sample(&format!("dialscript_calls_total{{{labels}}} {all}"));
            let labels = format!("switch=\"{switch}\",reason=\"handshake\"");
            daemon.wait_for_sample(&format!("dialscript_calls_refused_total{{{labels}}} 1"));
        }
        let of_order = 2 * of_order;
        let upstream = "upstream=\"127.0.0.1:1\"";
        for name in [
            "input_seconds_count{script=\"menu\"}",
            &format!("trigger_seconds_count{{script=\"order\",{upstream}}}"),
            &format!("upstream_failures_total{{{upstream}}}"),
        ] {
            daemon.wait_for_sample(&format!("dialscript_{name} {of_order}"));
        }
    };
    daemon.call("order", &["--digits", "1"]);
    daemon.call("old", &["--digits", "1"]);
    wait_for_calls(1, 2);
    daemon.wait_for_sample("dialscript_input_seconds_count{script=\"old\"} 2");
    std::fs::remove_file(daemon.program.folder.at("scripts/old.toml")).unwrap();
    daemon.reload(
        "[server]\nmax_calls = 50\n[trigger]\nconnect_timeout = '1s'\nmax_requests = 7\n\
         [breaker]\nfailures = 20\n[cache]\nmax_entries = 5\n",
    );
    daemon.wait_for_sample("dialscript_calls_limit 50");
    wait_for_calls(1, 2);
    let text = daemon.metrics();
    assert!(!text.contains("script=\"old\""), "{text}");
    daemon.call("order", &["--digits", "1"]);
    wait_for_calls(2, 3);
}

#[test]
fn the_numbers_of_an_engine_stay_after_a_reload_that_changes_its_limits() {
    let speech = |more: &str| {
        format!(
            "[speech]\n{more}say = {{ engine = 'command', command = ['/bin/false', '{{out}}'] }}\n"
        )
    };
    let scripts = [("menu", "[prompt]\nsay = 'Hello.'\n")];
    let daemon = MeasuredDaemon::start(&scripts, &speech(""), Stdio::null());
    let count = |name: &str| -> Option<u64> {
        let name = format!("dialscript_tts_{name}{{engine=\"say (false)\"}} ");
        let text = daemon.metrics();
        text.lines().find_map(|line| line.strip_prefix(&name))?.parse().ok()
    };
    let names = ["errors_total", "seconds_count"];
    blocking_until("a run", || names.iter().all(|name| count(name) >= Some(1)).then_some(()));
    // Without a text, the engine does not run again.
    daemon.program.folder.script("menu", MENU);
    daemon.reload(&speech("at_once = 1\ntimeout = '3s'\n"));
    for name in names {
        assert!(count(name) >= Some(1), "{name}: {:?}", count(name));
    }
}

#[test]
fn a_failing_engine_is_measured_and_its_errors_are_counted() {
    let speech = "[speech]\nsay = { engine = 'command', command = ['/bin/false', '{out}'] }\n";
    let scripts = [("menu", "[prompt]\nsay = 'Hello.'\n")];
    let daemon = MeasuredDaemon::start(&scripts, speech, Stdio::null());
    let sample = |name: &str| {
        let text = daemon.metrics();
        let mut lines = text.lines().filter_map(|line| line.strip_prefix(name));
        lines.next().map(str::to_owned)
    };
    blocking_until("an error", || {
        let count = sample("dialscript_tts_errors_total{engine=\"say (false)\"} ")?;
        (count != "0").then_some(())
    });
    let runs = sample("dialscript_tts_seconds_count{engine=\"say (false)\"} ");
    assert!(runs.as_ref().is_some_and(|runs| runs != "0"), "{runs:?}");
}

#[test]
fn an_excluded_script_is_named_its_calls_are_counted_and_the_daemon_stays_ready() {
    let scripts = [("menu", MENU), ("order", "[otherwise]\nthn = 'hangup'\n")];
    let daemon = MeasuredDaemon::start(&scripts, "", Stdio::null());
    daemon.call("order", &[]);
    for (switch, _) in &daemon.switches {
        let labels = format!("switch=\"{switch}\",reason=\"excluded_script\"");
        daemon.wait_for_sample(&format!("dialscript_calls_refused_total{{{labels}}} 1"));
    }
    let info = "dialscript_script_info{script=\"order\",version=\"\",state=\"excluded\"} 1";
    daemon.wait_for_sample(info);
    daemon.wait_for_sample("dialscript_scripts{state=\"excluded\"} 1");
    let ready = request("GET", daemon.metrics, "/readyz");
    assert_eq!(ready.status, 200);
    assert!(ready.body.contains("\"scripts\":1,\"excluded\":[\"order\"]"), "{}", ready.body);
}
