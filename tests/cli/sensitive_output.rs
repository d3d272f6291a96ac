//! What `dialscript call` and `dialscript match` show of secrets and of sensitive input.

use dialscript::cli::simulated_voice::SimulationOptions;
use dialscript::cli::simulation::Simulation;
use dialscript::telemetry::Switch;
use tokio::task::spawn_blocking;

use crate::support::config_folder::ConfigFolder;
use crate::support::program::{ProgramResult, run};
use crate::support::web::{Reply, Web};

const PIN: &str = "7391";
const SECRET: &str = "canary-of-the-shop";

const SCRIPT: &str = r#"
[keypress]
length = 4
sensitive = true
[[branch]]
when = "7391"
say = "Your PIN is {digits:keypress}."
set = { PIN = "{keypress}", KEY = "a {secret.SHOP}", OTHER = "b" }
then = "goto {keypress}@internal"
[no_input]
"#;

fn folder(script: &str) -> ConfigFolder {
    let folder = ConfigFolder::with_scripts(&[("pin", script)]);
    folder.file("secrets/SHOP", SECRET).mode("secrets", 0o700).mode("secrets/SHOP", 0o600);
    folder
}

async fn run_in(folder: &ConfigFolder, command: &str, arguments: &[&str]) -> ProgramResult {
    let mut program = folder.program(command);
    program.arg("pin").args(arguments);
    spawn_blocking(move || ProgramResult::from_output(program.output().unwrap())).await.unwrap()
}

fn assert_hidden(result: &ProgramResult) {
    let shown = format!("{}{}", result.output, result.errors);
    assert!(!shown.contains(PIN) && !shown.contains(SECRET), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_shows_neither_the_keys_nor_the_values_made_of_them() {
    let folder = folder(SCRIPT);
    for switch in ["asterisk", "freeswitch"] {
        let arguments = ["--digits", PIN, "--switch", switch];
        let text = run_in(&folder, "call", &arguments).await;
        assert_hidden(&text);
        assert!(text.output.contains("the caller presses ***\n"), "{}", text.output);
        assert!(!text.output.contains("the caller presses 7"), "{}", text.output);
        let json = run_in(&folder, "call", &[&arguments[..], &["--json"]].concat()).await;
        assert_hidden(&json);
        assert_eq!(json.all("presses", "key"), ["***"; 4]);
        let variables = [("PIN", "***"), ("KEY", "a ***"), ("OTHER", "b")];
        for (name, value) in variables {
            assert_eq!(json.variable(name), value, "{switch}");
        }
        assert_eq!(json.all("goes_on", "to"), ["***@internal"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reveal_shows_them() {
    let folder = folder(SCRIPT);
    let arguments = ["--digits", PIN, "--reveal"];
    let json = run_in(&folder, "call", &[&arguments[..], &["--json"]].concat()).await;
    assert_eq!(json.all("presses", "key"), ["7", "3", "9", "1"]);
    assert_eq!((json.variable("PIN"), json.variable("KEY")), (PIN, "a canary-of-the-shop"));
    assert_eq!(json.all("goes_on", "to"), ["7391@internal,1"]);
    let text = run_in(&folder, "call", &arguments).await;
    assert!(text.output.contains("7, 3, 9, 1") && text.output.contains(SECRET), "{}", text.output);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_the_switch_spells_is_hidden() {
    let folder = folder(SCRIPT);
    folder.daemon_file("[speech]\nsay = { engine = 'command', command = ['false'] }\n");
    for switch in ["asterisk", "freeswitch"] {
        let arguments = ["--digits", PIN, "--engines", "--switch", switch];
        assert_hidden(&run_in(&folder, "call", &arguments).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_repeats_the_input_is_hidden_and_reveal_shows_the_request() {
    let web = Web::start(|_| Reply::json(r#"{"code": "7391"}"#)).await;
    let trigger = format!(
        "[trigger]\nurl = '{}?pin={{keypress}}'\n[response]\nkey = 'code'\n[no_response]\n",
        web.url("/")
    );
    let folder = folder(&(SCRIPT.to_owned() + &trigger));
    let hidden = run_in(&folder, "call", &["--digits", PIN, "--json"]).await;
    assert_hidden(&hidden);
    assert_eq!(hidden.variable("DIALSCRIPT_CODE"), "***");
    let revealed = run_in(&folder, "call", &["--digits", PIN, "--json", "--reveal"]).await;
    assert_eq!(revealed.variable("DIALSCRIPT_CODE"), PIN);
    let url = revealed.event("request")["url"].as_str().unwrap();
    assert!(url.ends_with("?pin=7391"), "{url}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sensitive_words_are_hidden() {
    let speech = "[speech]\nlanguage = 'en'\nsensitive = true\n[otherwise]\nset = { W = '{speech}' }\n[no_input]\n";
    let folder = folder(speech);
    let hidden = run_in(&folder, "call", &["--say", "open sesame", "--json"]).await;
    assert!(!hidden.output.contains("sesame"), "{}", hidden.output);
    assert_eq!(hidden.all("says", "text"), ["***"]);
    let revealed = run_in(&folder, "call", &["--say", "open sesame", "--json", "--reveal"]).await;
    assert_eq!((revealed.variable("W"), revealed.all("says", "text").len()), ("open sesame", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_call_to_a_running_daemon_nothing_is_shown_that_may_be_sensitive() {
    let folder = folder(SCRIPT);
    let config = dialscript::config::load(&folder.config_file()).unwrap();
    let daemon =
        Simulation::start(&config, Switch::Asterisk, SimulationOptions::default()).await.unwrap();
    let address = daemon.address.to_string();
    let arguments = ["call", "pin", "--json", "--connect", &address, "--digits", PIN];
    let hidden = run(&arguments).await;
    assert_hidden(&hidden);
    assert_eq!((hidden.variable("DIALSCRIPT_OUTCOME"), hidden.code), ("matched", 0));
    let revealed = run(&[&arguments[..], &["--reveal"]].concat()).await;
    assert_eq!(revealed.variable("PIN"), PIN);
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn match_hides_sensitive_input() {
    let folder = folder(SCRIPT);
    for arguments in [&["--input", PIN][..], &["--input", PIN, "--json"]] {
        let hidden = run_in(&folder, "match", arguments).await;
        assert_hidden(&hidden);
        assert!(hidden.output.contains("***@internal"), "{}", hidden.output);
        let revealed = run_in(&folder, "match", &[arguments, &["--reveal"]].concat()).await;
        assert!(revealed.output.contains("7391@internal"), "{}", revealed.output);
    }
    let wrong = run_in(&folder, "match", &["--input", "73911"]).await;
    assert_hidden(&wrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn match_hides_a_secret_in_an_answer() {
    let trigger =
        "[trigger]\nurl = 'https://a.example/'\n[response]\nkey = 'code'\n[no_response]\n";
    let folder = folder(&(SCRIPT.to_owned() + trigger));
    let answer = folder.file("answer", format!("{{\"code\": \"my {SECRET}\"}}")).at("answer");
    let answer = answer.to_str().unwrap();
    for arguments in [&["--answer", answer][..], &["--answer", answer, "--json"]] {
        let hidden = run_in(&folder, "match", arguments).await;
        assert!(hidden.output.contains("***"), "{}", hidden.output);
        assert!(!hidden.output.contains(SECRET), "{}", hidden.output);
        let revealed = run_in(&folder, "match", &[arguments, &["--reveal"]].concat()).await;
        assert!(revealed.output.contains(SECRET), "{}", revealed.output);
    }
}
