//! Spans as the exporter of OpenTelemetry takes them.

use std::env;
use std::fs;

use opentelemetry::trace::{self as otel, SpanContext, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::OtlpSettings;
use crate::trace::{SpanId, SpanRole, SpanValue, TraceSpan};

pub(super) fn span_data(span: &TraceSpan) -> SpanData {
    let trace = otel::TraceId::from_bytes(span.trace.0);
    let state = TraceState::default();
    let attributes = span.attributes.iter();
    SpanData {
        span_context: SpanContext::new(trace, id(span.id), TraceFlags::SAMPLED, false, state),
        parent_span_id: id(span.parent),
        parent_span_is_remote: false,
        span_kind: match span.role {
            SpanRole::Server => SpanKind::Server,
            SpanRole::Client => SpanKind::Client,
            SpanRole::Internal => SpanKind::Internal,
        },
        name: span.name.clone(),
        start_time: span.started_at,
        end_time: span.started_at + span.duration,
        attributes: attributes
            .map(|(name, value)| KeyValue::new(*name, otel_value(value)))
            .collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: span.error.as_ref().map_or(Status::Unset, |error| Status::error(error.clone())),
        instrumentation_scope: InstrumentationScope::builder("dialscript")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build(),
    }
}

fn id(id: SpanId) -> otel::SpanId {
    otel::SpanId::from_bytes(id.0)
}

fn otel_value(value: &SpanValue) -> Value {
    match value {
        SpanValue::Text(text) => text.clone().into(),
        SpanValue::Number(number) => (*number).into(),
        SpanValue::Flag(flag) => (*flag).into(),
    }
}

/// What all spans have in common.
pub(super) fn resource(settings: &OtlpSettings) -> Resource {
    let host =
        fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| env::var("HOSTNAME").ok());
    let host = host.map(|host| KeyValue::new("host.name", host.trim().to_owned()));
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", settings.service_name.clone()),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ])
        .with_attributes(host)
        .build()
}
