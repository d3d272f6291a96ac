//! The export of traces to a collector.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use tempfile::NamedTempFile;

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::otlp_spans::{ReceivedSpan, received_spans};
use crate::support::program::{DaemonProcess, run};
use crate::support::wait::until;
use crate::support::wav;
use crate::support::web::{Reply, Web};

const PIN: &str = "4711";

/// A daemon with a script that asks for a PIN and sends it to a web application, which fails first.
struct TracedDaemon {
    process: DaemonProcess,
    asterisk: SocketAddr,
    freeswitch: SocketAddr,
    log: NamedTempFile,
}

impl TracedDaemon {
    fn start(web: &Web, otlp: &str) -> Self {
        let script = format!(
            "[prompt]\nsay = '{{caller_name}}'\n[keypress]\nlength = 4\nsensitive = true\n\
             [trigger]\nurl = '{}'\nretry = 1\n[response]\nkey = 'pin'\n\
             [[branch]]\nwhen = '{PIN}'\nthen = 'goto {{keypress}}@agents'\n\
             [no_input]\nthen = 'hangup'\n[no_response]\nthen = 'hangup'\n",
            web.url("/pins/{keypress}")
        );
        let folder = ConfigFolder::with_scripts(&[("pin", &script)]);
        folder.file("tone.wav", wav::tone(100));
        let (asterisk, freeswitch, tone) = (free_address(), free_address(), folder.at("tone.wav"));
        folder.daemon_file(format!(
            "[asterisk]\nlisten = ['{asterisk}']\n[freeswitch]\nlisten = ['{freeswitch}']\n\
             [speech]\nsay = {{ engine = 'command', command = ['sh', '-c', 'sleep 0.1; cat {}'] }}\n\
             [otlp]\n{otlp}\n",
            tone.display()
        ));
        let log = NamedTempFile::new().unwrap();
        let process = DaemonProcess::start(folder, log.reopen().unwrap());
        drop(DaemonProcess::connect(freeswitch));
        Self { process, asterisk, freeswitch, log }
    }

