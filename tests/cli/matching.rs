//! `dialscript match`: the built program, run as a user runs it.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::support::config_folder::ConfigFolder;
use crate::support::program::{Ran, dialscript};

/// A daemon's folder, with an answer in a file.
struct Home(ConfigFolder);

const ORDER: &str = r#"
[keypress]
length = 4
[trigger]
url = "http://shop.example/orders/{keypress}"
[response]
key = "data.code"
[[branch]]
when = "404"
then = "hangup"
[[branch]]
when = ["200", { status = "5xx" }]
set = { ORDER_STATUS = "{$data.status} of {keypress}" }
then = "goto {$data.extension}@shipping"
[[branch]]
when = { present = true }
[[branch]]
when = { absent = true }
then = "script menu"
[otherwise]
then = "goto 1@other"
[no_response]
then = "goto {keypress}@agents"
[no_input]
"#;

const TEXT: &str = r#"
[trigger]
url = "http://shop.example/"
[[branch]]
when = "open"
[no_response]
"#;

const MENU: &str = r#"
[keypress]
length = 2
[[branch]]
when = { min = 1, max = 5 }
then = "goto {keypress}@menu"
[otherwise]
then = "continue"
[no_input]
then = "hangup"
[invalid_input]
then = "goto 2@other"
"#;

const BACKGROUND: &str = r#"
[trigger]
url = "http://shop.example/"
background = true
"#;

impl Home {
    fn new() -> Self {
        let scripts = [("order", ORDER), ("text", TEXT), ("menu", MENU), ("tell", BACKGROUND)];
        Self(ConfigFolder::with_scripts(&scripts))
    }

    fn runs(&self, arguments: &[&str], typed: &[u8]) -> Ran {
        let mut program = dialscript();
        program.current_dir(self.0.path()).arg("match").args(arguments);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = program.spawn().unwrap();
        // A program that reads nothing closes the pipe.
        let _ = running.stdin.take().unwrap().write_all(typed);
        Ran::of(running.wait_with_output().unwrap())
    }

    /// An answer of the order's shop, told for programs.
    fn order(&self, answer: &[u8], more: &[&str]) -> Ran {
        self.0.file("answer", answer);
        self.runs(&[&["order", "--json", "--answer", "answer"], more].concat(), b"")
    }
}

#[test]
fn every_branch_is_reported_with_what_it_wants_and_the_one_that_wins_with_its_next_action() {
    let home = Home::new();
    let body = br#"{"data": {"code": 200, "status": "shipped", "extension": "9100"}}"#;
    let told = home.runs(&["order", "--answer", "-"], body);
    let expected = "\
the answer is read as JSON, with HTTP status 200
data.code is \"200\"
[[branch]] 1  no match   wants \"404\"; the value is \"200\"
[[branch]] 2  MATCH      is \"200\"
[[branch]] 3  not tried  branch 2 matched first; this one matches too: is present
[[branch]] 4  not tried  branch 2 matched first; this one does not match: wants no value; the value is \"200\"
[[branch]] 2 is selected
  set ORDER_STATUS = \"shipped of {keypress}\"
  then goto {$data.extension}@shipping (resolves to goto 9100@shipping)
";
    assert_eq!(told.output, expected, "{}", told.errors);
    assert_eq!(told.code, 0);
}

#[test]
fn programs_get_an_object_a_line() {
    let body = br#"{"data": {"code": "404"}}"#;
    let told = Home::new().order(body, &["--status", "404"]);
    let events: Vec<_> = told.events().iter().map(|line| line["event"].clone()).collect();
    let expected = ["answer", "value", "branch", "branch", "branch", "branch", "taken", "then"];
    assert_eq!(events, expected);
    let answer = told.event("answer");
    assert_eq!((&answer["status"], &answer["format"]), (&404.into(), &"json".into()));
    let value = told.event("value");
    assert_eq!((&value["key"], &value["value"]), (&"data.code".into(), &"404".into()));
    let results: Vec<_> = told.events()[2..6].iter().map(|line| line["result"].clone()).collect();
    assert_eq!(results, ["won", "not_tried", "not_tried", "not_tried"]);
    let taken = told.event("taken");
    assert_eq!((&taken["table"], &taken["number"]), (&"branch".into(), &1.into()));
    assert_eq!(taken["outcome"], "matched");
    assert_eq!(told.event("then")["then"], "hangup");
}

