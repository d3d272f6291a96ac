//! Processes that a speech engine starts and leaves behind.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::call::call;
use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::{DaemonProcess, is_alive};
use crate::support::wait::blocking_until;
use crate::support::wav;

/// A script that speaks, and an engine that runs these lines of a shell script. `$folder` is the configuration folder.
fn folder_with_engine(text: &str, lines: &str) -> ConfigFolder {
    let folder = ConfigFolder::with_scripts(&[("hello", &format!("[prompt]\nsay = {text}\n"))]);
    folder.file("tone.wav", wav::tone(100));
    let program = folder.at("engine");
    fs::write(&program, format!("folder='{}'\n{lines}\n", folder.path().display())).unwrap();
    folder.daemon_file(format!(
        "[speech]\ntimeout = '1s'\nsay = {{ engine = 'command', command = ['/bin/sh', '{}'] }}\n",
        program.display()
    ));
    folder
}

/// Lets a daemon with this folder listen on a free port.
fn add_listener(folder: &ConfigFolder) {
    let mut file = fs::read_to_string(folder.config_file()).unwrap();
    file += &format!("[asterisk]\nlisten = ['{}']\n[freeswitch]\nlisten = []\n", free_address());
    folder.daemon_file(file);
}

/// Starts a process that leaves the engine's process group and its session, and that has no parent any more. It writes
/// its number into `$folder/pid`.
fn leave_process(environment: &str) -> String {
    let process = "echo $$ > $1.new; mv $1.new $1; exec sleep 1000";
    format!(
        "(setsid {environment} sh -c '{process}' sh $folder/pid < /dev/null > /dev/null 2>&1 &)\n\
         until [ -e $folder/pid ]; do sleep 0.01; done\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_has_left_the_session_of_its_engine_ends_with_the_engine() {
    for environment in ["", "env -i"] {
        for end in ["exit 1", "exec sleep 1000", "cat $folder/tone.wav"] {
            let lines = leave_process(environment) + end;
            let folder = folder_with_engine("'Hello.'", &lines);
            let result = call(&folder, &["hello", "--engines"]).await;
            let pid = fs::read_to_string(folder.at("pid")).unwrap();
            assert!(!is_alive(&pid), "{environment} {end}: {}", result.output);
        }
    }
}

#[test]
fn the_daemon_ends_such_a_process_while_it_serves_calls() {
    let folder = folder_with_engine("'Hello.'", &(leave_process("env -i") + "exit 1"));
    add_listener(&folder);
    let mut daemon = DaemonProcess::start(folder, Stdio::null());
    // The daemon speaks fixed texts when it starts.
    let pid = blocking_until("the process", || fs::read_to_string(daemon.folder.at("pid")).ok());
    blocking_until("its end", || (!is_alive(&pid)).then_some(()));
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn ended_processes_do_not_pile_up_and_a_child_from_before_the_daemon_is_kept() {
    // The engine ends when the process that it leaves behind has ended.
    let lines = "\
(setsid sh -c 'echo $$ > $1.new; mv $1.new $1' sh $folder/pid > /dev/null 2>&1 &)
until [ -e $folder/pid ]; do sleep 0.01; done
until grep -q '^State:.Z' /proc/$(cat $folder/pid)/status; do sleep 0.01; done
exit 1";
    let folder = folder_with_engine("'Hello.'", lines);
    add_listener(&folder);
    let serve = folder.program("serve");
    let script = "exec 3<&0; cat <&3 > /dev/null & echo $! > \"$0\"; exec \"$@\" 3<&-";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(folder.at("earlier")).arg(serve.get_program());
    shell.args(serve.get_args()).stdin(Stdio::piped()).stderr(Stdio::null());
    let daemon = DaemonProcess { process: shell.spawn().unwrap(), folder };
    // The daemon speaks fixed texts when it starts.
    let pid = blocking_until("the process", || fs::read_to_string(daemon.folder.at("pid")).ok());
    let process = Path::new("/proc").join(pid.trim());
    blocking_until("the end of the zombie", || (!process.exists()).then_some(()));
    assert!(is_alive(&fs::read_to_string(daemon.folder.at("earlier")).unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_one_engine_does_not_affect_the_processes_of_another() {
    // The engine of the slow text waits for a process whose parent has ended.
    let lines = "\
case $(cat) in
Slow.) (setsid sh -c 'sleep 0.4; echo > $1/done' sh $folder > /dev/null 2>&1 &)
    until [ -e $folder/done ]; do sleep 0.01; done ;;
esac
cat $folder/tone.wav";
    let folder = folder_with_engine("['Slow.', '{caller_name}']", lines);
    let file = fs::read_to_string(folder.config_file()).unwrap();
    // Both texts must be spoken, on a busy machine too.
    folder.daemon_file(file.replace("timeout = '1s'", "timeout = '20s'"));
    let result = call(&folder, &["hello", "--engines", "--caller-name", "Ann"]).await;
    assert_eq!(result.all("hears", "lasts").len(), 2, "{}", result.output);
}