    async fn call(&self, switch: &str) {
        let address = if switch == "asterisk" { self.asterisk } else { self.freeswitch };
        let (address, name) = (address.to_string(), ["--caller-name", switch]);
        let arguments = ["call", "pin", "--switch", switch, "--digits", PIN, "--connect", &address];
        let result = run(&[arguments.as_slice(), &name].concat()).await;
        assert!(result.output.contains("matched"), "{}{}", result.output, result.errors);
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Stops the daemon and returns how long that took.
    fn stop(&mut self) -> Duration {
        let started = Instant::now();
        assert_eq!(tokio::task::block_in_place(|| self.process.stop()), Some(0));
        started.elapsed()
    }
}

/// A web application that fails at each first attempt.
async fn shop() -> Web {
    let count = std::sync::atomic::AtomicU32::new(0);
    Web::start(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2 {
        0 => Reply::with(503, "", ""),
        _ => Reply::json(&format!(r#"{{"pin":"{PIN}"}}"#)),
    })
    .await
}

/// A collector that takes everything.
async fn collector() -> Web {
    Web::start(|_| Reply::of(200, "application/x-protobuf", "")).await
}

fn endpoint(collector: &Web) -> String {
    format!("endpoint = '{}'\n", collector.url(""))
}

/// All spans of the requests that the collector has received until the daemon has ended.
fn spans(collector: &mut Web) -> Vec<ReceivedSpan> {
    let requests = collector.unread_requests_in_order();
    assert!(requests.iter().all(|request| request.line() == "POST /v1/traces HTTP/1.1"));
    requests.iter().flat_map(|request| received_spans(&request.body)).collect()
}

fn nanoseconds_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_a_trace_whose_spans_are_its_steps_on_both_switches() {
    let (mut web, mut collector) = (shop().await, collector().await);
    let before = nanoseconds_now();
    let mut daemon = TracedDaemon::start(&web, &endpoint(&collector));
    for switch in ["asterisk", "freeswitch"] {
        daemon.call(switch).await;
    }
    daemon.stop();
    let after = nanoseconds_now();
    let spans = spans(&mut collector);
    let calls: Vec<_> = spans.iter().filter(|span| span.parent.is_empty()).collect();
    assert_eq!(calls.len(), 2, "{spans:#?}");
    for (call, switch) in calls.into_iter().zip(["asterisk", "freeswitch"]) {
        assert_eq!((&*call.name, call.kind, &call.error), ("call pin", 2, &None));
        let attribute = |name: &str| call.attributes.get(name).map_or("", |value| value);
        assert_eq!(attribute("dialscript.switch"), switch);
        assert_eq!(attribute("dialscript.outcome"), "matched");
        assert_eq!(attribute("dialscript.exit"), "goto ***@agents");
        assert_eq!(attribute("dialscript.http_status"), "200");
        assert_eq!(attribute("dialscript.script_version").len(), 8);
        assert!(daemon.log().contains(&format!("trace=\"{}\"", call.trace)));
        let own: Vec<_> = spans.iter().filter(|span| span.trace == call.trace).collect();
        check_steps(call, &own);
        for span in &own {
            assert!(before <= span.start && span.start <= span.end && span.end <= after);
            assert_eq!(span.resource["service.name"], "dialscript");
            // Not the whole span: the digits may occur in its times and identifiers.
            let texts = format!("{} {:?} {:?}", span.name, span.attributes, span.error);
            assert!(!texts.contains(PIN), "{span:?}");
        }
        let headers: Vec<_> = [web.next().await, web.next().await]
            .map(|request| request.headers("traceparent")[0].to_owned())
            .into();
        let attempts = own.iter().filter(|span| span.name == "GET");
        let expected = attempts.map(|span| format!("00-{}-{}-01", span.trace, span.id));
        assert_eq!(headers, expected.collect::<Vec<_>>());
    }
}

/// Checks which steps a call had, and which of them are parts of others.
fn check_steps(call: &ReceivedSpan, spans: &[&ReceivedSpan]) {
    let names: BTreeMap<_, _> = spans.iter().map(|span| (&*span.id, &*span.name)).collect();
    let mut steps: Vec<_> = spans
        .iter()
        .filter(|span| span.id != call.id)
        .map(|span| (names[&*span.parent], &*span.name))
        .filter(|(_, name)| *name != "pick up")
        .collect();
    steps.sort_unstable();
    let expected = [
        ("call pin", "hand over"),
        ("call pin", "input"),
        ("call pin", "request"),
        ("input", "text-to-speech"),
        ("request", "GET"),
        ("request", "GET"),
    ];
    assert_eq!(steps, expected);
    let statuses: Vec<_> = spans.iter().filter(|span| span.name == "GET").collect();
    let [failed, answered] = statuses[..] else { panic!("{statuses:?}") };
    assert_eq!((failed.kind, &*failed.attributes["http.response.status_code"]), (3, "503"));
    assert_eq!(failed.error.as_deref(), Some("HTTP status 503"));
    assert_eq!(answered.attributes["http.request.resend_count"], "1");
    assert_eq!(answered.attributes["server.address"], "127.0.0.1");
    assert_eq!(answered.error, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_not_sampled_is_not_exported() {
    let (mut web, mut collector) = (shop().await, collector().await);
    let otlp = format!("{}sample_ratio = 0\n", endpoint(&collector));
    let mut daemon = TracedDaemon::start(&web, &otlp);
    daemon.call("asterisk").await;
    daemon.stop();
    assert!(spans(&mut collector).is_empty());
    assert!(web.next().await.headers("traceparent")[0].ends_with("-00"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_headers_of_the_collector_are_sent_and_the_service_has_its_name() {
    let (web, mut collector) = (shop().await, collector().await);
    let otlp = format!(
        "{}headers = {{ Authorization = 'Bearer of-the-collector' }}\nservice_name = 'ivr'\n",
        endpoint(&collector)
    );
    let mut daemon = TracedDaemon::start(&web, &otlp);
    daemon.call("freeswitch").await;
    daemon.stop();
    let request = collector.next().await;
    assert_eq!(request.headers("authorization"), ["Bearer of-the-collector"]);
    assert_eq!(request.headers("content-type"), ["application/x-protobuf"]);
    assert_eq!(received_spans(&request.body)[0].resource["service.name"], "ivr");
    assert!(!daemon.log().contains("of-the-collector"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_down_delays_no_call_and_is_logged_once() {
    let web = shop().await;
    let mut daemon = TracedDaemon::start(&web, &format!("endpoint = 'http://{}'", free_address()));
    for switch in ["asterisk", "freeswitch"] {
        daemon.call(switch).await;
    }
    until("the warning", || daemon.log().contains("traces can't be exported")).await;
    daemon.call("asterisk").await;
    daemon.stop();
    assert_eq!(daemon.log().matches("traces can't be exported").count(), 1, "{}", daemon.log());
    assert!(daemon.log().contains("error=\"no connection: "), "{}", daemon.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_does_not_answer_delays_the_end_by_a_bounded_time() {
    let (web, mut collector) = (shop().await, Web::start(|_| Reply::Silence).await);
    let mut daemon = TracedDaemon::start(&web, &endpoint(&collector));
    daemon.call("asterisk").await;
    collector.next().await;
    daemon.call("freeswitch").await;
    let took = daemon.stop();
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert!(daemon.log().contains("the last traces could not be exported"));
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_are_sent_again_when_the_collector_was_unavailable() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let mut collector =
        Web::start(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => Reply::with(503, "", ""),
            _ => Reply::of(200, "application/x-protobuf", ""),
        })
        .await;
    let web = shop().await;
    let daemon = TracedDaemon::start(&web, &endpoint(&collector));
    daemon.call("asterisk").await;
    let (first, second) = (collector.next().await, collector.next().await);
    let ids =
        |body: &[u8]| -> Vec<_> { received_spans(body).into_iter().map(|span| span.id).collect() };
    assert_eq!(ids(&first.body), ids(&second.body));
    let words = "traces are exported again";
    until(words, || daemon.log().contains(words)).await;
    assert!(daemon.log().contains("error=\"HTTP status 503\""), "{}", daemon.log());
}
