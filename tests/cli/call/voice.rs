//! `dialscript call` with texts, engines and a caller who speaks.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use super::{MENU, call};
use crate::support::config_folder::ConfigFolder;
use crate::support::program::send_signal;
use crate::support::wait::blocking_until;

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_the_caller_are_recognized_on_both_switches() {
    let folder = ConfigFolder::with_scripts(&[("ask", SPOKEN)]);
    tokio::join!(
        check_recognition_on("asterisk", &folder),
        check_recognition_on("freeswitch", &folder)
    );
}

async fn check_recognition_on(switch: &str, folder: &ConfigFolder) {
    let says = ["ask", "--say", "four seven double one", "--switch", switch];
    let is_silent = ["ask", "--switch", switch];
    let presses = ["ask", "--digits", "12", "--switch", switch];
    let (result, silent, pressed) =
        tokio::join!(call(folder, &says), call(folder, &is_silent), call(folder, &presses));
    assert_eq!(result.all("hears", "sound"), ["\u{201c}Say your number.\u{201d}"], "{switch}");
    assert_eq!(result.all("says", "text"), ["four seven double one"], "{switch}");
    assert_eq!(result.all("goes_on", "to").len(), 1, "{switch}");
    let to = result.all("goes_on", "to")[0].as_str().unwrap();
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
async fn a_warning_about_the_configuration_is_printed_once_before_the_call() {
    let folder = ConfigFolder::with_scripts(&[("menu", MENU)]);
    let speech = "[speech]\nsay = { engine = 'command', command = ['no-such-program', '{out}'] }\n";
    folder.daemon_file(speech);
    let result = call(&folder, &["menu", "--digits", "1"]).await;
    assert_eq!(result.code, 0, "{}", result.errors);
    assert_eq!(result.errors.matches("the program `no-such-program` does not exist").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folders_that_engines_need_are_created() {
    let asks = "[speech]\nlanguage = 'en'\nstart = '500ms'\n[no_input]\nthen = 'continue'\n";
    let listen = "[speech]\nlisten = { engine = 'command', command = ['true', '{in}'] }\n";
    let folders = [(); 2].map(|()| ConfigFolder::with_scripts(&[("menu", asks)]));
    let [without, with] = folders.each_ref().map(|folder| folder.daemon_file(listen));
    let with_engines = ["menu", "--engines"];
    let (_, result) = tokio::join!(call(without, &with_engines[..1]), call(with, &with_engines));
    assert!(!without.at("recordings").exists());
    assert_eq!(result.code, 3, "{:?} {}", result.events(), result.errors);
    assert!(with.at("recordings").is_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_call_leaves_no_engine_and_no_temporary_files() {
    let folder = ConfigFolder::with_scripts(&[("menu", "[prompt]\nsay = 'Hello.'\n")]);
    let (pid_file, temporary) = (folder.at("pid_file"), folder.at("tmp"));
    let engine = format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 100", pid_file.display());
    let say = format!(
        "say = {{ engine = 'command', command = ['/bin/sh', '-c', '{engine}', '{{out}}'] }}"
    );
    folder.daemon_file(format!("[speech]\ntimeout = '30s'\n{say}\n"));
    fs::create_dir(&temporary).unwrap();
    let mut program = folder.program("call");
    program.args(["menu", "--engines"]).env("TMPDIR", &temporary).stdout(Stdio::null());
    let mut child = program.spawn().unwrap();
    let pid = blocking_until("the engine runs", || fs::read_to_string(&pid_file).ok());
    send_signal(&child, "-INT");
    let ended = blocking_until("the call ends", || child.try_wait().unwrap());
    assert_eq!(ended.code(), Some(130));
    let engine = Path::new("/proc").join(pid.trim()).join("exe");
    blocking_until("the engine ends", || (!engine.exists()).then_some(()));
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "files of the engine");
}

/// 2 is German, from the sound of the outcome on.
const LANGUAGES: &str = r#"
[prompt]
play = "hello"
[keypress]
length = 1
[[branch]]
when = "2"
language = "de"
play = "hello"
say = "Auf {say:language}."
[no_input]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_language_of_an_outcome_is_seen_in_the_sounds_and_on_the_channel() {
    let folder = ConfigFolder::with_scripts(&[("languages", LANGUAGES)]);
    folder.sound("hello.wav").sound("de/hello.wav");
    for (switch, variable) in
        [("asterisk", "CHANNEL(language)"), ("freeswitch", "default_language")]
    {
        let result = call(&folder, &["languages", "--digits", "2", "--switch", switch]).await;
        assert_eq!(result.variable(variable), "de", "{switch}");
        let heard = result.all("hears", "sound");
        let heard: Vec<_> = heard.iter().map(|sound| sound.as_str().unwrap()).collect();
        assert_eq!(heard.len(), 4, "{heard:?}");
        assert!(!heard[0].contains("/de/") && heard[1].contains("/sounds/de/hello"), "{heard:?}");
        assert_eq!(heard[2..], ["\u{201c}Auf\u{201d}", "\u{201c}de\u{201d}"]);
    }
}
