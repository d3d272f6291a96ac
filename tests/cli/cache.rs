//! `dialscript cache` and the metrics of a running daemon.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::{self, ProgramResult, run};
use crate::support::wait::until;
use crate::support::web::{Reply, SeenRequest, Web};

const PIN: &str = "47110815";

struct Daemon {
    program: program::DaemonProcess,
    asterisk: SocketAddr,
    metrics: SocketAddr,
}

impl Daemon {
    /// Starts a daemon with three scripts that send requests to `web`. `order` and `pin` cache the answer, and the
    /// input of `pin` is sensitive. `plain` caches nothing.
    async fn start(web: &Web) -> Self {
        Self::with(web, "").await
    }

    async fn with(web: &Web, more: &str) -> Self {
        let folder = ConfigFolder::new();
        let (asterisk, metrics) = (free_address(), free_address());
        folder.daemon_file(format!(
            "[asterisk]\nlisten = ['{asterisk}']\n[freeswitch]\nlisten = []\n\
             [metrics]\nlisten = '{metrics}'\n[log]\nlevel = 'trace'\n{more}"
        ));
        folder.file("secrets/SHARED", "0123456789abcdef");
        for (name, sensitive, cache) in [
            ("order", false, "cache = '5m'\nstale_for = '1h'"),
            ("pin", true, "cache = '5m'"),
            ("plain", false, ""),
        ] {
            let length = if sensitive { PIN.len() } else { 2 };
            let url = web.url("/{keypress}?id={keypress}");
            let script = format!(
                "[keypress]\nlength = {length}\nsensitive = {sensitive}\n[trigger]\nurl = '{url}'\n\
                 [response]\nkey = 'code'\n{cache}\n[[branch]]\nwhen = '200'\n[no_input]\n[no_response]\n"
            );
            folder.script(name, &script);
        }
        let log = File::create(folder.at("log")).unwrap();
        let daemon =
            Self { program: program::DaemonProcess::start(folder, log), asterisk, metrics };
        daemon.wait_for_log("serving").await;
        daemon
    }

    fn log(&self) -> String {
        fs::read_to_string(self.program.folder.at("log")).unwrap()
    }

    async fn wait_for_log(&self, what: &str) {
        until(&format!("{what:?} in the log"), || self.log().contains(what)).await;
    }

    async fn run(&self, arguments: &[&str]) -> ProgramResult {
        let config = self.program.folder.config_file();
        run(&[arguments, &["--config", config.to_str().unwrap()]].concat()).await
    }

    /// Makes a call in which the caller enters these digits.
    async fn call(&self, script: &str, digits: &str) {
        let result = self
            .run(&["call", script, "--connect", &self.asterisk.to_string(), "--digits", digits])
            .await;
        assert_eq!(result.code, 0, "{}{}", result.output, result.errors);
    }

    async fn cache(&self, arguments: &[&str]) -> ProgramResult {
        self.run(&[&["cache"], arguments].concat()).await
    }

    async fn get(&self, path: &str) -> String {
        self.get_as(path, "application/openmetrics-text;version=1.0.0,text/plain;q=0.5").await
    }

    async fn get_as(&self, path: &str, accept: &str) -> String {
        let mut stream = TcpStream::connect(self.metrics).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply
    }
}

fn reply_200(_: &SeenRequest) -> Reply {
    Reply::json("{\"code\": 200}")
}

#[tokio::test]
async fn cached_answers_are_listed_explained_and_purged() {
    let web = Web::start(reply_200).await;
    let mut daemon = Daemon::start(&web).await;
    let none = daemon.cache(&["list"]).await;
    assert_eq!(none.output, "0 cached answers of at most 10000, 0 of at most 33554432 bytes\n");
    daemon.call("order", "11").await;
    daemon.call("order", "11").await;
    daemon.call("order", "22").await;

    let listed = daemon.cache(&["list"]).await;
    let lines = listed.lines();
    assert_eq!(lines.len(), 4, "{}", listed.output);
    assert!(lines[0].starts_with("KEY "), "{}", lines[0]);
    let request = format!("order   GET {}", web.url("/22?id=22"));
    assert!(lines[1].contains(&request), "the newest first: {}", lines[1]);
    assert!(lines[1].contains("  200  ") && lines[1].contains("fresh for 4m 5"), "{}", lines[1]);
    assert!(lines[3].starts_with("2 cached answers of at most 10000"), "{}", lines[3]);

    let key = &lines[2][..12];
    let one = daemon.cache(&["explain", key]).await.output;
    assert!(one.starts_with(key) && one.contains("?id=11") && one.contains("ago by order"));
    assert!(
        one.contains("\n  then, for 1h: stale: served at once and refreshed in the background"),
        "{one}"
    );

    let script = daemon.cache(&["explain", "order"]).await.output;
    let known = format!("{}: circuit breaker closed", web.address);
    for line in [
        "cache key          URL, headers and body",
        "cache              5m: ",
        "stale_for          1h: ",
        "\n  1 call served a fresh answer\n",
        "\n  2 calls missed; 0 joined a request in progress",
        "\n  2 answers cached\n",
        known.as_str(),
        key,
    ] {
        assert!(script.contains(line), "{line:?} in {script}");
    }
    let plain = daemon.cache(&["explain", "plain"]).await.output;
    assert!(plain.contains("caches nothing") && plain.contains("`cache = \"5m\"`"), "{plain}");

    let purged = daemon.cache(&["purge", key]).await;
    assert_eq!((purged.code, purged.output.as_str()), (0, "1 cached answer removed\n"));
    let purged = daemon.cache(&["purge", "--script", "order"]).await;
    assert_eq!(purged.output, "1 cached answer removed\n");
    assert_eq!(daemon.cache(&["purge", "--all"]).await.output, "0 cached answers removed\n");
    assert_eq!(daemon.program.stop(), Some(0));
    assert!(!daemon.program.folder.at("control.sock").exists());
}

