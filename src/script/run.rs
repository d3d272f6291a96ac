//! One call, top to bottom: pick up, prompt, collect, validate, trigger, answer, branch, outcome, leave.

use std::sync::Arc;

use tokio::time::Instant;
use tracing::{debug, warn};

use crate::channel::{
    Channel, DestinationCheck, Exit, HoldMedia, Interruption, LineState, TypeAhead,
};
use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::branch::{ChosenBranch, choose_branch};
use crate::script::call_state::{CallState, InputMethod, ScriptArguments};
use crate::script::decision::{BranchDecision, decide_branch};
use crate::script::definition::{
    Playlist, Script, ScriptLibrary, ScriptOutcome, ScriptTrigger, ThenAction,
};
use crate::script::destination::fill_destination;
use crate::script::escape::EscapeError;
use crate::script::hold_media::HoldMediaBuilder;
use crate::script::input_check::InputCheck;
use crate::script::prompt_sounds::PromptSounds;
use crate::script::report::{CallOutcome, CallReport};
use crate::script::request::{TriggerClient, TriggerRequest};
use crate::script::subject::BranchSubject;
use crate::script::template::{MASK, Template};
use crate::script::voice::{SoundGuard, VoiceService};

mod question;

/// Most scripts that one call goes through: a chain that runs in a circle ends.
pub const MAX_SCRIPTS: usize = 50;

/// Runs a script on a call until the dialplan has it back.
pub async fn run<C: Channel, T: TriggerClient, V: VoiceService>(
    channel: C,
    library: &ScriptLibrary,
    (triggers, voice): (&T, &V),
    script: Arc<Script>,
    arguments: ScriptArguments,
) -> CallReport {
    let memory = CallState::new(library, channel.caller().clone(), script, arguments);
    let (report, code) = Default::default();
    let mut call = CallRun { channel, library, triggers, voice, state: memory, report, code };
    let exit = match call.run_scripts().await {
        Ok(exit) => exit,
        Err(interrupted) => call.handle_interruption(interrupted),
    };
    call.hand_over(exit).await
}

struct CallRun<'a, C, T, V> {
    channel: C,
    library: &'a ScriptLibrary,
    triggers: &'a T,
    voice: &'a V,
    state: CallState<'a>,
    report: CallReport,
    /// The value at the key, as the dialplan gets it.
    code: String,
}

/// How a call goes on after an outcome.
enum NextStep {
    Exit(Exit),
    Script(Arc<Script>),
    Again,
}