#[test]
fn what_it_comes_to_is_what_a_call_comes_to() {
    let home = Home::new();
    let rows: &[(&str, &[&str], &str, &str, i32)] = &[
        (r#"{"data":{"code":200}}"#, &[], "branch", "matched", 0),
        ("<data><code>200</code></data>", &[], "branch", "matched", 0),
        ("data.code=200", &[], "branch", "matched", 0),
        ("", &["--status", "503"], "branch", "matched", 0),
        ("{}", &[], "branch", "matched", 0),
        ("{}", &["--status", "404"], "no_response", "no_response", 4),
        ("{", &[], "no_response", "no_response", 4),
        ("<html>", &[], "no_response", "no_response", 4),
        ("200", &["--content-type", "text/html"], "no_response", "no_response", 4),
    ];
    for (body, more, table, outcome, code) in rows {
        let told = home.order(body.as_bytes(), more);
        let taken = told.event("taken");
        assert_eq!((&taken["table"], &taken["outcome"]), (&(*table).into(), &(*outcome).into()));
        assert_eq!(told.code, *code, "{body}");
    }
    let told = home.runs(&["text", "--answer", "-"], b"closed");
    assert!(told.output.contains("[otherwise] is selected: no branch matches"), "{}", told.output);
    assert_eq!(told.code, 0);
}

#[test]
fn no_response_tells_its_reason() {
    let home = Home::new();
    let rows: &[(&[u8], &[&str], &str)] = &[
        (b"{}", &["--status", "404"], "HTTP status 404"),
        (b"{\n", &[], "the answer is invalid JSON at line 1, column 1"),
        (b"<html>", &[], "the answer is an HTML page"),
        (&[b'x'; 300_000], &[], "longer than"),
    ];
    for (body, more, reason) in rows {
        let told = home.order(body, more);
        let taken = told.event("taken");
        assert!(taken["reason"].as_str().unwrap().contains(reason), "{taken}");
        assert_eq!(told.event("then")["then"], "goto {keypress}@agents");
    }
}

#[test]
fn whole_replies_are_read_as_curl_prints_them() {
    let home = Home::new();
    let json = r#"{"data":{"code":"x"}}"#;
    let rows: &[(&str, u16, &str)] = &[
        ("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n", 404, "json"),
        ("HTTP/2 404 \r\ncontent-type: application/json\r\nx-empty:\r\n\r\n", 404, "json"),
        ("HTTP/2 404\ncontent-type: text/plain\n\n", 404, "text"),
        ("HTTP/3 201\n\n", 201, "json"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n",
            200,
            "text",
        ),
        ("HTTP/1.1 200 Connection established\r\n\r\nHTTP/2 503 \r\n\r\n", 503, "json"),
        (
            "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Type: text/html\r\n\r\n\
             HTTP/1.1 200 OK\r\n\r\n",
            200,
            "json",
        ),
        ("HTTP/1.1 200 OK\r\nX-Long: a\r\n  b\r\nCONTENT-TYPE:text/plain\r\n\r\n", 200, "text"),
        ("HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Type: text/html\n\n", 200, "text"),
    ];
    for (head, status, format) in rows {
        let told = home.order(format!("{head}{json}").as_bytes(), &[]);
        let answer = told.event("answer");
        assert_eq!((&answer["status"], &answer["format"]), (&(*status).into(), &(*format).into()));
    }
    let told = home.order(format!("{}{json}", rows[0].0).as_bytes(), &["--status", "200"]);
    assert_eq!(told.event("answer")["status"], 200, "the command line overrides");
    let told = home.order(b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n", &[]);
    assert_eq!((&told.event("answer")["format"], told.code), (&"empty".into(), 0));
    let told = home.order(b"HTTP/1.1 204 No Content\r\nServer: x", &[]);
    assert_eq!(told.event("answer")["status"], 204);
    let told = home.order(b"HTTP/9 is near", &["--content-type", "text/plain"]);
    assert_eq!(told.event("answer")["format"], "text", "no status line: a bare body");
}

#[test]
fn what_is_no_answer_is_reported_with_a_fix() {
    let home = Home::new();
    let rows: &[(&[u8], &str)] = &[
        (b"HTTP/1.1 200 OK\r\nServer: x\r\n{\"data\":1}\r\n", "line 3 is not a header"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08", "--compressed"),
    ];
    for (reply, error) in rows {
        let told = home.order(reply, &[]);
        assert!(told.errors.contains(error), "{}", told.errors);
        assert_eq!((told.code, told.output.as_str()), (1, ""));
    }
    for file in ["not-there", "scripts"] {
        let told = home.runs(&["order", "--answer", file], b"");
        assert!(told.errors.contains(&format!("{file} can't be read")), "{}", told.errors);
        assert_eq!(told.code, 1);
    }
}

#[test]
fn a_menu_compares_what_is_entered() {
    let home = Home::new();
    let rows: &[(&str, &str, i32, &str)] = &[
        ("3", "[[branch]] 1 is selected", 0, "then goto {keypress}@menu (resolves to goto 3@menu)"),
        ("9", "[otherwise] is selected: no branch matches", 0, "then continue"),
        ("", "[no_input] is selected", 3, "then hangup"),
        ("999", "[invalid_input] is selected", 3, "then goto 2@other"),
        ("x", "[invalid_input] is selected", 3, "then goto 2@other"),
    ];
    for (input, taken, code, then) in rows {
        let told = home.runs(&["menu", "--input", input], b"");
        assert!(told.output.contains(taken), "{input}: {}", told.output);
        assert!(told.output.ends_with(&format!("  {then}\n")), "{input}: {}", told.output);
        assert_eq!(told.code, *code);
    }
    let told = home.runs(&["menu", "--input", "9"], b"");
    let lost = "[[branch]] 1  no match   wants a number from 1 to 5; the value is \"9\"";
    assert!(told.output.contains(lost), "{}", told.output);
}

#[test]
fn a_command_line_that_does_not_fit_the_script_is_refused_with_the_way_out() {
    let home = Home::new();
    let rows: &[(&[&str], i32, &str)] = &[
        (&["order"], 2, "--answer FILE"),
        (&["order", "--input", "1"], 2, "--answer FILE"),
        (&["menu"], 2, "--input TEXT"),
        (&["menu", "--answer", "-"], 2, "--input TEXT"),
        (&["tell", "--answer", "-"], 2, "background trigger"),
        (&["menu", "--input", "1", "--answer", "-"], 2, "cannot be used with"),
        (&["menu", "--input", "1", "--status", "200"], 2, "cannot be used with"),
        (&["menu", "--input", "1", "--content-type", "text/plain"], 2, "cannot be used with"),
        (&["order", "--status", "200"], 2, "--answer <FILE>"),
        (&["order", "--answer", "-", "--status", "99"], 2, "99"),
        (&[], 2, "SCRIPT"),
        (&["ordre", "--answer", "-"], 1, "no script ordre; available: menu, order"),
    ];
    for (arguments, code, error) in rows {
        let told = home.runs(arguments, b"");
        assert!(told.errors.contains(error), "{arguments:?}: {}", told.errors);
        assert_eq!((told.code, told.output.as_str()), (*code, ""), "{arguments:?}");
    }
    home.0.script("menu", "[keypres]");
    let told = home.runs(&["order", "--answer", "-"], b"");
    assert!(told.errors.contains("keypres"), "{}", told.errors);
    assert_eq!(told.code, 1);
}

#[test]
fn hostile_values_are_shown_on_one_line_and_not_endless() {
    let home = Home::new();
    let value = format!("\u{1b}[2J\r\n{}", "x".repeat(1000));
    let body = serde_json::json!({ "data": { "code": value, "extension": "1\n" } }).to_string();
    let told = home.runs(&["order", "--answer", "-"], body.as_bytes());
    assert!(!told.output.contains(['\u{1b}', '\r']), "{}", told.output);
    let expected =
        format!(r#"data.code is "\u{{1b}}[2J\r\n{}"… (1006 characters)"#, "x".repeat(194));
    assert!(told.output.lines().any(|line| line == expected), "{}", told.output);
    assert!(told.output.lines().all(|line| line.len() < 400));
}

#[test]
fn a_place_that_no_switch_would_be_sent_to_is_reported() {
    let body = br#"{"data": {"code": 200, "extension": "9100@x"}}"#;
    let told = Home::new().order(body, &[]);
    let then = told.event("then");
    assert!(then["error"].as_str().unwrap().contains("destination"), "{then}");
    assert_eq!(then["to"], Value::Null);
}