#[tokio::test]
async fn a_json_list_is_one_object_per_line() {
    let web = Web::start(reply_200).await;
    let daemon = Daemon::start(&web).await;
    daemon.call("order", "11").await;
    let listed = daemon.cache(&["list", "--json", "--script", "order"]).await;
    let lines: &[Value] = listed.events();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["kept"]["script"], "order");
    assert_eq!(lines[0]["kept"]["ahead"][0]["serves"], "fresh");
    assert_eq!(lines[0]["kept"]["key"].as_str().unwrap().len(), 64);
    assert_eq!(lines[1]["sum"]["entries"], 1);
}

#[tokio::test]
async fn sensitive_input_is_not_shown_anywhere() {
    let web = Web::start(reply_200).await;
    let daemon = Daemon::start(&web).await;
    daemon.call("pin", PIN).await;
    let listed = daemon.cache(&["list", "--json"]).await.output;
    assert!(listed.contains("\"script\":\"pin\"") && listed.contains("***"), "{listed}");
    let key = &listed.split("\"key\":\"").nth(1).unwrap()[..12];
    let shown = [
        daemon.cache(&["list"]).await.output,
        daemon.cache(&["explain", "pin"]).await.output,
        daemon.cache(&["explain", key]).await.output,
        daemon.get("/metrics").await,
        daemon.log(),
        listed.clone(),
    ];
    shown.iter().for_each(|shown| assert!(!shown.contains(PIN), "{shown}"));
}

#[tokio::test]
async fn invalid_arguments_are_errors_with_a_fix() {
    let web = Web::start(reply_200).await;
    let daemon = Daemon::start(&web).await;
    for arguments in
        [&["explain", "ordre"][..], &["purge", "--script", "ordre"], &["list", "--script", "ordre"]]
    {
        let result = daemon.cache(arguments).await;
        assert_eq!(result.code, 1);
        assert!(result.errors.contains("available: order, pin, plain"), "{}", result.errors);
    }
    for arguments in [&["purge"][..], &["purge", "--all", "0123"], &["explain"]] {
        assert_eq!(daemon.cache(arguments).await.code, 2);
    }
    let nowhere = daemon.program.folder.at("elsewhere.sock").to_str().unwrap().to_owned();
    let result = run(&["cache", "list", "--socket", &nowhere]).await;
    assert_eq!(result.code, 1);
    assert!(result.errors.contains("no daemon listens on") && result.errors.contains(&nowhere));
    assert!(result.errors.contains("--socket"), "{}", result.errors);
}

#[tokio::test]
async fn a_daemon_without_a_control_socket_serves_calls() {
    let web = Web::start(reply_200).await;
    let switched_off = Daemon::with(&web, "[control]\nsocket = ''\n").await;
    switched_off.call("order", "11").await;
    let result = switched_off.cache(&["list"]).await;
    assert!(
        result.code == 1 && result.errors.contains("the daemon has no control socket"),
        "{}",
        result.errors
    );
    let no_folder = Daemon::with(&web, "[control]\nsocket = 'no/such/folder'\n").await;
    no_folder.call("order", "11").await;
    assert!(no_folder.log().contains("can't open the control socket"), "{}", no_folder.log());
}

#[tokio::test]
async fn a_purge_that_does_not_reach_the_shared_cache_fails() {
    let web = Web::start(reply_200).await;
    let shared =
        format!("shared = 'redis://{}/'\nshared_secret = '{{secret.SHARED}}'", free_address());
    let daemon = Daemon::with(&web, &format!("[cache]\n{shared}\n")).await;
    let result = daemon.cache(&["purge", "--all"]).await;
    assert_eq!((result.code, result.lines()), (1, vec!["0 cached answers removed"]));
    assert!(result.errors.contains("the shared cache is unavailable"), "{}", result.errors);
}

