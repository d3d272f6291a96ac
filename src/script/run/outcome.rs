//! What an outcome does: it sets variables, plays sounds, and says how the call goes on.

use std::sync::Arc;

use tracing::debug;

use super::{CallRun, NextStep, log_question};
use crate::channel::{Channel, Destination, DestinationCheck, Exit, Interruption, TypeAhead};
use crate::script::call_state::RequestPhase;
use crate::script::definition::{Script, ScriptOutcome, ThenAction};
use crate::script::destination::fill_destination;
use crate::script::escape::EscapeError;
use crate::script::report::CallOutcome;
use crate::script::request::TriggerClient;
use crate::script::template::{RedactedText, Template};
use crate::script::voice::VoiceService;

impl<C: Channel, T: TriggerClient, V: VoiceService> CallRun<'_, C, T, V> {
    /// Fills in the variables of an outcome, plays its sounds, and returns its next step.
    pub(super) async fn apply_outcome(
        &mut self,
        script: &Script,
        call_outcome: CallOutcome,
        outcome: &ScriptOutcome,
    ) -> Result<NextStep, Interruption> {
        self.report.outcome = call_outcome;
        if call_outcome == CallOutcome::InvalidInput {
            self.report.reason = None;
        }
        let next_script = match &outcome.then {
            ThenAction::Script(name) => self.library.scripts.get(name).cloned(),
            ThenAction::Again => Some(self.state.script().clone()),
            _ => None,
        };
        // Keys pressed during the sounds are type-ahead if the next script asks for digits. If its `[limit]` allows no
        // further try, it asks for nothing.
        let asks = |script: &&Arc<Script>| {
            matches!(outcome.then, ThenAction::Again) || self.state.may_begin(script)
        };
        let asking_script = next_script.as_ref().filter(asks);
        let next_keypress = asking_script.and_then(|script| script.keypress.as_ref());
        let type_ahead = next_keypress
            .map_or(TypeAhead::Discard, |keypress| TypeAhead::Keep(&keypress.digit_options));
        if let Some(asking_script) = asking_script {
            log_question(asking_script);
        }
        if let Some(language) = &outcome.language {
            self.set_language(language);
        }
        self.fill_variables(outcome);
        // The variables come first: the caller may hang up during the sounds, and a dialplan can use them to look for
        // the destination. Otherwise nothing lies between them and the hand-over.
        let checks_destination = matches!(outcome.then, ThenAction::Goto { .. });
        if !outcome.sounds.is_empty() || next_script.is_some() || checks_destination {
            self.set_variables(outcome).await?;
        }
        let language = outcome.language.as_ref();
        let voice_params = self.state.language.voice_params(&script.voice_params, language);
        let sounds = (&outcome.sounds, &voice_params);
        self.play_playlist(script, sounds, RequestPhase::After, type_ahead).await?;
        self.next_step(&outcome.then, next_script).await
    }

    /// The channel gets the language with the variables of the outcome.
    fn set_language(&mut self, language: &Arc<str>) {
        debug!(language = &**language, "language");
        self.state.language.set(language.clone());
        self.channel.set_language(language);
    }

    fn fill_variables(&mut self, outcome: &ScriptOutcome) {
        for (name, template) in &outcome.variables {
            let value = self.fill_variable(template);
            debug!(name, value = value.redacted().as_ref(), "variable");
            self.unset_variables.push((name.clone(), value.text().to_owned()));
        }
    }

    /// Sets the variables and the language before the hand-over. After an interruption they are kept: the hand-over
    /// sets them.
    async fn set_variables(&mut self, outcome: &ScriptOutcome) -> Result<(), Interruption> {
        if self.unset_variables.is_empty() && outcome.language.is_none() {
            return Ok(());
        }
        let variables = self.unset_variables.iter();
        let variables: Vec<_> =
            variables.map(|(name, value)| (name.as_str(), value.clone())).collect();
        self.channel.set_variables(&variables).await?;
        self.unset_variables.clear();
        Ok(())
    }

    fn fill_variable(&self, template: &Template) -> RedactedText {
        template.fill(&self.state.values(RequestPhase::After)).unwrap_or_default()
    }

    async fn next_step(
        &mut self,
        then: &ThenAction,
        next_script: Option<Arc<Script>>,
    ) -> Result<NextStep, Interruption> {
        Ok(match (then, next_script) {
            (ThenAction::Continue, _) => NextStep::Exit(Exit::Continue),
            (ThenAction::Hangup(cause), _) => NextStep::Exit(Exit::Hangup(*cause)),
            (ThenAction::Again, _) => NextStep::Again,
            (ThenAction::Script(_), Some(script)) => NextStep::Script(script),
            (ThenAction::Script(name), None) => {
                NextStep::Exit(self.fail(format!("there is no script {name}")))
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
        let destination = self.fill_goto(extension, context, priority);
        let (destination, redacted) = match destination {
            Ok(filled) => filled,
            Err(error) => return Ok(self.fail(error.to_string())),
        };
        debug!(destination = redacted, "destination");
        match self.channel.check_destination(&destination).await? {
            DestinationCheck::Missing => Ok(self.fail(format!("the dialplan has no {redacted}"))),
            DestinationCheck::NoPriorities => {
                Ok(self.fail(format!("FreeSWITCH has no priorities other than 1: {redacted}")))
            }
            DestinationCheck::Exists | DestinationCheck::Unknown => {
                self.report.exit = format!("goto {redacted}");
                Ok(Exit::Goto(destination))
            }
        }
    }

    fn fill_goto(
        &self,
        extension: &Template,
        context: Option<&Template>,
        priority: Option<&Template>,
    ) -> Result<(Destination, String), EscapeError> {
        fill_destination(&self.state.values(RequestPhase::After), extension, context, priority)
    }
}
