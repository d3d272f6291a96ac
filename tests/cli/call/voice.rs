//! Texts, engines and a caller who speaks, without a telephone.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use super::{MENU, call};
use crate::support::config_folder::ConfigFolder;
use crate::support::program::send_signal;
use crate::support::wait::blocking_until;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_says_is_understood_on_both_switches() {
    let home = ConfigFolder::with_scripts(&[("ask", SPOKEN)]);
    tokio::join!(is_understood_on("asterisk", &home), is_understood_on("freeswitch", &home));
}

async fn is_understood_on(switch: &str, home: &ConfigFolder) {
    let says = ["ask", "--say", "four seven double one", "--switch", switch];
    let is_silent = ["ask", "--switch", switch];
    let presses = ["ask", "--digits", "12", "--switch", switch];
    let (told, silent, pressed) =
        tokio::join!(call(home, &says), call(home, &is_silent), call(home, &presses));
    assert_eq!(told.all("hears", "sound"), ["\u{201c}Say your number.\u{201d}"], "{switch}");
    assert_eq!(told.all("says", "text"), ["four seven double one"], "{switch}");
    assert_eq!(told.all("goes_on", "to").len(), 1, "{switch}");
    let to = told.all("goes_on", "to")[0].as_str().unwrap();
    assert!(to.starts_with("4711@numbers"), "{switch}: {to}");
    assert_eq!(silent.code, 3, "nothing is said: {switch}");
    assert!(pressed.all("goes_on", "to")[0].as_str().unwrap().starts_with("12@numbers"));
}

const SPOKEN: &str = r#"
[prompt]
say = "Say your number."
[keypress]
length = 4
gap = "1s"
[speech]
language = "en"
filter = "numeric"
start = "2s"
[otherwise]
then = "goto {input}@numbers"
[no_input]
then = "continue"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_work_is_reported_once_before_the_call() {
    let home = ConfigFolder::with_scripts(&[("menu", MENU)]);
    let speech = "[speech]\nsay = { engine = 'command', command = ['no-such-program', '{out}'] }\n";
    home.daemon_file(speech);
    let told = call(&home, &["menu", "--digits", "1"]).await;
    assert_eq!(told.code, 0, "{}", told.errors);
    assert_eq!(told.errors.matches("the program `no-such-program` does not exist").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folders_that_engines_need_are_created() {
    let asks = "[speech]\nlanguage = 'en'\nstart = '500ms'\n[no_input]\nthen = 'continue'\n";
    let listen = "[speech]\nlisten = { engine = 'command', command = ['true', '{in}'] }\n";
    let homes = [(); 2].map(|()| ConfigFolder::with_scripts(&[("menu", asks)]));
    let [without, with] = homes.each_ref().map(|home| home.daemon_file(listen));
    let with_engines = ["menu", "--engines"];
    let (_, told) = tokio::join!(call(without, &with_engines[..1]), call(with, &with_engines));
    assert!(!without.at("recordings").exists());
    assert_eq!(told.code, 3, "{:?} {}", told.events(), told.errors);
    assert!(with.at("recordings").is_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_broken_off_leaves_no_engine_and_no_file_of_one() {
    let home = ConfigFolder::with_scripts(&[("menu", "[prompt]\nsay = 'Hello.'\n")]);
    let (begun, temporary) = (home.at("begun"), home.at("tmp"));
    let engine = format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 100", begun.display());
    let say = format!(
        "say = {{ engine = 'command', command = ['/bin/sh', '-c', '{engine}', '{{out}}'] }}"
    );
    home.daemon_file(format!("[speech]\ntimeout = '30s'\n{say}\n"));
    fs::create_dir(&temporary).unwrap();
    let mut program = home.program("call");
    program.args(["menu", "--engines"]).env("TMPDIR", &temporary).stdout(Stdio::null());
    let mut child = program.spawn().unwrap();
    let pid = blocking_until("the engine runs", || fs::read_to_string(&begun).ok());
    send_signal(&child, "-INT");
    let ended = blocking_until("the call ends", || child.try_wait().unwrap());
    assert_eq!(ended.code(), Some(130));
    let engine = Path::new("/proc").join(pid.trim()).join("exe");
    blocking_until("the engine ends", || (!engine.exists()).then_some(()));
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "files of the engine");
}