/// The starts of lines that the metrics must contain after the four calls of the next test.
fn expected_metrics(web: &Web) -> Vec<String> {
    let upstream = format!("upstream=\"{}\"", web.address);
    vec![
        "dialscript_calls_total{switch=\"asterisk\",outcome=\"matched\"} 3".to_owned(),
        "dialscript_calls_total{switch=\"asterisk\",outcome=\"no_response\"} 1".to_owned(),
        "dialscript_calls_total{switch=\"freeswitch\",outcome=\"matched\"} 0".to_owned(),
        "dialscript_calls_under_way 0".to_owned(),
        format!("dialscript_upstream_answers_total{{{upstream},class=\"2xx\"}} 2"),
        format!("dialscript_upstream_answers_total{{{upstream},class=\"5xx\"}} 3"),
        format!("dialscript_upstream_failures_total{{{upstream}}} 0"),
        format!("dialscript_upstream_refused_total{{{upstream}}} 0"),
        format!("dialscript_upstream_seconds_total{{{upstream}}} 0."),
        format!("dialscript_upstream_under_way{{{upstream}}} 0"),
        format!("dialscript_upstream_breaker{{{upstream}}} 0"),
        format!("dialscript_upstream_breaker_opened_total{{{upstream}}} 0"),
        "dialscript_cache_entries 1".to_owned(),
        "dialscript_cache_hits_total{script=\"order\"} 1".to_owned(),
        "dialscript_cache_misses_total{script=\"order\"} 1".to_owned(),
        "dialscript_cache_joined_total{script=\"order\"} 0".to_owned(),
        "dialscript_cache_stale_total{script=\"order\"} 0".to_owned(),
    ]
}

#[tokio::test]
async fn the_metrics_count_calls_requests_and_cached_answers() {
    let web = Web::start(|seen| match seen.path() {
        "/33?id=33" => Reply::of(503, "text/plain", "no"),
        _ => reply_200(seen),
    })
    .await;
    let daemon = Daemon::start(&web).await;
    let connect = daemon.asterisk.to_string();
    let fails = ["call", "plain", "--connect", &connect, "--digits", "33"];
    let twice = async {
        daemon.call("order", "11").await;
        daemon.call("order", "11").await;
    };
    let ((), (), failed) = tokio::join!(twice, daemon.call("plain", "22"), daemon.run(&fails));
    assert_eq!(failed.code, 4);
    // A call is counted when its line is logged, which can be after the caller has hung up.
    until("four calls in the log", || daemon.log().matches("outcome=").count() >= 4).await;
    let reply = daemon.get("/metrics").await;
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
    assert!(reply.to_lowercase().contains("content-type: application/openmetrics-text"), "{reply}");
    for line in expected_metrics(&web) {
        assert!(reply.contains(&format!("\n{line}")), "{line} in {reply}");
    }
    assert!(reply.contains("\ndialscript_cache_bytes ") && reply.ends_with("# EOF\n"), "{reply}");
    assert!(daemon.get("/").await.starts_with("HTTP/1.1 404"));
    let old = daemon.get_as("/metrics", "text/plain;version=0.0.4").await.to_lowercase();
    assert!(old.contains("content-type: text/plain; version=0.0.4"), "{old}");
    assert!(old.contains("\n# type dialscript_calls_total counter\n"), "{old}");
}

#[tokio::test]
async fn the_daemon_does_not_start_if_the_metrics_address_is_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = ConfigFolder::new();
    let address = taken.local_addr().unwrap();
    let text = format!(
        "[asterisk]\nlisten = ['127.0.0.1:0']\n[freeswitch]\nlisten = []\n[metrics]\nlisten = '{address}'\n"
    );
    folder.daemon_file(text);
    let result = run(&["serve", "--config", folder.config_file().to_str().unwrap()]).await;
    assert_eq!(result.code, 1);
    assert!(
        result.errors.contains(&format!("[metrics]: cannot listen on {address}: ")),
        "{}",
        result.errors
    );
}

#[tokio::test]
async fn control_characters_in_cached_requests_are_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let line = r#"{"kept":{"key":"00","script":"a","request":"GET \u001b[2J\r\nfine","status":200,"age_ms":1,"bytes":1,"ahead":[]}}"#;
    let daemon = spawn_blocking(move || {
        let (mut stream, _) = listener.accept().unwrap();
        BufReader::new(&stream).read_line(&mut String::new()).unwrap();
        writeln!(stream, "{line}").unwrap();
    });
    let listed = run(&["cache", "list", "--socket", path.to_str().unwrap()]).await;
    daemon.await.unwrap();
    assert_eq!(listed.code, 0, "{}", listed.errors);
    assert!(listed.output.contains(r"GET \u{1b}[2J\r\nfine"), "{}", listed.output);
}
