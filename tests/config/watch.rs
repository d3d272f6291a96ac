//! How a running daemon is looked into.

use std::path::{Path, PathBuf};
use std::process::Command;

use dialscript::config::control;

use super::folder::Folder;

/// Runs in a process of its own, since the environment is one for all tests.
#[test]
#[ignore = "run by the next test"]
fn the_socket_of_this_environment() {
    let folder = Folder::new();
    let socket = |line: &str| {
        folder.file("dialscript.toml", line);
        folder.load().unwrap_or_else(|faults| panic!("{faults}")).daemon.control
    };
    assert_eq!(socket(""), Some(PathBuf::from("/run/dialscript/control.sock")));
    assert_eq!(socket("[control]\nsocket = 'a'\n"), Some(folder.path().join("a")));
    assert_eq!(socket("[control]\nsocket = '/a/b'\n"), Some(PathBuf::from("/a/b")));
    assert_eq!(socket("[control]\nsocket = ''\n"), None);
}

#[test]
fn systemd_says_where_the_socket_lies_unless_the_file_does() {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "config::watch::the_socket_of_this_environment"])
        .env("RUNTIME_DIRECTORY", "/run/dialscript")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
fn the_socket_lies_beside_the_daemons_file_whatever_is_wrong_with_scripts() {
    let folder = Folder::new();
    folder.script("a", "[prompt]\nplya = 'hello'\n");
    let file = folder.path().join("dialscript.toml");
    assert_eq!(control(&file).unwrap(), Some(folder.path().join("control.sock")));
    folder.file("dialscript.toml", "[control]\nsocket = 5\n");
    assert!(control(&file).unwrap_err().to_string().contains("dialscript.toml:2:10"));
    assert!(control(Path::new("no/such/file.toml")).is_err());
}

#[test]
fn metrics_beyond_loopback_want_to_know_who_may_read_them() {
    let folder = Folder::new();
    let faults = |lines: &str| folder.file("dialscript.toml", lines).faults();
    assert!(faults("[metrics]\nlisten = '127.0.0.1:9464'\n").is_empty());
    assert!(faults("[metrics]\nlisten = '[::]:9464'\nallow = ['10.0.0.9']\n").is_empty());
    assert!(
        faults("[metrics]\nlisten = '[::]:9464'\n")[0].starts_with("nothing says who may read")
    );
    let nobody = faults("[metrics]\nlisten = '127.0.0.1:9464'\nallow = []\n");
    assert!(nobody[0].starts_with("nobody could read the metrics"), "{nobody:?}");
    assert!(faults("[metrics]\n")[0].contains("[metrics] has no `listen`"));
}

#[test]
fn a_running_daemon_is_told_that_it_is_looked_into_elsewhere_now() {
    let folder = Folder::new();
    let load = |lines: &str| {
        folder.file("dialscript.toml", lines);
        folder.load().unwrap_or_else(|faults| panic!("{faults}"))
    };
    let before = load("");
    let differ =
        |after: &str| before.daemon.changed_tables(&load(after).daemon).collect::<Vec<_>>();
    assert_eq!(differ("[control]\nsocket = ''\n"), ["[control]"]);
    assert_eq!(differ("[metrics]\nlisten = '127.0.0.1:1'\n"), ["[metrics]"]);
}
