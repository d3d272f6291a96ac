//! Reads the spans of a request to a collector (`opentelemetry/proto/collector/trace/v1/trace_service.proto`), without
//! the crate that wrote it.

use std::collections::BTreeMap;

/// A span that a collector received.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReceivedSpan {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    /// `SpanKind`: 1 internal, 2 server, 3 client.
    pub(crate) kind: u64,
    /// In nanoseconds since 1970.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) attributes: BTreeMap<String, String>,
    /// The attributes of the resource.
    pub(crate) resource: BTreeMap<String, String>,
    /// The message of the status, if it is an error.
    pub(crate) error: Option<String>,
}

/// The spans of an `ExportTraceServiceRequest`.
pub(crate) fn received_spans(request: &[u8]) -> Vec<ReceivedSpan> {
    let mut spans = Vec::new();
    for resource_spans in messages(request, 1) {
        let resource = messages(resource_spans, 1).flat_map(|resource| attributes(resource, 1));
        let resource: BTreeMap<_, _> = resource.collect();
        for scope_spans in messages(resource_spans, 2) {
            let read = messages(scope_spans, 2).map(span);
            spans.extend(read.map(|span| ReceivedSpan { resource: resource.clone(), ..span }));
        }
    }
    spans
}

fn span(message: &[u8]) -> ReceivedSpan {
    let error = messages(message, 15).find(|status| number(status, 3) == 2);
    ReceivedSpan {
        trace: hex(message, 1),
        id: hex(message, 2),
        parent: hex(message, 4),
        name: text(message, 5),
        kind: number(message, 6),
        start: number(message, 7),
        end: number(message, 8),
        attributes: attributes(message, 9).collect(),
        resource: BTreeMap::new(),
        error: error.map(|status| text(status, 2)),
    }
}

/// The `KeyValue`s with this field number.
fn attributes(message: &[u8], field: u64) -> impl Iterator<Item = (String, String)> {
    messages(message, field).map(|pair| {
        let value = messages(pair, 2).next().expect("a value");
        let value = match fields(value).next().expect("a value") {
            (1, FieldValue::Bytes(text)) => String::from_utf8(text.to_vec()).unwrap(),
            (2, FieldValue::Number(flag)) => (flag == 1).to_string(),
            (3, FieldValue::Number(number)) => (number as i64).to_string(),
            other => panic!("{other:?}"),
        };
        (text(pair, 1), value)
    })
}

#[derive(Debug, Clone, Copy)]
enum FieldValue<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message with their numbers (protobuf.dev, "Encoding").
fn fields(mut message: &[u8]) -> impl Iterator<Item = (u64, FieldValue<'_>)> {
    std::iter::from_fn(move || {
        let tag = (!message.is_empty()).then(|| varint(&mut message))?;
        let value = match tag & 7 {
            0 => FieldValue::Number(varint(&mut message)),
            1 => FieldValue::Number(u64::from_le_bytes(take(&mut message, 8).try_into().unwrap())),
            2 => {
                let length = varint(&mut message);
                FieldValue::Bytes(take(&mut message, length as usize))
            }
            5 => {
                let bytes = take(&mut message, 4).try_into().unwrap();
                FieldValue::Number(u32::from_le_bytes(bytes).into())
            }
            other => panic!("wire type {other}"),
        };
        Some((tag >> 3, value))
    })
}

fn varint(message: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(message, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn take<'a>(message: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = message.split_at(length);
    *message = rest;
    taken
}

fn messages(message: &[u8], field: u64) -> impl Iterator<Item = &[u8]> {
    fields(message).filter_map(move |(number, value)| match value {
        FieldValue::Bytes(bytes) if number == field => Some(bytes),
        _ => None,
    })
}

fn number(message: &[u8], field: u64) -> u64 {
    let mut numbers = fields(message).filter_map(|(number, value)| match value {
        FieldValue::Number(value) if number == field => Some(value),
        _ => None,
    });
    numbers.next().unwrap_or_default()
}

fn text(message: &[u8], field: u64) -> String {
    let bytes = messages(message, field).next().unwrap_or_default();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn hex(message: &[u8], field: u64) -> String {
    let bytes = messages(message, field).next().unwrap_or_default();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
