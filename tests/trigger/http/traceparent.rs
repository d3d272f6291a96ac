//! The header `traceparent` (W3C Trace Context) of each attempt.

use std::collections::BTreeSet;
use std::sync::Arc;

use dialscript::script::definition::RetryPolicy;
use dialscript::script::request::{CacheStatus, TriggerClient, TriggerRequest};
use dialscript::trace::{SpanQueue, TraceContext};
use dialscript::trigger::TriggerSettings;

use crate::support::web::{Reply, SeenRequest, Web};
use crate::trigger::http::{
    caching_script, client_with, fresh_for_a_minute, header, ok_reply, triggers,
};
use crate::trigger::requests::{get, plain_script, request_target};

fn traced(trace: &TraceContext, request: TriggerRequest) -> TriggerRequest {
    TriggerRequest { trace: trace.clone(), ..request }
}

/// The trace, the parent and the flags of a request.
fn traceparent(request: &SeenRequest) -> [String; 3] {
    let [value] = request.headers("traceparent")[..] else { panic!("{request:?}") };
    let parts: Vec<_> = value.split('-').map(str::to_owned).collect();
    let [version, trace, parent, flags] = <[_; 4]>::try_from(parts).unwrap();
    assert_eq!((&*version, trace.len(), parent.len()), ("00", 32, 16), "{value}");
    assert!(value.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f' | '-')), "{value}");
    [trace, parent, flags]
}

#[tokio::test]
async fn each_attempt_has_the_trace_of_the_call_and_a_parent_of_its_own() {
    let mut web = Web::start(|_| Reply::with(503, "", "")).await;
    let mut standby = Web::start(|_| ok_reply()).await;
    let trace = TraceContext::for_call(None);
    let request = TriggerRequest {
        retry_policy: RetryPolicy { retries: 1, ..get("").retry_policy },
        fallback: Some(request_target(standby.url("/"))),
        ..get(web.url("/"))
    };
    triggers().send(traced(&trace, request), &plain_script()).await;
    let seen = [web.next().await, web.next().await, standby.next().await];
    let seen = seen.map(|request| traceparent(&request));
    let id = trace.trace_id().unwrap().to_string();
    assert!(seen.iter().all(|[trace, _, flags]| *trace == id && flags == "01"), "{seen:?}");
    let parents: BTreeSet<_> = seen.iter().map(|[_, parent, _]| parent).collect();
    assert_eq!(parents.len(), 3);
}

#[tokio::test]
async fn a_background_request_has_the_trace_of_its_call() {
    let mut web = Web::start(|_| ok_reply()).await;
    let trace = TraceContext::for_call(None);
    let triggers = triggers();
    triggers.send_detached(traced(&trace, get(web.url("/"))), &plain_script());
    let [id, ..] = traceparent(&web.next().await);
    assert_eq!(id, trace.trace_id().unwrap().to_string());
}

#[test]
fn each_call_has_a_trace_of_its_own() {
    let ids: BTreeSet<_> =
        (0..100).map(|_| TraceContext::for_call(None).trace_id().unwrap().to_string()).collect();
    assert_eq!(ids.len(), 100);
}

#[tokio::test]
async fn a_call_that_is_not_exported_asks_the_web_application_not_to_record_it() {
    let mut web = Web::start(|_| ok_reply()).await;
    for (ratio, expected) in [(0.0, "00"), (1.0, "01")] {
        let (queue, _spans) = SpanQueue::new(ratio);
        let trace = TraceContext::for_call(Some(&Arc::new(queue)));
        triggers().send(traced(&trace, get(web.url("/"))), &plain_script()).await;
        let [_, _, flags] = traceparent(&web.next().await);
        assert_eq!(flags, expected);
    }
}

#[tokio::test]
async fn the_header_of_the_script_wins() {
    let mut web = Web::start(|_| ok_reply()).await;
    let own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let request = TriggerRequest { headers: vec![header("traceparent", own)], ..get(web.url("/")) };
    triggers().send(traced(&TraceContext::for_call(None), request), &plain_script()).await;
    assert_eq!(web.next().await.headers("traceparent"), [own]);
}

#[tokio::test]
async fn the_header_can_be_turned_off() {
    let mut web = Web::start(|_| ok_reply()).await;
    let triggers =
        client_with(TriggerSettings { traceparent: false, ..TriggerSettings::default() });
    let request = traced(&TraceContext::for_call(None), get(web.url("/")));
    triggers.send(request, &plain_script()).await;
    assert!(web.next().await.headers("traceparent").is_empty());
}

#[tokio::test]
async fn calls_with_different_traces_share_a_cached_answer() {
    let web = Web::start(|_| ok_reply()).await;
    let (triggers, script) = (triggers(), caching_script(fresh_for_a_minute()));
    for cache in [CacheStatus::Miss, CacheStatus::Hit] {
        let request = traced(&TraceContext::for_call(None), get(web.url("/")));
        assert_eq!(triggers.send(request, &script).await.cache, cache);
    }
}
