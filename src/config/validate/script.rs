//! A script as a whole: its tables against each other, and what stands for those that are not there.

use super::keypress::is;
use super::outcome::Table;
use super::scope::Scope;
use crate::script::definition::{Script, ScriptOutcome, ScriptPrompt};

impl Scope<'_> {
    /// What the script means. It is complete, so where there are faults it may stand on defaults: whoever finds any
    /// fault throws it away.
    pub(crate) fn definition(&self) -> Script {
        self.check_asking();
        self.check_waiting();
        self.check_purpose();
        let no_input = self.optional(self.raw.no_input.as_ref(), Table::AskedEnough);
        let invalid_input = self.optional(self.raw.invalid_input.as_ref(), Table::AskedEnough);
        let no_response = self.optional(self.raw.no_response.as_ref(), Table::Other);
        let no_input = no_input.unwrap_or_default();
        let invalid_input = invalid_input.unwrap_or_else(|| no_input.clone());
        let no_response = no_response.unwrap_or_default();
        Script {
            name: self.name.to_owned(),
            prompt: self.prompt(),
            voice_params: self.manner(),
            speech: self.raw.speech.as_ref().map(|speech| self.speech(speech)),
            keypress: self.raw.keypress.as_ref().map(|keypress| self.keypress(keypress)),
            trigger: self.raw.trigger.as_ref().map(|trigger| self.trigger(trigger)),
            hangup: self.raw.hangup.as_ref().map(|hangup| self.on_hangup(hangup)),
            branches: self.branches(),
            otherwise: self
                .optional(self.raw.otherwise.as_ref(), Table::Other)
                .unwrap_or_else(|| self.fallback(&no_response, &invalid_input)),
            no_input,
            invalid_input,
            no_response,
        }
    }

    fn optional(
        &self,
        raw: Option<&crate::config::raw::script::Outcome>,
        table: Table,
    ) -> Option<ScriptOutcome> {
        raw.map(|raw| self.outcome(raw, table))
    }

    /// What an answer or input means that no branch names, where `[otherwise]` does not say it.
    fn fallback(
        &self,
        no_response: &ScriptOutcome,
        invalid_input: &ScriptOutcome,
    ) -> ScriptOutcome {
        match (self.raw.branches.is_empty(), self.raw.waits()) {
            (true, _) => ScriptOutcome::default(),
            (false, true) => no_response.clone(),
            (false, false) => invalid_input.clone(),
        }
    }

    fn prompt(&self) -> ScriptPrompt {
        let Some(raw) = &self.raw.prompt else { return ScriptPrompt::default() };
        let repeat = self.file.number(raw.repeat.as_ref(), 0..=99, 0);
        ScriptPrompt {
            sounds: self.before_its_answer().playlist(raw.play.as_ref(), raw.say.as_ref()),
            repeat: u32::try_from(repeat).unwrap_or_default(),
            stay_unanswered: !is(raw.answer.as_ref(), true),
        }
    }

    /// Tables and keys that belong to a question.
    fn check_asking(&self) {
        let keypress = self.raw.keypress.as_ref().map(|keypress| &keypress.span);
        let speech = self.raw.speech.as_ref().map(|speech| &speech.span);
        match keypress.or(speech) {
            Some(span) if self.raw.no_input.is_none() => {
                let help = "add a table `[no_input]` that says how the call goes on then";
                let what = "nothing is said for when the caller enters nothing";
                self.file.fault_help(span.clone(), what, help);
            }
            Some(_) => {}
            None => self.check_not_asking(),
        }
    }

    fn check_not_asking(&self) {
        let repeat = self.raw.prompt.as_ref().and_then(|prompt| prompt.repeat.as_ref());
        let repeat =
            repeat.filter(|repeat| repeat.get_ref().0 > 0).map(serde_spanned::Spanned::span);
        let tables = [&self.raw.no_input, &self.raw.invalid_input];
        let tables = tables.into_iter().flatten().map(|outcome| outcome.span.clone());
        for span in repeat.into_iter().chain(tables) {
            let help = "take it out, or add a table `[keypress]` or `[speech]`";
            self.file.fault_help(span, "nothing is asked in this script", help);
        }
        if self.raw.trigger.is_some() {
            return;
        }
        for branch in &self.raw.branches {
            let help = "add a `[trigger]`, a `[keypress]` or a `[speech]`, or use [otherwise]";
            let what = "there is no answer and no input to compare";
            self.file.fault_help(branch.span.clone(), what, help);
        }
    }

    /// A file that was meant to be something is not taken for one that does nothing.
    fn check_purpose(&self) {
        let raw = self.raw;
        let plays =
            raw.prompt.as_ref().is_some_and(|prompt| prompt.play.is_some() || prompt.say.is_some());
        let asks = self.asks() || raw.trigger.is_some();
        let acts = raw.outcomes().next().is_some();
        if !plays && !asks && !acts && !self.file.has_faults() {
            let help = "add a [prompt], a [keypress], a [speech] or a [trigger]";
            self.file.fault_help(0..0, "this script does nothing", help);
        }
    }
}
