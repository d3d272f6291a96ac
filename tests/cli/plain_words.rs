//! What commands say about a command line that is wrong, and how they show text from outside.

use std::fs;
use std::net::TcpListener;

use serde_json::json;

use crate::cli::call::call;
use crate::support::config_folder::ConfigFolder;
use crate::support::program::{ProgramResult, dialscript, run};
use crate::support::web::{Reply, Web};

const ASK: &str = "
[prompt]
play = 'switch:menu'
[keypress]
length = 1
[otherwise]
[no_input]
";

/// A text that would change what a terminal shows, and how it is printed.
const HOSTILE: &str = "a\u{202e}b\u{2028}c\u{fffe}d\u{9b}";
const ESCAPED: &str = r"a\u{202e}b\u{2028}c\u{fffe}d\u{9b}";

fn in_folder(folder: &ConfigFolder, command: &str, arguments: &[&str]) -> ProgramResult {
    ProgramResult::from_output(folder.program(command).args(arguments).output().unwrap())
}

fn ask() -> ConfigFolder {
    ConfigFolder::with_scripts(&[("ask", ASK)])
}

#[test]
fn an_invalid_command_line_is_exit_code_2_and_says_what_to_write() {
    let folder = ask();
    let cases: [(&str, &[&str], &str); 12] = [
        ("call", &["ask", "--connect", "localhost"], "write HOST:PORT"),
        ("call", &["ask", "--connect", "::1"], "write HOST:PORT"),
        ("call", &["ask", "--connect", "localhost:0"], "write HOST:PORT"),
        ("call", &["ask", "--connect", ":4573"], "write HOST:PORT"),
        ("call", &["ask", "--set", "A B=1"], "without spaces in NAME"),
        ("call", &["ask", "--exists", "100"], "write EXTENSION@CONTEXT"),
        ("call", &["ask", "--exists", "100@"], "write EXTENSION@CONTEXT"),
        ("match", &["ask", "--answer", "-", "--status", "abc"], "write a number from 100 to 599"),
        ("match", &["ask", "--answer", "-", "--status", "99"], "write a number from 100 to 599"),
        ("match", &["ask", "--answer", "-", "--status", "600"], "write a number from 100 to 599"),
        ("check", &["ask"], "`check` checks all scripts"),
        ("check", &["--connect", "ask"], "dialscript call SCRIPT"),
    ];
    for (command, arguments, expected) in cases {
        let result = in_folder(&folder, command, arguments);
        assert_eq!(result.code, 2, "{command} {arguments:?}: {}", result.errors);
        assert!(result.errors.contains(expected), "{command} {arguments:?}: {}", result.errors);
    }
}

#[test]
fn a_command_of_another_program_leads_to_the_right_one() {
    let cases = [
        ("start", "systemctl start dialscript"),
        ("restart", "systemctl restart dialscript"),
        ("stop", "Ctrl-C"),
        ("run", "dialscript serve"),
        ("validate", "dialscript check"),
        ("logs", "journalctl -u dialscript"),
        ("realod", "a similar subcommand exists: 'reload'"),
    ];
    for (word, expected) in cases {
        let result = ProgramResult::from_output(dialscript().arg(word).output().unwrap());
        assert_eq!(result.code, 2, "{word}");
        assert!(result.errors.contains(expected), "{word}: {}", result.errors);
    }
}

#[test]
fn an_answer_that_is_a_folder_and_a_path_that_is_no_socket_are_errors_in_plain_words() {
    let folder = ask();
    folder.script("shop", "[no_response]\n[trigger]\nurl = 'http://shop.example/'\n");
    let path = folder.path().display().to_string();
    let result = in_folder(&folder, "match", &["shop", "--answer", &path]);
    let expected = format!("error: {path} is a folder: name a file, or `-` for standard input\n");
    assert_eq!((result.code, result.errors), (1, expected));
    let output = dialscript().args(["cache", "list", "--socket", &path]).output().unwrap();
    let result = ProgramResult::from_output(output);
    let expected = format!("error: {path} is not a socket: pass the daemon's control socket\n");
    assert_eq!((result.code, result.errors), (1, expected));
}

