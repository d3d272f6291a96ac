//! The end of the scripts' part of a call: the request of `[hangup]` or `[ended]`, the report, and the standard
//! variables.

use std::sync::Arc;

use tracing::warn;

use super::CallRun;
use crate::channel::{Channel, Exit};
use crate::script::call_end::CallEnd;
use crate::script::call_state::CallPlaceholders;
use crate::script::definition::{Script, ScriptTrigger};
use crate::script::escape::replace_terminal_controls;
use crate::script::report::CallOutcome;
use crate::script::request::TriggerClient;
use crate::script::voice::VoiceService;

impl<C: Channel, T: TriggerClient, V: VoiceService> CallRun<'_, C, T, V> {
    /// Sends the request of `[hangup]` or `[ended]` in the background, since nothing waits for its answer. After a
    /// hang-up by the caller, that is `[hangup]` of the running script, if it has one. Otherwise it is `[ended]` of
    /// this script, or else of the latest script before it that has one.
    fn send_end_request(&self) {
        let (state, script) = (&self.state, self.state.script());
        let has_hung_up = self.report.outcome == CallOutcome::Hangup;
        if let Some(trigger) = script.hangup.as_ref().filter(|_| has_hung_up) {
            let end = self.call_end();
            self.send_report("[hangup]", (script, trigger), &state.values_in_hangup(&end));
        } else if let Some(trigger) = &script.ended {
            let end = self.call_end();
            self.send_report("[ended]", (script, trigger), &state.values_in_ended(&end));
        } else if let Some((earlier, trigger)) = state.earlier_with_ended() {
            let end = self.call_end();
            let values = state.values_in_earlier_ended(earlier, &end);
            self.send_report("[ended]", (&earlier.script, trigger), &values);
        }
    }

    fn send_report(
        &self,
        table: &'static str,
        (script, trigger): (&Arc<Script>, &ScriptTrigger),
        values: &CallPlaceholders<'_>,
    ) {
        match self.fill_request_with(trigger, values) {
            Ok(request) => self.triggers.send_detached(request, script),
            Err(error) => {
                warn!(%error, table, "the request at the end of a call could not be built")
            }
        }
    }

    fn call_end(&self) -> CallEnd {
        let outcome = self.report.outcome;
        CallEnd {
            outcome,
            code: self.code.clone(),
            duration: self.started_at.elapsed(),
            path: self.state.path(outcome),
        }
    }

    /// Sends the request at the end of the call, adds to the report how the call goes on, and returns the variables of
    /// the hand-over.
    pub(super) fn finish(&mut self, exit: &Exit) -> [(&'static str, String); 6] {
        self.send_end_request();
        match exit {
            Exit::Continue => self.report.exit = "continue".into(),
            Exit::Hangup(None) => self.report.exit = "hangup".into(),
            Exit::Hangup(Some(cause)) => self.report.exit = format!("hangup {}", cause.0),
            // `check_goto` has set it.
            Exit::Goto(_) => {}
        }
        let standard_variables = self.standard_variables();
        self.report.code = self.redacted(&self.code);
        self.report.script = self.state.script().name.clone();
        self.report.version = self.state.script().version;
        self.report.empty_placeholders = self.state.take_empty_placeholders();
        standard_variables
    }

    /// The standard variables. `DIALSCRIPT_OUTCOME` is the last: once it is set, all others are.
    fn standard_variables(&self) -> [(&'static str, String); 6] {
        let safe = |text: &str| replace_terminal_controls(text).into_owned();
        let input = self.state.input();
        let input = if input.sensitive { String::new() } else { safe(&input.text) };
        let status = self.report.http_status.map(|status| status.to_string());
        [
            ("DIALSCRIPT_SCRIPT", self.state.script().name.clone()),
            ("DIALSCRIPT_INPUT", input),
            ("DIALSCRIPT_CODE", safe(&self.code)),
            ("DIALSCRIPT_HTTP_STATUS", status.unwrap_or_default()),
            ("DIALSCRIPT_CACHE", self.report.cache.as_str().to_owned()),
            ("DIALSCRIPT_OUTCOME", self.report.outcome.as_str().to_owned()),
        ]
    }
}
