//! `dialscript call` and `dialscript demo`.

mod voice;

use std::fs;
use std::path::Path;

use dialscript::cli::simulated_voice::SimulationOptions;
use dialscript::cli::simulation::Simulation;
use dialscript::telemetry::Switch;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use crate::support::config_folder::ConfigFolder;
use crate::support::program::{ProgramResult, dialscript, run};
use crate::support::web::{Reply, Web};

/// The sample scripts in `dialplan/`. Their requests go to the address `web`.
fn samples(web: &str) -> ConfigFolder {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialplan/scripts");
    let read = |entry: fs::DirEntry| {
        let name = entry.path().file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(entry.path()).unwrap().replace("127.0.0.1:8000", web))
    };
    let samples: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap())).collect();
    assert!(samples.iter().any(|(_, text)| text.contains(web)));
    let samples: Vec<_> = samples.iter().map(|(name, text)| (&**name, &**text)).collect();
    ConfigFolder::with_scripts(&samples)
}

/// Runs `dialscript call` with the scripts of a folder.
pub(super) async fn call(folder: &ConfigFolder, arguments: &[&str]) -> ProgramResult {
    let mut program = folder.program("call");
    program.arg("--json").args(arguments);
    spawn_blocking(move || ProgramResult::from_output(program.output().unwrap())).await.unwrap()
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

const STAR: &str = r##"
[prompt]
play = "switch:menu"
repeat = 1
[keypress]
keys = "0-9*#"
length = 2
gap = "1s"
[[branch]]
when = "*"
then = "again"
[[branch]]
when = "#9"
then = "goto 9100@shipping"
[no_input]
then = "continue"
"##;

/// A script that sends a request to this URL.
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
async fn star_and_pound_are_pressed_and_are_the_input() {
    let folder = ConfigFolder::with_scripts(&[("star", STAR)]);
    for switch in ["asterisk", "freeswitch"] {
        let arguments = ["star", "--digits", "*,#9", "--switch", switch];
        let result = call(&folder, &arguments).await;
        assert_eq!(result.code, 0, "{}{}", result.output, result.errors);
        assert!(result.output.contains("9100@shipping"), "{}", result.output);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_extension_sample_continues_at_the_entered_extension() {
    let result = call(&samples("127.0.0.1:1"), &["extension", "--digits", "202"]).await;
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
    assert_eq!(result.event_names(), expected);
    let prompt = "\u{201c}Please enter or say an extension.\u{201d}";
    assert_eq!(result.all("hears", "sound"), [prompt]);
    assert_eq!(result.all("presses", "key"), ["2", "0", "2"]);
    assert_eq!(result.all("goes_on", "to"), ["202@dialscript-extensions,1"]);
    assert_eq!((result.code, result.variable("DIALSCRIPT_OUTCOME")), (0, "otherwise"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_routing_sample_asks_twice_and_never_shows_the_pin() {
    let mut web =
        Web::start(|_| Reply::json(r#"{"customer": {"level": "gold", "agent": "202"}}"#)).await;
    let folder = samples(&web.address.to_string());
    let digits = "0301234567#,8642";
    let result = call(&folder, &["customer-phone", "--digits", digits, "--caller", "100"]).await;
    let asked = String::from_utf8(web.next().await.body).unwrap();
    assert_eq!(asked, "phone=0301234567&pin=8642&caller=100");
    assert_eq!(result.all("request", "body"), ["phone=0301234567&pin=***&caller=100"]);
    assert_eq!(result.all("answer", "status"), [200]);
    assert_eq!(result.all("branch", "number"), [2]);
    assert_eq!(result.all("goes_on", "to"), ["202@dialscript-agents,1"]);
    assert_eq!(result.variable("CUSTOMER_LEVEL"), "gold");
    assert_eq!((result.code, result.variable("DIALSCRIPT_OUTCOME")), (0, "matched"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_notice_sample_never_picks_up() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let folder = samples(&web.address.to_string());
    let arguments = ["--arg", "event=missed", "--arg", "status=NO ANSWER&x", "--called", "7400"];
    let result =
        call(&folder, &[&["call-notice", "--caller", "100"], &arguments[..]].concat()).await;
    let asked = String::from_utf8(web.next().await.body).unwrap();
    let expected = "event=missed&status=NO%20ANSWER%26x&caller=100&called=7400&call=";
    assert!(asked.starts_with(expected), "{asked}");
    assert!(!result.event_names().contains(&"picked_up"));
    assert_eq!((result.code, result.all("goes_on", "to")), (0, vec![&json!("next step")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_run_in_the_same_way_on_freeswitch() {
    let mut web =
        Web::start(|_| Reply::json(r#"{"customer": {"level": "gold", "agent": "202"}}"#)).await;
    let folder = samples(&web.address.to_string());
    let extension = ["extension", "--digits", "202"];
    let routing = ["customer-phone", "--digits", "0301234567#,8642", "--caller", "100"];
    let notice = ["call-notice", "--caller", "100", "--called", "7400", "--arg", "event=missed"];
    for (arguments, to, requests) in [
        (&extension[..], "202@dialscript-extensions", 0),
        (&routing, "202@dialscript-agents", 1),
        (&notice, "next step", 1),
    ] {
        let on_freeswitch = [arguments, &["--switch", "freeswitch"]].concat();
        let (asterisk, freeswitch) =
            tokio::join!(call(&folder, arguments), call(&folder, &on_freeswitch));
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
    let folder = ConfigFolder::with_scripts(&[("menu", MENU)]);
    let menu = ["menu", "--switch", "freeswitch"];
    let hangs_up = [&menu[..], &["--hangup-after", "300ms"]].concat();
    let (silent, result) = tokio::join!(call(&folder, &menu), call(&folder, &hangs_up));
    assert_eq!((silent.code, silent.variable("dialscript_outcome")), (3, "no_input"));
    assert_eq!(result.all("goes_on", "to"), ["h"]);
    assert_eq!(result.code, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_selected_branch_is_reported_with_its_reason() {
    let web = Web::start(|_| Reply::json(r#"{"data": {"code": 200}}"#)).await;
    let result =
        call(&ConfigFolder::with_scripts(&[("ask", &asks(&web.url("/")))]), &["ask"]).await;
    assert_eq!(result.all("answer", "value"), ["200"]);
    assert_eq!(result.all("branch", "why"), [r#"is "200""#]);
    assert_eq!(result.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_web_application_is_exit_code_4() {
    let result =
        call(&ConfigFolder::with_scripts(&[("ask", &asks("http://127.0.0.1:1/"))]), &["ask"]).await;
    let reason = result.all("no_response", "reason")[0].as_str().unwrap();
    assert!(reason.starts_with("no connection"), "{reason}");
    assert_eq!(result.all("goes_on", "to"), ["100@agents,1"]);
    assert_eq!(result.code, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn given_answers_are_taken_in_their_order_and_nothing_is_sent() {
    let mut web = Web::start(|_| Reply::json(r#"{"data": {"code": 200}}"#)).await;
    let first = asks(&web.url("/first")).replace("\"continue\"", "\"script second\"");
    let folder =
        ConfigFolder::with_scripts(&[("first", &first), ("second", &asks(&web.url("/second")))]);
    folder.file(
        "answer.txt",
        "HTTP/1.1 404 Not Found\nContent-Type: application/json\n\n{\"data\": {\"code\": 7}}",
    );
    let file = folder.at("answer.txt");
    let given =
        ["first", "--answer", r#"{"data": {"code": 200}}"#, "--answer", file.to_str().unwrap()];
    let result = call(&folder, &given).await;
    let urls = [json!(web.url("/first")), json!(web.url("/second"))];
    assert_eq!(result.all("request", "url"), urls.iter().collect::<Vec<_>>());
    assert_eq!(result.all("answer", "status"), [200, 404]);
    assert_eq!(result.all("answer", "value"), ["200", "7"]);
    assert_eq!((result.code, result.all("goes_on", "to")), (0, vec![&json!("1@other,1")]));
    assert_eq!(web.unread_requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_answer_can_be_a_status_or_none_and_a_missing_one_is_no_answer() {
    let folder = ConfigFolder::with_scripts(&[("ask", &asks("https://shop.example/"))]);
    for (answer, code, reason) in [
        ("201 {\"data\": {\"code\": 200}}", 0, None),
        ("503", 4, Some("HTTP status 503")),
        ("none", 4, Some("no answer within 5s")),
    ] {
        let result = call(&folder, &["ask", "--answer", answer]).await;
        let reasons: Vec<_> = result.all("no_response", "reason");
        assert_eq!(
            (result.code, reasons),
            (code, reason.map(Value::from).iter().collect()),
            "{answer}"
        );
    }
    let script = asks("https://shop.example/").replace("\"continue\"", "\"script ask\"");
    let result = call(
        &ConfigFolder::with_scripts(&[("ask", &script)]),
        &["ask", "--answer", "{\"data\": {\"code\": 200}}"],
    )
    .await;
    let reason = "not sent: there is no further --answer for this request";
    assert_eq!((result.code, result.all("no_response", "reason")), (4, vec![&json!(reason)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_given_answers_a_background_request_is_shown_and_not_sent() {
    let mut web = Web::start(|_| Reply::json("{}")).await;
    let left = format!("{MENU}[hangup]\nurl = \"{}\"\n", web.url("/left"));
    let folder = ConfigFolder::with_scripts(&[("menu", &left)]);
    let result = call(&folder, &["menu", "--hangup-after", "300ms", "--answer", "none"]).await;
    assert_eq!(result.all("request", "url"), [&json!(web.url("/left"))]);
    assert_eq!(web.unread_requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_caller_is_exit_code_3() {
    let result = call(&ConfigFolder::with_scripts(&[("menu", MENU)]), &["menu"]).await;
    assert_eq!((result.code, result.variable("DIALSCRIPT_OUTCOME")), (3, "no_input"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_is_exit_code_5() {
    let result =
        call(&ConfigFolder::with_scripts(&[("menu", MENU)]), &["menu", "--hangup-after", "300ms"])
            .await;
    assert_eq!((result.code, result.variable("DIALSCRIPT_OUTCOME")), (5, "hangup"));
    assert_eq!(result.all("goes_on", "to"), ["h"]);
    assert_eq!(result.all("ended", "agi_status"), ["HANGUP"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_does_not_exist_is_exit_code_6() {
    let folder = ConfigFolder::with_scripts(&[("menu", MENU)]);
    let missing = ["menu", "--digits", "1", "--exists", "200@shipping"];
    let there = ["menu", "--digits", "1", "--exists", "9100@shipping"];
    let (result, reached) = tokio::join!(call(&folder, &missing), call(&folder, &there));
    assert_eq!(result.all("error", "reason"), ["the dialplan has no 9100@shipping"]);
    assert_eq!((result.code, result.all("goes_on", "to")), (6, vec![&json!("next step")]));
    assert_eq!((reached.code, reached.all("goes_on", "to")), (0, vec![&json!("9100@shipping,1")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_calls_a_running_daemon() {
    let web = Web::start(|_| Reply::json(r#"{"data": {"code": 200}}"#)).await;
    let folder = ConfigFolder::with_scripts(&[("ask", &asks(&web.url("/")))]);
    let config = dialscript::config::load(&folder.config_file()).unwrap();
    let daemon =
        Simulation::start(&config, Switch::Asterisk, SimulationOptions::default()).await.unwrap();
    let address = daemon.address.to_string();
    let result = run(&["call", "ask", "--json", "--connect", &address]).await;
    assert_eq!((result.code, result.variable("DIALSCRIPT_OUTCOME")), (0, "matched"));
    assert_eq!(result.event_names().iter().filter(|event| **event == "note").count(), 1);
    assert!(!result.event_names().contains(&"request"));
    let result = run(&["call", "unknown", "--json", "--connect", &address]).await;
    assert_eq!((result.code, result.all("ended", "agi_status")), (6, vec![&json!("FAILURE")]));
    daemon.stop().await;
    let result = run(&["call", "ask", "--json", "--connect", &address]).await;
    assert_eq!((result.code, result.all("ended", "outcome")), (6, vec![&json!("")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_unknown_scripts_are_exit_code_1_and_an_invalid_key_is_exit_code_2() {
    let folder = ConfigFolder::with_scripts(&[("menu", MENU)]);
    let result = call(&folder, &["mneu"]).await;
    assert_eq!((result.code, result.events().len()), (1, 0));
    assert_eq!(result.errors, "error: no script \"mneu\"; did you mean \"menu\"?\n");
    let result = call(&folder, &["scripts/menu.toml"]).await;
    assert_eq!(result.errors, "error: no script \"scripts/menu.toml\"; did you mean \"menu\"?\n");
    let result = call(&folder, &["other"]).await;
    assert_eq!(result.errors, "error: no script \"other\"; available: menu\n");
    let result = call(&folder, &["menu", "--digits", "12x"]).await;
    assert_eq!(result.code, 2);
    assert!(result.errors.contains("invalid key 'x'"), "{}", result.errors);
    let result = call(&ConfigFolder::with_scripts(&[("menu", "[promt]")]), &["menu"]).await;
    assert_eq!((result.code, result.events().len()), (1, 0));
    assert!(result.errors.contains("promt"), "{}", result.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_output_is_one_line_with_its_time_for_each_event() {
    let folder = ConfigFolder::with_scripts(&[("menu", MENU)]);
    let config = folder.config_file();
    let output =
        run(&["call", "menu", "--digits", "1", "--config", config.to_str().unwrap()]).await;
    let text = &output.output;
    let lines: Vec<_> =
        text.lines().map(|line| line.split_once("  the ").unwrap_or((line, ""))).collect();
    assert_eq!(lines[1].1, "caller hears menu (1.5 s)");
    assert_eq!(lines[2].1, "caller presses 1");
    assert!(lines[2].0.trim().parse::<f64>().unwrap() >= 0.5, "{text}");
    assert!(text.ends_with("outcome matched; AGISTATUS SUCCESS\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_ends_as_expected_and_leaves_no_files() {
    let temporary = TempDir::new().unwrap();
    let mut program = dialscript();
    program.args(["demo", "--fast"]).env("TMPDIR", temporary.path());
    let ran = spawn_blocking(move || ProgramResult::from_output(program.output().unwrap()))
        .await
        .unwrap();
    let text = ran.output;
    assert_eq!(ran.code, 0, "{text}");
    assert_eq!(text.matches("the dialplan continues at 9100@shipping,1").count(), 2, "{text}");
    assert_eq!(text.matches("the dialplan continues at 100@agents,1").count(), 1, "{text}");
    assert!(text.contains("prompt: \"We do not know that number.\""), "{text}");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_the_response_key_is_reported_with_the_reason() {
    let web = Web::start(|_| Reply::of(200, "text/plain", "OK")).await;
    let result =
        call(&ConfigFolder::with_scripts(&[("ask", &asks(&web.url("/")))]), &["ask"]).await;
    assert_eq!(result.all("answer", "reason"), ["read as text; no data.code in it"]);
}

/// The second input is pressed at the second question, though nothing lies between the two questions.
#[tokio::test(flavor = "multi_thread")]
async fn each_group_of_digits_is_pressed_at_its_own_question_on_both_switches() {
    let menu = |barge_in| {
        format!(
            r#"
[prompt]
say = "Press one or two."
repeat = 1
[keypress]
length = 1
barge_in = {barge_in}
gap = "1s"
[[branch]]
when = "1"
then = "goto 100@sales"
[[branch]]
when = "9"
then = "again"
[no_input]
"#
        )
    };
    let folder =
        ConfigFolder::with_scripts(&[("menu", &menu(true)), ("no-barge-in", &menu(false))]);
    for (script, digits) in [("menu", "7,1"), ("menu", "9,1"), ("no-barge-in", "7,1")] {
        for switch in ["asterisk", "freeswitch"] {
            let result = call(&folder, &[script, "--digits", digits, "--switch", switch]).await;
            let context = format!("{script} {digits} {switch}: {}", result.output);
            assert_eq!(
                result.all("presses", "key"),
                digits.split(',').collect::<Vec<_>>(),
                "{context}"
            );
            assert_eq!(result.event("ended")["outcome"], "matched", "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_input_is_shown_with_the_reason_and_without_its_keys() {
    let main = r#"
[prompt]
play = "switch:enter-pin"
repeat = 2
[keypress]
length = 6
min_length = 6
pattern = '[1-9]+'
sensitive = true
[otherwise]
[no_input]
"#;
    let folder = ConfigFolder::with_scripts(&[("main", main)]);
    for switch in ["asterisk", "freeswitch"] {
        let arguments = ["main", "--digits", "888#,888880,1#", "--switch", switch];
        let result = call(&folder, &arguments).await;
        let reasons =
            ["3 keys: `min_length` is 6", "`pattern` does not match", "1 key: `min_length` is 6"];
        assert_eq!(result.all("refused", "reason"), reasons, "{}", result.output);
        let keys = result.all("presses", "key");
        assert!(keys.iter().all(|key| **key == "***"), "{}", result.output);
        assert_eq!(result.code, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_and_the_report_of_the_end_are_shown_on_both_switches() {
    let main = r#"
[keypress]
length = 1
[limit]
tries = 1
[otherwise]
then = "script main"
[no_input]
[invalid_input]
then = "hangup"
[ended]
url = "http://crm.example/ended?o={outcome}"
body = '{"path": "{path}", "entered": "{keypress}"}'
"#;
    let folder = ConfigFolder::with_scripts(&[("main", main)]);
    for switch in ["asterisk", "freeswitch"] {
        let arguments = ["main", "--digits", "7", "--answer", "none", "--switch", switch];
        let result = call(&folder, &arguments).await;
        assert_eq!(result.all("limit", "script"), ["main"], "{}", result.output);
        assert_eq!(result.all("limit", "tries"), [1]);
        assert_eq!(result.all("request", "url"), ["http://crm.example/ended?o=invalid_input"]);
        let body = r#"{"path": "main:otherwise,main:invalid_input", "entered": "7"}"#;
        assert_eq!(result.all("request", "body"), [body]);
        assert_eq!(result.event("ended")["outcome"], "invalid_input");
        assert_eq!(result.code, 3);
    }
}
