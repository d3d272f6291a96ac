//! Runs one call. For each script: prompt the caller and collect input (`run/question.rs`), send the request and read
//! its answer (`run/trigger.rs`), then apply the outcome (`run/outcome.rs`). At the end, hand the call over to the
//! dialplan.

use std::sync::Arc;

use tokio::time::Instant;
use tracing::debug;

use crate::channel::{Channel, Exit, Interruption, LineState, TypeAhead};
use crate::script::activity::CallProgress;
use crate::script::branch::choose_branch;
use crate::script::branch_context::BranchContext;
use crate::script::call_state::{CallState, InputMethod, RequestPhase, ScriptArguments};
use crate::script::definition::{Playlist, Script, ScriptLibrary, ScriptOutcome};
use crate::script::input_check::InputCheck;
use crate::script::prompt_sounds::PromptSounds;
use crate::script::report::{CallOutcome, CallReport};
use crate::script::request::TriggerClient;
use crate::script::template::masked;
use crate::script::voice::{VoiceParams, VoiceService};
use crate::trace::TraceContext;

mod branch_log;
mod end;
mod outcome;
mod question;
mod trigger;

/// Maximum number of scripts in one call. It ends chains of scripts that form a loop.
const MAX_SCRIPTS: usize = 50;
/// Maximum number of characters of a value that are logged.
const MAX_LOGGED_CHARACTERS: usize = 64;

/// Runs a script on a call, and every script that follows it, until the call is handed over to the dialplan.
///
/// What the call is doing is reported to `progress`: here what it waits for besides the switch, and the rest by an
/// [`ObservedChannel`](crate::script::observed_channel::ObservedChannel).
///
/// Not an `async fn`: its future would hold every argument twice, the channel included.
pub fn run<'a, C: Channel + 'a, T: TriggerClient, V: VoiceService>(
    channel: C,
    library: &'a ScriptLibrary,
    (triggers, voice): (&'a T, &'a V),
    script: Arc<Script>,
    arguments: ScriptArguments,
    trace: TraceContext,
    progress: &'a CallProgress,
) -> impl Future<Output = CallReport> + Send + 'a {
    progress.set_caller(channel.caller().clone());
    progress.start_script(script.clone());
    let state = CallState::new(library, channel.caller().clone(), script, arguments);
    let (report, code, unset_variables) = Default::default();
    let mut call = CallRun {
        channel,
        progress,
        library,
        triggers,
        voice,
        state,
        report,
        code,
        unset_variables,
        started_at: Instant::now(),
        trace,
    };
    async move {
        let exit = match call.run_scripts().await {
            Ok(exit) => exit,
            Err(interruption) => call.handle_interruption(interruption),
        };
        let standard_variables = call.finish(&exit);
        let unset = call.unset_variables.iter();
        let unset = unset.map(|(name, value)| (name.as_str(), value.clone()));
        let variables: Vec<_> = unset.chain(standard_variables).collect();
        let mut span = call.trace.start_span("hand over");
        span.set("dialscript.exit", &*call.report.exit);
        let started = Instant::now();
        call.report.handover = Some(call.channel.hand_over(&variables, &exit).await);
        call.report.handover_time = started.elapsed();
        call.report
    }
}

struct CallRun<'a, C, T, V> {
    channel: C,
    progress: &'a CallProgress,
    library: &'a ScriptLibrary,
    triggers: &'a T,
    voice: &'a V,
    state: CallState<'a>,
    report: CallReport,
    /// The value at the response key, not masked: `DIALSCRIPT_CODE`.
    code: String,
    /// Names and values of variables that outcomes have set, and that the switch does not have yet.
    unset_variables: Vec<(String, String)>,
    /// When the first script began.
    started_at: Instant,
    trace: TraceContext,
}

/// The outcome of a script: the value of `DIALSCRIPT_OUTCOME`, and the table that says what happens.
type OutcomeChoice<'s> = (CallOutcome, &'s ScriptOutcome);

/// How the call goes on after an outcome.
enum NextStep {
    Exit(Exit),
    Script(Arc<Script>),
    Again,
}

