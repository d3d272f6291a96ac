//! `[control]` and `[metrics]` of the daemon's file.

use std::path::{Path, PathBuf};

use dialscript::config::control;

use crate::support::config_folder::ConfigFolder;
use crate::support::own_process::run_test;

/// Runs in its own process, because all tests of a process share the environment.
#[test]
#[ignore = "run by the next test"]
fn the_socket_path_in_this_environment() {
    let folder = ConfigFolder::new();
    let socket = |line: &str| {
        folder.daemon_file(line);
        folder.config().daemon.control
    };
    assert_eq!(socket(""), Some(PathBuf::from("/run/dialscript/control.sock")));
    assert_eq!(socket("[control]\nsocket = 'a'\n"), Some(folder.path().join("a")));
    assert_eq!(socket("[control]\nsocket = '/a/b'\n"), Some(PathBuf::from("/a/b")));
    assert_eq!(socket("[control]\nsocket = ''\n"), None);
}

#[test]
fn the_socket_is_in_the_runtime_directory_of_systemd_unless_the_file_names_it() {
    let environment = [("RUNTIME_DIRECTORY", "/run/dialscript")];
    run_test(module_path!(), "the_socket_path_in_this_environment", &environment);
}

#[test]
fn errors_in_the_files_do_not_affect_the_socket_path() {
    let folder = ConfigFolder::new();
    folder.script("a", "[prompt]\nplya = 'hello'\n");
    let file = folder.config_file();
    let scripts_faulty = control(&file);
    assert!(scripts_faulty.errors.is_none());
    assert_eq!(scripts_faulty.socket, Some(folder.path().join("control.sock")));
    folder.daemon_file("[control]\nsocket = 'a'\n[servr]\n");
    let file_faulty = control(&file);
    assert!(file_faulty.errors.unwrap().to_string().contains("dialscript.toml:3:2"));
    assert_eq!(file_faulty.socket, Some(folder.path().join("a")));
    let missing = control(Path::new("no/such/file.toml"));
    assert!(missing.errors.is_some());
    assert_eq!(missing.socket, Some(PathBuf::from("no/such/control.sock")));
}

#[test]
fn metrics_on_an_address_other_than_loopback_require_allow() {
    let folder = ConfigFolder::new();
    let errors = |lines: &str| folder.daemon_file(lines).errors();
    assert!(errors("[metrics]\nlisten = '127.0.0.1:9464'\n").is_empty());
    assert!(errors("[metrics]\nlisten = '[::]:9464'\nallow = ['10.0.0.9']\n").is_empty());
    assert!(errors("[metrics]\nlisten = '[::]:9464'\n")[0].starts_with("`allow` is missing"));
    let nobody = errors("[metrics]\nlisten = '127.0.0.1:9464'\nallow = []\n");
    assert!(nobody[0].starts_with("`allow` is empty: nobody could connect"), "{nobody:?}");
    let name = errors("[metrics]\nlisten = '127.0.0.1:9464'\nallow = ['prometheus.example']\n");
    assert!(name.len() == 1 && name[0].contains("or an IP address"), "{name:?}");
    assert!(errors("[metrics]\n")[0].contains("missing key `listen` in [metrics]"));
}

#[test]
fn a_folder_of_the_control_socket_that_does_not_exist_is_a_warning() {
    let folder = ConfigFolder::new();
    folder.script("a", "[otherwise]\nthen='hangup'\n");
    let warnings = |line: &str| {
        folder.daemon_file(line);
        folder.config().warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let missing = warnings("[control]\nsocket = 'run/control.sock'\n");
    assert!(missing.len() == 1 && missing[0].contains("/run` does not exist"), "{missing:?}");
    assert_eq!(warnings("[control]\nsocket = 'control.sock'\n"), [""; 0]);
}
