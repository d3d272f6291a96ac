//! The log fields and metrics of a daemon after some calls are those in the manual.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use dialscript::listener::{Acceptor, NetworkListener, Refusal};
use regex::Regex;
use serde_json::Value;

use crate::assert_none;
use crate::net::free_address;
use crate::page::{PageTable, code_words, collect_files, page, root};
use crate::sandbox::Sandbox;

const LOGGING: &str = "docs/admin/logging.md";
const METRICS: &str = "docs/admin/metrics.md";
const PATIENCE: Duration = Duration::from_secs(20);

/// The fields that every JSON log line has.
const FRAME: [&str; 5] = ["timestamp", "level", "message", "span", "spans"];

/// A daemon and its web application, after three calls.
struct Daemon {
    child: Child,
    sandbox: Sandbox,
    port: u16,
    metrics_port: u16,
}

#[test]
fn the_manual_lists_the_fields_of_the_call_event_and_all_metrics() {
    let daemon = Daemon::start();
    for digits in ["1", "1", "2"] {
        let server = format!("127.0.0.1:{}", daemon.port);
        daemon.sandbox.dialscript(&["call", "lookup", "--digits", digits, "--connect", &server]);
    }
    let calls = daemon.lines_about_calls(3);
    let metrics = daemon.metrics();
    drop(daemon);
    let mut problems = wrong_fields(&calls);
    problems.extend(wrong_metrics(&metrics));
    assert_none(&problems);
}

#[test]
fn each_log_message_of_the_manual_is_in_the_sources() {
    let (page, sources) = (page(LOGGING), sources());
    let mut problems = Vec::new();
    for table in page.tables().iter().filter(|table| table.header[0] == "Level") {
        for (index, row) in table.rows.iter().enumerate() {
            let messages = row[1].split(" (`").next().unwrap_or_default();
            for message in code_words(messages) {
                if !sources.contains(&format!("\"{message}\"")) && !is_refusal(message) {
                    let place = page.place(table.line + 2 + index);
                    problems.push(format!("{place}: no message {message:?}"));
                }
            }
        }
    }
    assert_none(&problems);
}

/// Whether a listener logs this when it refuses a connection. The message is put together from two texts.
fn is_refusal(message: &str) -> bool {
    let refusals = [
        Refusal::NotAllowed(NetworkListener::ACCESS_RULE),
        Refusal::LimitReached("max_calls"),
        Refusal::Stopping,
    ];
    refusals.iter().any(|refusal| format!("refused: {refusal}") == message)
}

/// A field that may be absent need not be seen, but the event must declare it.
fn wrong_fields(calls: &[Value]) -> Vec<String> {
    let page = page(LOGGING);
    let is_it = |table: &PageTable| table.header[0] == "Field" && table.header.len() == 3;
    let table = page.tables().into_iter().find(is_it).expect("no table of fields");
    let place = page.place(table.line);
    let lines = calls.iter().filter_map(Value::as_object);
    let names = lines.flat_map(|line| line.keys().cloned());
    let seen: BTreeSet<_> = names.filter(|name| !FRAME.contains(&name.as_str())).collect();
    let known: BTreeSet<_> = seen.union(&declared_fields()).cloned().collect();
    let mut problems = Vec::new();
    let mut described = BTreeSet::new();
    for row in &table.rows {
        let may_be_absent = row[2].contains("absent");
        for name in code_words(&row[0]).into_iter().map(str::to_owned) {
            if !if may_be_absent { &known } else { &seen }.contains(&name) {
                problems.push(format!("{place}: no call has the field `{name}`"));
            }
            described.insert(name);
        }
    }
    let undescribed = known.difference(&described);
    problems.extend(undescribed.map(|name| format!("{place}: `{name}` is not described")));
    problems
}