impl<C: Channel, T: TriggerClient, V: VoiceService> CallRun<'_, C, T, V> {
    async fn run_scripts(&mut self) -> Result<Exit, Interruption> {
        let mut may_begin = true;
        for _ in 0..MAX_SCRIPTS {
            let next_step =
                if may_begin { self.run_script().await? } else { self.refuse_try().await? };
            match next_step {
                NextStep::Exit(exit) => return Ok(exit),
                NextStep::Script(next) => {
                    self.clear_request_report();
                    self.progress.start_script(next.clone());
                    may_begin = self.state.start_script(next, self.report.outcome);
                }
                // `run_script` can return this only for `[invalid_input]`, which can't have `then = "again"`.
                NextStep::Again => return Ok(Exit::Continue),
            }
        }
        Ok(self.fail(format!("more than {MAX_SCRIPTS} scripts in one call")))
    }

    async fn run_script(&mut self) -> Result<NextStep, Interruption> {
        let script = self.state.script().clone();
        loop {
            let (call_outcome, outcome) = match self.prompt_and_collect(&script).await? {
                InputCheck::Valid => self.choose_outcome(&script).await?,
                InputCheck::Missing => (CallOutcome::NoInput, &script.no_input),
                InputCheck::Invalid(_) => (CallOutcome::InvalidInput, script.invalid_input()),
            };
            match self.apply_outcome(&script, call_outcome, outcome).await? {
                NextStep::Again if self.state.start_next_attempt() => {}
                NextStep::Again => {
                    let invalid = script.invalid_input();
                    return self.apply_outcome(&script, CallOutcome::InvalidInput, invalid).await;
                }
                next => return Ok(next),
            }
        }
    }

    /// Takes `[invalid_input]`, since the `[limit]` of the script allows no further try.
    async fn refuse_try(&mut self) -> Result<NextStep, Interruption> {
        let script = self.state.script().clone();
        let tries = script.max_tries.unwrap_or_default();
        debug!(script = script.name, tries, "limit");
        let invalid = script.invalid_input();
        let next_step = self.apply_outcome(&script, CallOutcome::InvalidInput, invalid).await?;
        if self.report.outcome == CallOutcome::InvalidInput {
            self.report.reason =
                Some(format!("{} has reached its [limit] (tries = {tries})", script.name));
        }
        Ok(next_step)
    }

    /// Removes what is known of an earlier request, of another script or of an earlier attempt.
    fn clear_request_report(&mut self) {
        (self.report.cache, self.report.http_status, self.report.first_error) = Default::default();
        self.report.reason = None;
        self.code.clear();
    }

    /// Chooses the outcome by the answer to the request. Without a `[trigger]`, chooses it by the input.
    async fn choose_outcome<'s>(
        &mut self,
        script: &'s Arc<Script>,
    ) -> Result<OutcomeChoice<'s>, Interruption> {
        self.clear_request_report();
        match &script.trigger {
            None => Ok(self.outcome_of_input(script)),
            Some(trigger) if trigger.background => Ok(self.send_in_background(script, trigger)),
            // In a box, because its future is by far the largest, and most of the time a call waits for its caller.
            Some(trigger) => Box::pin(self.send_and_wait(script, trigger)).await,
        }
    }

    fn outcome_of_input<'s>(&mut self, script: &'s Script) -> OutcomeChoice<'s> {
        let input = self.state.input().text;
        let context = BranchContext::from_input(&input, self.state.condition_texts());
        let chosen = choose_branch(&script.branches, &context);
        self.log_branches(script, chosen, &context);
        match chosen {
            Some(chosen) => (CallOutcome::Matched, chosen.outcome()),
            None => (CallOutcome::Otherwise, &script.otherwise),
        }
    }

    /// Plays sounds, if the caller can hear them. `voice_params` says how their texts are spoken.
    async fn play_playlist(
        &mut self,
        script: &Script,
        (playlist, voice_params): (&Playlist, &Arc<VoiceParams>),
        phase: RequestPhase,
        type_ahead: TypeAhead<'_>,
    ) -> Result<(), Interruption> {
        if playlist.is_empty() {
            return Ok(());
        }
        match self.pick_up(script).await? {
            LineState::Up => {
                let (trace, _span) = self.trace.start_parent("prompt");
                let sounds = self.start_sounds(playlist, voice_params, phase);
                let mut sounds = sounds.with_trace(trace);
                self.channel.play(&mut sounds, type_ahead).await
            }
            LineState::Ringing | LineState::HungUp => Ok(()),
        }
    }

    /// Picks up the call, unless the script forbids it.
    async fn pick_up(&mut self, script: &Script) -> Result<LineState, Interruption> {
        let _span = self.trace.start_wait("pick up");
        self.channel.pick_up(!script.prompt.stay_unanswered).await
    }

    fn start_sounds(
        &self,
        playlist: &Playlist,
        voice_params: &Arc<VoiceParams>,
        phase: RequestPhase,
    ) -> PromptSounds<V::PendingRender> {
        let values = self.state.values(phase);
        let (language, has_tts) = (self.state.language.as_str(), self.channel.has_tts());
        let speech = (voice_params, &self.state.script().timezone);
        PromptSounds::start(playlist, speech, language, self.voice, has_tts, &values)
    }

    /// Reports an error. The call continues at the next step of the dialplan.
    fn fail(&mut self, reason: String) -> Exit {
        self.report.outcome = CallOutcome::Error;
        self.report.reason = Some(reason);
        Exit::Continue
    }

    fn handle_interruption(&mut self, interruption: Interruption) -> Exit {
        match interruption {
            Interruption::CallerHungUp { digits } => {
                self.report.outcome = CallOutcome::Hangup;
                if !digits.is_empty() {
                    self.report.digit_count += digits.len();
                    self.state.record_input(digits, InputMethod::Keypress);
                }
                Exit::Continue
            }
            other => self.fail(other.to_string()),
        }
    }

    /// A text for logs: masked if it contains something sensitive, and cut to [`MAX_LOGGED_CHARACTERS`].
    fn redacted(&self, text: &str) -> String {
        let redacted = if self.state.contains_sensitive(text) { masked(text) } else { text };
        redacted.chars().take(MAX_LOGGED_CHARACTERS).collect()
    }
}

/// From here on, the caller may press keys for this script.
fn log_question(script: &Script) {
    if script.asks_for_input() {
        debug!(script = script.name, sensitive = script.has_sensitive_input(), "question");
    }
}
