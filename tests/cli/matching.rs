//! `dialscript match`.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::support::config_folder::ConfigFolder;
use crate::support::program::{ProgramResult, dialscript};

/// A folder with a daemon's file and scripts, in which the program runs.
struct MatchFolder(ConfigFolder);

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
set = { ORDER_STATUS = "{$data.status} of {keypress}", AGAIN = "{order.$data.status}" }
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
set = { STATE = "{answer}", NAMED = "{text.answer}" }
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

/// A menu without `[otherwise]`.
const STRICT: &str = r#"
[prompt]
repeat = 2
[keypress]
length = 1
[[branch]]
when = "1"
then = "goto 1@sales"
[no_input]
then = "hangup"
"#;

/// Branches with conditions. The script `pin` comes before it, and its input is sensitive.
const CLINIC: &str = r#"
[trigger]
url = "http://clinic.example/"
[response]
key = "code"
[[branch]]
when = { of = "{caller}", pattern = '^\+49' }
and = [{ key = "full", is = "false" }, { is = ["ok", "maybe"], not = true }]
then = "goto 1@clinic"
[[branch]]
when = ["ok", "yes"]
and = [{ key = "full", is = "false" }, { key = "pin", is = "{pin.keypress}" }]
set = { WHO = "{caller}" }
then = "goto {pin.keypress}@clinic"
[[branch]]
when = { key = "left", min = 1 }
[no_response]
"#;

const PIN: &str = r#"
[keypress]
length = 4
sensitive = true
[otherwise]
then = "script clinic"
[no_input]
then = "script echo"
"#;

/// Sets what the web application answers. The script `pin` comes before it.
const ECHO: &str = r#"
[trigger]
url = "http://clinic.example/?pin={pin.keypress}"
[response]
key = "code"
[[branch]]
when = { present = true }
set = { ECHO = "{$code}" }
[no_response]
"#;

const SPOKEN: &str = r#"
[speech]
filter = "numeric"
length = 4
[otherwise]
[no_input]
[invalid_input]
"#;

const STAR: &str = r#"
[keypress]
keys = "12*"
length = 2
[[branch]]
when = "*"
[otherwise]
[no_input]
"#;

const LIST: &str = r#"
[[branch]]
when = { of = "{caller}", is = ["100", "{arg.vip}"] }
then = "goto 1@known"
[otherwise]
then = "goto 1@unknown"
"#;

const BACKGROUND: &str = r#"
[trigger]
url = "http://shop.example/"
background = true
"#;

const LANGUAGES: &str = r#"
[speech]
filter = "numeric"
[[branch]]
when = "2"
language = "de"
set = { CHOSEN = "{language}" }
[no_input]
[invalid_input]
"#;

