//! The span of a whole call, for the export of traces. It has what the line `call` of the log has, masked alike.

use super::{CallEnded, exit_text};
use crate::script::report::CallOutcome;
use crate::trace::ActiveSpan;

/// Ends the span of a call.
pub(crate) fn end_call_span(mut span: ActiveSpan, call: &CallEnded<'_>) {
    if !span.is_recorded() {
        return;
    }
    let report = &call.report;
    span.rename(format!("call {}", report.script));
    span.set("dialscript.switch", call.switch.as_str());
    span.set("dialscript.call_id", call.call_id);
    span.set("dialscript.script", &*report.script);
    span.set("dialscript.script_version", &*report.version.to_string());
    span.set("dialscript.outcome", report.outcome.as_str());
    span.set("dialscript.exit", exit_text(report));
    span.set("dialscript.cache", report.cache.as_str());
    span.set_some("dialscript.http_status", report.http_status);
    span.set_some("dialscript.code", Some(&*report.code).filter(|code| !code.is_empty()));
    span.set_some("dialscript.reason", report.reason.as_deref());
    if matches!(report.outcome, CallOutcome::Error | CallOutcome::NoResponse) {
        span.set("error.type", report.outcome.as_str());
        span.fail(report.reason.as_deref().unwrap_or_default());
    }
}
