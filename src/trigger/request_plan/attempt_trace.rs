//! The trace of one attempt: the header `traceparent`, and its span.

use http::{HeaderName, HeaderValue};
use reqwest::Request;

use super::attempt::AttemptOutcome;
use crate::script::request::{RequestTimings, TriggerError};
use crate::trace::{ActiveSpan, TraceContext};
use crate::trigger::outgoing_request::OutgoingRequest;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// One attempt in the trace of its call.
pub(super) struct AttemptTrace {
    context: TraceContext,
    span: ActiveSpan,
}

impl AttemptTrace {
    /// Starts the attempt. `before` are the attempts before it.
    pub(super) fn start(
        parent: &TraceContext,
        outgoing: &OutgoingRequest,
        before: &RequestTimings,
        is_background: bool,
    ) -> Self {
        let request = outgoing.request();
        let (context, mut span) = parent.start_attempt(request.method().as_str());
        span.set("http.request.method", request.method().as_str());
        span.set("url.scheme", request.url().scheme());
        span.set("server.address", outgoing.host());
        span.set_some("server.port", outgoing.port());
        let resent = Some(before.attempts).filter(|attempts| *attempts > 0);
        span.set_some("http.request.resend_count", resent);
        span.set_some("dialscript.fallback", before.used_fallback.then_some(true));
        span.set_some("dialscript.background", is_background.then_some(true));
        Self { context, span }
    }

    /// Adds the header, if it is `wanted` and the script does not set it.
    pub(super) fn add_header(&self, request: &mut Request, wanted: bool) {
        let traceparent = self.context.traceparent().filter(|_| wanted);
        let traceparent = traceparent.and_then(|text| HeaderValue::try_from(text).ok());
        if let Some(traceparent) = traceparent {
            request.headers_mut().entry(TRACEPARENT).or_insert(traceparent);
        }
    }

    /// Ends the span.
    pub(super) fn finish(mut self, outcome: &AttemptOutcome) {
        if !self.span.is_recorded() {
            return;
        }
        match outcome.status() {
            Ok(status) => {
                self.span.set("http.response.status_code", status);
                if status >= 400 {
                    self.span.set("error.type", &*status.to_string());
                    self.span.fail(format_args!("HTTP status {status}"));
                }
            }
            Err(error) => {
                self.span.set("error.type", error_type(error));
                self.span.fail(error);
            }
        }
    }
}

/// The value of `error.type`, of which there are few.
fn error_type(error: &TriggerError) -> &'static str {
    match error {
        TriggerError::TimedOut(_) => "timeout",
        TriggerError::Unreachable(_) => "unreachable",
        TriggerError::BrokenReply(_) => "broken_reply",
        TriggerError::BodyTooLong(_) => "body_too_long",
        TriggerError::RedirectLoop(_) => "redirect_loop",
        TriggerError::Cancelled => "cancelled",
        TriggerError::ParserBusy => "parser_busy",
        TriggerError::NotSent(_)
        | TriggerError::TooManyRequests(_)
        | TriggerError::UpstreamBusy(_)
        | TriggerError::CircuitOpen(_) => "not_sent",
    }
}