impl MatchFolder {
    fn new() -> Self {
        let scripts = [
            ("order", ORDER),
            ("text", TEXT),
            ("menu", MENU),
            ("strict", STRICT),
            ("tell", BACKGROUND),
            ("clinic", CLINIC),
            ("pin", PIN),
            ("echo", ECHO),
            ("list", LIST),
            ("languages", LANGUAGES),
            ("star", STAR),
            ("spoken", SPOKEN),
        ];
        Self(ConfigFolder::with_scripts(&scripts))
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> ProgramResult {
        let mut program = dialscript();
        program.current_dir(self.0.path()).arg("match").args(arguments);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = program.spawn().unwrap();
        // Fails if the program does not read its standard input.
        let _ = running.stdin.take().unwrap().write_all(input);
        ProgramResult::from_output(running.wait_with_output().unwrap())
    }

    /// Compares an answer with the script `order`. The output is JSON.
    fn order(&self, answer: &[u8], more: &[&str]) -> ProgramResult {
        self.0.file("answer", answer);
        self.run(&[&["order", "--json", "--answer", "answer"], more].concat(), b"")
    }
}

#[test]
fn every_branch_is_shown_with_its_matcher_and_the_selected_branch_with_its_next_action() {
    let folder = MatchFolder::new();
    let body = br#"{"data": {"code": 200, "status": "shipped", "extension": "9100"}}"#;
    let result = folder.run(&["order", "--answer", "-"], body);
    let expected = "\
the answer is read as JSON, with HTTP status 200
data.code is \"200\"
[[branch]] 1  no match   wants \"404\"; the value is \"200\"
[[branch]] 2  MATCH      is \"200\"
[[branch]] 3  not tried  branch 2 matched first; this one matches too: is present
[[branch]] 4  not tried  branch 2 matched first; this one does not match: wants no value; the value is \"200\"
[[branch]] 2 is selected
  set ORDER_STATUS = \"shipped of {keypress}\"
  set AGAIN = \"shipped\"
  then goto {$data.extension}@shipping (resolves to goto 9100@shipping)
";
    assert_eq!(result.output, expected, "{}", result.errors);
    assert_eq!(result.code, 0);
}

#[test]
fn the_compared_value_is_shown_where_a_text_names_the_answer() {
    let result = MatchFolder::new().run(&["text", "--answer", "-"], b" open\n");
    let expected = "\
the answer is read as text, with HTTP status 200
the value is \"open\" (no response key: the whole answer is compared)
[[branch]] 1  MATCH      is \"open\"
[[branch]] 1 is selected
  set STATE = \"open\"
  set NAMED = \"open\"
  then continue
";
    assert_eq!(result.output, expected, "{}", result.errors);
}

#[test]
fn a_menu_key_that_no_branch_names_is_asked_again_as_in_a_call() {
    let result = MatchFolder::new().run(&["strict", "--input", "3"], b"");
    let expected = "\
the input is \"3\"
[[branch]] 1  no match   wants \"1\"; the value is \"3\"
[no_input] is selected, as there is no [invalid_input]: no branch matches; before that, the question is asked 2 more times
  then hangup
";
    assert_eq!(result.output, expected, "{}", result.errors);
    assert_eq!(result.code, 3);
    let too_long = MatchFolder::new().run(&["strict", "--input", "33"], b"");
    assert!(too_long.output.contains(
        "the input is not what the script asks for (2 keys: `length` is 1); before that, the question is asked 2 more times"
    ), "{}", too_long.output);
}

#[test]
fn every_condition_of_a_branch_is_shown_and_which_one_lost() {
    let folder = MatchFolder::new();
    let body = br#"{"code": "ok", "full": false, "pin": "4711", "left": 2}"#;
    let values = ["--value", "caller=100", "--value", "pin.keypress=4712"];
    let result = folder.run(&[&["clinic", "--answer", "-"], &values[..]].concat(), body);
    let expected = "\
the answer is read as JSON, with HTTP status 200
code is \"ok\"
[[branch]] 1  no match   wants text that matches ^\\+49 for {caller}; {caller} is \"100\"
  when        no         wants text that matches ^\\+49 for {caller}; {caller} is \"100\"
  and         yes        full is \"false\"
  and         no         wants anything but \"ok\" or \"maybe\"; the value is \"ok\"
[[branch]] 2  no match   pin: ***
  when        yes        is \"ok\"
  and         yes        full is \"false\"
  and         no         pin: ***
[[branch]] 3  MATCH      left is at least 1
[[branch]] 3 is selected
  then continue
";
    assert_eq!(result.output, expected, "{}", result.errors);
    assert_eq!(result.code, 0);
    let result =
        folder.run(&[&["clinic", "--reveal", "--answer", "-"], &values[..]].concat(), body);
    let lost =
        "  and         no         wants {pin.keypress} (\"4712\") for pin; pin is \"4711\"\n";
    assert!(result.output.contains(lost), "{}", result.output);
}

#[test]
fn a_value_that_is_not_given_is_not_known() {
    let folder = MatchFolder::new();
    let body = br#"{"code": "ok", "full": false, "pin": "4711"}"#;
    let result = folder.run(&["clinic", "--answer", "-", "--value", "caller=100"], body);
    let expected = "\
[[branch]] 2  not known  the value of {pin.keypress} is not known
  when        yes        is \"ok\"
  and         yes        full is \"false\"
  and         not known  the value of {pin.keypress} is not known
[[branch]] 3  no match   wants a number of at least 1 for left; left is absent or null
not known what is selected: [[branch]] 2 may match; give the values that are not known with --value
";
    assert!(result.output.ends_with(expected), "{}", result.output);
    assert_eq!(result.code, 2);
    let values = ["--value", "caller=100", "--value", "pin.keypress=4711"];
    let result = folder.run(&[&["clinic", "--answer", "-"], &values[..]].concat(), body);
    let expected = "\
[[branch]] 2 is selected
  set WHO = \"100\"
  then goto {pin.keypress}@clinic (resolves to goto ***@clinic)
";
    assert!(result.output.ends_with(expected), "{}", result.output);
    assert_eq!(result.code, 0);
}

#[test]
fn an_answer_that_repeats_a_sensitive_value_is_masked_in_what_is_set() {
    let folder = MatchFolder::new();
    let arguments = ["echo", "--answer", r#"{"code": "4711"}"#, "--value", "pin.keypress=4711"];
    let result = folder.run(&arguments, b"");
    assert!(result.output.contains("  set ECHO = \"***\"\n"), "{}", result.output);
    assert!(!result.output.contains("4711"), "{}", result.output);
    let result = folder.run(&[&arguments[..], &["--reveal"]].concat(), b"");
    assert!(result.output.contains("  set ECHO = \"4711\"\n"), "{}", result.output);
}

#[test]
fn a_script_without_a_question_needs_only_values_of_the_call() {
    let folder = MatchFolder::new();
    for (caller, vip, then) in [("100", "7", "known"), ("7", "7", "known"), ("8", "7", "unknown")] {
        let (caller, vip) = (format!("caller={caller}"), format!("{{arg.vip}}={vip}"));
        let result = folder.run(&["list", "--value", &caller, "--value", &vip], b"");
        assert!(result.output.ends_with(&format!("  then goto 1@{then}\n")), "{}", result.output);
        assert_eq!(result.code, 0);
    }
    let result = folder.run(&["list", "--value", "caller=8"], b"");
    assert!(result.output.contains("the value of {arg.vip} is not known"), "{}", result.output);
    for (value, error) in [
        ("callr=1", "unknown placeholder `{callr}`: did you mean `{caller}`?"),
        ("clid=1", "unknown placeholder `{clid}`: write `{caller}`"),
        ("caller", "such as caller=100"),
        ("keypress=1", "this script asks for no input, so {keypress} is empty"),
    ] {
        let result = folder.run(&["list", "--value", value], b"");
        assert!(result.errors.contains(error), "{}", result.errors);
        assert_eq!(result.code, 2);
    }
}

#[test]
fn the_language_of_the_outcome_is_shown_and_input_is_read_in_that_of_the_call() {
    let folder = MatchFolder::new();
    for arguments in [&["--input", "two"][..], &["--input", "zwei", "--value", "language=de"]] {
        let result = folder.run(&[&["languages"], arguments].concat(), b"");
        let expected =
            "[[branch]] 1 is selected\n  language de\n  set CHOSEN = \"de\"\n  then continue\n";
        assert!(result.output.ends_with(expected), "{}", result.output);
    }
    let result = folder.run(&["languages", "--input", "zwei"], b"");
    assert!(result.output.contains("[invalid_input]"), "{}", result.output);
}

#[test]
fn json_output_is_one_object_per_line() {
    let body = br#"{"data": {"code": "404"}}"#;
    let result = MatchFolder::new().order(body, &["--status", "404"]);
    let events: Vec<_> = result.events().iter().map(|line| line["event"].clone()).collect();
    let expected = ["answer", "value", "branch", "branch", "branch", "branch", "taken", "then"];
    assert_eq!(events, expected);
    let answer = result.event("answer");
    assert_eq!((&answer["status"], &answer["format"]), (&404.into(), &"json".into()));
    let value = result.event("value");
    assert_eq!((&value["key"], &value["value"]), (&"data.code".into(), &"404".into()));
    let results: Vec<_> = result.events()[2..6].iter().map(|line| line["result"].clone()).collect();
    assert_eq!(results, ["won", "not_tried", "not_tried", "not_tried"]);
    let taken = result.event("taken");
    assert_eq!((&taken["table"], &taken["number"]), (&"branch".into(), &1.into()));
    assert_eq!(taken["outcome"], "matched");
    assert_eq!(result.event("then")["then"], "hangup");
}

#[test]
fn the_selected_outcome_is_the_same_as_in_a_call() {
    let folder = MatchFolder::new();
    let rows: &[(&str, &[&str], &str, &str, i32)] = &[
        (r#"{"data":{"code":200}}"#, &[], "branch", "matched", 0),
        ("<data><code>200</code></data>", &[], "branch", "matched", 0),
        ("data.code=200", &[], "branch", "matched", 0),
        ("", &["--status", "503"], "branch", "matched", 0),
        ("{}", &[], "branch", "matched", 0),
        ("{}", &["--status", "404"], "no_response", "no_response", 4),
        ("{", &[], "no_response", "no_response", 4),
        ("<html>", &[], "no_response", "no_response", 4),
        ("<p>200", &["--content-type", "text/html"], "no_response", "no_response", 4),
        ("200", &["--content-type", "text/html"], "branch", "matched", 0),
    ];
    for (body, more, table, outcome, code) in rows {
        let result = folder.order(body.as_bytes(), more);
        let taken = result.event("taken");
        assert_eq!((&taken["table"], &taken["outcome"]), (&(*table).into(), &(*outcome).into()));
        assert_eq!(result.code, *code, "{body}");
    }
    let result = folder.run(&["text", "--answer", "-"], b"closed");
    assert!(
        result.output.contains("[otherwise] is selected: no branch matches"),
        "{}",
        result.output
    );
    assert_eq!(result.code, 0);
}

#[test]
fn no_response_is_shown_with_its_reason() {
    let folder = MatchFolder::new();
    let rows: &[(&[u8], &[&str], &str)] = &[
        (b"{}", &["--status", "404"], "HTTP status 404"),
        (b"{\n", &[], "the answer is invalid JSON at line 1, column 1"),
        (b"<html>", &[], "the answer is an HTML page"),
        (b"no", &["--status", "404"], "HTTP status 404; read as text; no data.code in it"),
        (
            b"Warning: no x in /a.php on line 3\n{}",
            &[],
            "message of PHP, not with its data: Warning: no x",
        ),
        (&[b'x'; 300_000], &[], "longer than"),
    ];
    for (body, more, reason) in rows {
        let result = folder.order(body, more);
        let taken = result.event("taken");
        assert!(taken["reason"].as_str().unwrap().contains(reason), "{taken}");
        assert_eq!(result.event("then")["then"], "goto {keypress}@agents");
    }
}

#[test]
fn replies_with_headers_are_read_as_curl_prints_them() {
    let folder = MatchFolder::new();
    let json = r#"{"data":{"code":"x"}}"#;
    let rows: &[(&str, u16, &str)] = &[
        ("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n", 404, "json"),
        ("HTTP/2 404 \r\ncontent-type: application/json\r\nx-empty:\r\n\r\n", 404, "json"),
        ("HTTP/2 404\ncontent-type: application/x-www-form-urlencoded\n\n", 404, "form"),
        ("HTTP/3 201\n\n", 201, "json"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n",
            200,
            "form",
        ),
        ("HTTP/1.1 200 Connection established\r\n\r\nHTTP/2 503 \r\n\r\n", 503, "json"),
        (
            "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Type: text/html\r\n\r\n\
             HTTP/1.1 200 OK\r\n\r\n",
            200,
            "json",
        ),
        (
            "HTTP/1.1 200 OK\r\nX-Long: a\r\n  b\r\nCONTENT-TYPE:application/x-www-form-urlencoded\r\n\r\n",
            200,
            "form",
        ),
        (
            "HTTP/1.1 200 OK\nContent-Type: application/x-www-form-urlencoded\nContent-Type: text/html\n\n",
            200,
            "form",
        ),
    ];
    for (head, status, format) in rows {
        let result = folder.order(format!("{head}{json}").as_bytes(), &[]);
        let answer = result.event("answer");
        assert_eq!((&answer["status"], &answer["format"]), (&(*status).into(), &(*format).into()));
    }
    let result = folder.order(format!("{}{json}", rows[0].0).as_bytes(), &["--status", "200"]);
    assert_eq!(result.event("answer")["status"], 200, "the command line overrides");
    let result = folder.order(b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n", &[]);
    assert_eq!((&result.event("answer")["format"], result.code), (&"empty".into(), 0));
    let result = folder.order(b"HTTP/1.1 204 No Content\r\nServer: x", &[]);
    assert_eq!(result.event("answer")["status"], 204);
    let result = folder.order(b"HTTP/9 is near", &["--content-type", "text/plain"]);
    assert_eq!(result.event("answer")["format"], "text", "no status line: a bare body");
}

#[test]
fn an_invalid_answer_file_is_an_error_with_a_fix() {
    let folder = MatchFolder::new();
    let rows: &[(&[u8], &str)] = &[
        (b"HTTP/1.1 200 OK\r\nServer: x\r\n{\"data\":1}\r\n", "line 3 is not a header"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08", "--compressed"),
    ];
    for (reply, error) in rows {
        let result = folder.order(reply, &[]);
        assert!(result.errors.contains(error), "{}", result.errors);
        assert_eq!((result.code, result.output.as_str()), (1, ""));
    }
    for (file, error) in [
        ("open", "there is no file open; an answer that is text needs its status before it"),
        ("scripts", "scripts is a folder: name a file"),
    ] {
        let result = folder.run(&["order", "--answer", file], b"");
        assert!(result.errors.contains(error), "{}", result.errors);
        assert_eq!(result.code, 1);
    }
}

#[test]
fn a_menu_compares_the_input() {
    let folder = MatchFolder::new();
    let rows: &[(&str, &str, i32, &str)] = &[
        ("3", "[[branch]] 1 is selected", 0, "then goto {keypress}@menu (resolves to goto 3@menu)"),
        ("9", "[otherwise] is selected: no branch matches", 0, "then continue"),
        ("", "[no_input] is selected", 3, "then hangup"),
        ("999", "(3 keys: `length` is 2)", 3, "then goto 2@other"),
        ("x", "(a key of it is not among `keys`)", 3, "then goto 2@other"),
    ];
    for (input, taken, code, then) in rows {
        let result = folder.run(&["menu", "--input", input], b"");
        assert!(result.output.contains(taken), "{input}: {}", result.output);
        assert!(result.output.ends_with(&format!("  {then}\n")), "{input}: {}", result.output);
        assert_eq!(result.code, *code);
    }
    let result = folder.run(&["menu", "--input", "9"], b"");
    let lost = "[[branch]] 1  no match   wants a number from 1 to 5; the value is \"9\"";
    assert!(result.output.contains(lost), "{}", result.output);
}

#[test]
fn words_that_are_not_the_number_that_is_asked_for_are_refused_with_the_reason() {
    let folder = MatchFolder::new();
    let refused = "[invalid_input] is selected: the input is not what the script asks for";
    for (words, reason) in [
        ("hello", "(the words are no number)"),
        ("one two", "(2 digits: `length` of [speech] is 4)"),
    ] {
        let result = folder.run(&["spoken", "--input", words], b"");
        assert!(result.output.contains(&format!("{refused} {reason}")), "{}", result.output);
        assert_eq!(result.code, 3);
    }
}

#[test]
fn a_menu_compares_the_keys_that_it_takes() {
    let folder = MatchFolder::new();
    let rows: &[(&str, &str, i32)] = &[
        ("*", "[[branch]] 1 is selected", 0),
        ("12", "[otherwise] is selected", 0),
        ("#", "[no_input] is selected, as there is no [invalid_input]: the input is not", 3),
        ("3", "(a key of it is not among `keys`)", 3),
    ];
    for (input, taken, code) in rows {
        let result = folder.run(&["star", "--input", input], b"");
        assert!(result.output.contains(taken), "{input}: {}", result.output);
        assert_eq!(result.code, *code);
    }
}

#[test]
fn options_that_do_not_fit_the_script_are_an_error_with_a_fix() {
    let folder = MatchFolder::new();
    let rows: &[(&[&str], i32, &str)] = &[
        (&["order"], 2, "--answer ANSWER"),
        (&["order", "--input", "1"], 2, "--answer ANSWER"),
        (&["menu"], 2, "--input TEXT"),
        (&["menu", "--answer", "-"], 2, "--input TEXT"),
        (&["tell", "--answer", "-"], 2, "background trigger"),
        (&["list", "--answer", "404"], 2, "neither a question nor a [trigger]"),
        (&["list", "--input", "3"], 2, "such as --value caller=100"),
        (&["menu", "--input", "1", "--answer", "-"], 2, "cannot be used with"),
        (&["menu", "--input", "1", "--status", "200"], 2, "cannot be used with"),
        (&["menu", "--input", "1", "--content-type", "text/plain"], 2, "cannot be used with"),
        (&["order", "--status", "200"], 2, "--answer <ANSWER>"),
        (&["order", "--answer", "-", "--status", "99"], 2, "99"),
        (&[], 2, "SCRIPT"),
        (&["ordre", "--answer", "-"], 1, "no script \"ordre\"; did you mean \"order\"?"),
    ];
    for (arguments, code, error) in rows {
        let result = folder.run(arguments, b"");
        assert!(result.errors.contains(error), "{arguments:?}: {}", result.errors);
        assert_eq!((result.code, result.output.as_str()), (*code, ""), "{arguments:?}");
    }
    folder.0.script("menu", "[keypres]");
    let result = folder.run(&["order", "--answer", "-"], b"");
    assert!(result.errors.contains("keypres"), "{}", result.errors);
    assert_eq!(result.code, 1);
}

#[test]
fn hostile_values_are_escaped_and_cut() {
    let folder = MatchFolder::new();
    let value = format!("\u{1b}[2J\r\n{}", "x".repeat(1000));
    let body = serde_json::json!({ "data": { "code": value, "extension": "1\n" } }).to_string();
    let result = folder.run(&["order", "--answer", "-"], body.as_bytes());
    assert!(!result.output.contains(['\u{1b}', '\r']), "{}", result.output);
    let expected =
        format!(r#"data.code is "\u{{1b}}[2J\r\n{}"… (1006 characters)"#, "x".repeat(194));
    assert!(result.output.lines().any(|line| line == expected), "{}", result.output);
    assert!(result.output.lines().all(|line| line.len() < 400));
}

#[test]
fn an_invalid_destination_is_reported() {
    let body = br#"{"data": {"code": 200, "extension": "9100@x"}}"#;
    let result = MatchFolder::new().order(body, &[]);
    let then = result.event("then");
    assert!(then["error"].as_str().unwrap().contains("destination"), "{then}");
    assert_eq!(then["to"], Value::Null);
}
