//! The exit codes of the commands are those of the manual.

use std::collections::BTreeSet;
use std::thread;

use clap::CommandFactory;
use dialscript::cli::Cli;

use crate::assert_none;
use crate::page::{Page, PageTable, page};
use crate::sandbox::Sandbox;

/// A menu of one key: 1 matches, 2 leads nowhere, 3 is in no branch, and 4 is not valid.
const MENU: &str = r#"
[keypress]
length = 1
first_digit = "2s"
pattern = "[1-3]"
[[branch]]
when = "1"
[[branch]]
when = "2"
then = "goto 9@nowhere"
[otherwise]
then = "continue"
[no_input]
then = "continue"
"#;
const PATIENT: &str = "[keypress]\nfirst_digit = '1m'\n[no_input]\nthen = 'continue'\n";
const LOOKUP: &str = r#"
[trigger]
url = "http://127.0.0.1:1/"
retry = 0
[response]
key = "code"
[[branch]]
when = "200"
[no_response]
then = "continue"
"#;

/// The name in the manual, and a command line that ends with it.
type Probe = (&'static str, &'static [&'static str]);

static CALLS: [Probe; 9] = [
    ("`matched`", &["call", "menu", "--digits", "1"]),
    ("`otherwise`", &["call", "menu", "--digits", "3"]),
    ("no such script", &["call", "no-such"]),
    ("invalid command line", &["call", "menu", "--no-such-option"]),
    ("`no_input`", &["call", "menu", "--digits", ""]),
    ("`invalid_input`", &["call", "menu", "--digits", "4"]),
    ("`no_response`", &["call", "lookup"]),
    ("`hangup`", &["call", "patient", "--digits", "", "--hangup-after", "100ms"]),
    ("`error`", &["call", "menu", "--digits", "2", "--exists", "1@other"]),
];

static MATCHES: [Probe; 7] = [
    ("a branch", &["match", "menu", "--input", "1"]),
    ("`[otherwise]`", &["match", "menu", "--input", "3"]),
    ("cannot be read", &["match", "lookup", "--answer", "no-such-file"]),
    ("fit the script", &["match", "lookup", "--input", "1"]),
    ("`[no_input]`", &["match", "menu", "--input", ""]),
    ("`[invalid_input]`", &["match", "menu", "--input", "4"]),
    ("`[no_response]`", &["match", "lookup", "--answer", "page.html"]),
];

/// A command line for each exit code of the commands without a table of their own. No daemon runs.
static OTHERS: [(i32, &[&str]); 14] = [
    (0, &["new", "first"]),
    (1, &["new", "menu"]),
    (0, &["check"]),
    (1, &["check", "--config", "no-such.toml"]),
    (1, &["check", "--config", "unreachable.toml", "--connect"]),
    (1, &["status"]),
    (1, &["status", "--health"]),
    (1, &["calls", "--json"]),
    (1, &["reload"]),
    (1, &["cache", "list"]),
    (0, &["sounds", "list"]),
    (1, &["sounds", "import", "no-such.wav"]),
    (78, &["serve", "--config", "no-such.toml"]),
    (2, &["serve", "--no-such-option"]),
];

#[test]
fn each_command_has_exit_codes_in_the_manual_and_the_program_has_them_too() {
    let page = page("docs/admin/command-line.md");
    let tables = page.tables();
    let codes = tables.iter().find(|table| table.header[..] == ["Command", "0", "1"]).unwrap();
    let own = ["call", "match", "doctor"].map(str::to_owned).into_iter();
    let rows = codes.rows.iter().map(|row| row[0].trim_matches('`').to_owned());
    let documented: BTreeSet<_> = rows.chain(own).collect();
    let root = Cli::command();
    let commands = root.get_subcommands().filter(|command| !command.is_hide_set());
    let commands: BTreeSet<_> = commands.map(|command| command.get_name().to_owned()).collect();
    assert_eq!(documented, commands);
    let sandbox = sandbox();
    sandbox.write("unreachable.toml", "");
    let mut problems = Vec::new();
    for (code, arguments) in OTHERS {
        let ran = sandbox.dialscript(arguments);
        if ran.code != Some(code) {
            problems.push(format!("{arguments:?}: not {code}: {:?}\n{}", ran.code, ran.output));
        }
    }
    assert_none(&problems);
}

#[test]
fn call_and_match_end_with_the_exit_codes_of_the_manual() {
    let (reference, testing) =
        (page("docs/admin/command-line.md"), page("docs/scripts/testing.md"));
    let tables = exit_code_tables(&reference);
    let both = tables.iter().find(|table| table.header.len() == 3).expect("no table of both");
    let testing_tables = exit_code_tables(&testing);
    let [calls, matches] = &testing_tables[..] else { panic!("not two tables of exit codes") };
    let sandbox = sandbox();
    let mut problems = Vec::new();
    for (probes, own, column) in [(&CALLS[..], calls, 1), (&MATCHES[..], matches, 2)] {
        for ((word, _), code) in probes.iter().zip(codes(&sandbox, probes)) {
            problems.extend(wrong_code(&reference, both, column, word, code));
            problems.extend(wrong_code(&testing, own, 1, word, code));
        }
    }
    assert_none(&problems);
}

/// Runs all at once, since calls take a while.
fn codes(sandbox: &Sandbox, probes: &'static [Probe]) -> Vec<Option<i32>> {
    thread::scope(|scope| {
        let run =
            |(_, arguments): &'static Probe| scope.spawn(|| sandbox.dialscript(arguments).code);
        let running: Vec<_> = probes.iter().map(run).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn exit_code_tables(page: &Page) -> Vec<PageTable> {
    let is_one = |table: &PageTable| ["Code", "Exit code"].contains(&table.header[0].as_str());
    page.tables().into_iter().filter(is_one).collect()
}

fn wrong_code(
    page: &Page,
    table: &PageTable,
    column: usize,
    word: &str,
    code: Option<i32>,
) -> Option<String> {
    let written: Vec<_> = table.rows.iter().filter(|row| row[column].contains(word)).collect();
    let written: Vec<_> = written.iter().map(|row| row[0].as_str()).collect();
    let seen = code.map_or("none".to_owned(), |code| code.to_string());
    let place = page.place(table.line);
    (written != [&seen]).then(|| format!("{place}: {word} has {written:?}, and comes to {seen}"))
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("scripts/menu.toml", MENU);
    sandbox.write("scripts/patient.toml", PATIENT);
    sandbox.write("scripts/lookup.toml", LOOKUP);
    sandbox.write("page.html", "<!doctype html><title>An error</title>");
    sandbox
}