/// The fields of the event `call`, as its macro declares them.
fn declared_fields() -> BTreeSet<String> {
    let sources = sources();
    let event = Regex::new(r#"info!\(([^"]*)"call",?\s*\)"#).unwrap();
    let event = event.captures(&sources).expect("no event `call` in the sources");
    let field = Regex::new(r"(?m)^\s*(\w+) = ").unwrap();
    field.captures_iter(&event[1]).map(|found| found[1].to_owned()).collect()
}

/// Names, types and labels.
fn wrong_metrics(text: &str) -> Vec<String> {
    let page = page(METRICS);
    let mut described = BTreeMap::new();
    for table in page.tables().iter().filter(|table| table.header[0] == "Metric") {
        for (index, row) in table.rows.iter().enumerate() {
            let labels = code_words(&row[2]).join(",");
            let name = row[0].trim_matches('`').to_owned();
            described.insert(name, (table.line + 2 + index, format!("{} {{{labels}}}", row[1])));
        }
    }
    let seen = metrics_in(text);
    let mut problems = Vec::new();
    for (name, (line, what)) in &described {
        let place = page.place(*line);
        match seen.get(name) {
            None => problems.push(format!("{place}: the daemon has no `{name}`")),
            Some(other) if other != what => {
                problems.push(format!("{place}: `{name}` is {other}, not {what}"));
            }
            Some(_) => {}
        }
    }
    let undescribed = seen.keys().filter(|name| !described.contains_key(*name));
    problems
        .extend(undescribed.map(|name| format!("{}: `{name}` is not described", page.place(1))));
    problems
}

/// Type and labels of each metric, by its name.
fn metrics_in(text: &str) -> BTreeMap<String, String> {
    let label = Regex::new(r#"(\w+)=""#).unwrap();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let described = types.map(|(name, kind)| {
        // A histogram has no sample of its own name. The others have the label of their bucket.
        let sample_name =
            if kind == "histogram" { format!("{name}_count") } else { name.to_owned() };
        let is_sample = |line: &&str| line.split(['{', ' ']).next() == Some(sample_name.as_str());
        let sample = text.lines().find(is_sample).unwrap_or_default();
        let labels: Vec<_> = label.captures_iter(sample).map(|found| found[1].to_owned()).collect();
        (name.to_owned(), format!("{kind} {{{}}}", labels.join(",")))
    });
    described.collect()
}

fn sources() -> String {
    let mut files: Vec<PathBuf> = Vec::new();
    collect_files(&root().join("src"), "rs", &mut files);
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

impl Daemon {
    fn start() -> Self {
        let sandbox = Sandbox::new();
        let [port, metrics_port] = [free_address(), free_address()].map(|address| address.port());
        let web_port = serve_orders();
        sandbox.write("secrets/SHARED", "0123456789abcdef0123456789abcdef");
        sandbox.write("dialscript.toml", configuration(port, metrics_port));
        sandbox.write("scripts/lookup.toml", lookup(web_port));
        let log = File::create(sandbox.path().join("log")).unwrap();
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_dialscript"));
        let child = command.arg("serve").stderr(log).spawn().unwrap();
        let daemon = Self { child, sandbox, port, metrics_port };
        for port in [port, metrics_port] {
            wait_for("the daemon", || TcpStream::connect(("127.0.0.1", port)).ok());
        }
        daemon
    }

    fn lines_about_calls(&self, count: usize) -> Vec<Value> {
        wait_for("the lines of the calls", || {
            let log = std::fs::read_to_string(self.sandbox.path().join("log")).unwrap();
            let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let calls: Vec<_> = lines.filter(|line| line["message"] == "call").collect();
            (calls.len() >= count).then_some(calls)
        })
    }

    fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.metrics_port)).unwrap();
        let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The shared cache is unreachable, which is a metric too. The engines appear without having been used.
fn configuration(port: u16, metrics_port: u16) -> String {
    format!(
        "[asterisk]\nlisten = ['127.0.0.1:{port}']\n\
         [freeswitch]\nlisten = []\n\
         [control]\nsocket = ''\n\
         [metrics]\nlisten = '127.0.0.1:{metrics_port}'\n\
         [cache]\nshared = 'unix:///nowhere.sock'\nshared_secret = '{{secret.SHARED}}'\n\
         [speech]\nsay = {{ engine = 'command', command = ['/bin/true', '{{out}}'] }}\n\
         listen = {{ engine = 'command', command = ['/bin/true', '{{in}}'] }}\n\
         [log]\nformat = 'json'\n"
    )
}

fn lookup(web_port: u16) -> String {
    format!(
        "[keypress]\nlength = 1\n[no_input]\n[trigger]\nurl = 'http://127.0.0.1:{web_port}/{{keypress}}'\n\
         [response]\nkey = 'code'\ncache = '5m'\n[[branch]]\nwhen = '200'\n[no_response]\n"
    )
}

/// A web application. It answers order 1 at the second attempt, and sends an HTML page for all others.
fn serve_orders() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or(0);
            let (status, body) = match (number, request[..length].starts_with(b"GET /1")) {
                (0, _) => ("503 Service Unavailable", ""),
                (_, true) => ("200 OK", "{\"code\": 200}"),
                (_, false) => ("200 OK", "<html></html>"),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
            drop(write!(stream, "{head}Connection: close\r\n\r\n{body}"));
        }
    });
    port
}

fn wait_for<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(it) = ready() {
            return it;
        }
        assert!(Instant::now() < until, "waited for {what} in vain");
        thread::sleep(Duration::from_millis(20));
    }
}