#[test]
fn words_for_a_script_without_speech_are_noted() {
    let folder = ask();
    let result = in_folder(&folder, "call", &["ask", "--say", "hello", "--hangup-after", "100ms"]);
    assert!(result.errors.starts_with("note: ask has no [speech]"), "{}", result.errors);
    let result = in_folder(&folder, "call", &["ask", "--hangup-after", "100ms"]);
    assert_eq!(result.errors, "");
    folder.script("chat", "[speech]\nlanguage = 'en'\n[no_input]\n");
    folder.script("first", "[otherwise]\nthen = 'script second'\n");
    folder.script("second", "[prompt]\nplay = 'switch:beep'\n[otherwise]\nthen = 'script chat'\n");
    let result =
        in_folder(&folder, "call", &["first", "--say", "hello", "--hangup-after", "100ms"]);
    assert!(!result.errors.contains("no [speech]"), "{}", result.errors);
}

#[test]
fn a_peer_that_is_no_daemon_is_named_after_a_call_without_an_outcome() {
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = peer.local_addr().unwrap().to_string();
    let closing = std::thread::spawn(move || drop(peer.accept()));
    let result = in_folder(&ask(), "call", &["ask", "--connect", &address]);
    closing.join().unwrap();
    let expected = format!("no outcome: no script ran; {address} may be no dialscript daemon");
    assert!(result.output.contains(&expected), "{}", result.output);
    assert_eq!(result.code, 6);
}

#[test]
fn a_script_without_errors_is_told_apart_from_the_files_that_stop_a_call() {
    let folder = ask();
    folder.script("other", "[promt]");
    let result = in_folder(&folder, "call", &["ask"]);
    assert_eq!(result.code, 1);
    assert!(result.errors.contains("scripts/ask.toml itself has no errors"), "{}", result.errors);
    for script in ["other", "unknown"] {
        let result = in_folder(&folder, "call", &[script]);
        assert_eq!(result.code, 1);
        assert!(!result.errors.contains("itself has no errors"), "{}", result.errors);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_shown_with_its_method_and_text_from_outside_is_escaped() {
    let web = Web::start(|_| Reply::json(&json!({ "text": HOSTILE }).to_string())).await;
    let script = format!(
        "[trigger]\nmethod = 'PUT'\nurl = '{}'\nbody = '{{\"x\": \"{{arg.x}}\", \"y\": \"{{arg.none}}\"}}'\n\
         [otherwise]\nsay = 'So {{$text}}.'\n[no_response]\n",
        web.url("/")
    );
    let folder = ConfigFolder::with_scripts(&[("put", &script)]);
    let (config, argument) = (folder.config_file(), format!("x={HOSTILE}"));
    let config = config.to_str().unwrap();
    let shown = run(&["call", "put", "--arg", &argument, "--config", config]).await;
    let request = format!("request PUT {}, body {{\"x\": \"{ESCAPED}", web.url("/"));
    let spoken = r"the caller hears “a\u{202e}b c d”";
    for expected in [&request, spoken, "no value for {arg.none}"] {
        assert!(shown.output.contains(expected), "{expected}: {}{}", shown.output, shown.errors);
    }
    let result = call(&folder, &["put", "--arg", &argument]).await;
    assert_eq!(result.event("request")["method"], "PUT");
    assert_eq!(result.event("empty")["placeholders"], "{arg.none}");
    assert_eq!(result.all("hears", "sound")[1], "“a\u{202e}b c d”");
    for output in [&shown.output, &result.output] {
        let raw =
            HOSTILE.chars().filter(|char| !char.is_ascii()).find(|char| output.contains(*char));
        assert_eq!(raw, None, "{output:?}");
    }
}

#[test]
fn names_of_files_and_keys_are_escaped_in_the_errors_of_check_and_serve() {
    let folder = ask();
    let text = "[prompt]\n\"\\u202E\\u2028\" = 1\n";
    fs::write(folder.at("scripts/q\u{1b}[31m\u{202e}.toml"), text).unwrap();
    for (command, options, code) in [("check", &[][..], 1), ("serve", &["--strict"], 78)] {
        let result = in_folder(&folder, command, options);
        assert_eq!(result.code, code, "{}", result.errors);
        let key = r"unknown key `\u{202e}\u{2028}` in [prompt]";
        let place = r"scripts/q\u{1b}[31m\u{202e}.toml:2:1";
        assert!(result.errors.contains(key), "{}", result.errors);
        assert!(result.errors.contains(place), "{}", result.errors);
        let raw = ['\u{1b}', '\u{202e}', '\u{2028}'];
        assert!(!result.errors.contains(raw), "{:?}", result.errors);
    }
}
