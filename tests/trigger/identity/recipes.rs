//! The recipes that verify signatures, run on requests as the server receives them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use super::signatures::{NEW, OLD, signed_requests};
use crate::support::web::SeenRequest;

fn recipe(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dialplan/recipes").join(name)
}

fn page() -> String {
    std::fs::read_to_string(recipe("verifying-signatures.md")).unwrap()
}

/// The code block of one language on the page.
fn code_on_page(page: &str, language: &str) -> String {
    let (_, rest) = page.split_once(&format!("```{language}\n")).expect(language);
    rest.split_once("```").expect(language).0.to_owned()
}

/// Whether a program is installed. If not, a line on standard error says so.
fn is_installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        eprintln!("left out: there is no {program} on this host");
    }
    found
}

/// What a program writes when this is its standard input.
fn output_of(program: &mut Command, input: &[u8]) -> String {
    let piped = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = piped.spawn().unwrap();
    running.stdin.take().unwrap().write_all(input).unwrap();
    let output = running.wait_with_output().unwrap();
    let (out, err) = (output.stdout, output.stderr);
    String::from_utf8([out, err].concat()).unwrap().trim().to_owned()
}

/// Each request unchanged and repeated, with each part changed, and with signatures of other keys.
fn cases(all: &[SeenRequest]) -> Vec<serde_json::Value> {
    let mut cases = Vec::new();
    let mut case = |header: &str, method: &str, target: &str, body: &[u8], expected: &str| {
        let body = String::from_utf8(body.to_vec()).unwrap();
        cases.push(json!([header, method, target, body, expected]));
    };
    for seen in all {
        let header = seen.headers("dialscript-signature")[0];
        let method = seen.line().split(' ').next().unwrap();
        let (target, body) = (seen.path(), &seen.body);
        let longer = [&body[..], b"x"].concat();
        let (time, signatures) = header.split_once(',').unwrap();
        let seconds: u64 = time[2..].parse().unwrap();
        let (new, old) = signatures.split_once(',').unwrap();
        let unsigned = "no key of ours has signed this";
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        case(header, "PUT", target, body, unsigned);
        case(header, method, &format!("{path}x?{query}"), body, unsigned);
        case(header, method, &format!("{path}?{query}x"), body, unsigned);
        case(header, method, target, &longer, unsigned);
        case(&format!("t={},{signatures}", seconds + 1), method, target, body, unsigned);
        case(&format!("{time},v1={}", "0".repeat(64)), method, target, body, unsigned);
        case(&format!("{time},v1=é"), method, target, body, unsigned);
        case(time, method, target, body, unsigned);
        for header in
            ["", "t=,v1=0", "v1=0", "t=-1,v1=0", "t=1e9,v1=0", "t=99999999999999999999,v1=0"]
        {
            case(header, method, target, body, "it is not signed");
        }
        case(&format!("t={},{signatures}", seconds - 400), method, target, body, "too old");
        case(&format!("t={},{signatures}", seconds + 400), method, target, body, "too old");
        case(&format!("{time},{old}"), method, target, body, "");
        case(header, method, target, body, "it came before");
        case(&format!("{time},{new}"), method, target, body, "it came before");
    }
    cases
}

const IN_PYTHON: &str = r#"
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from verify_signature import Refused, Verifier
given = json.load(sys.stdin)
verifier = Verifier(given["keys"], lambda: given["now"])
for at, (header, method, target, body, expected) in enumerate(given["cases"]):
    try:
        verifier.check(header, method, target, body.encode())
        reason = ""
    except Refused as refused:
        reason = str(refused)
    if expected not in reason or bool(expected) != bool(reason):
        print(at, header, method, target, body, expected, reason)
"#;

const IN_NODE: &str = r"
const given = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const seen = new Map();
given.cases.forEach(([header, method, target, body, expected], at) => {
  const reason = refused(given.keys, seen, header, method, target, Buffer.from(body), given.now) ?? '';
  if (!reason.includes(expected) || !expected !== !reason) console.log(at, header, method, target, body, expected, reason);
});
";

/// The input of a verifier with both keys. One key ends with a newline, as an editor leaves it.
async fn verifier_input() -> Vec<u8> {
    let all = signed_requests(&[NEW, OLD]).await;
    let now = all[0].headers("dialscript-signature")[0][2..].split(',').next().unwrap().to_owned();
    let now: u64 = now.parse().unwrap();
    let keys = [format!("{NEW}\n"), OLD.to_owned()];
    json!({ "keys": keys, "now": now, "cases": cases(&all) }).to_string().into_bytes()
}

#[tokio::test]
async fn the_python_recipe_accepts_each_signed_request_once_and_rejects_all_others() {
    if is_installed("python3") {
        let mut python = Command::new("python3");
        python.args(["-c", IN_PYTHON]).arg(recipe(""));
        assert_eq!(output_of(&mut python, &verifier_input().await), "");
    }
}

#[tokio::test]
async fn the_node_recipe_accepts_each_signed_request_once_and_rejects_all_others() {
    if is_installed("node") {
        let mut node = Command::new("node");
        node.arg("-e").arg(format!("{}{IN_NODE}", code_on_page(&page(), "js")));
        assert_eq!(output_of(&mut node, &verifier_input().await), "");
    }
}

#[tokio::test]
async fn the_command_line_verifier_checks_a_stored_request() {
    if !is_installed("python3") {
        return;
    }
    let folder = tempfile::TempDir::new().unwrap();
    let key = |name: &str, key: &str| {
        std::fs::write(folder.path().join(name), format!("{key}\n")).unwrap();
        folder.path().join(name)
    };
    let (ours, other) = (key("ours", NEW), key("other", "another-key-of-32-characters-xxx"));
    let all = signed_requests(&[NEW]).await;
    let seen = all.last().unwrap();
    for (key, expected) in [(ours, "signed"), (other, "refused: no key of ours has signed this")] {
        let mut python = Command::new("python3");
        python.arg(recipe("verify_signature.py")).arg("--key-file").arg(key);
        python.args(["--header", seen.headers("dialscript-signature")[0]]);
        python.args(["--method", "POST", "--target", seen.path()]);
        assert_eq!(output_of(&mut python, &seen.body), expected);
    }
}

#[test]
fn the_python_code_on_the_page_is_part_of_the_recipe() {
    let program = std::fs::read_to_string(recipe("verify_signature.py")).unwrap();
    let code = code_on_page(&page(), "python");
    let indented: String = code.lines().map(|line| format!("        {line}\n")).collect();
    assert!(program.contains(&indented), "{indented}");
}
