//! `dialscript call` and `dialscript demo`: the built program, run as a user runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "call/voice.rs"]
mod voice;
#[path = "web/mod.rs"]
mod web;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use dialscript::cli::simulated_voice::SimulationOptions;
use dialscript::cli::simulation::Simulation;
use dialscript::telemetry::Switch;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use web::{Reply, Web};

/// A daemon's folder, and the calls that are made with it.
struct Home(TempDir);

impl Home {
    fn new(scripts: &[(&str, &str)]) -> Self {
        let home = Self(TempDir::new().unwrap());
        fs::create_dir(home.0.path().join("scripts")).unwrap();
        fs::write(home.0.path().join("dialscript.toml"), "").unwrap();
        for (name, text) in scripts {
            fs::write(home.0.path().join(format!("scripts/{name}.toml")), text).unwrap();
        }
        home
    }

    /// The samples of `dialplan/`, which ask this web application.
    fn of_samples(web: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialplan/scripts");
        let read = |entry: fs::DirEntry| {
            let name = entry.path().file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(entry.path()).unwrap().replace("127.0.0.1:8000", web))
        };
        let samples: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap())).collect();
        assert!(samples.iter().any(|(_, text)| text.contains(web)));
        Self::new(&samples.iter().map(|(name, text)| (&**name, &**text)).collect::<Vec<_>>())
    }

    async fn call(&self, arguments: &[&str]) -> Told {
        let config = self.0.path().join("dialscript.toml");
        let config = ["--json", "--config", config.to_str().unwrap()];
        dialscript(&[&["call"], arguments, &config].concat()).await
    }
}

/// What the program said.
struct Told {
    code: i32,
    lines: Vec<Value>,
    errors: String,
}

impl Told {
    fn of(output: &Output) -> Self {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let errors = String::from_utf8(output.stderr.clone()).unwrap();
        Self { code: output.status.code().unwrap(), lines, errors }
    }

    /// The values of a field of all events of a kind.
    fn all(&self, event: &str, field: &str) -> Vec<&Value> {
        let events = self.lines.iter().filter(|line| line["event"] == event);
        events.map(|line| &line[field]).collect()
    }

    fn variable(&self, name: &str) -> &str {
        let sets = |line: &&Value| line["event"] == "variable" && line["name"] == name;
        self.lines.iter().rfind(sets).expect(name)["value"].as_str().unwrap()
    }

    fn events(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line["event"].as_str().unwrap()).collect()
    }
}

async fn run(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dialscript"));
    program.args(arguments).stdin(Stdio::null());
    spawn_blocking(move || program.output().unwrap()).await.unwrap()
}

async fn dialscript(arguments: &[&str]) -> Told {
    Told::of(&run(arguments).await)
}

const MENU: &str = r#"
[prompt]
play = "switch:menu"
[keypress]
length = 1
gap = "1s"
[[branch]]
when = "1"
then = "goto 9100@shipping"
[no_input]
then = "continue"
"#;