impl<C: Channel, T: TriggerClient, V: VoiceService> CallRun<'_, C, T, V> {
    async fn run_scripts(&mut self) -> Result<Exit, Interruption> {
        for _ in 0..MAX_SCRIPTS {
            match self.run_script().await? {
                NextStep::Exit(exit) => return Ok(exit),
                NextStep::Script(next) => self.state.start_script(next),
                // `[invalid_input]` is what `again` comes to in the end, and says no `again` itself.
                NextStep::Again => return Ok(Exit::Continue),
            }
        }
        Ok(self.fail(format!("more than {MAX_SCRIPTS} scripts in one call")))
    }

    async fn run_script(&mut self) -> Result<NextStep, Interruption> {
        let script = self.state.script().clone();
        loop {
            let (happened, outcome) = match self.prompt_and_collect(&script).await? {
                InputCheck::Valid => self.decide(&script).await?,
                InputCheck::Missing => (CallOutcome::NoInput, &script.no_input),
                InputCheck::Invalid => (CallOutcome::InvalidInput, &script.invalid_input),
            };
            match self.apply_outcome(&script, happened, outcome).await? {
                NextStep::Again if self.state.start_next_attempt() => {}
                NextStep::Again => {
                    let invalid = &script.invalid_input;
                    return self.apply_outcome(&script, CallOutcome::InvalidInput, invalid).await;
                }
                next => return Ok(next),
            }
        }
    }

    /// What the answer, or the input itself, comes to.
    async fn decide<'s>(
        &mut self,
        script: &'s Arc<Script>,
    ) -> Result<(CallOutcome, &'s ScriptOutcome), Interruption> {
        (self.report.cache, self.report.http_status, self.report.first_error) = Default::default();
        self.code.clear();
        match &script.trigger {
            None => Ok(self.outcome_of_input(script)),
            Some(trigger) if trigger.background => Ok(self.send_detached(script, trigger)),
            Some(trigger) => self.send_and_wait(script, trigger).await,
        }
    }

    fn outcome_of_input<'s>(&mut self, script: &'s Script) -> (CallOutcome, &'s ScriptOutcome) {
        let input = self.state.input().text;
        match choose_branch(&script.branches, &BranchSubject::from_input(&input)) {
            Some(chosen) => self.matched(chosen),
            None => (CallOutcome::Otherwise, &script.otherwise),
        }
    }

    fn send_detached<'s>(
        &mut self,
        script: &'s Arc<Script>,
        trigger: &ScriptTrigger,
    ) -> (CallOutcome, &'s ScriptOutcome) {
        match self.fill_request(trigger) {
            Ok(request) => {
                self.triggers.send_detached(request, script);
                (CallOutcome::Otherwise, &script.otherwise)
            }
            Err(unfit) => self.no_response(script, unfit.to_string()),
        }
    }

    fn fill_request(&self, trigger: &ScriptTrigger) -> Result<TriggerRequest, EscapeError> {
        let request = TriggerRequest::fill(trigger, &self.state)?;
        debug!(url = request.target.redacted(), body = request.redacted_body(), "request");
        Ok(request)
    }

    async fn send_and_wait<'s>(
        &mut self,
        script: &'s Arc<Script>,
        trigger: &ScriptTrigger,
    ) -> Result<(CallOutcome, &'s ScriptOutcome), Interruption> {
        let request = match self.fill_request(trigger) {
            Ok(request) => request,
            Err(unfit) => return Ok(self.no_response(script, unfit.to_string())),
        };
        let started = Instant::now();
        // What is held is there until nobody waits any more.
        let (meanwhile, _held) = self.hold_media(script, trigger);
        let asked = self.triggers.send(request, script);
        let fetched = self.channel.wait(asked, &meanwhile).await;
        self.report.wait_time += started.elapsed();
        let fetched = fetched?;
        self.report.record_trigger(&fetched);
        Ok(match fetched.answer {
            Ok(answer) => self.outcome_of_answer(script, trigger, answer),
            Err(none) => self.no_response(script, none.to_string()),
        })
    }

    fn hold_media(&self, script: &Script, trigger: &ScriptTrigger) -> (HoldMedia, Vec<SoundGuard>) {
        let language = &self.channel.caller().language;
        let mut at_hand = HoldMediaBuilder::new(
            self.voice,
            language,
            &script.voice_params,
            self.channel.has_tts(),
        );
        let meanwhile = at_hand.build(&trigger.hold_media);
        (meanwhile, at_hand.into_guards())
    }

    fn outcome_of_answer<'s>(
        &mut self,
        script: &'s Script,
        trigger: &ScriptTrigger,
        answer: Arc<TriggerAnswer>,
    ) -> (CallOutcome, &'s ScriptOutcome) {
        self.state.record_answer(answer.clone());
        self.report.http_status = Some(answer.status);
        let subject = BranchSubject::from_answer(&answer, trigger.response_key.as_ref());
        if let Some(AnswerValue::Text(value)) = &subject.value {
            self.code = value.to_string();
        }
        debug!(
            http_status = answer.status,
            code = self.redacted(&self.code),
            cache = self.report.cache.as_str(),
            first_error = self.report.first_error,
            "answer"
        );
        match decide_branch(&script.branches, &answer, trigger.response_key.as_ref()) {
            BranchDecision::Matched(chosen) => self.matched(chosen),
            BranchDecision::Otherwise => (CallOutcome::Otherwise, &script.otherwise),
            BranchDecision::NoResponse(reason) => self.no_response(script, reason),
        }
    }

    fn matched<'s>(&self, chosen: ChosenBranch<'s>) -> (CallOutcome, &'s ScriptOutcome) {
        debug!(number = chosen.number, why = self.redacted(&chosen.matcher.to_string()), "branch");
        (CallOutcome::Matched, chosen.outcome)
    }

    fn no_response<'s>(
        &mut self,
        script: &'s Script,
        reason: impl Into<String>,
    ) -> (CallOutcome, &'s ScriptOutcome) {
        let reason = reason.into();
        debug!(reason, "no response");
        self.report.reason = Some(reason);
        (CallOutcome::NoResponse, &script.no_response)
    }

    /// An outcome: its sound, its variables, its next action.
    async fn apply_outcome(
        &mut self,
        script: &Script,
        happened: CallOutcome,
        outcome: &ScriptOutcome,
    ) -> Result<NextStep, Interruption> {
        self.report.outcome = happened;
        if !matches!(happened, CallOutcome::NoResponse | CallOutcome::NoInput) {
            self.report.reason = None;
        }
        let next = match &outcome.then {
            ThenAction::Script(name) => self.library.scripts.get(name).cloned(),
            ThenAction::Again => Some(self.state.script().clone()),
            _ => None,
        };
        let asks = next.as_ref().and_then(|next| next.keypress.as_ref());
        let keys =
            asks.map_or(TypeAhead::Discard, |keypress| TypeAhead::Keep(&keypress.digit_options));
        // Before the sound: who hangs up in it has heard what was decided, and keys that come in it are for the question
        // that follows at once.
        self.set_variables(outcome).await?;
        self.play_playlist(script, &outcome.sounds, keys).await?;
        self.next_step(&outcome.then, next).await
    }

    async fn set_variables(&mut self, outcome: &ScriptOutcome) -> Result<(), Interruption> {
        for (name, template) in &outcome.variables {
            let value = template.fill(&self.state).map(|filled| filled.into_text());
            self.channel.set_variable(name, &value.unwrap_or_default()).await?;
        }
        Ok(())
    }

    async fn next_step(
        &mut self,
        then: &ThenAction,
        next: Option<Arc<Script>>,
    ) -> Result<NextStep, Interruption> {
        Ok(match (then, next) {
            (ThenAction::Continue, _) => NextStep::Exit(Exit::Continue),
            (ThenAction::Hangup(cause), _) => NextStep::Exit(Exit::Hangup(*cause)),
            (ThenAction::Again, _) => NextStep::Again,
            (ThenAction::Script(_), Some(next)) => NextStep::Script(next),
            (ThenAction::Script(name), None) => {
                NextStep::Exit(self.fail(format!("no script {name}")))
            }
            (ThenAction::Goto { extension, context, priority }, _) => NextStep::Exit(
                self.check_goto(extension, context.as_ref(), priority.as_ref()).await?,
            ),
        })
    }

    async fn check_goto(
        &mut self,
        extension: &Template,
        context: Option<&Template>,
        priority: Option<&Template>,
    ) -> Result<Exit, Interruption> {
        let (to, shown) = match fill_destination(&self.state, extension, context, priority) {
            Ok(destination) => destination,
            Err(unfit) => return Ok(self.fail(unfit.to_string())),
        };
        match self.channel.check_destination(&to).await? {
            DestinationCheck::Missing => Ok(self.fail(format!("the dialplan has no {shown}"))),
            DestinationCheck::Exists | DestinationCheck::Unknown => {
                self.report.exit = format!("goto {shown}");
                Ok(Exit::Goto(to))
            }
        }
    }

    /// Plays sounds where a caller can hear them.
    async fn play_playlist(
        &mut self,
        script: &Script,
        sounds: &Playlist,
        keys: TypeAhead<'_>,
    ) -> Result<(), Interruption> {
        if sounds.is_empty() {
            return Ok(());
        }
        match self.channel.pick_up(!script.prompt.stay_unanswered).await? {
            LineState::Up => {
                let mut sounds = self.start_sounds(script, sounds);
                self.channel.play(&mut sounds, keys).await
            }
            LineState::Ringing | LineState::HungUp => Ok(()),
        }
    }

    /// Begins to make what is to be heard.
    fn start_sounds(&self, script: &Script, sounds: &Playlist) -> PromptSounds<V::PendingRender> {
        let language = &self.channel.caller().language;
        let speaks = self.channel.has_tts();
        PromptSounds::start(sounds, &script.voice_params, language, self.voice, speaks, &self.state)
    }

    /// The call can't go as the script says: the dialplan goes on, and is told.
    fn fail(&mut self, reason: String) -> Exit {
        self.report.outcome = CallOutcome::Error;
        self.report.reason = Some(reason);
        Exit::Continue
    }

    fn handle_interruption(&mut self, interrupted: Interruption) -> Exit {
        match interrupted {
            Interruption::CallerHungUp { digits } => {
                self.report.outcome = CallOutcome::Hangup;
                if !digits.is_empty() {
                    self.report.digit_count += digits.len();
                    self.state.record_input(digits, InputMethod::Keypress);
                }
                self.send_hangup_trigger();
                Exit::Continue
            }
            other => self.fail(other.to_string()),
        }
    }

    /// `[hangup]`: the request goes its own way, the channel need not be there for it.
    fn send_hangup_trigger(&mut self) {
        let script = self.state.script().clone();
        let Some(trigger) = &script.hangup else { return };
        match self.fill_request(trigger) {
            Ok(request) => self.triggers.send_detached(request, &script),
            Err(unfit) => warn!(reason = %unfit, "[hangup] could not be sent"),
        }
    }

    async fn hand_over(mut self, exit: Exit) -> CallReport {
        match &exit {
            Exit::Continue => self.report.exit = "continue".into(),
            Exit::Hangup(None) => self.report.exit = "hangup".into(),
            Exit::Hangup(Some(cause)) => self.report.exit = format!("hangup {}", cause.0),
            Exit::Goto(_) => {}
        }
        let variables = self.standard_variables();
        self.report.code = self.redacted(&self.code);
        self.report.script = self.state.script().name.clone();
        self.report.handover = Some(self.channel.hand_over(&variables, &exit).await);
        self.report
    }

    /// A text for people: masked where it repeats something sensitive, and not endless.
    fn redacted(&self, text: &str) -> String {
        let shown = if self.state.contains_sensitive(text) { MASK } else { text };
        shown.chars().take(MAX_LOGGED_CHARACTERS).collect()
    }

    /// The standard variables; the outcome is the last, so that who sees it sees all.
    fn standard_variables(&self) -> [(&'static str, String); 6] {
        let input = self.state.input();
        let input = if input.sensitive { String::new() } else { input.text.into_owned() };
        let status = self.report.http_status.map(|status| status.to_string());
        [
            ("DIALSCRIPT_SCRIPT", self.state.script().name.clone()),
            ("DIALSCRIPT_INPUT", input),
            ("DIALSCRIPT_CODE", self.code.clone()),
            ("DIALSCRIPT_HTTP_STATUS", status.unwrap_or_default()),
            ("DIALSCRIPT_CACHE", self.report.cache.as_str().to_owned()),
            ("DIALSCRIPT_OUTCOME", self.report.outcome.as_str().to_owned()),
        ]
    }
}

/// Most characters of a web application's value in a log line.
const MAX_LOGGED_CHARACTERS: usize = 64;
