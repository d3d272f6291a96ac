//! Large answers, answers that can't be decoded, and answers that two scripts read differently.

use std::sync::mpsc;
use std::time::Duration;

use dialscript::script::answer::{AnswerFormat, AnswerValue};
use dialscript::script::path::KeyPath;
use dialscript::script::request::{TriggerClient, TriggerError, TriggerRequest};
use tokio::runtime;
use tokio::task::spawn_blocking;

use crate::support::web::{Reply, Web};
use crate::trigger::http::{
    ask, caching_script, failure, fresh_for_a_minute, triggers, with_total_timeout,
};
use crate::trigger::requests::get;

const SHORT: Duration = Duration::from_millis(250);

fn large_answer() -> Reply {
    Reply::json(&format!(r#"{{"filler":"{}","code":"200"}}"#, "x".repeat(100_000)))
}

/// The only thread for blocking work is busy here. So an answer that is parsed there has to wait.
#[test]
fn a_large_answer_waits_for_its_turn_until_the_deadline_and_a_small_one_does_not_wait() {
    let mut builder = runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().max_blocking_threads(1).build().expect("a runtime");
    runtime.block_on(async {
        let web = Web::start(|seen| match seen.path() {
            "/large" => large_answer(),
            _ => Reply::json(r#"{"code":"200"}"#),
        })
        .await;
        let (release, held) = mpsc::channel::<()>();
        let busy = spawn_blocking(move || held.recv());
        let request = with_total_timeout(SHORT, get(web.url("/large")));
        assert_eq!(failure(request).await, TriggerError::ParserBusy);
        assert!(ask(get(web.url("/small"))).await.answer.is_ok());
        drop(release);
        busy.await.expect("a thread").expect_err("nothing is sent");
        let answer = ask(get(web.url("/large"))).await.answer.expect("an answer");
        let key = KeyPath::parse("code").expect("a key");
        assert_eq!(answer.lookup(&key), AnswerValue::Text("200".into()));
    });
}

#[tokio::test]
async fn an_answer_in_a_content_encoding_that_was_not_asked_for_is_unreadable() {
    let web = Web::start(|seen| match seen.path() {
        "/identity" => Reply::with(200, "Content-Encoding: identity\r\n", "200"),
        "/empty" => Reply::with(200, "Content-Encoding: br\r\n", ""),
        _ => Reply::with(200, "Content-Encoding: br\r\n", b"\x0b\x01\x80"),
    })
    .await;
    let answer = ask(get(web.url("/"))).await.answer.expect("an answer");
    let reason = answer.unreadable_reason().expect("unreadable");
    assert!(reason.contains("content encoding that is not supported"), "{reason}");
    for path in ["/identity", "/empty"] {
        let answer = ask(get(web.url(path))).await.answer.expect("an answer");
        assert_eq!(answer.unreadable_reason(), None, "{path}");
    }
}

#[tokio::test]
async fn scripts_that_read_the_same_answer_differently_do_not_share_it_in_the_cache() {
    let web = Web::start(|_| Reply::of(200, "text/plain", r#"{"code":"200"}"#)).await;
    let (triggers, script) = (triggers(), caching_script(fresh_for_a_minute()));
    let send = |read_as| triggers.send(TriggerRequest { read_as, ..get(web.url("/")) }, &script);
    for (read_as, format) in [(None, "JSON"), (Some(AnswerFormat::Json), "JSON")] {
        let answer = send(read_as).await.answer.expect("an answer");
        assert_eq!(answer.format(true), format);
    }
    assert_eq!(triggers.cache().len(), 2);
}
