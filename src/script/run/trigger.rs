//! The request of a script, and the outcome that its answer leads to.

use std::sync::Arc;

use tokio::time::Instant;
use tracing::debug;

use super::{CallRun, OutcomeChoice};
use crate::channel::{Channel, HoldMedia, Interruption};
use crate::script::activity::CallActivity;
use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::branch::{BranchDecision, decide_branch, full_reason};
use crate::script::branch_context::BranchContext;
use crate::script::call_state::{CallPlaceholders, RequestPhase};
use crate::script::definition::{Script, ScriptTrigger};
use crate::script::escape::EscapeError;
use crate::script::hold_media::HoldMediaBuilder;
use crate::script::report::CallOutcome;
use crate::script::request::{TriggerClient, TriggerRequest, TriggerResult};
use crate::script::voice::{SoundGuard, VoiceService};
use crate::trace::ActiveSpan;

impl<C: Channel, T: TriggerClient, V: VoiceService> CallRun<'_, C, T, V> {
    /// Sends a background request. There is no answer to compare, so the outcome is `[otherwise]`.
    pub(super) fn send_in_background<'s>(
        &mut self,
        script: &'s Arc<Script>,
        trigger: &ScriptTrigger,
    ) -> OutcomeChoice<'s> {
        match self.fill_request(trigger, RequestPhase::Before) {
            Ok(request) => {
                self.triggers.send_detached(request, script);
                (CallOutcome::Otherwise, &script.otherwise)
            }
            Err(error) => self.no_response(script, error.to_string()),
        }
    }

    /// Sends the request, and plays hold media until its answer arrives.
    pub(super) async fn send_and_wait<'s>(
        &mut self,
        script: &'s Arc<Script>,
        trigger: &ScriptTrigger,
    ) -> Result<OutcomeChoice<'s>, Interruption> {
        let filled = self.fill_request(trigger, RequestPhase::Before);
        self.state.start_request();
        let mut request = match filled {
            Ok(request) => request,
            Err(error) => return Ok(self.no_response(script, error.to_string())),
        };
        let (trace, mut span) = self.trace.start_parent("request");
        request.trace = trace;
        let started = Instant::now();
        self.progress.restart(CallActivity::Requesting);
        let (hold_media, _guards) = self.hold_media(script, trigger);
        let response = self.triggers.send(request, script);
        let waited = self.channel.wait(response, &hold_media).await;
        self.report.wait_time += started.elapsed();
        let result = waited?;
        self.report.record_trigger(&result);
        describe_request(&mut span, &result);
        drop(span);
        Ok(match result.answer {
            Ok(answer) => self.outcome_of_answer(script, trigger, &answer),
            Err(error) => self.no_response(script, error.to_string()),
        })
    }

    pub(super) fn fill_request(
        &self,
        trigger: &ScriptTrigger,
        phase: RequestPhase,
    ) -> Result<TriggerRequest, EscapeError> {
        self.fill_request_with(trigger, &self.state.values(phase))
    }

    pub(super) fn fill_request_with(
        &self,
        trigger: &ScriptTrigger,
        values: &CallPlaceholders<'_>,
    ) -> Result<TriggerRequest, EscapeError> {
        let request = TriggerRequest::fill(trigger, values)?;
        let request = TriggerRequest { trace: self.trace.clone(), ..request };
        debug!(
            method = request.method.as_str(),
            url = request.target.redacted(),
            body = request.redacted_body(),
            "request"
        );
        Ok(request)
    }

    fn hold_media(&self, script: &Script, trigger: &ScriptTrigger) -> (HoldMedia, Vec<SoundGuard>) {
        let (language, has_tts) = (self.state.language.as_str(), self.channel.has_tts());
        let voice_params = self.state.language.voice_params(&script.voice_params, None);
        let mut builder = HoldMediaBuilder::new(self.voice, language, &voice_params, has_tts);
        let hold_media = builder.build(&trigger.hold_media);
        (hold_media, builder.into_guards())
    }

    /// Chooses the outcome by the answer. Only what scripts can still read of the answer is kept.
    fn outcome_of_answer<'s>(
        &mut self,
        script: &'s Script,
        trigger: &ScriptTrigger,
        answer: &TriggerAnswer,
    ) -> OutcomeChoice<'s> {
        let response_key = trigger.response_key.as_ref();
        self.report.http_status = Some(answer.status);
        self.report.reason = response_key.and_then(|key| answer.missing_reason(key));
        self.state.record_judged_answer(answer);
        let context =
            BranchContext::from_answer(answer, response_key, self.state.condition_texts());
        if let Some(AnswerValue::Text(value)) = &context.subject.value {
            self.code = value.to_string();
        }
        debug!(
            http_status = answer.status,
            code = self.redacted(&self.code),
            cache = self.report.cache.as_str(),
            reason = self.report.reason,
            first_error = self.report.first_error,
            "answer"
        );
        let decision = decide_branch(&script.branches, &context);
        self.log_branches(script, decision.chosen(), &context);
        let (call_outcome, outcome) = match decision {
            BranchDecision::Matched(chosen) => (CallOutcome::Matched, chosen.outcome()),
            BranchDecision::Otherwise => (CallOutcome::Otherwise, &script.otherwise),
            BranchDecision::NoResponse(reason) => {
                let is_sensitive = |text: &str| self.state.contains_sensitive(text);
                let reason = full_reason(reason, answer, response_key, is_sensitive);
                self.no_response(script, reason)
            }
        };
        self.state.record_answer(answer, outcome);
        (call_outcome, outcome)
    }

    fn no_response<'s>(&mut self, script: &'s Script, reason: String) -> OutcomeChoice<'s> {
        debug!(reason, "no response");
        self.report.reason = Some(reason);
        (CallOutcome::NoResponse, &script.no_response)
    }
}

fn describe_request(span: &mut ActiveSpan, result: &TriggerResult) {
    span.set("dialscript.cache", result.cache.as_str());
    span.set_some("dialscript.joined", result.timings.joined_flight.then_some(true));
    match &result.answer {
        Ok(answer) => span.set("dialscript.http_status", answer.status),
        Err(error) => span.fail(error),
    }
}