fn asks(url: &str) -> String {
    format!(
        r#"
[trigger]
url = "{url}"
[response]
key = "data.code"
[[branch]]
when = "200"
then = "continue"
[otherwise]
then = "goto 1@other"
[no_response]
then = "goto 100@agents"
"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_for_extensions_goes_on_at_the_one_that_was_entered() {
    let told = Home::of_samples("127.0.0.1:1").call(&["extension", "--digits", "202"]).await;
    let expected = [
        "picked_up",
        "hears",
        "presses",
        "broken_off",
        "presses",
        "presses",
        "variable",
        "variable",
        "variable",
        "variable",
        "variable",
        "variable",
        "goes_on",
        "ended",
    ];
    assert_eq!(told.events(), expected);
    let prompt = "\u{201c}Please enter or say an extension.\u{201d}";
    assert_eq!(told.all("hears", "sound"), [prompt]);
    assert_eq!(told.all("presses", "key"), ["2", "0", "2"]);
    assert_eq!(told.all("goes_on", "to"), ["202@dialscript-extensions,1"]);
    assert_eq!((told.code, told.variable("DIALSCRIPT_OUTCOME")), (0, "otherwise"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_for_routing_asks_twice_and_its_pin_is_told_nowhere() {
    let mut web =
        Web::start(|_| Reply::json(r#"{"customer": {"level": "gold", "agent": "202"}}"#)).await;
    let home = Home::of_samples(&web.address.to_string());
    let digits = "0301234567#,8642";
    let told = home.call(&["customer-phone", "--digits", digits, "--caller", "100"]).await;
    let asked = String::from_utf8(web.next().await.body).unwrap();
    assert_eq!(asked, "phone=0301234567&pin=8642&caller=100");
    assert_eq!(told.all("request", "body"), ["phone=0301234567&pin=***&caller=100"]);
    assert_eq!(told.all("answer", "status"), [200]);
    assert_eq!(told.all("branch", "number"), [2]);
    assert_eq!(told.all("goes_on", "to"), ["202@dialscript-agents,1"]);
    assert_eq!(told.variable("CUSTOMER_LEVEL"), "gold");
    assert_eq!((told.code, told.variable("DIALSCRIPT_OUTCOME")), (0, "matched"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_that_tells_of_a_call_never_picks_up() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let home = Home::of_samples(&web.address.to_string());
    let arguments = ["--arg", "event=missed", "--arg", "status=NO ANSWER&x", "--called", "7400"];
    let told = home.call(&[&["call-notice", "--caller", "100"], &arguments[..]].concat()).await;
    let asked = String::from_utf8(web.next().await.body).unwrap();
    let expected = "event=missed&status=NO%20ANSWER%26x&caller=100&called=7400&call=";
    assert!(asked.starts_with(expected), "{asked}");
    assert!(!told.events().contains(&"picked_up"));
    assert_eq!((told.code, told.all("goes_on", "to")), (0, vec![&json!("next step")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_give_the_same_calls_on_freeswitch() {
    let mut web =
        Web::start(|_| Reply::json(r#"{"customer": {"level": "gold", "agent": "202"}}"#)).await;
    let home = Home::of_samples(&web.address.to_string());
    let extension = ["extension", "--digits", "202"];
    let routing = ["customer-phone", "--digits", "0301234567#,8642", "--caller", "100"];
    let notice = ["call-notice", "--caller", "100", "--called", "7400", "--arg", "event=missed"];
    for (arguments, to, requests) in [
        (&extension[..], "202@dialscript-extensions", 0),
        (&routing, "202@dialscript-agents", 1),
        (&notice, "next step", 1),
    ] {
        let asterisk = home.call(arguments).await;
        let freeswitch = home.call(&[arguments, &["--switch", "freeswitch"]].concat()).await;
        for what in [("hears", "sound"), ("presses", "key"), ("broken_off", "sound")] {
            assert_eq!(asterisk.all(what.0, what.1), freeswitch.all(what.0, what.1));
        }
        assert_eq!((freeswitch.code, freeswitch.all("goes_on", "to")), (0, vec![&json!(to)]));
        let outcome = asterisk.variable("DIALSCRIPT_OUTCOME");
        assert_eq!(outcome, freeswitch.variable("dialscript_outcome"));
        assert_eq!(freeswitch.all("ended", "outcome"), [outcome]);
        assert_eq!(freeswitch.all("ended", "agi_status"), [&Value::Null]);
        for _ in 0..requests {
            let first = String::from_utf8(web.next().await.body).unwrap();
            let second = String::from_utf8(web.next().await.body).unwrap();
            assert_eq!(without_call_id(&first), without_call_id(&second));
        }
    }
}

fn without_call_id(body: &str) -> &str {
    body.split_once("&call=").map_or(body, |(before, _)| before)
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_hang_ups_on_freeswitch_have_the_same_exit_codes() {
    let home = Home::new(&[("menu", MENU)]);
    let menu = ["menu", "--switch", "freeswitch"];
    let told = home.call(&menu).await;
    assert_eq!((told.code, told.variable("dialscript_outcome")), (3, "no_input"));
    let told = home.call(&[&menu[..], &["--hangup-after", "300ms"]].concat()).await;
    assert_eq!(told.all("goes_on", "to"), ["h"]);
    assert_eq!(told.code, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_branch_that_won_is_told_with_its_reason() {
    let web = Web::start(|_| Reply::json(r#"{"data": {"code": 200}}"#)).await;
    let told = Home::new(&[("ask", &asks(&web.url("/")))]).call(&["ask"]).await;
    assert_eq!(told.all("answer", "value"), ["200"]);
    assert_eq!(told.all("branch", "why"), [r#"is "200""#]);
    assert_eq!(told.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_application_that_is_down_is_exit_4() {
    let told = Home::new(&[("ask", &asks("http://127.0.0.1:1/"))]).call(&["ask"]).await;
    let reason = told.all("no_response", "reason")[0].as_str().unwrap();
    assert!(reason.starts_with("no connection"), "{reason}");
    assert_eq!(told.all("goes_on", "to"), ["100@agents,1"]);
    assert_eq!(told.code, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_caller_is_exit_3() {
    let told = Home::new(&[("menu", MENU)]).call(&["menu"]).await;
    assert_eq!((told.code, told.variable("DIALSCRIPT_OUTCOME")), (3, "no_input"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_is_exit_5() {
    let told = Home::new(&[("menu", MENU)]).call(&["menu", "--hangup-after", "300ms"]).await;
    assert_eq!((told.code, told.variable("DIALSCRIPT_OUTCOME")), (5, "hangup"));
    assert_eq!(told.all("goes_on", "to"), ["h"]);
    assert_eq!(told.all("ended", "agi_status"), ["HANGUP"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_the_dialplan_does_not_have_is_exit_6() {
    let home = Home::new(&[("menu", MENU)]);
    let told = home.call(&["menu", "--digits", "1", "--exists", "200@shipping"]).await;
    assert_eq!(told.all("error", "reason"), ["the dialplan has no 9100@shipping"]);
    assert_eq!((told.code, told.all("goes_on", "to")), (6, vec![&json!("next step")]));
    let told = home.call(&["menu", "--digits", "1", "--exists", "9100@shipping"]).await;
    assert_eq!((told.code, told.all("goes_on", "to")), (0, vec![&json!("9100@shipping,1")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_runs_already_is_called_by_connect() {
    let web = Web::start(|_| Reply::json(r#"{"data": {"code": 200}}"#)).await;
    let home = Home::new(&[("ask", &asks(&web.url("/")))]);
    let config = dialscript::config::load(&home.0.path().join("dialscript.toml")).unwrap();
    let daemon =
        Simulation::start(&config, Switch::Asterisk, SimulationOptions::default()).await.unwrap();
    let address = daemon.address.to_string();
    let told = dialscript(&["call", "ask", "--json", "--connect", &address]).await;
    assert_eq!((told.code, told.variable("DIALSCRIPT_OUTCOME")), (0, "matched"));
    assert_eq!(told.events().iter().filter(|event| **event == "note").count(), 1);
    assert!(!told.events().contains(&"request"));
    let told = dialscript(&["call", "unknown", "--json", "--connect", &address]).await;
    assert_eq!((told.code, told.all("ended", "agi_status")), (6, vec![&json!("FAILURE")]));
    daemon.stop().await;
    let told = dialscript(&["call", "ask", "--json", "--connect", &address]).await;
    assert_eq!((told.code, told.all("ended", "outcome")), (6, vec![&json!("")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_and_unknown_scripts_are_exit_1_and_a_strange_key_is_exit_2() {
    let home = Home::new(&[("menu", MENU)]);
    let told = home.call(&["nemu"]).await;
    assert_eq!((told.code, told.lines.len()), (1, 0));
    assert!(told.errors.contains("available: menu"), "{}", told.errors);
    let told = home.call(&["menu", "--digits", "12x"]).await;
    assert_eq!(told.code, 2);
    assert!(told.errors.contains("invalid key 'x'"), "{}", told.errors);
    let told = Home::new(&[("menu", "[promt]")]).call(&["menu"]).await;
    assert_eq!((told.code, told.lines.len()), (1, 0));
    assert!(told.errors.contains("promt"), "{}", told.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_a_line_with_its_second_for_each_thing_that_happens() {
    let home = Home::new(&[("menu", MENU)]);
    let config = home.0.path().join("dialscript.toml");
    let output =
        run(&["call", "menu", "--digits", "1", "--config", config.to_str().unwrap()]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> =
        text.lines().map(|line| line.split_once("  the ").unwrap_or((line, ""))).collect();
    assert_eq!(lines[1].1, "caller hears menu (1.5 s)");
    assert_eq!(lines[2].1, "caller presses 1");
    assert!(lines[2].0.trim().parse::<f64>().unwrap() >= 0.5, "{text}");
    assert!(text.ends_with("outcome matched; AGISTATUS SUCCESS\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_ends_as_it_has_to_and_leaves_nothing_behind() {
    let temporary = TempDir::new().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_dialscript"));
    program.args(["demo", "--fast"]).stdin(Stdio::null()).env("TMPDIR", temporary.path());
    let output = spawn_blocking(move || program.output().unwrap()).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(text.matches("the dialplan continues at 9100@shipping,1").count(), 2, "{text}");
    assert_eq!(text.matches("the dialplan continues at 100@agents,1").count(), 1, "{text}");
    assert!(text.contains("prompt: \"We do not know that number.\""), "{text}");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}
