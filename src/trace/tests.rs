#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, advance};

use super::id::{SpanId, TraceId};
use super::span::TraceSpan;
use super::span_queue::{MAX_SPANS, SpanQueue};
use super::{SpanRole, SpanValue, TraceContext};

fn exported_call() -> (TraceContext, Arc<SpanQueue>, Receiver<TraceSpan>) {
    let (queue, spans) = SpanQueue::new(1.0);
    let queue = Arc::new(queue);
    (TraceContext::for_call(Some(&queue)), queue, spans)
}

#[tokio::test(start_paused = true)]
async fn a_step_ends_when_it_is_dropped_and_belongs_to_its_parent() {
    let (call, _queue, mut spans) = exported_call();
    let call_span = call.call_span(Instant::now());
    let (input, mut input_span) = call.start_parent("input");
    input_span.set("dialscript.attempt", 1_u32);
    let speech = input.start_span("text-to-speech");
    advance(Duration::from_secs(2)).await;
    drop(speech);
    advance(Duration::from_secs(1)).await;
    drop(input_span);
    drop(call_span);
    let [speech, input, call] = [(); 3].map(|()| spans.try_recv().unwrap());
    assert_eq!((&*speech.name, &*input.name, &*call.name), ("text-to-speech", "input", "call"));
    assert_eq!((speech.parent, input.parent), (input.id, call.id));
    assert_eq!(call.parent, SpanId::default());
    assert_eq!((call.role, input.role), (SpanRole::Server, SpanRole::Internal));
    let seconds = [&speech, &input, &call].map(|span| span.duration.as_secs());
    assert_eq!(seconds, [2, 3, 3]);
    assert_eq!(input.attributes, [("dialscript.attempt", SpanValue::Number(1))]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_something_that_is_ready_is_no_step() {
    let (call, _queue, mut spans) = exported_call();
    drop(call.start_wait("text-to-speech"));
    assert!(spans.try_recv().is_err());
    let wait = call.start_wait("text-to-speech");
    advance(Duration::from_millis(2)).await;
    drop(wait);
    assert_eq!(spans.try_recv().unwrap().duration, Duration::from_millis(2));
}

#[tokio::test]
async fn without_an_export_no_step_is_recorded() {
    let call = TraceContext::for_call(None);
    assert!(!call.call_span(Instant::now()).is_recorded());
    assert!(!call.start_span("prompt").is_recorded());
    let (attempt, span) = call.start_attempt("GET");
    assert!(!span.is_recorded());
    assert_ne!(attempt.traceparent(), call.traceparent());
}

#[tokio::test]
async fn spans_beyond_the_queue_are_dropped_and_counted() {
    let (call, queue, _spans) = exported_call();
    (0..MAX_SPANS + 3).for_each(|_| drop(call.start_span("prompt")));
    assert_eq!(queue.dropped_spans(), 3);
}

#[test]
fn the_identifier_decides_whether_a_trace_is_exported() {
    let trace = |first: u8| TraceId([0, 0, 0, 0, 0, 0, 0, 0, first, 0, 0, 0, 0, 0, 0, 0]);
    for (ratio, first, expected) in
        [(0.0, 0, false), (0.5, 127, true), (0.5, 128, false), (1.0, 255, true)]
    {
        assert_eq!(SpanQueue::new(ratio).0.samples(trace(first)), expected, "{ratio} {first}");
    }
}

#[test]
fn a_long_text_is_cut() {
    let mut span = TraceSpan::new(TraceId::default(), SpanId::default(), SystemTime::UNIX_EPOCH);
    span.attributes.push(("dialscript.code", "é".repeat(4000).as_str().into()));
    assert_eq!(span.attributes[0].1, SpanValue::Text("é".repeat(512)));
}
